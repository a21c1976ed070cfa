//! The CPU time that the command itself takes, and what for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use factorizar_service::cpu_time;
use serde_json::{Value as Json, json};

/// A part of the command's own work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// p - 1.
    PMinus1,
    /// The check of each relation that comes, or that the journal has.
    Checks,
    /// The collection of relations, with cycles, and the journal.
    Collection,
    /// Elimination and square root.
    LinearAlgebra,
    /// The check of the product, and the proofs.
    Proofs,
}

/// Each part, with its name for people and for programs.
const PARTS: [(Part, &str, &str); 5] = [
    (Part::PMinus1, "p - 1", "p_minus_1"),
    (Part::Checks, "checks of relations", "checks"),
    (Part::Collection, "their collection", "collection"),
    (Part::LinearAlgebra, "linear algebra", "linear_algebra"),
    (Part::Proofs, "proofs", "proofs"),
];

/// The CPU time of each part so far, which several threads add to. Displays as a sentence.
#[derive(Debug, Clone, Default)]
pub(super) struct CpuTimes(Arc<[AtomicU64; PARTS.len()]>);

impl CpuTimes {
    /// Adds the CPU time of this thread in `work`.
    pub(super) fn of_thread<T>(&self, part: Part, work: impl FnOnce() -> T) -> T {
        self.add(part, cpu_time::of_thread, work)
    }

    /// Adds the CPU time of all threads while `work` runs, which has some of its own.
    pub(super) fn of_process<T>(&self, part: Part, work: impl FnOnce() -> T) -> T {
        self.add(part, cpu_time::of_process, work)
    }

    fn add<T>(&self, part: Part, clock: fn() -> Option<Duration>, work: impl FnOnce() -> T) -> T {
        let before = clock();
        let result = work();
        let spent = clock()
            .zip(before)
            .map(|(now, before)| now.saturating_sub(before));
        let nanoseconds = spent.map_or(0, |spent| spent.as_nanos() as u64);
        if let Some(sum) = self.0.get(part as usize) {
            // Relaxed: a sum, which is read for people.
            sum.fetch_add(nanoseconds, Relaxed);
        }
        result
    }

    /// Returns the names of each part, and its seconds.
    fn seconds(&self) -> impl Iterator<Item = (&'static str, &'static str, f64)> {
        let seconds = |sum: &AtomicU64| Duration::from_nanos(sum.load(Relaxed)).as_secs_f64();
        let parts = PARTS.iter().zip(self.0.iter());
        parts.map(move |((_, name, key), sum)| (*name, *key, seconds(sum)))
    }

    /// Returns an object with the seconds of each part, and of the whole process.
    pub(super) fn to_json(&self) -> Json {
        let mut json = json!({ "process": cpu_time::of_process().map(|all| all.as_secs_f64()) });
        for (_, key, seconds) in self.seconds() {
            json[key] = seconds.into();
        }
        json
    }
}

impl fmt::Display for CpuTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = cpu_time::of_process().unwrap_or_default().as_secs_f64();
        write!(f, "CPU time of the command: {all:.2} s")?;
        let mut sign = "; ";
        for (name, _, seconds) in self.seconds().filter(|&(.., seconds)| seconds >= 0.005) {
            write!(f, "{sign}{name} {seconds:.2}")?;
            sign = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_place() {
        for (index, (part, ..)) in PARTS.into_iter().enumerate() {
            assert_eq!(part as usize, index);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_time_of_a_part_is_told() {
        let times = CpuTimes::default();
        let spend = || {
            let begun = cpu_time::of_thread().unwrap();
            while cpu_time::of_thread().unwrap() - begun < Duration::from_millis(20) {}
            7
        };
        assert_eq!(times.of_thread(Part::Checks, spend), 7);
        assert_eq!(times.of_process(Part::LinearAlgebra, spend), 7);
        let text = times.to_string();
        assert!(text.contains("checks of relations 0.0"), "{text}");
        assert!(text.contains("linear algebra 0."), "{text}");
        assert!(!text.contains("proofs"), "{text}");
        let json = times.to_json();
        assert!(json["checks"].as_f64() >= Some(0.02), "{json}");
        assert_eq!(json["proofs"].as_f64(), Some(0.0), "{json}");
    }
}

//! The signs of life of servers: the times of their files, by the directory's own clock.
//!
//! A server is alive if the time of its file is near that clock's, or if that time was seen to
//! advance a short while ago. So a file with a wrong time hides no other one, and a server is found
//! too whose node gives its files times of its own.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::mem;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// The age from which a server counts as dead: it has missed some of its signs of life.
const MAX_AGE: Duration = Duration::from_secs(20);

/// The signs of life in a directory.
#[derive(Debug, Default)]
pub(super) struct SignsOfLife {
    clock: DirectoryClock,
    advances: Advances,
}

impl SignsOfLife {
    /// Returns which files' servers are alive, from the names and times of all that are there.
    pub(super) fn alive(
        &mut self,
        directory: &Path,
        files: Vec<(String, SystemTime)>,
    ) -> HashSet<String> {
        let now = self
            .clock
            .now(directory, files.iter().map(|(_, time)| *time));
        self.advances.note(&files);
        let alive = files.into_iter().filter(|(name, time)| {
            distance(now, *time) <= MAX_AGE || self.advances.is_recent(name)
        });
        alive.map(|(name, _)| name).collect()
    }
}

/// The clock of a directory's file system, which may be another machine's.
#[derive(Debug, Default)]
struct DirectoryClock {
    /// A time of that clock, and the moment at which it was read.
    reading: Option<(SystemTime, Instant)>,
    /// The time was read from a file that was made for it. Other files' times don't matter then.
    is_exact: bool,
    /// The moment at which a file was last made there.
    probed: Option<Instant>,
}

impl DirectoryClock {
    /// The time between two readings.
    const INTERVAL: Duration = Duration::from_secs(60);

    /// Returns the present time. Makes a file to read it, now and then. Where this user may
    /// not, it is the newest time of a file that is not ahead of this machine's clock, or else
    /// of any file, and goes on from when it was seen.
    fn now(
        &mut self,
        directory: &Path,
        times: impl Iterator<Item = SystemTime> + Clone,
    ) -> SystemTime {
        if self
            .probed
            .is_none_or(|probed| probed.elapsed() >= Self::INTERVAL)
        {
            self.probed = Some(Instant::now());
            if let Ok(time) = time_of_new_file(directory) {
                self.set(time);
                self.is_exact = true;
            }
        }
        let known = self.reading.map(|(time, at)| time + at.elapsed());
        if let (true, Some(known)) = (self.is_exact, known) {
            return known;
        }
        let latest = SystemTime::now() + MAX_AGE;
        let plausible = times.clone().filter(|time| *time <= latest).max();
        match (plausible, known) {
            (Some(time), Some(known)) if time > known => self.set(time),
            (_, Some(known)) => known,
            (Some(time), None) => self.set(time),
            (None, None) => match times.max() {
                Some(time) => self.set(time),
                None => SystemTime::now(),
            },
        }
    }

    fn set(&mut self, time: SystemTime) -> SystemTime {
        self.reading = Some((time, Instant::now()));
        time
    }
}

/// The moments at which the times of files were seen to advance.
#[derive(Debug, Default)]
struct Advances {
    /// The time of each file, by its name, and the moment at which it last advanced, if it did.
    files: HashMap<String, (SystemTime, Option<Instant>)>,
}

impl Advances {
    /// Notes the names and times of all files that are there.
    fn note(&mut self, files: &[(String, SystemTime)]) {
        let before = mem::take(&mut self.files);
        self.files = files
            .iter()
            .map(|(name, time)| {
                let advanced = match before.get(name) {
                    Some((known, _)) if time > known => Some(Instant::now()),
                    Some((_, advanced)) => *advanced,
                    None => None,
                };
                (name.clone(), (*time, advanced))
            })
            .collect();
    }

    /// Returns whether a file's time has advanced within [`MAX_AGE`].
    fn is_recent(&self, name: &str) -> bool {
        let file = self.files.get(name);
        let advanced = file.and_then(|(_, advanced)| *advanced);
        advanced.is_some_and(|advanced| advanced.elapsed() <= MAX_AGE)
    }
}

fn distance(one: SystemTime, other: SystemTime) -> Duration {
    let ahead = one.duration_since(other);
    ahead.unwrap_or_else(|error| error.duration())
}

/// Makes a file, and returns its time.
fn time_of_new_file(directory: &Path) -> io::Result<SystemTime> {
    let random = RandomState::new().hash_one(std::process::id());
    let path = directory.join(format!(".clock-{random:016x}"));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    let time = file.metadata().and_then(|metadata| metadata.modified());
    drop::<File>(file);
    let _ = fs::remove_file(&path);
    time
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::TestFolder;

    /// The file system's clock may differ from this machine's by hours.
    #[test]
    fn the_clock_is_the_directorys() {
        let files = TestFolder::new();
        let hour = Duration::from_secs(3600);
        let (present, half) = (SystemTime::now(), hour / 2);
        let (ahead, behind) = (present + hour, present - hour);
        let now = |clock: &mut DirectoryClock, directory: &Path, times: &[SystemTime]| {
            clock.now(directory, times.iter().copied())
        };
        let mut clock = DirectoryClock::default();
        let read = now(&mut clock, files.folder(), &[ahead]);
        assert!(distance(read, present) < half, "{read:?}");
        // Where no file can be made.
        let nowhere = Path::new("/nowhere");
        for (times, expected) in [
            (&[behind, ahead][..], behind),
            (&[behind], behind),
            (&[ahead], ahead),
            (&[], present),
        ] {
            let mut clock = DirectoryClock::default();
            for again in [times, &[]] {
                let read = now(&mut clock, nowhere, again);
                assert!(distance(read, expected) < half, "{times:?}: {read:?}");
            }
        }
        let mut clock = DirectoryClock::default();
        now(&mut clock, nowhere, &[behind]);
        assert_eq!(now(&mut clock, nowhere, &[behind, present]), present);
    }
}

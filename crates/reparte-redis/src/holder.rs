//! The client that holds a kept run.

use std::fmt;
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use untrusted_text::OneLine;

/// A client that holds a [kept](crate::RedisQueueBuilder::keep) run: one at a time does.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    /// The lines of the lease: the host, the process, the milliseconds since 1970, the machine, the
    /// process's start, and a random number.
    text: String,
}

impl Holder {
    /// Returns this process, which names its host so.
    pub(crate) fn this_process(host: &str) -> Self {
        let host: String = host.chars().filter(|c| !c.is_control()).take(100).collect();
        let pid = process::id();
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let since = since.unwrap_or_default().as_millis();
        let start = start_of(pid).unwrap_or_default();
        let random = RandomState::new().hash_one(0);
        Self {
            text: format!(
                "{host}\n{pid}\n{since}\n{}\n{start}\n{random:016x}",
                machine()
            ),
        }
    }

    pub(crate) fn read(text: String) -> Self {
        Self { text }
    }

    /// Returns the text of its lease.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    fn line(&self, number: usize) -> &str {
        self.text.lines().nth(number).unwrap_or_default()
    }

    /// Returns the name of its host, as that names itself.
    #[must_use]
    pub fn host(&self) -> &str {
        self.line(0)
    }

    /// Returns the number of its process there.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.line(1).parse().unwrap_or(0)
    }

    /// Returns the time since which it holds the run, by its own clock.
    #[must_use]
    pub fn since(&self) -> SystemTime {
        let millis = self.line(2).parse().unwrap_or(0);
        let since = UNIX_EPOCH.checked_add(Duration::from_millis(millis));
        since.unwrap_or(UNIX_EPOCH)
    }

    /// Returns true if it was a process of this machine that is there no more. Its lease need not be
    /// waited for.
    pub(crate) fn is_dead(&self) -> bool {
        let is_here = !self.line(3).is_empty() && self.line(3) == machine();
        // Another process may have its number since.
        is_here && start_of(self.pid()).is_none_or(|start| start != self.line(4))
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "process {} on {}, since {}",
            self.pid(),
            OneLine::new(self.host()),
            utc(self.since())
        )
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Holder({self})")
    }
}

/// Returns a text that is this machine's alone, from its start on, and of its namespace of processes.
/// It is empty where the system tells none.
fn machine() -> String {
    if !cfg!(target_os = "linux") {
        return String::new();
    }
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let namespace = fs::read_link("/proc/self/ns/pid");
    match (boot, namespace) {
        (Ok(boot), Ok(namespace)) => format!("{} {}", boot.trim(), namespace.display()),
        _ => String::new(),
    }
}

/// Returns when a process was started, as the system tells it. None if there is no such process.
fn start_of(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name may have spaces and brackets.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let is_zombie = fields.next() == Some("Z");
    let start = fields.nth(18)?;
    (!is_zombie).then(|| start.to_owned())
}

/// Returns a time as text, in UTC.
fn utc(time: SystemTime) -> String {
    let time = Timestamp::try_from(time).unwrap_or(Timestamp::MAX);
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_827_696, "2000-02-29 12:34:56 UTC"),
            (1_798_761_599, "2026-12-31 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(utc(time), text);
        }
    }

    #[test]
    fn a_holder_is_read_as_it_was_written() {
        let own = Holder::this_process("north\n");
        assert_eq!(own.host(), "north");
        assert_eq!(own.pid(), process::id());
        assert!(own.since() <= SystemTime::now());
        assert_eq!(Holder::read(own.text().to_owned()), own);
        assert_ne!(Holder::this_process("north"), own, "each start is another");
        assert!(!own.is_dead());
        for odd in ["", "a", "a\nb\nc\nd\ne"] {
            assert!(!Holder::read(odd.to_owned()).is_dead(), "{odd:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_of_another_start_is_dead_and_one_of_another_machine_may_live() {
        let text = Holder::this_process("a").text().to_owned();
        let lines: Vec<&str> = text.lines().collect();
        let with = |number: usize, line: &str| {
            let mut lines = lines.clone();
            lines[number] = line;
            Holder::read(lines.join("\n"))
        };
        assert!(with(4, "1").is_dead());
        assert!(with(1, "4194305").is_dead());
        assert!(!with(3, "elsewhere").is_dead());
    }
}

//! The mark of a program: a variable of its environment, by which the guard finds it.
//!
//! The program's children inherit the mark. A program whose environment may not be read is not
//! found: one that is setuid, that its user may execute and not read, or that runs as another
//! user beside a guard without CAP_SYS_PTRACE.

use std::fmt;
use std::io;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

/// The variable that has the mark.
const VARIABLE: &str = "REPARTE_PROGRAM";

/// The marks of the programs of one server.
#[derive(Debug)]
pub(crate) struct ProgramMarks {
    /// A number of the server's own, by chance.
    server: u64,
    /// The number of programs that have a mark.
    count: AtomicU64,
}

/// A text that no other program has.
#[derive(Debug)]
pub(crate) struct ProgramMark {
    server: u64,
    number: u64,
}

impl ProgramMarks {
    /// Chooses the marks of a server.
    ///
    /// # Errors
    ///
    /// The system has no random numbers.
    pub(crate) fn new() -> io::Result<Self> {
        let mut server = [0; 8];
        getrandom::fill(&mut server).map_err(io::Error::other)?;
        Ok(ProgramMarks {
            server: u64::from_ne_bytes(server),
            count: AtomicU64::new(0),
        })
    }

    /// Returns the mark of the next program.
    pub(crate) fn next(&self) -> ProgramMark {
        ProgramMark {
            server: self.server,
            // Each program gets another number. No other memory depends on it.
            number: self.count.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl ProgramMark {
    /// Puts the mark into the environment of a program.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.env(VARIABLE, self.to_string());
    }
}

impl fmt::Display for ProgramMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}-{}", self.server, self.number)
    }
}

/// Kills the process groups of all processes that have one of these marks, and of those that
/// they start meanwhile.
#[cfg(target_os = "linux")]
pub(crate) fn kill_marked(marks: &[String]) {
    use std::thread;
    use std::time::{Duration, Instant};

    /// The longest time for which processes are looked for.
    const PATIENCE: Duration = Duration::from_secs(5);
    const PAUSE: Duration = Duration::from_millis(5);

    let marks: Vec<String> = marks.iter().map(|of| format!("{VARIABLE}={of}")).collect();
    let begun = Instant::now();
    // A process that was forked during a pass may have a number that was passed already. So only
    // two passes without a find end the search.
    let mut passes = 0;
    while passes < 2 && begun.elapsed() < PATIENCE {
        match processes::kill(&marks) {
            Ok(()) => passes += 1,
            Err(processes::Unfinished) => passes = 0,
        }
        thread::sleep(PAUSE);
    }
}

/// Does nothing: this system does not show the environment of processes.
#[cfg(not(target_os = "linux"))]
pub(crate) fn kill_marked(_: &[String]) {}

#[cfg(target_os = "linux")]
mod processes {
    //! The processes of the system, as /proc shows them.

    use std::fs;
    use std::path::Path;

    use rustix::process::{Pid, RawPid, Signal, kill_process_group};

    /// The flag of a thread of the kernel (PF_KTHREAD).
    const KERNEL_THREAD: u64 = 0x0020_0000;

    /// Some process had a mark, or may get one: another pass has to follow.
    #[derive(Debug)]
    pub(crate) struct Unfinished;

    /// Passes over all processes once, and kills the groups of those with one of these entries in
    /// their environment.
    pub(crate) fn kill(entries: &[String]) -> Result<(), Unfinished> {
        let mut outcome = Ok(());
        for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Ok(environment) = fs::read(process.path().join("environ")) else {
                continue;
            };
            let is_marked = environment
                .split(|&byte| byte == 0)
                .any(|entry| entries.iter().any(|marked| marked.as_bytes() == entry));
            if !is_marked && !environment.is_empty() {
                continue;
            }
            // It is read after the environment: a process that has executed a program since, has
            // one by now.
            match Stat::read(&process.path()) {
                Some(stat) if is_marked && !stat.is_dead => {
                    let _ = kill_process_group(stat.group, Signal::KILL);
                    outcome = Err(Unfinished);
                }
                Some(stat) if !is_marked && stat.may_have_environment => outcome = Err(Unfinished),
                _ => {}
            }
        }
        outcome
    }

    /// The state of a process.
    struct Stat {
        group: Pid,
        is_dead: bool,
        /// True if it has an environment, or is about to have one: a process has none between
        /// the end of the old program's memory and the start of the new program.
        may_have_environment: bool,
    }

    impl Stat {
        fn read(process: &Path) -> Option<Self> {
            Stat::parse(&fs::read_to_string(process.join("stat")).ok()?)
        }

        /// Parses `number (name) state parent group ...`, where a name may have anything in it.
        fn parse(text: &str) -> Option<Self> {
            let (_, rest) = text.rsplit_once(") ")?;
            let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
            // proc(5) counts from 1, and the state is its field 3.
            let field = |number: usize| fields.get(number - 3).copied();
            let is_dead = matches!(field(3)?, "Z" | "X" | "x");
            let flags: u64 = field(9)?.parse().ok()?;
            let environment = (field(50)?, field(51)?);
            let is_empty = environment.0 == environment.1 && environment.1 != "0";
            Some(Stat {
                group: Pid::from_raw(field(5)?.parse::<RawPid>().ok()?)?,
                is_dead,
                may_have_environment: !is_dead && flags & KERNEL_THREAD == 0 && !is_empty,
            })
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_process_without_an_environment_is_told_from_others() {
            let stat = |state: &str, flags: u64, environment: (u64, u64)| {
                let before = format!("7 (a) b) {state} 1 5 5 0 -1 {flags} ");
                let middle = "0 ".repeat(49 - 9);
                let (start, end) = environment;
                let stat = Stat::parse(&format!("{before}{middle}{start} {end} 0")).unwrap();
                assert_eq!(stat.group.as_raw_nonzero().get(), 5);
                (stat.is_dead, stat.may_have_environment)
            };
            assert_eq!(stat("R", 0x0040_0000, (140, 150)), (false, true));
            assert_eq!(stat("R", 0x0040_0000, (140, 140)), (false, false));
            assert_eq!(stat("R", 0x0040_0000, (0, 0)), (false, true));
            assert_eq!(stat("I", KERNEL_THREAD | 0x40, (0, 0)), (false, false));
            assert_eq!(stat("Z", 0x0040_0000, (0, 0)), (true, false));
            let own = Stat::read(Path::new("/proc/self")).unwrap();
            assert!(!own.is_dead && own.may_have_environment);
        }
    }
}

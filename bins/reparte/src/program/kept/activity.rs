//! The look at what a process does.

use crate::program::process_groups::ProcessGroup;

/// The occupation of the main thread of a process, or of the process that it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    /// It reads its standard input, and waits for more.
    Reads,
    /// It waits for one of several things. Its input may be one of them.
    Waits,
    /// It is at work, or waits for something else than its input.
    Runs,
}

/// Returns what a process does. `None` if the system does not tell: only Linux does.
#[cfg(target_os = "linux")]
pub(super) fn activity(group: &ProcessGroup) -> Option<Activity> {
    linux::activity(group.child.id(), linux::DEPTH)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn activity(_: &ProcessGroup) -> Option<Activity> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;

    use super::Activity;

    /// The most wrappers, such as shells, around a program.
    pub(super) const DEPTH: u32 = 8;

    /// The numbers of system calls.
    struct Numbers {
        /// `read` and `readv`.
        read: [i64; 2],
        /// `wait4` and `waitid`.
        wait_for_child: [i64; 2],
        /// `futex`, `poll`, `select`, `epoll` and `io_uring` in their forms.
        wait_for_several: &'static [i64],
    }

    const NUMBERS: Option<Numbers> = if cfg!(target_arch = "x86_64") {
        Some(Numbers {
            read: [0, 19],
            wait_for_child: [61, 247],
            wait_for_several: &[7, 23, 202, 232, 270, 271, 281, 426, 441, 449],
        })
    } else if cfg!(any(target_arch = "aarch64", target_arch = "riscv64")) {
        Some(Numbers {
            read: [63, 65],
            wait_for_child: [260, 95],
            wait_for_several: &[22, 72, 73, 98, 426, 441, 449],
        })
    } else {
        None
    };

    #[derive(Debug, PartialEq, Eq)]
    pub(super) enum Found {
        Activity(Activity),
        /// It waits for a process that it has started.
        Child,
    }

    pub(super) fn activity(id: u32, depth: u32) -> Option<Activity> {
        let text = fs::read_to_string(format!("/proc/{id}/syscall")).ok()?;
        match parse(&text)? {
            Found::Activity(activity) => Some(activity),
            Found::Child => match child(id).filter(|_| depth > 0) {
                Some(child) => activity(child, depth - 1),
                None => Some(Activity::Waits),
            },
        }
    }

    /// Returns the process that a process has started last.
    fn child(id: u32) -> Option<u32> {
        let path = format!("/proc/{id}/task/{id}/children");
        let children = fs::read_to_string(path).ok()?;
        children.split_ascii_whitespace().next_back()?.parse().ok()
    }

    /// Parses the number of a system call and its arguments, or the word for none.
    pub(super) fn parse(text: &str) -> Option<Found> {
        let mut words = text.split_ascii_whitespace();
        let (call, first) = (words.next()?, words.next());
        let numbers = NUMBERS?;
        // -1 is none: the process waits for memory.
        let activity = match call.parse() {
            Ok(call) if numbers.wait_for_child.contains(&call) => return Some(Found::Child),
            Ok(call) if numbers.read.contains(&call) && first == Some("0x0") => Activity::Reads,
            Ok(call) if numbers.wait_for_several.contains(&call) => Activity::Waits,
            Ok(_) => Activity::Runs,
            Err(_) if call == "running" => Activity::Runs,
            Err(_) => return None,
        };
        Some(Found::Activity(activity))
    }
}

#[cfg(all(test, target_os = "linux", target_arch = "x86_64"))]
mod tests {
    use super::Activity;
    use super::linux::{Found, parse};

    #[test]
    fn a_line_of_the_system_is_understood() {
        for (text, expected) in [
            ("0 0x0 0x7f 0x2000 0x0\n", Some(Activity::Reads)),
            ("0 0x5 0x7f 0x2000 0x0\n", Some(Activity::Runs)),
            ("232 0x4 0x1 0x0\n", Some(Activity::Waits)),
            // A sleep.
            ("230 0x0 0x1 0x0\n", Some(Activity::Runs)),
            ("running\n", Some(Activity::Runs)),
            ("-1 0x7ffc 0x7f11\n", Some(Activity::Runs)),
            ("", None),
        ] {
            assert_eq!(parse(text), expected.map(Found::Activity), "{text}");
        }
        assert_eq!(parse("61 0xffffffff 0x7f 0x0\n"), Some(Found::Child));
    }
}

//! The look at what a process does.

use crate::program::process_groups::ProcessGroup;

/// The occupation of the main thread of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    /// It is in the system call that reads its standard input.
    Reads,
    /// It is at work.
    Runs,
    /// It is in another system call: perhaps one that waits for its input, too.
    Waits,
}

/// Returns what a process does. `None` if the system does not tell: only Linux does.
#[cfg(target_os = "linux")]
pub(super) fn activity(group: &ProcessGroup) -> Option<Activity> {
    let path = format!("/proc/{}/syscall", group.child.id());
    let text = std::fs::read_to_string(path).ok()?;
    parse(&text)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn activity(_: &ProcessGroup) -> Option<Activity> {
    None
}

/// Parses the number of a system call and its arguments, or the word for none.
#[cfg(target_os = "linux")]
fn parse(text: &str) -> Option<Activity> {
    // The number of `read`: that of x86-64, and that of aarch64 and riscv64.
    const READ: &str = match cfg!(target_arch = "x86_64") {
        true => "0",
        false => "63",
    };
    let mut words = text.split_ascii_whitespace();
    match (words.next()?, words.next()) {
        ("running", _) => Some(Activity::Runs),
        (READ, Some("0x0")) => Some(Activity::Reads),
        _ => Some(Activity::Waits),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_system_is_understood() {
        let read = match cfg!(target_arch = "x86_64") {
            true => "0",
            false => "63",
        };
        for (text, expected) in [
            (
                format!("{read} 0x0 0x7f 0x2000 0x0\n"),
                Some(Activity::Reads),
            ),
            (
                format!("{read} 0x5 0x7f 0x2000 0x0\n"),
                Some(Activity::Waits),
            ),
            ("7 0x0 0x1 0x0\n".to_owned(), Some(Activity::Waits)),
            ("running\n".to_owned(), Some(Activity::Runs)),
            (String::new(), None),
        ] {
            assert_eq!(parse(&text), expected, "{text}");
        }
    }
}

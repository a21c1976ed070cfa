//! One run of a program: what it reads, what it writes, and its end.

use std::fmt;
use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{WaitId, WaitIdOptions, waitid};
use xmlrpc_server::Context;

use super::process_groups::{ProcessGroup, ProcessGroups};
use super::program_io::ProgramIo;

/// How long a program that is to end has for it, before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// What a call may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) time: Duration,
    /// In bytes.
    pub(super) output: u64,
}

/// What a program left that ended by itself.
#[derive(Debug)]
pub(super) struct Completed {
    pub(super) status: ExitStatus,
    pub(super) output: Vec<u8>,
    /// The end of its error output, as text.
    pub(super) told: String,
}

/// Why a program did not end by itself.
#[derive(Debug)]
pub(super) enum ProcessError {
    NotStarted(io::Error),
    /// Nobody waits for it any more, or the server stops.
    Unwanted,
    TooLong(Duration),
    TooMuch(u64),
    System(io::Error),
}

/// Runs a program until it ends, or has to.
pub(super) fn run(
    mut command: Command,
    input: Vec<u8>,
    limits: Limits,
    call: &Context,
    groups: &ProcessGroups,
) -> Result<Completed, ProcessError> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group = groups
        .start(&mut command)
        .map_err(ProcessError::NotStarted)?;
    let pipes = ProgramIo::of(&mut group, input, limits.output).map_err(ProcessError::System)?;
    attend(group, pipes, limits, || {
        call.is_cancelled() || groups.are_to_end()
    })
}

fn attend(
    group: ProcessGroup<'_>,
    mut pipes: ProgramIo,
    limits: Limits,
    is_unwanted: impl Fn() -> bool,
) -> Result<Completed, ProcessError> {
    let over = Instant::now().checked_add(limits.time);
    let trouble = loop {
        if is_unwanted() {
            break ProcessError::Unwanted;
        }
        if over.is_some_and(|over| Instant::now() >= over) {
            break ProcessError::TooLong(limits.time);
        }
        if pipes.is_too_much() {
            break ProcessError::TooMuch(limits.output);
        }
        if has_ended(&group).map_err(ProcessError::System)? {
            pipes.carry().map_err(ProcessError::System)?;
            if pipes.is_too_much() {
                break ProcessError::TooMuch(limits.output);
            }
            return Ok(Completed {
                status: group.wait().map_err(ProcessError::System)?,
                told: pipes.told(),
                output: pipes.output,
            });
        }
        pipes.await_change(over).map_err(ProcessError::System)?;
    };
    end(group, &mut pipes);
    Err(trouble)
}

/// Ends a group: asks it to, and kills what has not done so.
fn end(group: ProcessGroup<'_>, pipes: &mut ProgramIo) {
    group.terminate();
    let last = Instant::now() + GRACE;
    while Instant::now() < last && matches!(has_ended(&group), Ok(false)) {
        // What it still writes goes nowhere, but must not hold it up.
        if pipes.await_change(Some(last)).is_err() {
            break;
        }
        pipes.forget();
    }
    drop(group);
}

/// Whether the program has ended; it stays to be waited for.
fn has_ended(group: &ProcessGroup<'_>) -> io::Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(group.id), options)?.is_some())
}

impl fmt::Display for ProcessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProcessError::NotStarted(error) => {
                write!(f, "the program can't be started: {error}")?;
                match error.kind() {
                    io::ErrorKind::ArgumentListTooLong => f.write_str(
                        "; start the server without {}, and the argument comes on standard input",
                    ),
                    _ => Ok(()),
                }
            }
            ProcessError::Unwanted => f.write_str("the program was ended: nobody waits for it"),
            ProcessError::TooLong(time) => write!(
                f,
                "the program was ended after {} s: send less work, or start the server with a \
                 larger --max-seconds",
                time.as_secs_f64()
            ),
            ProcessError::TooMuch(most) => write!(
                f,
                "the program was ended: it printed more than {most} bytes; have it print less, \
                 or start the server with a larger --max-output"
            ),
            ProcessError::System(error) => write!(f, "the program can't be run: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a shell's script, woken by its end or not.
    fn shell(script: &str, wakes: bool, time: Duration) -> Result<Completed, ProcessError> {
        let groups = ProcessGroups::default();
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let limits = Limits { time, output: 1000 };
        let mut group = groups.start(&mut command).unwrap();
        let mut pipes = ProgramIo::of(&mut group, b"in\n".to_vec(), limits.output).unwrap();
        if !wakes {
            pipes.end = None;
        }
        attend(group, pipes, limits, || false)
    }

    #[test]
    fn an_end_is_seen_with_and_without_waking() {
        const LONG: Duration = Duration::from_secs(600);
        for wakes in [true, false] {
            let ended = shell("cat; echo err >&2; exit 7", wakes, LONG).unwrap();
            assert_eq!(ended.status.code(), Some(7));
            assert_eq!((&*ended.output, &*ended.told), (&b"in\n"[..], "err"));
            // It has closed all, and goes on; it has left one that holds all open.
            let ended = shell("exec <&- >&- 2>&-; exit 3", wakes, LONG).unwrap();
            assert_eq!(ended.status.code(), Some(3));
            let ended = shell("sleep 1000 & echo left", wakes, LONG).unwrap();
            assert_eq!(ended.output, b"left\n");
            let short = Duration::from_millis(100);
            let late = shell("exec <&- >&- 2>&-; sleep 1000", wakes, short);
            assert!(matches!(late, Err(ProcessError::TooLong(_))), "{late:?}");
            let much = shell("yes", wakes, LONG);
            assert!(matches!(much, Err(ProcessError::TooMuch(1000))), "{much:?}");
        }
    }
}

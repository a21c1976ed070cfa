//! One execution of a program.
//!
//! | state | event | next state |
//! | --- | --- | --- |
//! | running | the program ends | ended: its status and output are the result |
//! | running | a limit is reached, the call is cancelled, or the server stops | terminated: its group has SIGTERM |
//! | terminated | the program ends, or [`KILL_AFTER`] has passed | killed: its group has SIGKILL, and the reason is the error |

use std::fmt;
use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{WaitId, WaitIdOptions, waitid};
use xmlrpc_server::Context;

use crate::serve::limits::Limits;
use crate::serve::process_groups::{ProcessGroup, ProcessGroups};
use crate::serve::program_io::ProgramIo;

/// The time that a program has to end after SIGTERM.
const KILL_AFTER: Duration = Duration::from_secs(2);

/// A program that has ended by itself.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) output: Vec<u8>,
    /// The end of its error output, as text.
    pub(super) errors: String,
}

/// The reason why a program did not end by itself.
#[derive(Debug)]
pub(super) enum ProcessError {
    NotStarted(io::Error),
    /// The call was cancelled, or the server stops.
    Cancelled,
    TimeLimit(Duration),
    /// More bytes on standard output than this.
    OutputLimit(u64),
    System(io::Error),
}

/// Runs a program until it ends, or has to.
pub(super) fn run(
    mut command: Command,
    input: Vec<u8>,
    limits: Limits,
    call: &Context,
    groups: &ProcessGroups,
) -> Result<Ended, ProcessError> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group = groups
        .start(&mut command)
        .map_err(ProcessError::NotStarted)?;
    let io = ProgramIo::new(&mut group, input, limits.output_bytes);
    let io = io.map_err(ProcessError::System)?;
    attend(group, io, limits, || {
        call.is_cancelled() || groups.is_closed()
    })
}

/// Moves data to and from a program until it ends, or has to.
fn attend(
    group: ProcessGroup<'_>,
    mut io: ProgramIo,
    limits: Limits,
    is_cancelled: impl Fn() -> bool,
) -> Result<Ended, ProcessError> {
    let deadline = Instant::now().checked_add(limits.time);
    let reason = loop {
        if is_cancelled() {
            break ProcessError::Cancelled;
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break ProcessError::TimeLimit(limits.time);
        }
        if io.is_over_limit() {
            break ProcessError::OutputLimit(limits.output_bytes);
        }
        if has_ended(&group).map_err(ProcessError::System)? {
            // Its last output may still be in the pipes.
            io.transfer().map_err(ProcessError::System)?;
            if io.is_over_limit() {
                break ProcessError::OutputLimit(limits.output_bytes);
            }
            return Ok(Ended {
                status: group.wait().map_err(ProcessError::System)?,
                errors: io.errors(),
                output: io.output,
            });
        }
        io.wait(deadline).map_err(ProcessError::System)?;
    };
    end(group, &mut io);
    Err(reason)
}

/// Ends a group: asks it to, and kills it if it doesn't in time.
fn end(group: ProcessGroup<'_>, io: &mut ProgramIo) {
    group.terminate();
    let deadline = Instant::now() + KILL_AFTER;
    while Instant::now() < deadline && matches!(has_ended(&group), Ok(false)) {
        // The output is read and dropped: a full pipe would keep the program from ending.
        if io.wait(Some(deadline)).is_err() {
            break;
        }
        io.clear_output();
    }
    drop(group);
}

/// Returns whether the program has ended. It still has to be waited for.
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
            ProcessError::Cancelled => f.write_str("the program was ended: nobody waits for it"),
            ProcessError::TimeLimit(time) => write!(
                f,
                "the program was ended after {} s: send less work, or start the server with a \
                 larger --max-seconds",
                time.as_secs_f64()
            ),
            ProcessError::OutputLimit(most) => write!(
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
    fn shell(script: &str, wakes: bool, time: Duration) -> Result<Ended, ProcessError> {
        let groups = ProcessGroups::default();
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let limits = Limits {
            time,
            output_bytes: 1000,
        };
        let mut group = groups.start(&mut command).unwrap();
        let mut io = ProgramIo::new(&mut group, b"in\n".to_vec(), limits.output_bytes).unwrap();
        if !wakes {
            io.end = None;
        }
        attend(group, io, limits, || false)
    }

    #[test]
    fn an_end_is_seen_with_and_without_waking() {
        const LONG: Duration = Duration::from_secs(600);
        for wakes in [true, false] {
            let ended = shell("cat; echo err >&2; exit 7", wakes, LONG).unwrap();
            assert_eq!(ended.status.code(), Some(7));
            assert_eq!((&*ended.output, &*ended.errors), (&b"in\n"[..], "err"));
            // It has closed all, and goes on; it has left one that holds all open.
            let ended = shell("exec <&- >&- 2>&-; exit 3", wakes, LONG).unwrap();
            assert_eq!(ended.status.code(), Some(3));
            let ended = shell("sleep 1000 & echo left", wakes, LONG).unwrap();
            assert_eq!(ended.output, b"left\n");
            let short = Duration::from_millis(100);
            let late = shell("exec <&- >&- 2>&-; sleep 1000", wakes, short);
            assert!(matches!(late, Err(ProcessError::TimeLimit(_))), "{late:?}");
            let much = shell("yes", wakes, LONG);
            assert!(
                matches!(much, Err(ProcessError::OutputLimit(1000))),
                "{much:?}"
            );
        }
    }
}

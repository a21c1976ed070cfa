//! One execution of a program.
//!
//! | state | event | next state |
//! | --- | --- | --- |
//! | running | the program ends | draining: processes that it started may still hold its output |
//! | draining | its output is at its end | ended: its status and output are the result |
//! | draining | standard output is held in silence for [`Limits::output_grace`] | killed: its group has SIGKILL. The output may be cut, which is an error |
//! | draining | only the error output is held, for as long | ended, and what holds it is killed: its status and output are the result |
//! | running, draining | a limit is reached, the call is cancelled, or the server stops | terminated: its group has SIGTERM |
//! | terminated | the program ends, or [`KILL_AFTER`] has passed | killed: its group has SIGKILL, and the reason is the error |
//!
//! A shell reads the output of `$(...)` to its end in the same way, however the program hands
//! its output on: `exec > >(tee log)` leaves a process behind that has the last of it.

use std::fmt;
use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{WaitId, WaitIdOptions, waitid};

use crate::program::io::ProgramIo;
use crate::program::limits::Limits;
use crate::program::process_groups::{ProcessGroup, ProcessGroups};
use crate::program::start_error::StartError;

/// The time that a program has to end after SIGTERM.
pub(crate) const KILL_AFTER: Duration = Duration::from_secs(2);

/// The time for which a program is tried to be started, and the pause between two attempts.
const START_PATIENCE: Duration = Duration::from_secs(1);
const START_PAUSE: Duration = Duration::from_millis(20);

/// A program that has ended by itself.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) output: Vec<u8>,
    /// The end of its error output, as text.
    pub(crate) errors: String,
}

/// The reason why a program did not end by itself.
#[derive(Debug)]
pub(crate) enum ProcessError {
    NotStarted(StartError),
    /// Nobody waits for the call any more.
    Cancelled,
    /// The server stops.
    Stopped,
    TimeLimit(Duration),
    /// More bytes on standard output than this.
    OutputLimit(u64),
    /// The program has ended by itself, and after this time without output a process that it
    /// started still holds its standard output: nobody knows whether the output is whole.
    OutputHeld(Duration),
    System(io::Error),
}

/// Runs a program until it ends, or has to.
pub(crate) fn run(
    mut command: Command,
    input: Vec<u8>,
    limits: Limits,
    is_cancelled: impl Fn() -> bool,
    groups: &Arc<ProcessGroups>,
) -> Result<Ended, ProcessError> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group = start(&mut command, &is_cancelled, groups).map_err(ProcessError::NotStarted)?;
    let io = ProgramIo::new(&mut group, input, limits);
    let io = io.map_err(ProcessError::System)?;
    attend(group, io, limits, || match is_cancelled() {
        true => Some(ProcessError::Cancelled),
        false => groups.is_closed().then_some(ProcessError::Stopped),
    })
}

/// Starts a program. While the machine is short of what that needs, tries again for
/// [`START_PATIENCE`]: the calls beside this one give back what they have.
pub(crate) fn start(
    command: &mut Command,
    is_cancelled: impl Fn() -> bool,
    groups: &Arc<ProcessGroups>,
) -> Result<ProcessGroup, StartError> {
    let begun = Instant::now();
    loop {
        match groups.start(command) {
            Err(StartError::Scarce(_)) if begun.elapsed() < START_PATIENCE && !is_cancelled() => {
                thread::sleep(START_PAUSE);
            }
            started => return started,
        }
    }
}

/// Moves data to and from a program until it ends, or has to.
fn attend(
    group: ProcessGroup,
    mut io: ProgramIo,
    limits: Limits,
    cancelled: impl Fn() -> Option<ProcessError>,
) -> Result<Ended, ProcessError> {
    let deadline = Instant::now().checked_add(limits.time);
    let mut drain: Option<Drain> = None;
    let reason = loop {
        if let Some(reason) = cancelled() {
            break reason;
        }
        if io.is_over_limit() {
            break ProcessError::OutputLimit(limits.output_bytes);
        }
        let is_late = deadline.is_some_and(|deadline| Instant::now() >= deadline);
        match &mut drain {
            None if is_late => break ProcessError::TimeLimit(limits.time),
            None => {
                if let Some(succeeded) = how_ended(&group).map_err(ProcessError::System)? {
                    io.mark_ended();
                    drain = Some(Drain::new(succeeded, &io));
                    // Its last output may still be in the pipes.
                    io.transfer().map_err(ProcessError::System)?;
                    continue;
                }
            }
            Some(drain) => {
                if drain.is_over(&io, limits.output_grace) {
                    // The server itself may have been stopped: its pipes are looked at last.
                    io.transfer().map_err(ProcessError::System)?;
                }
                if drain.is_over(&io, limits.output_grace) || is_late {
                    if drain.succeeded && io.is_output_open() {
                        break ProcessError::OutputHeld(drain.silence());
                    }
                    return Ok(Ended {
                        status: group.wait().map_err(ProcessError::System)?,
                        errors: io.errors(),
                        output: io.output,
                    });
                }
            }
        }
        io.wait(deadline).map_err(ProcessError::System)?;
    };
    end(group, &mut io);
    Err(reason)
}

/// The time between the end of a program and that of its output.
///
/// The error output is no part of the result. So it does not extend the time for which standard
/// output is waited for, and has a fixed time itself once that has ended.
struct Drain {
    /// True if the program has succeeded, so that its output is its result.
    succeeded: bool,
    /// The state of standard output at `since`: its bytes, and whether it was open.
    output: (usize, bool),
    /// The time of the program's end, or of the last change of standard output after it.
    since: Instant,
}

impl Drain {
    fn new(succeeded: bool, io: &ProgramIo) -> Self {
        Drain {
            succeeded,
            output: Drain::output(io),
            since: Instant::now(),
        }
    }

    fn output(io: &ProgramIo) -> (usize, bool) {
        (io.output.len(), io.is_output_open())
    }

    /// Returns whether nothing more is waited for: both outputs are at their end, or the grace
    /// is over.
    fn is_over(&mut self, io: &ProgramIo, grace: Duration) -> bool {
        if !io.is_output_open() && !io.is_error_output_open() {
            return true;
        }
        if self.output != Drain::output(io) {
            self.output = Drain::output(io);
            self.since = Instant::now();
        }
        self.silence() >= grace
    }

    /// Returns the time without a change of standard output.
    fn silence(&self) -> Duration {
        self.since.elapsed()
    }
}

/// Ends a group: asks it to, and kills it if it doesn't in time.
fn end(group: ProcessGroup, io: &mut ProgramIo) {
    group.terminate();
    let deadline = Instant::now() + KILL_AFTER;
    while Instant::now() < deadline && matches!(how_ended(&group), Ok(None)) {
        // The output is read and dropped: a full pipe would keep the program from ending.
        if io.wait(Some(deadline)).is_err() {
            break;
        }
        io.clear_output();
    }
    drop(group);
}

/// Returns whether the program has succeeded, if it has ended. It still has to be waited for.
pub(crate) fn how_ended(group: &ProcessGroup) -> io::Result<Option<bool>> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let status = waitid(WaitId::Pid(group.id), options)?;
    Ok(status.map(|status| status.exit_status() == Some(0)))
}

impl fmt::Display for ProcessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProcessError::NotStarted(error) => error.fmt(f),
            ProcessError::Cancelled => f.write_str("the program was ended: nobody waits for it"),
            ProcessError::Stopped => f.write_str("the program was ended: the server stops"),
            ProcessError::TimeLimit(time) => {
                write!(f, "the program was ended after {} s", time.as_secs_f64())
            }
            ProcessError::OutputLimit(most) => write!(
                f,
                "the program was ended: it printed more than {most} bytes; have it print less, \
                 or allow it more with --max-output"
            ),
            ProcessError::OutputHeld(time) => write!(
                f,
                "the program has ended, and a process that it started still holds its standard \
                 output after {:.1} s of silence, so the result may not be whole: have the \
                 program wait for it, send the process's output elsewhere (>/dev/null), or allow \
                 it more with --output-grace",
                time.as_secs_f64()
            ),
            ProcessError::System(error) => write!(f, "the program can't be run: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    /// A server that is stopped (SIGSTOP) for longer than the grace finds the output in the pipe.
    #[test]
    fn a_pause_of_the_server_is_no_silence_of_the_program() {
        let groups = Arc::new(ProcessGroups::default());
        let mut command = Command::new("sh");
        command.args(["-c", "echo soon; (sleep 0.4; echo late) &"]);
        command.stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let limits = Limits {
            time: LONG,
            output_bytes: 1000,
            error_bytes: 2000,
            output_grace: Duration::from_millis(600),
        };
        let mut group = groups.start(&mut command).unwrap();
        let io = ProgramIo::new(&mut group, Vec::new(), limits).unwrap();
        let (started, is_paused) = (Instant::now(), Cell::new(false));
        let ended = attend(group, io, limits, || {
            // By now the program has ended, and its output is waited for.
            if started.elapsed() > Duration::from_millis(200) && !is_paused.replace(true) {
                thread::sleep(Duration::from_secs(1));
            }
            None
        });
        assert_eq!(ended.unwrap().output, b"soon\nlate\n");
    }

    /// Leaves a process that writes error output without end.
    const CHATTY: &str = "(while sleep 0.05; do echo x >&2; done) >/dev/null & echo left";

    /// Runs a shell's script, woken by its end or not.
    fn shell(
        script: &str,
        wakes: bool,
        (time, output_grace): (Duration, Duration),
    ) -> Result<Ended, ProcessError> {
        let groups = Arc::new(ProcessGroups::default());
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let limits = Limits {
            time,
            output_bytes: 1000,
            error_bytes: 2000,
            output_grace,
        };
        let mut group = groups.start(&mut command).unwrap();
        let mut io = ProgramIo::new(&mut group, b"in\n".to_vec(), limits).unwrap();
        if !wakes {
            io.forget_end_notifier();
        }
        attend(group, io, limits, || None)
    }

    #[test]
    fn an_end_is_seen_with_and_without_waking() {
        let short = Duration::from_millis(100);
        for wakes in [true, false] {
            let ended = shell("cat; echo err >&2; exit 7", wakes, (LONG, LONG)).unwrap();
            assert_eq!(ended.status.code(), Some(7));
            assert_eq!((&*ended.output, &*ended.errors), (&b"in\n"[..], "err"));
            // It has closed all, and goes on.
            let ended = shell("exec <&- >&- 2>&-; exit 3", wakes, (LONG, LONG)).unwrap();
            assert_eq!(ended.status.code(), Some(3));
            let late = shell("exec <&- >&- 2>&-; sleep 1000", wakes, (short, LONG));
            assert!(matches!(late, Err(ProcessError::TimeLimit(_))), "{late:?}");
            let much = shell("yes", wakes, (LONG, LONG));
            assert!(
                matches!(much, Err(ProcessError::OutputLimit(1000))),
                "{much:?}"
            );
        }
    }

    #[test]
    fn the_output_is_read_to_its_end_or_is_no_result() {
        let grace = Duration::from_millis(300);
        for wakes in [true, false] {
            for (script, grace, output) in [
                ("echo soon; (sleep 0.1; echo late) &", LONG, "soon\nlate\n"),
                // Each line comes within the grace, and all of them together do not.
                (
                    "echo 0; (for i in 1 2 3 4 5; do sleep 0.7; echo $i; done) &",
                    Duration::from_secs(3),
                    "0\n1\n2\n3\n4\n5\n",
                ),
                ("sleep 1000 >/dev/null 2>&1 & echo left", LONG, "left\n"),
                // The error output is no part of the result.
                ("sleep 1000 >/dev/null & echo left", grace, "left\n"),
                // Nor does it hold the result up, whatever it says.
                (CHATTY, grace, "left\n"),
            ] {
                let ended = shell(script, wakes, (LONG, grace)).unwrap();
                let text = String::from_utf8_lossy(&ended.output);
                assert_eq!(text, output, "{script}");
            }
            let chatty_holder = CHATTY.replace(">/dev/null", "");
            for (script, limits) in [
                (&*chatty_holder, (LONG, grace)),
                ("sleep 1000 & echo left", (LONG, grace)),
                ("sleep 1000 & echo left", (grace, LONG)),
                ("yes & exit 0", (LONG, LONG)),
            ] {
                let held = shell(script, wakes, limits);
                assert!(
                    matches!(
                        held,
                        Err(ProcessError::OutputHeld(_) | ProcessError::OutputLimit(_))
                    ),
                    "{script}: {held:?}"
                );
            }
            // A program that fails has no result that could be cut.
            let failed = shell("sleep 1000 & echo err >&2; exit 3", wakes, (LONG, grace)).unwrap();
            assert_eq!((failed.status.code(), &*failed.errors), (Some(3), "err"));
            // What it says last may come from a process that it has left.
            let script = "(sleep 0.1; echo err >&2) & exit 3";
            assert_eq!(shell(script, wakes, (LONG, LONG)).unwrap().errors, "err");
        }
    }
}

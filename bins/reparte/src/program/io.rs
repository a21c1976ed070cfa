//! The standard streams of a program, on the server's side of the pipes.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio, read, write};

use crate::program::error_tail::ErrorTail;
use crate::program::limits::Limits;
use crate::program::process_groups::ProcessGroup;

/// The longest wait. It bounds the delay until a cancelled call is noticed.
const MAX_WAIT: Duration = Duration::from_millis(50);

/// The longest wait if the system can't report a program's end. It bounds the delay until the
/// end is noticed.
const MAX_WAIT_FOR_END: Duration = Duration::from_millis(2);

/// A program's three pipes. Each is closed once it has reached its end.
pub(crate) struct ProgramIo {
    stdin: Option<OwnedFd>,
    input: Vec<u8>,
    /// The number of bytes of `input` that were written.
    written: usize,
    stdout: Option<OwnedFd>,
    /// The bytes from standard output. May be longer than `max_output` by one reading.
    pub(crate) output: Vec<u8>,
    max_output: u64,
    stderr: Option<OwnedFd>,
    errors: ErrorTail,
    /// Becomes readable when the program ends. `None` if the system has no such thing, or the
    /// program has ended.
    end: Option<OwnedFd>,
    has_ended: bool,
}

impl ProgramIo {
    pub(crate) fn new(
        group: &mut ProcessGroup,
        input: Vec<u8>,
        limits: Limits,
    ) -> io::Result<Self> {
        let pipes = ProgramIo {
            stdin: group.child.stdin.take().map(OwnedFd::from),
            input,
            written: 0,
            stdout: group.child.stdout.take().map(OwnedFd::from),
            output: Vec::new(),
            max_output: limits.output_bytes,
            stderr: group.child.stderr.take().map(OwnedFd::from),
            errors: ErrorTail::new(limits.error_bytes),
            has_ended: false,
            end: end_notifier(group),
        };
        for pipe in [&pipes.stdin, &pipes.stdout, &pipes.stderr]
            .into_iter()
            .flatten()
        {
            ioctl_fionbio(pipe, true)?;
        }
        Ok(pipes)
    }

    /// Returns whether the program has written more than it may.
    pub(crate) fn is_over_limit(&self) -> bool {
        u64::try_from(self.output.len()).is_ok_and(|length| length > self.max_output)
    }

    /// Returns whether some process holds the program's standard output.
    pub(crate) fn is_output_open(&self) -> bool {
        self.stdout.is_some()
    }

    /// Returns whether some process holds the program's error output.
    pub(crate) fn is_error_output_open(&self) -> bool {
        self.stderr.is_some()
    }

    /// Notes that the program has ended: from then on, waits are for its pipes alone.
    pub(crate) fn mark_ended(&mut self) {
        self.has_ended = true;
        // It stays readable, and would end each wait at once.
        self.end = None;
    }

    /// Drops what reports the program's end, as on a system that has no such thing.
    #[cfg(test)]
    pub(crate) fn forget_end_notifier(&mut self) {
        self.end = None;
    }

    /// Waits until a pipe is ready, the program ends, the deadline comes or [`MAX_WAIT`] has
    /// passed, and transfers what is there.
    pub(crate) fn wait(&mut self, deadline: Option<Instant>) -> io::Result<()> {
        let longest = match self.has_ended || self.end.is_some() {
            true => MAX_WAIT,
            false => MAX_WAIT_FOR_END,
        };
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = Timespec::try_from(left.map_or(longest, |left| left.min(longest)))
            .map_err(io::Error::other)?;
        let ready = |fd, flags| PollFd::new(fd, flags);
        let mut polled: Vec<PollFd<'_>> = Vec::with_capacity(4);
        polled.extend(self.stdin.as_ref().map(|fd| ready(fd, PollFlags::OUT)));
        let read = [&self.stdout, &self.stderr, &self.end];
        polled.extend(
            read.into_iter()
                .flatten()
                .map(|fd| ready(fd, PollFlags::IN)),
        );
        match poll(&mut polled, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => self.transfer(),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads and writes what it can without waiting.
    pub(crate) fn transfer(&mut self) -> io::Result<()> {
        self.write_input()?;
        // Past the limit the output is of no use, so reading stops.
        let max_output = usize::try_from(self.max_output).unwrap_or(usize::MAX);
        read_available(&mut self.stdout, |part| {
            self.output.extend_from_slice(part);
            self.output.len() <= max_output
        })?;
        read_available(&mut self.stderr, |part| {
            self.errors.push(part);
            true
        })
    }

    fn write_input(&mut self) -> io::Result<()> {
        while let Some(stdin) = &self.stdin {
            let rest = self.input.get(self.written..).unwrap_or_default();
            if rest.is_empty() {
                self.stdin = None;
                break;
            }
            match write(stdin, rest) {
                Ok(count) => self.written += count,
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                // A program need not read all of its input.
                Err(Errno::PIPE) => self.stdin = None,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Returns the end of the error output, as text.
    pub(crate) fn errors(&self) -> String {
        self.errors.text()
    }

    pub(crate) fn clear_output(&mut self) {
        self.output = Vec::new();
    }
}

/// Reads what a pipe has, until it has no more, is at its end, or `add` returns false. Reads no
/// more than the largest pipe holds, so that a program that writes without end can't keep the
/// caller here. Closes a pipe that is at its end.
pub(crate) fn read_available(
    pipe: &mut Option<OwnedFd>,
    mut add: impl FnMut(&[u8]) -> bool,
) -> io::Result<()> {
    const READS: usize = 64;
    let mut part = [0; 16 * 1024];
    for _ in 0..READS {
        let Some(open) = pipe else { break };
        match read(open, &mut part) {
            Ok(0) => *pipe = None,
            Ok(count) => {
                if !add(part.get(..count).unwrap_or_default()) {
                    break;
                }
            }
            Err(Errno::AGAIN) => break,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Returns a descriptor that becomes readable when the program ends.
#[cfg(target_os = "linux")]
pub(crate) fn end_notifier(group: &ProcessGroup) -> Option<OwnedFd> {
    use rustix::process::{PidfdFlags, pidfd_open};

    pidfd_open(group.id, PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn end_notifier(_: &ProcessGroup) -> Option<OwnedFd> {
    None
}

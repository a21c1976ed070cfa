//! This side of a program's pipes: what goes in, and what comes out, within limits.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio, read, write};

use super::process_groups::ProcessGroup;

/// How often it is looked at whether somebody still waits.
const TICK: Duration = Duration::from_millis(50);

/// How often it is looked at whether a program has ended, where the system can't wake us.
const TICK_WITHOUT_WAKING: Duration = Duration::from_millis(2);

/// How much of the end of a program's error output is kept.
const TOLD: usize = 2000;

/// This side of a program's three pipes; each is gone once it has reached its end.
pub(super) struct ProgramIo {
    input: Option<OwnedFd>,
    /// What is left to write.
    unread: Vec<u8>,
    written: usize,
    stdout: Option<OwnedFd>,
    pub(super) output: Vec<u8>,
    most: u64,
    stderr: Option<OwnedFd>,
    errors: Vec<u8>,
    /// Becomes readable when the program ends, where the system has such a thing.
    pub(super) end: Option<OwnedFd>,
}

impl ProgramIo {
    pub(super) fn of(group: &mut ProcessGroup<'_>, input: Vec<u8>, most: u64) -> io::Result<Self> {
        let program_io = ProgramIo {
            input: group.child.stdin.take().map(OwnedFd::from),
            unread: input,
            written: 0,
            stdout: group.child.stdout.take().map(OwnedFd::from),
            output: Vec::new(),
            most,
            stderr: group.child.stderr.take().map(OwnedFd::from),
            errors: Vec::new(),
            end: end_of(group),
        };
        for pipe in [&program_io.input, &program_io.stdout, &program_io.stderr]
            .into_iter()
            .flatten()
        {
            ioctl_fionbio(pipe, true)?;
        }
        Ok(program_io)
    }

    pub(super) fn is_too_much(&self) -> bool {
        u64::try_from(self.output.len()).is_ok_and(|length| length > self.most)
    }

    /// Waits until there is something to carry, the program ends, `until` is there, or it
    /// is time to look round; and carries what there is.
    pub(super) fn await_change(&mut self, until: Option<Instant>) -> io::Result<()> {
        let tick = match self.end {
            Some(_) => TICK,
            None => TICK_WITHOUT_WAKING,
        };
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let timeout = Timespec::try_from(left.map_or(tick, |left| left.min(tick)))
            .map_err(io::Error::other)?;
        let ready = |fd, flags| PollFd::new(fd, flags);
        let mut polled: Vec<PollFd<'_>> = Vec::with_capacity(4);
        polled.extend(self.input.as_ref().map(|fd| ready(fd, PollFlags::OUT)));
        let read = [&self.stdout, &self.stderr, &self.end];
        polled.extend(
            read.into_iter()
                .flatten()
                .map(|fd| ready(fd, PollFlags::IN)),
        );
        match poll(&mut polled, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => self.carry(),
            Err(error) => Err(error.into()),
        }
    }

    /// Carries what can be carried without waiting.
    pub(super) fn carry(&mut self) -> io::Result<()> {
        self.feed()?;
        // One byte more than the most tells too much; what comes then can wait.
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        take(&mut self.stdout, |part| {
            self.output.extend_from_slice(part);
            self.output.len() <= most
        })?;
        take(&mut self.stderr, |part| {
            self.errors.extend_from_slice(part);
            if self.errors.len() > 2 * TOLD {
                self.errors.drain(..self.errors.len() - TOLD);
            }
            true
        })
    }

    fn feed(&mut self) -> io::Result<()> {
        while let Some(input) = &self.input {
            let rest = self.unread.get(self.written..).unwrap_or_default();
            if rest.is_empty() {
                self.input = None;
                break;
            }
            match write(input, rest) {
                Ok(count) => self.written += count,
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                // It does not read all of its input, as is its right.
                Err(Errno::PIPE) => self.input = None,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The end of the error output, as text.
    pub(super) fn told(&self) -> String {
        let from = self.errors.len().saturating_sub(TOLD);
        let end = self.errors.get(from..).unwrap_or_default();
        String::from_utf8_lossy(end).trim().to_owned()
    }

    pub(super) fn forget(&mut self) {
        self.output = Vec::new();
    }
}

/// Hands over what a pipe has, until it has no more, is at its end, or `keep` has enough;
/// and no more than the largest pipe holds, so that who writes without end can't keep us.
fn take(pipe: &mut Option<OwnedFd>, mut keep: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    const READS: usize = 64;
    let mut part = [0; 16 * 1024];
    for _ in 0..READS {
        let Some(open) = pipe else { break };
        match read(open, &mut part) {
            Ok(0) => *pipe = None,
            Ok(count) => {
                if !keep(part.get(..count).unwrap_or_default()) {
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

#[cfg(target_os = "linux")]
fn end_of(group: &ProcessGroup<'_>) -> Option<OwnedFd> {
    use rustix::process::{PidfdFlags, pidfd_open};

    pidfd_open(group.id, PidfdFlags::empty()).ok()
}

#[cfg(not(target_os = "linux"))]
fn end_of(_: &ProcessGroup<'_>) -> Option<OwnedFd> {
    None
}

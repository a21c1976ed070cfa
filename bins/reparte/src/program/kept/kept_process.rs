//! A process that answers one task after the other.

mod ending;

use std::io;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio, write};

use crate::program::io::{end_notifier, read_available};
use crate::program::kept::activity::activity;
use crate::program::kept::buffer_check::BufferCheck;
use crate::program::kept::error_output::ErrorOutput;
use crate::program::kept::framing::{Answer, ENVELOPE, Framing, Parsed};
use crate::program::kept::return_to_input::{Next, ReturnToInput};
use crate::program::kept::trouble::{GivenUp, Trouble};
use crate::program::process::{ProcessError, how_ended, start};
use crate::program::process_groups::{ProcessGroup, ProcessGroups};
use crate::program::start_error::StartError;

/// The longest wait. It bounds the delay until a cancelled call is noticed.
const MAX_WAIT: Duration = Duration::from_millis(50);

/// The longest wait if the system can't report a process's end.
const MAX_WAIT_FOR_END: Duration = Duration::from_millis(2);

/// The remedy for a program that prints more than answers.
const APART: &str = " (if it prints more than answers, see --results-fd)";

/// A process, and what is known of it.
#[derive(Debug)]
pub(super) struct KeptProcess {
    group: ProcessGroup,
    /// `None` once this side has closed it.
    stdin: Option<OwnedFd>,
    /// True once the process has closed its side of `stdin`.
    is_input_closed: bool,
    /// The pipe that has the results. `None` once it is at its end.
    results: Option<OwnedFd>,
    /// Becomes readable when the process ends. `None` if the system has no such thing.
    end: Option<OwnedFd>,
    errors: ErrorOutput,
    /// The bytes of an answer that is not whole yet.
    received: Vec<u8>,
    /// The number of bytes of `received` that are known to hold no line end.
    searched: usize,
    task: Vec<u8>,
    /// The number of bytes of `task` that were written.
    written: usize,
    /// True if it had read a part of the task when it was found to have closed a stream. Later it
    /// may read what it can't answer.
    had_read: Option<bool>,
    /// The wait for its return to its input, before the task is written.
    awaited: Option<ReturnToInput>,
    /// True if it reads its input in a way that is not seen.
    is_elusive: bool,
    /// The number of bytes that it wrote while its end was waited for.
    surplus: usize,
    /// The time at which the whole task was written.
    whole_at: Instant,
    buffer_check: BufferCheck,
    pub(super) started: Instant,
    /// The number of tasks that it has answered.
    pub(super) answers: u64,
}

impl KeptProcess {
    /// Starts a process.
    ///
    /// # Errors
    ///
    /// The system can't start it, or all programs are being ended.
    pub(super) fn start(
        mut command: std::process::Command,
        name: String,
        error_bytes: usize,
        is_cancelled: impl Fn() -> bool,
        groups: &Arc<ProcessGroups>,
    ) -> Result<Self, ProcessError> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::piped());
        let group = start(&mut command, is_cancelled, groups).map_err(ProcessError::NotStarted)?;
        // It may be for want of descriptors or threads, which passes.
        KeptProcess::attach(group, name, error_bytes)
            .map_err(|error| ProcessError::NotStarted(StartError::from(error)))
    }

    fn attach(mut group: ProcessGroup, name: String, error_bytes: usize) -> io::Result<Self> {
        let stdin = group.child.stdin.take().map(OwnedFd::from);
        let results = group.child.stdout.take().map(OwnedFd::from);
        for pipe in stdin.iter().chain(&results) {
            ioctl_fionbio(pipe, true)?;
        }
        let errors = group.child.stderr.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(KeptProcess {
            buffer_check: BufferCheck::new(name.clone()),
            errors: ErrorOutput::read(errors.into(), name, error_bytes)?,
            end: end_notifier(&group),
            group,
            stdin,
            is_input_closed: false,
            results,
            received: Vec::new(),
            searched: 0,
            task: Vec::new(),
            written: 0,
            had_read: None,
            awaited: None,
            is_elusive: false,
            surplus: 0,
            whole_at: Instant::now(),
            started: Instant::now(),
            answers: 0,
        })
    }

    /// Checks that a process without a task is silent and alive.
    ///
    /// # Errors
    ///
    /// It has ended, has closed a stream, or has written something.
    pub(super) fn check_idle(&mut self) -> Result<(), Trouble> {
        if how_ended(&self.group)?.is_some() {
            return Err(Trouble::Died);
        }
        self.read_results(0)?;
        match &self.results {
            _ if !self.received.is_empty() => {
                Err(Trouble::Nonsense(format!("output without a task{APART}")))
            }
            None => Err(self.closed("output of results")?),
            Some(_) if self.has_closed_input()? => Err(self.closed("standard input")?),
            Some(_) => Ok(()),
        }
    }

    /// Returns whether nothing holds the other end of its input.
    fn has_closed_input(&self) -> io::Result<bool> {
        let Some(stdin) = &self.stdin else {
            return Ok(false);
        };
        // An error is reported unasked.
        let mut polled = [PollFd::new(stdin, PollFlags::empty())];
        match poll(&mut polled, Some(&Timespec::default())) {
            Ok(_) => {
                let [input] = &polled;
                Ok(input.revents().contains(PollFlags::ERR))
            }
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes a task, which [`advance`](KeptProcess::advance) writes.
    pub(super) fn begin(&mut self, task: &[u8]) {
        // What a process says while it starts belongs to its first call.
        if self.answers > 0 {
            self.errors.clear();
        }
        self.task.clear();
        self.task.extend_from_slice(task);
        self.written = 0;
        self.had_read = None;
        let wait = || ReturnToInput::before_task(self.answers == 0, Instant::now());
        self.awaited = (!self.is_elusive).then(wait);
    }

    /// Writes the task once the process waits for one, and reads until its answer is whole.
    ///
    /// # Errors
    ///
    /// There is no answer. After all reasons but [`Trouble::GivenUp`] the process has to be ended.
    pub(super) fn advance(
        &mut self,
        framing: Framing,
        output_bytes: u64,
        deadline: Option<Instant>,
        given_up: impl Fn() -> Option<GivenUp>,
    ) -> Result<Answer, Trouble> {
        let most = usize::try_from(output_bytes.saturating_add(ENVELOPE)).unwrap_or(usize::MAX);
        let mut has_ended = false;
        loop {
            if let Some(reason) = given_up() {
                return Err(Trouble::GivenUp(reason));
            }
            let pause = self.pause_before_task();
            // What it wrote before it came back has come then.
            self.read_results(most)?;
            if !self.received.is_empty() && !self.has_read() {
                return Err(Trouble::Nonsense(format!(
                    "output before it had read the task{APART}"
                )));
            }
            if pause.is_none() {
                self.write_task()?;
            }
            match framing.parse(&self.received, self.searched) {
                Parsed::Whole(answer, length) => {
                    let answer = self.accept(answer, length)?;
                    if answer.size(length) > output_bytes {
                        return Err(Trouble::OutputLimit(output_bytes));
                    }
                    if self.answers == 0 {
                        self.confirm_first_answer(deadline, given_up)?;
                    }
                    self.answers += 1;
                    return Ok(answer);
                }
                Parsed::Nonsense(reason) => return Err(Trouble::Nonsense(reason)),
                Parsed::Partial => self.searched = framing.searched(&self.received),
            }
            if self.received.len() > most {
                return Err(Trouble::OutputLimit(output_bytes));
            }
            if has_ended {
                return Err(Trouble::Died);
            }
            if self.results.is_none() {
                return Err(self.closed("output of results")?);
            }
            // It may be closed behind a task that is written and unread.
            if self.is_input_closed || (self.unread() > 0 && self.has_closed_input()?) {
                return Err(self.closed("standard input")?);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(Trouble::TimeLimit);
            }
            if self.answers == 0 && self.written == self.task.len() {
                let unread = self.unread();
                let received = self.received.len();
                self.buffer_check.look(&self.group, unread, received);
            }
            self.wait(deadline, pause)?;
            // It is asked before the last look at its output.
            has_ended = how_ended(&self.group)?.is_some();
        }
    }

    /// Takes an answer, if it can be one to this task.
    fn accept(&mut self, answer: Answer, length: usize) -> Result<Answer, Trouble> {
        if self.written < self.task.len() || self.unread() > 0 {
            return Err(Trouble::Nonsense(
                "an answer before it had read the whole task: the answer may be another task's"
                    .to_owned(),
            ));
        }
        if self.received.len() > length {
            return Err(more_than_one());
        }
        // A large answer is rare, and its room is given back.
        self.received = Vec::new();
        self.searched = 0;
        self.task = Vec::new();
        Ok(answer)
    }

    /// Returns how long the task is not to be written yet, and to be looked again then.
    fn pause_before_task(&mut self) -> Option<Duration> {
        let wait = self.awaited.as_mut()?;
        match wait.next(activity(&self.group), Instant::now()) {
            Next::Look(pause) => Some(pause),
            Next::Back | Next::Missed => {
                self.awaited = None;
                None
            }
        }
    }

    /// Waits until the process has come back for another task, if the system tells that: no other
    /// output may come before, and no failure. An answer that is there counts at the deadline.
    fn confirm_first_answer(
        &mut self,
        deadline: Option<Instant>,
        given_up: impl Fn() -> Option<GivenUp>,
    ) -> Result<(), Trouble> {
        let mut wait = ReturnToInput::after_answer(self.whole_at.elapsed(), Instant::now());
        loop {
            let (activity, end) = (activity(&self.group), how_ended(&self.group)?);
            // What it wrote before has come then.
            self.read_results(0)?;
            if !self.received.is_empty() {
                return Err(more_than_one());
            }
            let now = Instant::now();
            let is_late = deadline.is_some_and(|deadline| now >= deadline);
            match (end, wait.next(activity, now)) {
                (Some(false), _) => return Err(Trouble::Died),
                (None, Next::Look(pause))
                    if self.results.is_some() && !is_late && given_up().is_none() =>
                {
                    thread::sleep(pause);
                }
                (_, next) => {
                    self.is_elusive = next == Next::Missed;
                    return Ok(());
                }
            }
        }
    }

    /// Returns whether the process may have read a part of the task.
    pub(super) fn has_read(&self) -> bool {
        self.had_read
            .unwrap_or_else(|| self.written > self.unread())
    }

    /// Returns the number of bytes that the process has not read. Linux tells it of either end of
    /// a pipe; elsewhere all bytes count as read.
    fn unread(&self) -> usize {
        #[cfg(target_os = "linux")]
        let unread = self
            .stdin
            .as_ref()
            .and_then(|stdin| rustix::io::ioctl_fionread(stdin).ok());
        #[cfg(not(target_os = "linux"))]
        let unread = None::<u64>;
        usize::try_from(unread.unwrap_or(0)).unwrap_or(usize::MAX)
    }

    fn write_task(&mut self) -> Result<(), Trouble> {
        while let (Some(stdin), false) = (&self.stdin, self.is_input_closed) {
            let rest = self.task.get(self.written..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            match write(stdin, rest) {
                Ok(count) => {
                    self.written += count;
                    if self.written == self.task.len() {
                        self.whole_at = Instant::now();
                        self.buffer_check.begin(self.answers == 0);
                    }
                }
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(Errno::PIPE) => self.is_input_closed = true,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn read_results(&mut self, most: usize) -> io::Result<()> {
        let received = &mut self.received;
        read_available(&mut self.results, |part| {
            received.extend_from_slice(part);
            received.len() <= most
        })
    }

    /// Waits for something to read or to write, until the deadline, or for a pause in which the task
    /// is not to be written.
    fn wait(&self, deadline: Option<Instant>, pause: Option<Duration>) -> io::Result<()> {
        let longest = match self.end.is_some() {
            true => MAX_WAIT,
            false => MAX_WAIT_FOR_END,
        };
        let longest = pause.map_or(longest, |pause| pause.min(longest));
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = Timespec::try_from(left.map_or(longest, |left| left.min(longest)))
            .map_err(io::Error::other)?;
        let mut polled: Vec<PollFd<'_>> = Vec::with_capacity(3);
        if self.written < self.task.len() && !self.is_input_closed && pause.is_none() {
            polled.extend(self.stdin.iter().map(|fd| PollFd::new(fd, PollFlags::OUT)));
        }
        let read = self.results.iter().chain(&self.end);
        polled.extend(read.map(|fd| PollFd::new(fd, PollFlags::IN)));
        match poll(&mut polled, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the end of its error output so far.
    pub(super) fn error_text(&self) -> String {
        self.errors.text()
    }
}

fn more_than_one() -> Trouble {
    Trouble::Nonsense(format!("more than one answer for one task{APART}"))
}

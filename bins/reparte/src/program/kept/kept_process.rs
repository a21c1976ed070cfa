//! A process that answers one task after the other.

use std::io;
use std::os::fd::OwnedFd;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio, write};

use crate::program::io::{end_notifier, read_available};
use crate::program::kept::activity::activity;
use crate::program::kept::buffer_check::BufferCheck;
use crate::program::kept::error_output::ErrorOutput;
use crate::program::kept::first_answer::FirstAnswer;
use crate::program::kept::framing::{Answer, ENVELOPE, Framing, Parsed};
use crate::program::kept::trouble::{GivenUp, Trouble};
use crate::program::process::{KILL_AFTER, ProcessError, how_ended, start};
use crate::program::process_groups::{ProcessGroup, ProcessGroups};
use crate::program::start_error::StartError;

/// The longest wait. It bounds the delay until a cancelled call is noticed.
const MAX_WAIT: Duration = Duration::from_millis(50);

/// The longest wait if the system can't report a process's end.
const MAX_WAIT_FOR_END: Duration = Duration::from_millis(2);

/// The time for which a process that has closed one of its streams may still end.
const CLOSED_PATIENCE: Duration = Duration::from_secs(1);

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
        if self.answers == 0 {
            self.buffer_check.begin();
        }
    }

    /// Writes the task, and reads until its answer is whole.
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
            self.write_task()?;
            self.read_results(most)?;
            if !self.received.is_empty() && !self.has_read() {
                return Err(Trouble::Nonsense(format!(
                    "output before it had read the task{APART}"
                )));
            }
            match framing.parse(&self.received, self.searched) {
                Parsed::Whole(answer, length) => {
                    let answer = self.accept(answer, length)?;
                    if answer.size(length) > output_bytes {
                        return Err(Trouble::OutputLimit(output_bytes));
                    }
                    if self.answers == 1 {
                        self.confirm_first_answer(given_up)?;
                    }
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
                self.buffer_check.look(&self.group, unread);
            }
            self.wait(deadline)?;
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
        self.answers += 1;
        Ok(answer)
    }

    /// Waits until the process has come back for another task, if the system tells that: no other
    /// output may come before.
    fn confirm_first_answer(
        &mut self,
        given_up: impl Fn() -> Option<GivenUp>,
    ) -> Result<(), Trouble> {
        let mut first = FirstAnswer::new(Instant::now());
        loop {
            // What it wrote before it reads on has come then.
            let activity = activity(&self.group);
            self.read_results(0)?;
            if !self.received.is_empty() {
                return Err(more_than_one());
            }
            let has_ended = self.results.is_none() || how_ended(&self.group)?.is_some();
            match first.pause(activity, Instant::now()) {
                Some(pause) if !has_ended && given_up().is_none() => thread::sleep(pause),
                _ => return Ok(()),
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
                Ok(count) => self.written += count,
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

    fn wait(&self, deadline: Option<Instant>) -> io::Result<()> {
        let longest = match self.end.is_some() {
            true => MAX_WAIT,
            false => MAX_WAIT_FOR_END,
        };
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = Timespec::try_from(left.map_or(longest, |left| left.min(longest)))
            .map_err(io::Error::other)?;
        let mut polled: Vec<PollFd<'_>> = Vec::with_capacity(3);
        if self.written < self.task.len() && !self.is_input_closed {
            polled.extend(self.stdin.iter().map(|fd| PollFd::new(fd, PollFlags::OUT)));
        }
        let read = self.results.iter().chain(&self.end);
        polled.extend(read.map(|fd| PollFd::new(fd, PollFlags::IN)));
        match poll(&mut polled, Some(&timeout)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Tells a process that ends, whose streams close first, from one that has closed a stream.
    fn closed(&mut self, stream: &'static str) -> Result<Trouble, Trouble> {
        self.had_read = Some(self.has_read());
        match self.ends_before(Instant::now() + CLOSED_PATIENCE, || false)? {
            true => Ok(Trouble::Died),
            false => Ok(Trouble::Closed(stream)),
        }
    }

    /// Waits for the end of the process, and drops what it writes meanwhile. Returns whether it
    /// has ended.
    fn ends_before(&mut self, deadline: Instant, stops: impl Fn() -> bool) -> io::Result<bool> {
        // Nothing more is written, so room in the pipe is not waited for.
        self.task.clear();
        loop {
            if how_ended(&self.group)?.is_some() {
                return Ok(true);
            }
            if Instant::now() >= deadline || stops() {
                return Ok(false);
            }
            self.wait(Some(deadline))?;
            self.read_results(usize::MAX)?;
            self.received.clear();
        }
    }

    /// Closes standard input, at whose end a process ends by itself.
    pub(super) fn close_input(&mut self) {
        self.stdin = None;
        self.task.clear();
        self.written = 0;
    }

    /// Ends the process: waits until `deadline` for its own end, asks it to end, and kills it if it
    /// doesn't in time. Returns its status and the end of its error output.
    ///
    /// # Errors
    ///
    /// The system doesn't tell the status.
    pub(super) fn end(
        mut self,
        deadline: Instant,
        stops: impl Fn() -> bool,
    ) -> io::Result<(ExitStatus, String)> {
        if !self.ends_before(deadline, stops).unwrap_or(false) {
            self.group.terminate();
            // A process that can't be observed is killed at once.
            let _ = self.ends_before(Instant::now() + KILL_AFTER, || false);
        }
        let status = self.group.wait()?;
        Ok((status, self.errors.last_words()))
    }

    /// Returns the end of its error output so far.
    pub(super) fn error_text(&self) -> String {
        self.errors.text()
    }
}

fn more_than_one() -> Trouble {
    Trouble::Nonsense(format!("more than one answer for one task{APART}"))
}

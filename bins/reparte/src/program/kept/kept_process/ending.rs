//! The end of a kept process.

use std::io;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use crate::program::kept::kept_process::{APART, KeptProcess};
use crate::program::kept::trouble::Trouble;
use crate::program::process::{KILL_AFTER, how_ended};

/// The time for which a process that has closed one of its streams may still end.
const CLOSED_PATIENCE: Duration = Duration::from_secs(1);

impl KeptProcess {
    /// Tells a process that ends, whose streams close first, from one that has closed a stream.
    pub(super) fn closed(&mut self, stream: &'static str) -> Result<Trouble, Trouble> {
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
                self.read_results(usize::MAX)?;
                self.surplus += self.received.len();
                return Ok(true);
            }
            if Instant::now() >= deadline || stops() {
                return Ok(false);
            }
            self.wait(Some(deadline), None)?;
            self.read_results(usize::MAX)?;
            self.surplus += self.received.len();
            self.received.clear();
        }
    }

    /// Closes standard input, at whose end a process ends by itself.
    pub(in crate::program::kept) fn close_input(&mut self) {
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
    pub(in crate::program::kept) fn end(
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
        if self.stdin.is_none() && self.surplus > 0 {
            log::warn!(
                "{}: wrote {} bytes after its last answer: if they are an answer too, its results are \
                 those of other tasks{APART}",
                self.buffer_check.name(),
                self.surplus
            );
        }
        Ok((status, self.errors.last_words()))
    }
}

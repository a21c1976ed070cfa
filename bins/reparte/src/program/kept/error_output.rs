//! The error output of a kept process, which a thread reads as long as the process lives.

use std::io::{self, PipeWriter};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio};
use untrusted_text::OneLine;

use crate::program::error_tail::ErrorTail;
use crate::program::io::read_available;

/// The log target of the lines.
const TARGET: &str = "program_output";

/// The most bytes of a line in the log.
const MAX_LINE: usize = 1000;

/// The time for which the last words of a dead process are waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The error output of a process. Its thread ends when this is dropped.
#[derive(Debug)]
pub(super) struct ErrorOutput {
    shared: Arc<Shared>,
    /// Its end wakes the thread, even if another process holds the error output.
    _stop: PipeWriter,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug)]
struct State {
    /// `None` once it is at its end.
    pipe: Option<OwnedFd>,
    tail: ErrorTail,
    lines: LogLines,
    is_at_end: bool,
}

impl ErrorOutput {
    /// Starts to read. Each line is logged, with the program's name. At most so many bytes are kept.
    pub(super) fn read(stderr: OwnedFd, name: String, most: usize) -> io::Result<Self> {
        ioctl_fionbio(&stderr, true)?;
        let (stop, writer) = io::pipe()?;
        let polled = [stderr.try_clone()?, OwnedFd::from(stop)];
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                pipe: Some(stderr),
                tail: ErrorTail::new(most),
                lines: LogLines::new(name),
                is_at_end: false,
            }),
            ended: Condvar::new(),
        });
        let read = Arc::clone(&shared);
        let thread = thread::Builder::new().name("error-output".to_owned());
        thread.spawn(move || {
            read.follow(&polled);
            let mut state = read.lock();
            state.lines.finish();
            state.is_at_end = true;
            read.ended.notify_all();
        })?;
        Ok(ErrorOutput {
            shared,
            _stop: writer,
        })
    }

    /// Forgets what was written so far.
    pub(super) fn clear(&self) {
        let mut state = self.shared.lock();
        // The thread may be behind.
        state.read();
        state.tail.clear();
    }

    /// Returns the end of what was written so far.
    pub(super) fn text(&self) -> String {
        let mut state = self.shared.lock();
        state.read();
        state.tail.text()
    }

    /// Returns the end of the output of a process that has ended, once it is read.
    pub(super) fn last_words(&self) -> String {
        let deadline = Instant::now() + LAST_WORDS;
        let mut state = self.shared.lock();
        while !state.is_at_end {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.shared.ended.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.tail.text()
    }
}

impl Shared {
    /// Reads until the first of these is at its end, or the second one is.
    fn follow(&self, [stderr, stop]: &[OwnedFd; 2]) {
        loop {
            let mut polled = [
                PollFd::new(stderr, PollFlags::IN),
                PollFd::new(stop, PollFlags::IN),
            ];
            match poll(&mut polled, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => break,
            }
            let is_stopped = polled.iter().skip(1).any(|fd| !fd.revents().is_empty());
            let mut state = self.lock();
            state.read();
            if is_stopped || state.pipe.is_none() {
                break;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one write, so a poisoned state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Reads what there is.
    fn read(&mut self) {
        let State {
            pipe, tail, lines, ..
        } = self;
        let read = read_available(pipe, |part| {
            tail.push(part);
            lines.push(part);
            true
        });
        if read.is_err() {
            *pipe = None;
        }
    }
}

/// Output on its way to the log. A long line is cut.
#[derive(Debug)]
struct LogLines {
    name: String,
    line: Vec<u8>,
}

impl LogLines {
    fn new(name: String) -> Self {
        let line = Vec::new();
        LogLines { name, line }
    }

    fn push(&mut self, part: &[u8]) {
        for piece in part.split_inclusive(|&byte| byte == b'\n') {
            let (text, ends) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            let room = MAX_LINE.saturating_sub(self.line.len()).min(text.len());
            self.line.extend(text.get(..room).unwrap_or_default());
            if ends {
                self.finish();
            }
        }
    }

    /// Logs the line that has no end yet.
    fn finish(&mut self) {
        let text = String::from_utf8_lossy(&self.line);
        if !text.trim().is_empty() {
            log::info!(target: TARGET, "{}: {}", self.name, OneLine::new(&text));
        }
        self.line.clear();
    }
}

//! The read-ahead of a pipe: its end is seen before its tasks are sent, so their number is known.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::run::input_progress::InputProgress;

/// The most bytes that are read ahead.
const AHEAD: usize = 4 * 1024 * 1024;
/// The most bytes of one reading.
const PART: usize = 64 * 1024;

/// An input that a thread reads ahead.
#[derive(Debug)]
pub(super) struct ReadAhead(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: VecDeque<u8>,
    /// Set once nothing more comes. Has the error that ended the input, until that is given.
    end: Option<Result<(), io::Error>>,
    /// Nobody reads any further.
    is_dropped: bool,
}

impl ReadAhead {
    /// Starts the thread. At the end of the input it tells the size, and the number of tasks if a
    /// line is one. Nobody waits for the thread: the input may never end.
    pub(super) fn start(
        mut input: impl Read + Send + 'static,
        has_line_tasks: bool,
        progress: &Arc<InputProgress>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (filled, progress) = (Arc::clone(&shared), Arc::clone(progress));
        let fill = move || {
            let mut part = vec![0; PART];
            let mut counted = Counted::default();
            let end = loop {
                match input.read(&mut part) {
                    Ok(0) => break Ok(()),
                    Ok(count) => {
                        let bytes = part.get(..count).unwrap_or_default();
                        counted.add(bytes);
                        if !filled.add(bytes) {
                            return;
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => break Err(error),
                }
            };
            if end.is_ok() {
                progress.set_size(counted.bytes);
                if has_line_tasks {
                    progress.set_total(counted.lines);
                }
            }
            filled.lock().end = Some(end);
            filled.changed.notify_all();
        };
        thread::Builder::new()
            .name("read-ahead".to_owned())
            .spawn(fill)?;
        Ok(ReadAhead(shared))
    }
}

impl Shared {
    /// Adds bytes once there is room. Returns false if nobody reads them.
    fn add(&self, bytes: &[u8]) -> bool {
        let mut state = self.lock();
        while state.bytes.len() >= AHEAD && !state.is_dropped {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.bytes.extend(bytes);
        self.changed.notify_all();
        !state.is_dropped
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for ReadAhead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.0.lock();
        while state.bytes.is_empty() {
            if let Some(end) = &mut state.end {
                return std::mem::replace(end, Ok(())).map(|()| 0);
            }
            state = self
                .0
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let count = state.bytes.read(buffer)?;
        self.0.changed.notify_all();
        Ok(count)
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.0.lock().is_dropped = true;
        self.0.changed.notify_all();
    }
}

/// The bytes of an input, and its lines that are not empty.
#[derive(Debug, Default)]
struct Counted {
    bytes: u64,
    lines: u64,
    /// True if the line that goes on has more than a carriage return.
    is_in_line: bool,
}

impl Counted {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        for &byte in bytes {
            match byte {
                b'\n' => self.is_in_line = false,
                b'\r' => {}
                _ if self.is_in_line => {}
                _ => {
                    self.is_in_line = true;
                    self.lines += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task_estimate::TaskEstimate;

    #[test]
    fn the_bytes_come_as_they_are_and_the_tasks_are_counted() {
        let text = "one\n\n\r\ntwo\r\n".repeat(AHEAD / 10) + "last";
        let progress = Arc::new(InputProgress::default());
        let input = io::Cursor::new(text.clone());
        let mut ahead = ReadAhead::start(input, true, &progress).unwrap();
        let mut read = String::new();
        ahead.read_to_string(&mut read).unwrap();
        assert!(read == text);
        let tasks = 2 * (AHEAD as u64 / 10) + 1;
        let is_exact = true;
        assert_eq!(progress.estimate(), Some(TaskEstimate { tasks, is_exact }));
    }

    #[test]
    fn an_error_comes_behind_the_bytes() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::TimedOut.into())
            }
        }
        let progress = Arc::new(InputProgress::default());
        let mut ahead = ReadAhead::start(b"a\n".chain(Broken), true, &progress).unwrap();
        let mut read = String::new();
        let error = ahead.read_to_string(&mut read).unwrap_err();
        assert_eq!((error.kind(), &*read), (io::ErrorKind::TimedOut, "a\n"));
        assert_eq!(progress.estimate(), None);
    }
}

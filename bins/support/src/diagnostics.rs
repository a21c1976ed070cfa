//! Diagnostics: what is written on standard error, by a thread of its own.
//!
//! Nobody may read standard error: a pager that is paused, a terminal after Ctrl-S, a
//! connection that hangs. A write then waits for ever, and the work must not. So all lines go
//! into a queue of bounded length. Beyond it they are dropped and counted, and the count is
//! told once there is room.
//!
//! | who | does |
//! | --- | --- |
//! | any thread | puts a line into the queue; waits for nothing |
//! | the writer | takes the lines in their order, and writes them |
//! | the program's end | waits for the writer as long as it gets on |

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

/// The most lines that wait.
const MAX_LINES: usize = 1024;
/// The pause of the writer if standard error is non-blocking and takes nothing.
const PAUSE: Duration = Duration::from_millis(10);

/// The queue of this process.
static QUEUE: OnceLock<Arc<Queue>> = OnceLock::new();

/// Starts the writer, which writes through `sink`. It must be called before any line is written;
/// else the lines go to standard error as they are.
pub fn start(sink: impl Write + Send + 'static) {
    // It is started once. A second sink is not used.
    QUEUE.get_or_init(|| Queue::start(Box::new(sink)));
}

/// Writes a text, a line with its line end or several. Does not wait.
pub fn write(text: Vec<u8>) {
    let queue = QUEUE.get_or_init(|| Queue::start(Box::new(io::stderr())));
    queue.push(text);
}

/// Waits until everything is written, or nothing was for `patience`.
pub fn flush(patience: Duration) {
    if let Some(queue) = QUEUE.get() {
        queue.flush(patience);
    }
}

/// A [`Write`] whose writes are [`write()`] of this module.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Diagnostics;

impl Diagnostics {
    /// Returns the writer.
    #[must_use]
    pub fn new() -> Self {
        Diagnostics
    }
}

impl Write for Diagnostics {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Sink = Box<dyn Write + Send>;

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    /// Notified at each change of `state`.
    changed: Condvar,
    /// The sink, if there is no thread for a writer. Then each thread writes for itself.
    direct: Mutex<Option<Sink>>,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    /// The number of lines that were dropped and not told of.
    dropped: u64,
    /// True while the writer writes a line that it has taken.
    is_writing: bool,
    /// The number of lines that were written.
    written: u64,
}

impl Queue {
    fn start(sink: Sink) -> Arc<Self> {
        let queue = Arc::new(Queue::default());
        // The thread gets the sink after it has started, so that it is not lost if it can't.
        let (give, take) = std::sync::mpsc::sync_channel::<Sink>(1);
        let of_writer = Arc::clone(&queue);
        let run = move || {
            if let Ok(sink) = take.recv() {
                of_writer.run(sink);
            }
        };
        let started = thread::Builder::new()
            .name("diagnostics".to_owned())
            .spawn(run);
        match started {
            // The thread waits for it.
            Ok(_) => drop(give.send(sink)),
            Err(_) => {
                *queue.direct.lock().unwrap_or_else(PoisonError::into_inner) = Some(sink);
            }
        }
        queue
    }

    fn push(&self, line: Vec<u8>) {
        let mut direct = self.direct.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sink) = direct.as_mut() {
            return write_whole(sink, &line);
        }
        drop(direct);
        let mut state = self.lock();
        match state.lines.len() < MAX_LINES {
            true => state.lines.push_back(line),
            false => state.dropped += 1,
        }
        self.changed.notify_all();
    }

    /// Writes lines for as long as the process is there.
    fn run(&self, mut sink: Sink) {
        loop {
            let line = self.next();
            write_whole(&mut sink, &line);
            let mut state = self.lock();
            state.is_writing = false;
            state.written += 1;
            self.changed.notify_all();
        }
    }

    /// Waits for the next line. After lines were dropped that is the count of them, as soon as
    /// those before them are written.
    fn next(&self) -> Vec<u8> {
        let state = self.lock();
        let is_idle = |state: &mut State| state.lines.is_empty() && state.dropped == 0;
        let waited = self.changed.wait_while(state, is_idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_writing = true;
        state.lines.pop_front().unwrap_or_else(|| {
            let dropped = std::mem::take(&mut state.dropped);
            let text = "more lines were dropped here, since nobody read standard error";
            format!("{dropped} {text}\n").into_bytes()
        })
    }

    fn flush(&self, patience: Duration) {
        let mut state = self.lock();
        while state.is_writing || !state.lines.is_empty() || state.dropped > 0 {
            let written = state.written;
            let waited = self
                .changed
                .wait_timeout_while(state, patience, |state| state.written == written);
            let (after, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                return;
            }
            state = after;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes all bytes. Ignores errors: there is no other place to report them.
fn write_whole(sink: &mut Sink, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match sink.write(bytes) {
            Ok(0) => return,
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Another process has made the terminal non-blocking.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(_) => return,
        }
    }
    let _ = sink.flush();
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Instant;

    use super::*;

    /// A sink whose each write waits until it is allowed.
    struct Held {
        allowed: Receiver<()>,
        written: Sender<String>,
    }

    impl Write for Held {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.allowed.recv().map_err(io::Error::other)?;
            let text = String::from_utf8_lossy(bytes).into_owned();
            self.written.send(text).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_sink_that_takes_nothing_holds_up_nobody() {
        let (allow, allowed) = channel();
        let (write, written) = channel();
        let sink = Held {
            allowed,
            written: write,
        };
        let queue = Queue::start(Box::new(sink));
        queue.push(b"first\n".to_vec());
        // The writer has taken the first one, so that the queue is empty.
        while !queue.lock().is_writing {
            thread::yield_now();
        }
        for number in 0..MAX_LINES + 7 {
            queue.push(format!("{number}\n").into_bytes());
        }
        let begun = Instant::now();
        queue.flush(Duration::from_millis(20));
        assert!(begun.elapsed() < Duration::from_secs(10));

        for _ in 0..MAX_LINES + 2 {
            allow.send(()).expect("the writer waits for it");
        }
        queue.flush(Duration::from_secs(60));
        let lines: Vec<String> = written.try_iter().collect();
        assert_eq!(lines.len(), MAX_LINES + 2);
        assert_eq!(lines[..2], ["first\n", "0\n"]);
        assert!(
            lines[MAX_LINES + 1].starts_with("7 more lines"),
            "{lines:?}"
        );
    }

    #[test]
    fn a_sink_that_is_not_ready_or_broken_is_no_failure() {
        struct Odd(u32, Sender<u8>);
        impl Write for Odd {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    1 => Err(io::ErrorKind::WouldBlock.into()),
                    2 => Err(io::ErrorKind::Interrupted.into()),
                    // The third line can't be written.
                    7 => Err(io::ErrorKind::BrokenPipe.into()),
                    _ => {
                        self.1.send(bytes[0]).map_err(io::Error::other)?;
                        Ok(1)
                    }
                }
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (send, sent) = channel();
        let queue = Queue::start(Box::new(Odd(0, send)));
        for line in ["ab", "cd", "ef", "g"] {
            queue.push(line.into());
        }
        queue.flush(Duration::from_secs(60));
        assert_eq!(sent.try_iter().collect::<Vec<_>>(), b"abcdg");
    }
}

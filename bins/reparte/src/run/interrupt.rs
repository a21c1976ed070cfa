//! The interrupt of a run: Ctrl-C or SIGTERM.
//!
//! | signal | the run |
//! | --- | --- |
//! | the first | makes no more calls, and waits for those that run |
//! | the second | cancels those too, writes its files and its account, and ends with the signal's code |

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use cli_support::signals::at_signal;
use reparte::Handle;

use crate::console::Console;
use crate::exit::Failure;

/// The time that the files and the account have after the second signal. They may be on a disk
/// that does not answer, or the output in a pipe that nobody reads.
const WRITE_PATIENCE: Duration = Duration::from_secs(3);

/// The signals that have come.
#[derive(Debug)]
pub(crate) struct Interrupt {
    signals: Arc<Signals>,
    /// Dropped once all is written.
    unwritten: Sender<()>,
}

#[derive(Debug, Default)]
struct Signals {
    has_first: AtomicBool,
    has_second: AtomicBool,
}

impl Interrupt {
    /// Watches for signals. The first one ends the run once its calls have returned: it calls
    /// `also`, which returns the number of calls that it has ended itself. The second one cancels
    /// all calls, calls `last`, and ends the process once all is written, see
    /// [`finish`](Self::finish).
    pub(crate) fn watch<A: 'static, R: 'static>(
        run: &Handle<A, R>,
        console: &Console,
        also: impl Fn() -> usize + Send + 'static,
        last: impl FnOnce() + Send + 'static,
    ) -> Result<Self, Failure> {
        let signals = Arc::new(Signals::default());
        let (unwritten, written) = channel();
        let console = console.clone();
        let (drained, cancelled) = (run.clone(), run.clone());
        let (first_seen, second_seen) = (Arc::clone(&signals), Arc::clone(&signals));
        let first = move |_| {
            // The flag is set before the run ends, so that the verdict on the run sees it. The
            // run is drained before the calls are counted: a call that starts in between would
            // be waited for and not counted.
            first_seen.has_first.store(true, SeqCst);
            drained.drain();
            // The calls of workers are also those of their host.
            let servers = drained.summary().servers;
            let places = servers.iter().filter(|server| server.host.is_none());
            let running: usize = places.map(|server| server.running).sum();
            let running = running.saturating_sub(also());
            console.tell(format_args!(
                "stopping: makes no more calls, and waits for the {running} that run; once more to \
                 end at once"
            ));
        };
        let second = move || {
            second_seen.has_second.store(true, SeqCst);
            // The run cancels its calls before their programs are killed and their queue is closed:
            // a call that ends so by itself would count as one that has not run.
            cancelled.cancel_all();
            last();
            // It never receives anything: the sender is dropped.
            let _ = written.recv_timeout(WRITE_PATIENCE);
        };
        at_signal(first, second)?;
        Ok(Interrupt { signals, unwritten })
    }

    pub(crate) fn has_come(&self) -> bool {
        self.signals.has_first.load(SeqCst)
    }

    /// Returns how the command ends, once all is written. Does not return after a second signal,
    /// which ends the process with a code of its own.
    pub(crate) fn finish(
        self,
        ended: Result<(), Failure>,
        console: &Console,
    ) -> Result<(), Failure> {
        if !self.signals.has_second.load(SeqCst) {
            return ended;
        }
        if let Err(failure) = ended {
            console.tell(format_args!("error: {failure}"));
        }
        drop(self.unwritten);
        loop {
            thread::park();
        }
    }
}

//! The handle of a queue: it ends the run of the queue from any thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::queue::kept_run::KeptRun;
use crate::queue::run::Run;
use crate::shutdown::Shutdown;
use crate::thread::Thread;

/// The time that the end of a run may take on the server.
const CLOSE_TIME: Duration = Duration::from_secs(2);
/// The time for which the answer to a withdrawal is awaited.
const WITHDRAW_TIME: Duration = Duration::from_secs(1);

/// Ends the run of a [`RedisQueue`](crate::RedisQueue), from any thread. Clones are of the same
/// run. They don't keep it open.
#[derive(Clone, Debug)]
pub struct RedisQueueHandle(pub(crate) Arc<RunThreads>);

/// A run and its threads.
#[derive(Debug)]
pub(crate) struct RunThreads {
    pub(crate) run: Arc<Run>,
    /// Ends the reader.
    pub(crate) shutdown: Shutdown,
    /// Ends the attempts of the thread of commands.
    pub(crate) give_up: Shutdown,
    pub(crate) reader: Thread,
    pub(crate) commands: Thread,
    pub(crate) is_closing: AtomicBool,
    /// Given once the run has ended.
    pub(crate) closed: Shutdown,
}

impl RedisQueueHandle {
    /// Takes back the tasks that no worker has begun, now and from now on. Their calls end as
    /// [`Busy`](reparte::ErrorKind::Busy), which says that they have not run; those at work go on. Returns the number of
    /// calls that have ended by this, which of a detached run are all; where the server does not answer within a second, they end
    /// once it does.
    pub fn withdraw(&self) -> usize {
        let withdrawn = self.0.run.withdraw();
        withdrawn.recv_timeout(WITHDRAW_TIME).unwrap_or(0)
    }

    /// Returns true if the run is [detached](crate::RedisQueueBuilder::deposit): it goes on without this client.
    #[must_use]
    pub fn is_detached(&self) -> bool {
        self.0.run.is_detached()
    }

    /// Returns the error that names the [other client](Error::Held) that has got the run meanwhile. This one's
    /// calls have ended by it.
    #[must_use]
    pub fn loss(&self) -> Option<Error> {
        self.0.run.kept.as_ref().and_then(KeptRun::loss)
    }

    /// Returns true if the server is away, or does not do all that it is asked, such as one that is full.
    #[must_use]
    pub fn is_server_failing(&self) -> bool {
        self.0.run.health.failure().is_some()
    }

    /// Ends the run on the server: its tasks are removed, and workers learn of it at their next
    /// renewal. All calls end as [`Cancelled`](reparte::ErrorKind::Cancelled). Returns once that is
    /// done, or after two seconds: a server that is away does not keep a program from its end, and
    /// forgets the run within two minutes.
    ///
    /// A run that another client has got meanwhile is left to it.
    pub fn close(&self) {
        self.end(|run| run.close());
    }

    /// Ends the client's part of a run that is [kept](crate::RedisQueueBuilder::keep): all calls end as
    /// `Cancelled`, and the run waits on the server for its next client. If it is detached, workers go on with
    /// its tasks. Any other run is [closed](Self::close).
    pub fn leave(&self) {
        self.end(|run| run.leave());
    }

    fn end(&self, end: impl FnOnce(&Run) -> Receiver<()>) {
        self.0.end(end);
    }

    /// Returns true if there are other handles of the run.
    pub(crate) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Waits until the threads have ended, for as long as [`close`](Self::close) may take.
    pub(crate) fn join(&self) {
        let until = Instant::now() + CLOSE_TIME;
        self.0.reader.wait_until(until);
        self.0.commands.wait_until(until);
    }
}

impl RunThreads {
    fn end(&self, end: impl FnOnce(&Run) -> Receiver<()>) {
        let until = Instant::now() + CLOSE_TIME;
        if self.is_closing.swap(true, SeqCst) {
            // Another thread does it.
            self.closed.wait(CLOSE_TIME);
            return;
        }
        self.shutdown.give();
        let closed = end(&self.run);
        let _ = closed.recv_timeout(CLOSE_TIME);
        self.give_up.give();
        self.run.disconnect();
        self.commands.wait_until(until);
        self.closed.give();
    }
}

impl Drop for RunThreads {
    /// Leaves a run that is kept and that nobody has ended.
    fn drop(&mut self) {
        if self.run.kept.is_some() {
            self.end(|run| run.leave());
        }
    }
}

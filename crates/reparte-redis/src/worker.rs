//! A worker: it takes tasks from a queue, and answers them with a service.

pub(crate) mod begins;
pub(crate) mod committer;
pub(crate) mod fetcher;
pub(crate) mod job;
pub(crate) mod releasing;
pub(crate) mod running;
pub(crate) mod slots;
pub(crate) mod stages;
pub(crate) mod tenure;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::shutdown::Shutdown;
use crate::thread::Thread;
use crate::worker::running::Running;
use crate::worker::stages::Stages;
use crate::worker::tenure::Tenure;

/// A worker that takes the tasks of a function from a queue on a Redis or Valkey server, and
/// answers them with a [`Service`](xmlrpc_server::Service).
///
/// It renews the lease of each task at work. A worker that stops for longer than the lease loses
/// its tasks to others; whoever is first to commit a result is the one that counts.
///
/// A server that goes away and comes back interrupts no work. Results are committed once it is
/// there.
///
/// A fault "host unfit" or "no such function", and a
/// [refusal](xmlrpc_server::Context::refuse), give the task back to the queue. The worker then
/// pauses, for longer each time, so that it does not take what others can do. A task that three
/// workers are unfit for, or for a time all that there are, fails with a fault that names them.
#[derive(Debug)]
pub struct Worker {
    pub(crate) name: String,
    pub(crate) lease: Duration,
    pub(crate) stages: Stages,
    pub(crate) running: Arc<Running>,
    /// None once it has left.
    pub(crate) tenure: Option<Tenure>,
    /// None if it could not be started, and so is the next.
    pub(crate) fetcher: Option<Thread>,
    pub(crate) keeper: Option<Thread>,
    pub(crate) commands: Thread,
    /// Ends the attempts of the thread of commands.
    pub(crate) give_up: Shutdown,
}

/// Stops a worker from any thread.
#[derive(Clone, Debug)]
pub struct WorkerHandle {
    stop: Shutdown,
}

impl WorkerHandle {
    /// Lets the worker take no more tasks. Does not wait.
    pub fn stop(&self) {
        self.stop.give();
    }
}

/// The time that the end of the threads and the goodbye to the server may take. A server that is
/// away does not keep a worker from its end.
const LEAVE_TIME: Duration = Duration::from_secs(3);

impl Worker {
    /// Returns the name by which results tell it: of its own for each start.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the lease of the queue, which its first worker has chosen.
    #[must_use]
    pub fn lease(&self) -> Duration {
        self.lease
    }

    /// Returns what stops it.
    #[must_use]
    pub fn handle(&self) -> WorkerHandle {
        WorkerHandle {
            stop: self.stages.stop.clone(),
        }
    }

    /// Waits until it is [stopped](WorkerHandle::stop). Tasks at work then have `grace` to
    /// finish. Those that are not done by then are cancelled and given back to the queue, which
    /// counts no death for them.
    pub fn wait(self, grace: Duration) {
        // The fetcher gives this sign at its end, whatever ends it.
        while !self.stages.stop.wait(Duration::from_secs(3600)) {}
        self.running.wait_until_idle(Instant::now() + grace);
        // Dropped, it does the rest.
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let until = Instant::now() + LEAVE_TIME;
        self.stages.stop.give();
        // Tasks that it takes from now on, it gives back.
        if let Some(fetcher) = self.fetcher.take() {
            fetcher.wait_until(until);
        }
        let kept = self.running.abandon_all();
        self.stages.end.give();
        // An announcement after the goodbye would enter the worker again.
        if let Some(keeper) = self.keeper.take() {
            keeper.wait_until(until);
        }
        // It sends commands, whose thread ends with the last sender.
        if let Some(tenure) = self.tenure.take() {
            tenure.leave(kept, until);
        }
        self.give_up.give();
        // A function that does not end when it is cancelled keeps its thread, until the process
        // ends. Its result is discarded.
        self.commands.wait_until(until);
    }
}

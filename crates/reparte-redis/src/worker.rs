//! A worker: it takes tasks from a queue, and answers them with a service.

pub(crate) mod fetcher;
pub(crate) mod job;
pub(crate) mod running;
pub(crate) mod slots;
pub(crate) mod stages;
pub(crate) mod tenure;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::shutdown::Shutdown;
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
/// pauses, for longer each time, so that it does not take what others can do.
#[derive(Debug)]
pub struct Worker {
    pub(crate) name: String,
    pub(crate) lease: Duration,
    pub(crate) stages: Stages,
    pub(crate) running: Arc<Running>,
    /// None once it has left.
    pub(crate) tenure: Option<Tenure>,
    pub(crate) fetcher: Option<JoinHandle<()>>,
    pub(crate) keeper: Option<JoinHandle<()>>,
    pub(crate) slots: Vec<JoinHandle<()>>,
    pub(crate) commands: Option<JoinHandle<()>>,
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

/// The time that the goodbye to the server may take.
const LEAVE_TIME: Duration = Duration::from_secs(2);

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
    pub fn wait(mut self, grace: Duration) {
        if let Some(fetcher) = self.fetcher.take() {
            let _ = fetcher.join();
        }
        let until = Instant::now() + grace;
        self.running.wait_until_idle(until);
        // Dropped, it does the rest.
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stages.stop.give();
        if let Some(fetcher) = self.fetcher.take() {
            let _ = fetcher.join();
        }
        let kept = self.running.abandon_all();
        self.stages.end.give();
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
        // It sends commands, whose thread ends with the last sender.
        if let Some(tenure) = self.tenure.take() {
            tenure.leave(kept, LEAVE_TIME);
        }
        self.give_up.give();
        // A function that does not end when it is cancelled keeps its thread, until the process
        // ends. Its result is discarded.
        self.slots.retain(|slot| !slot.is_finished());
        if let Some(commands) = self.commands.take()
            && self.slots.is_empty()
        {
            let _ = commands.join();
        }
    }
}

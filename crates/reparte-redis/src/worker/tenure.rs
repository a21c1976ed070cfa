//! The leases of a worker's tasks, and its own presence on the server.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use crate::command_thread::CommandSender;
use crate::error::Error;
use crate::keys::QueueKeys;
use crate::reply;
use crate::script::{Script, ScriptCall, millis};
use crate::shutdown::Shutdown;
use crate::thread::Thread;
use crate::worker::releasing::Releasing;
use crate::worker::running::Running;

/// A worker's tenure of its tasks, and its presence on the server.
#[derive(Clone, Debug)]
pub(crate) struct Tenure {
    pub(crate) keys: QueueKeys,
    pub(crate) worker: String,
    pub(crate) commands: CommandSender,
    /// The tasks that it gives back at the moment.
    pub(crate) releasing: Releasing,
}

/// The longest time between two renewals: that after which a cancelled task is stopped.
const RENEW_EVERY: Duration = Duration::from_secs(5);

impl Tenure {
    /// Announces the worker. `lease` counts if this is the queue's first worker.
    pub(crate) fn announcement(&self, running: &Running, lease: Duration) -> ScriptCall {
        let keys = &self.keys;
        let keys = [keys.tasks(), keys.seen(), keys.workers(), keys.lease()];
        let (slots, busy) = (running.offered_slots(), running.busy());
        let details = format!("{slots} {busy} {}", env!("CARGO_PKG_VERSION"));
        let lease = millis(lease);
        ScriptCall::new(Script::Announce, keys)
            .arg(self.worker.as_bytes())
            .arg(details)
            .number(lease)
    }

    /// Starts the thread that renews the worker's leases and announces it, until `end`.
    pub(crate) fn keep(
        &self,
        running: Arc<Running>,
        lease: Duration,
        end: Shutdown,
    ) -> Result<Thread, Error> {
        let tenure = self.clone();
        let every = (lease / 3).min(RENEW_EVERY);
        Thread::start("redis-leases", move || {
            let mut announced = None;
            while !end.wait(every) {
                // The next renewal waits for this one: while the server is away, they do not
                // pile up.
                if let Err(error) = tenure.renew(&running) {
                    log::error!("leases are not renewed: {error}");
                }
                // The worker is silent for a while if the server takes no announcement, such as a
                // full one. Its leases do not wait for that.
                let is_done = |reply: &Receiver<()>| reply.try_recv() != Err(TryRecvError::Empty);
                if !end.has_come() && announced.as_ref().is_none_or(is_done) {
                    announced = Some(tenure.announce(&running, lease));
                }
            }
        })
    }

    /// Announces the worker. A message comes when the server has replied.
    fn announce(&self, running: &Running, lease: Duration) -> Receiver<()> {
        let (sender, announced) = channel();
        let call = self.announcement(running, lease);
        self.commands.send(call, move |reply| {
            if let Err(error) = reply {
                log::error!("the worker is not announced: {error}");
            }
            let _ = sender.send(());
        });
        announced
    }

    fn renew(&self, running: &Running) -> Result<(), Error> {
        let ids = running.ids();
        if ids.is_empty() {
            return Ok(());
        }
        let renewal = ScriptCall::new(Script::Renew, [self.keys.tasks()])
            .arg(self.worker.as_bytes())
            .args(ids);
        let gone = reply::texts(self.commands.call(renewal)?);
        // Some were committed meanwhile.
        let gone = running.abandon(&gone);
        if gone > 0 {
            log::info!("{gone} tasks at work are cancelled, or another worker has them");
        }
        Ok(())
    }

    /// Returns the call that gives tasks back.
    pub(crate) fn release_call(&self, ids: impl IntoIterator<Item = String>) -> ScriptCall {
        ScriptCall::new(Script::Release, [self.keys.tasks()])
            .arg(self.worker.as_bytes())
            .args(ids)
    }

    /// Gives tasks back. Does not wait.
    pub(crate) fn release(&self, ids: impl IntoIterator<Item = String>) {
        let ids: Vec<String> = ids.into_iter().collect();
        self.releasing.begin(&ids);
        let releasing = self.releasing.clone();
        self.commands
            .send(self.release_call(ids.clone()), move |reply| {
                releasing.end(&ids);
                if let Err(error) = reply {
                    log::warn!("tasks are not given back, and wait for their leases' end: {error}");
                }
            });
    }

    /// Gives tasks back and says goodbye. Waits for that until a moment at most.
    pub(crate) fn leave(&self, ids: Vec<String>, until: Instant) {
        if !ids.is_empty() {
            self.release(ids);
        }
        let keys = [self.keys.tasks(), self.keys.seen(), self.keys.workers()];
        let call = ScriptCall::new(Script::Leave, keys).arg(self.worker.as_bytes());
        let (sender, left) = channel();
        self.commands.send(call, move |_| {
            let _ = sender.send(());
        });
        let _ = left.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

/// Returns the milliseconds before a worker gets a task again that it is unfit for.
pub(crate) fn rest_after_unfit(lease: Duration) -> u64 {
    millis(lease).saturating_mul(4)
}

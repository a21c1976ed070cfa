//! The leases of a worker's tasks, and its own presence on the server.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::command_thread::CommandSender;
use crate::error::Error;
use crate::keys::QueueKeys;
use crate::reply;
use crate::script::{Script, ScriptCall};
use crate::shutdown::Shutdown;
use crate::worker::running::Running;

/// A worker's tenure of its tasks, and its presence on the server.
#[derive(Clone, Debug)]
pub(crate) struct Tenure {
    pub(crate) keys: QueueKeys,
    pub(crate) worker: String,
    pub(crate) slots: usize,
    pub(crate) commands: CommandSender,
}

/// The longest time between two renewals: that after which a cancelled task is stopped.
const RENEW_EVERY: Duration = Duration::from_secs(5);

impl Tenure {
    /// Announces the worker. `lease` counts if this is the queue's first worker.
    pub(crate) fn announcement(&self, busy: usize, lease: Duration) -> ScriptCall {
        let keys = &self.keys;
        let keys = [keys.tasks(), keys.seen(), keys.workers(), keys.lease()];
        let details = format!("{} {busy} {}", self.slots, env!("CARGO_PKG_VERSION"));
        let lease = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
        ScriptCall::new(Script::Announce, keys)
            .arg(self.worker.as_bytes())
            .arg(details)
            .number(lease)
            .number(lease.saturating_mul(3))
    }

    /// Starts the thread that announces the worker and renews its leases, until `end`.
    pub(crate) fn keep(
        &self,
        running: Arc<Running>,
        lease: Duration,
        end: Shutdown,
    ) -> Result<JoinHandle<()>, Error> {
        let tenure = self.clone();
        let every = (lease / 3).min(RENEW_EVERY);
        let keep = move || {
            while !end.wait(every) {
                // The next renewal waits for this one: while the server is away, they do not
                // pile up.
                if let Err(error) = tenure.renew(&running, lease) {
                    log::error!("leases are not renewed: {error}");
                }
            }
        };
        let thread = thread::Builder::new().name("redis-leases".to_owned());
        thread.spawn(keep).map_err(|error| Error::NoThread {
            message: error.to_string(),
        })
    }

    fn renew(&self, running: &Running, lease: Duration) -> Result<(), Error> {
        let announcement = self.announcement(running.busy(), lease);
        self.commands.call(announcement)?;
        let ids = running.ids();
        if ids.is_empty() {
            return Ok(());
        }
        let renewal = ScriptCall::new(Script::Renew, [self.keys.tasks()])
            .arg(self.worker.as_bytes())
            .args(ids);
        let gone = reply::texts(self.commands.call(renewal)?);
        if !gone.is_empty() {
            log::info!(
                "{} tasks at work are cancelled, or another worker has them",
                gone.len()
            );
            running.abandon(&gone);
        }
        Ok(())
    }

    /// Gives tasks back. Does not wait.
    pub(crate) fn release(&self, ids: impl IntoIterator<Item = String>) {
        let call = ScriptCall::new(Script::Release, [self.keys.tasks()])
            .arg(self.worker.as_bytes())
            .args(ids);
        self.commands.send(call, |reply| {
            if let Err(error) = reply {
                log::warn!("tasks are not given back, and wait for their leases' end: {error}");
            }
        });
    }

    /// Gives tasks back and says goodbye. Waits for that for a time at most.
    pub(crate) fn leave(&self, ids: Vec<String>, time: Duration) {
        if !ids.is_empty() {
            self.release(ids);
        }
        let keys = [self.keys.tasks(), self.keys.seen(), self.keys.workers()];
        let call = ScriptCall::new(Script::Leave, keys).arg(self.worker.as_bytes());
        let (sender, left) = channel();
        self.commands.send(call, move |_| {
            let _ = sender.send(());
        });
        let _ = left.recv_timeout(time);
    }
}

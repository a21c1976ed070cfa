//! A run on a queue: what the calls, the reader and the commands share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reparte::{CallError, ErrorKind};

use crate::command_thread::CommandSender;
use crate::error::Error;
use crate::keys::RunKeys;
use crate::link::Health;
use crate::queue::waiting::{Task, Waiting};
use crate::script::{Script, ScriptCall};

/// The time after which the server forgets a run whose client is silent.
pub(crate) const EXPIRY: Duration = Duration::from_secs(120);

/// A run on a queue.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) keys: RunKeys,
    pub(crate) waiting: Waiting,
    pub(crate) window: AtomicUsize,
    pub(crate) health: Health,
    /// Set when the server has forgotten the run. The reader opens it again, and submits what
    /// waits.
    is_gone: Arc<AtomicBool>,
    /// None once the run has ended.
    commands: Mutex<Option<CommandSender>>,
}

impl Run {
    pub(crate) fn new(
        keys: RunKeys,
        window: usize,
        health: Health,
        commands: CommandSender,
    ) -> Self {
        Self {
            keys,
            waiting: Waiting::default(),
            window: AtomicUsize::new(window),
            health,
            is_gone: Arc::default(),
            commands: Mutex::new(Some(commands)),
        }
    }

    /// Submits a task. Does not wait for the server.
    pub(crate) fn submit(self: &Arc<Self>, task: Task) {
        let limit = task.limit.map_or(0, |limit| limit.as_millis().max(1));
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let call = ScriptCall::new(Script::Submit, self.submit_keys())
            .arg(self.keys.run.as_bytes())
            .number(task.n)
            .arg(&*task.document)
            .number(limit);
        let (run, n) = (Arc::downgrade(self), task.n);
        self.send(call, move |reply| {
            let Some(run) = run.upgrade() else { return };
            match reply.map(crate::reply::text) {
                Ok(Some(id)) if id.is_empty() => run.is_gone.store(true, SeqCst),
                Ok(_) => {}
                Err(error) => {
                    let error = CallError::from_source(kind_of(&error), error);
                    run.waiting.end(n, Err(error));
                }
            }
        });
    }

    /// Ends the wait for a task, and removes the task.
    pub(crate) fn give_up(&self, n: u64, error: CallError) {
        if self.waiting.end(n, Err(error)) {
            let keys = &self.keys;
            let keys = [keys.queue.tasks(), keys.open(), keys.queue.lost()];
            let call = ScriptCall::new(Script::Cancel, keys).number(n);
            self.send(call, log_failure);
        }
    }

    /// Returns true if the server has forgotten the run since the last time.
    pub(crate) fn take_gone(&self) -> bool {
        self.is_gone.swap(false, SeqCst)
    }

    /// Ends the run on the server. A message comes when that is done.
    pub(crate) fn close(&self) -> Receiver<()> {
        let keys = &self.keys;
        let lost = keys.queue.lost();
        let keys = [keys.queue.tasks(), keys.results(), keys.open(), lost];
        let (sender, closed) = channel();
        self.send(ScriptCall::new(Script::Close, keys), move |reply| {
            log_failure(reply);
            let _ = sender.send(());
        });
        closed
    }

    /// Ends the thread of commands once it has done what it has.
    pub(crate) fn disconnect(&self) {
        drop(self.lock().take());
    }

    /// Returns the error of a call that can't wait any longer for the server.
    pub(crate) fn unreachable(&self) -> CallError {
        let message = "the engine has not answered for too long";
        CallError::new(ErrorKind::Unreachable, message)
    }

    /// Returns the keys of SUBMIT, CHECK and OPEN.
    pub(crate) fn submit_keys(&self) -> [String; 3] {
        let keys = &self.keys;
        [keys.queue.tasks(), keys.results(), keys.open()]
    }

    fn send(
        &self,
        call: ScriptCall,
        reply: impl FnOnce(Result<redis::Value, Error>) + Send + 'static,
    ) {
        let commands = self.lock().clone();
        match commands {
            Some(commands) => commands.send(call, reply),
            None => reply(Err(Error::Closed)),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<CommandSender>> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log_failure(reply: Result<redis::Value, Error>) {
    if let Err(error) = reply {
        log::debug!("not removed there, it expires: {error}");
    }
}

fn kind_of(error: &Error) -> ErrorKind {
    match error {
        Error::Refused { .. } => ErrorKind::Refused,
        Error::Closed => ErrorKind::Cancelled,
        _ => ErrorKind::Unreachable,
    }
}

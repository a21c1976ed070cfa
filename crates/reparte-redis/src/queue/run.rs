//! A run on a queue: what the calls, the reader and the commands share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::Value;
use reparte::{Call, CallError, ErrorKind};

use crate::command_thread::CommandSender;
use crate::error::Error;
use crate::health::Health;
use crate::keys::RunKeys;
use crate::queue::shortage::Shortage;
use crate::queue::waiting::{CallOutcome, Task, Waiting};
use crate::reply;
use crate::script::{Script, ScriptCall};

/// The time after which the server forgets a run whose client is silent.
pub(crate) const EXPIRY: Duration = Duration::from_secs(120);

/// A run on a queue.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) keys: RunKeys,
    /// The time without any worker.
    pub(crate) shortage: Shortage,
    pub(crate) waiting: Waiting,
    pub(crate) window: AtomicUsize,
    /// The names of the workers that are there, sorted.
    workers: Mutex<Vec<Arc<str>>>,
    pub(crate) health: Health,
    /// Set when the server has forgotten the run. The reader opens it again, and submits what
    /// waits.
    is_gone: Arc<AtomicBool>,
    /// Set when the run begins no more work.
    is_withdrawn: AtomicBool,
    /// Held from when a task gets its number until it is sent: SUBMIT relies on numbers that grow.
    order: Mutex<()>,
    /// None once the run has ended.
    commands: Mutex<Option<CommandSender>>,
}

impl Run {
    pub(crate) fn new(
        keys: RunKeys,
        window: usize,
        workers: Vec<Arc<str>>,
        health: Health,
        commands: CommandSender,
    ) -> Self {
        Self {
            keys,
            shortage: Shortage::default(),
            waiting: Waiting::default(),
            window: AtomicUsize::new(window),
            workers: Mutex::new(workers),
            health,
            is_gone: Arc::default(),
            is_withdrawn: AtomicBool::new(false),
            order: Mutex::default(),
            commands: Mutex::new(Some(commands)),
        }
    }

    /// Submits the task of a call, unless that is cancelled. Returns its
    /// number, and where its outcome will come.
    pub(crate) fn start(
        self: &Arc<Self>,
        call: &Call,
        document: Vec<u8>,
        limit: Option<Duration>,
    ) -> (u64, Receiver<CallOutcome>) {
        let _order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        self.shortage.note_task();
        let (task, outcome) = self.waiting.enter(call, document, limit);
        let n = task.n;
        // Entered first, and then asked: whoever cancels marks first and then looks.
        if call.is_cancelled() {
            self.waiting.end(n, Err(cancelled()));
        } else if self.is_withdrawn() {
            self.waiting.end(n, Err(withdrawn_error()));
        } else {
            self.submit(task);
        }
        (n, outcome)
    }

    /// Submits a task. Does not wait for the server.
    fn submit(self: &Arc<Self>, task: Task) {
        let limit = task.limit.map_or(0, |limit| limit.as_millis().max(1));
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let call = ScriptCall::new(Script::Submit, self.submit_keys())
            .arg(self.keys.run.as_bytes())
            .number(task.n)
            .arg(&*task.document)
            .number(limit)
            .arg("0")
            .arg(task.avoid.as_bytes())
            .sending(task.sending);
        let (run, n) = (Arc::downgrade(self), task.n);
        self.send(call, move |reply| {
            let Some(run) = run.upgrade() else { return };
            match reply.map(reply::text) {
                Ok(id) => {
                    if id.is_some_and(|id| id.is_empty()) {
                        run.is_gone.store(true, SeqCst);
                    }
                    if !run.waiting.note_submitted(n) {
                        // It was given up before it was there: no one else would remove it.
                        run.remove(n);
                    }
                }
                Err(error) => {
                    let error = CallError::from_source(kind_of(&error), error);
                    run.waiting.end(n, Err(error));
                }
            }
        });
    }

    /// Submits a task again that the server has lost. A run that begins no more work gives it up.
    pub(crate) fn submit_again(self: &Arc<Self>, n: u64) {
        if self.is_withdrawn() {
            self.waiting.end(n, Err(cancelled()));
        } else if let Some(task) = self.waiting.take_lost(n) {
            self.submit(task);
        }
    }

    /// Ends the wait for a task, and removes the task.
    pub(crate) fn give_up(&self, n: u64, error: CallError) {
        if self.waiting.end(n, Err(error)) {
            self.remove(n);
        }
    }

    fn remove(&self, n: u64) {
        let call = ScriptCall::new(Script::Cancel, self.cancel_keys()).number(n);
        self.send(call, log_failure);
    }

    /// Takes back the tasks that no worker has, now and from now on: their calls end without having
    /// run. A message with their number comes when the server has done so.
    pub(crate) fn withdraw(self: &Arc<Self>) -> Receiver<usize> {
        self.is_withdrawn.store(true, SeqCst);
        let end = |waiting: &Waiting, n| usize::from(waiting.end(n, Err(withdrawn_error())));
        // Those that were sent may be at work already. If no worker has them, the server says so, now
        // or at a later look.
        let unsent = self.waiting.withdraw_unsent().into_iter();
        let unsent: usize = unsent.map(|n| end(&self.waiting, n)).sum();
        let call = ScriptCall::new(Script::Withdraw, self.cancel_keys());
        let run = Arc::downgrade(self);
        let (sender, withdrawn) = channel();
        self.send(call, move |reply| {
            let Some(run) = run.upgrade() else { return };
            let numbers = reply.map(reply::texts).unwrap_or_default().into_iter();
            let numbers = numbers.filter_map(|n| n.parse().ok());
            let ended: usize = numbers.map(|n| end(&run.waiting, n)).sum();
            let _ = sender.send(unsent + ended);
        });
        withdrawn
    }

    /// Returns the names of the workers that are there.
    pub(crate) fn workers(&self) -> Vec<Arc<str>> {
        let workers = self.workers.lock();
        workers.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets the names of the workers that are there.
    pub(crate) fn set_workers(&self, names: Vec<Arc<str>>) {
        *self.workers.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Returns true if the run begins no more work.
    pub(crate) fn is_withdrawn(&self) -> bool {
        self.is_withdrawn.load(SeqCst)
    }

    /// Returns true if the server has forgotten the run since the last time.
    pub(crate) fn take_gone(&self) -> bool {
        self.is_gone.swap(false, SeqCst)
    }

    /// Ends the run on the server, and all calls that wait. A message comes when that is done.
    pub(crate) fn close(&self) -> Receiver<()> {
        self.is_withdrawn.store(true, SeqCst);
        for n in self.waiting.numbers() {
            self.waiting.end(n, Err(cancelled()));
        }
        let keys = &self.keys;
        let keys = [
            keys.queue.tasks(),
            keys.results(),
            keys.open(),
            keys.queue.lost(),
            keys.queue.unfit(),
        ];
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

    /// Returns the keys of CANCEL and WITHDRAW.
    fn cancel_keys(&self) -> [String; 4] {
        let keys = &self.keys;
        let queue = &keys.queue;
        [queue.tasks(), keys.open(), queue.lost(), queue.unfit()]
    }

    fn send(&self, call: ScriptCall, reply: impl FnOnce(Result<Value, Error>) + Send + 'static) {
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

/// Returns the error of a call that is not wanted any more.
pub(crate) fn cancelled() -> CallError {
    CallError::new(ErrorKind::Cancelled, "cancelled")
}

/// Returns the error of a call that has not run, since its run begins no more work.
fn withdrawn_error() -> CallError {
    let kind = ErrorKind::Busy { retry_after: None };
    CallError::new(kind, "taken back before a worker had it")
}

fn log_failure(reply: Result<Value, Error>) {
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

//! A run on a queue: what the calls, the reader and the commands share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use redis::Value;
use reparte::{Call, CallError, CallId, ErrorKind};

use crate::command_thread::CommandSender;
use crate::error::Error;
use crate::health::Health;
use crate::keys::RunKeys;
use crate::queue::answer::Answer;
use crate::queue::call_errors::{cancelled, kind_of, withdrawn};
use crate::queue::kept_run::{Held, KEPT_EXPIRY, KeptRun};
use crate::queue::run_scripts::{close_call, close_kept_call, collect_call};
use crate::queue::shortage::Shortage;
use crate::queue::waiting::{CallOutcome, Claim, Task, Waiting};
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
    /// Of a run that is kept.
    pub(crate) kept: Option<KeptRun>,
    /// The call that ends the run, or this client's part of it, once it is to be sent.
    last_call: OnceLock<ScriptCall>,
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
        kept: Option<(KeptRun, Held)>,
    ) -> Self {
        let (kept, held) = kept.unzip();
        Self {
            keys,
            shortage: Shortage::default(),
            waiting: held.map_or_else(Waiting::default, |held| Waiting::kept(held.first)),
            kept,
            last_call: OnceLock::new(),
            window: AtomicUsize::new(window),
            workers: Mutex::new(workers),
            health,
            is_gone: Arc::default(),
            is_withdrawn: AtomicBool::new(false),
            order: Mutex::default(),
            commands: Mutex::new(Some(commands)),
        }
    }

    /// Returns the time after which the server forgets the run, if its client is silent.
    pub(crate) fn expiry(&self) -> Duration {
        self.kept.as_ref().map_or(EXPIRY, |_| KEPT_EXPIRY)
    }

    /// Returns true if the run goes on without a client.
    pub(crate) fn is_detached(&self) -> bool {
        self.kept.as_ref().is_some_and(KeptRun::is_detached)
    }

    /// Returns an error if another client has the run.
    pub(crate) fn check_lease(&self) -> Result<(), CallError> {
        match self.kept.as_ref().and_then(KeptRun::loss) {
            Some(error) => Err(CallError::from_source(ErrorKind::Refused, error)),
            None => Ok(()),
        }
    }

    /// Ends all calls: another client has the run.
    pub(crate) fn lose(&self, error: Error) {
        log::error!("{error}");
        if let Some(kept) = &self.kept {
            kept.lose(error.clone());
            self.waiting.leave();
        }
        for n in self.waiting.numbers() {
            let error = CallError::from_source(ErrorKind::Refused, error.clone());
            self.waiting.end(n, Err(error));
        }
    }

    /// Submits the task of a call, unless that is cancelled. Returns where its outcome will come.
    pub(crate) fn start(
        self: &Arc<Self>,
        call: &Call,
        document: Vec<u8>,
        limit: Option<Duration>,
    ) -> Receiver<CallOutcome> {
        let _order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        self.shortage.note_task();
        let (task, outcome) = self.waiting.enter(call, document, limit);
        let n = task.n;
        // Entered first, and then asked: whoever cancels marks first and then looks.
        if call.is_cancelled() {
            self.waiting.end(n, Err(cancelled()));
        } else if self.is_withdrawn() {
            self.waiting.end(n, Err(withdrawn()));
        } else if let Err(error) = self.check_lease() {
            self.waiting.end(n, Err(error));
        } else {
            self.submit(task);
        }
        outcome
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
        let call = match (&self.kept, task.kept) {
            (Some(_), Some(kept)) => {
                call.number(kept.index)
                    .arg(if kept.is_again { "1" } else { "0" })
            }
            (Some(_), None) => call.arg("").arg("0"),
            (None, _) => call,
        };
        let (run, n) = (Arc::downgrade(self), task.n);
        self.send(call, move |reply| {
            let Some(run) = run.upgrade() else { return };
            let earlier = match &reply {
                Ok(Value::Array(_)) => reply.clone().map(reply::texts).unwrap_or_default(),
                _ => Vec::new(),
            };
            if let Some(earlier) = earlier.first().and_then(|n| n.parse().ok()) {
                return run.claim(n, earlier);
            }
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
                    if let Error::TooLarge { is_told: false, .. } = &error {
                        // It may be there, and its reply was lost.
                        run.remove(n);
                    }
                    let error = CallError::from_source(kind_of(&error), error);
                    run.waiting.end(n, Err(error));
                }
            }
        });
    }

    /// Lets a call wait for the task that an earlier client has submitted for it.
    fn claim(self: &Arc<Self>, n: u64, earlier: u64) {
        if let Claim::Answered(id) = self.waiting.claim(n, earlier) {
            self.fetch(earlier, id);
        }
    }

    /// Gives a call the answer with this id.
    pub(crate) fn fetch(self: &Arc<Self>, n: u64, id: String) {
        let call = ScriptCall::new(Script::Fetch, [self.keys.results()]).arg(id.as_bytes());
        let run = Arc::downgrade(self);
        self.send(call, move |reply| {
            let Some(run) = run.upgrade() else { return };
            let entries = reply.map(reply::entries_of_list).unwrap_or_default();
            match entries.into_iter().next().and_then(Answer::read) {
                Some((_, answer)) => {
                    run.waiting.note_lost(n, answer.lost());
                    run.waiting.note_unfit(n, answer.unfit());
                    run.waiting.deliver(n, answer, &id);
                }
                // The next comparison with the server misses it.
                None => {
                    run.waiting.note_submitted(n);
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

    /// Ends a call that waits, and removes its task.
    pub(crate) fn give_up(&self, call: CallId, error: CallError) {
        if let Some(n) = self.waiting.number_of(call)
            && self.waiting.end(n, Err(error))
        {
            self.remove(n);
        }
    }

    /// Ends a call that has waited for too long. The task of a run that is kept stays for a later client.
    pub(crate) fn lose_patience(&self, call: CallId, error: CallError) {
        if self.kept.is_none() {
            return self.give_up(call, error);
        }
        self.waiting.leave();
        if let Some(n) = self.waiting.number_of(call) {
            self.waiting.end(n, Err(error));
        }
    }

    fn remove(&self, n: u64) {
        if self.kept.as_ref().is_some_and(KeptRun::is_left) {
            return;
        }
        let call = ScriptCall::new(Script::Cancel, self.cancel_keys()).number(n);
        self.send(call, log_failure);
    }

    /// Takes back the tasks that no worker has, now and from now on: their calls end without having
    /// run. A message with their number comes when the server has done so.
    pub(crate) fn withdraw(self: &Arc<Self>) -> Receiver<usize> {
        self.is_withdrawn.store(true, SeqCst);
        let end = |waiting: &Waiting, n| usize::from(waiting.end(n, Err(withdrawn())));
        let (sender, withdrawn_tasks) = channel();
        if let Some(kept) = self.kept.as_ref().filter(|kept| kept.is_detached()) {
            // It goes on, and nobody waits for what is at work.
            kept.leave();
            self.waiting.leave();
            let all = self.waiting.numbers().into_iter();
            let _ = sender.send(all.map(|n| end(&self.waiting, n)).sum());
            return withdrawn_tasks;
        }
        // Those that were sent may be at work already. If no worker has them, the server says so, now
        // or at a later look.
        let unsent = self.waiting.withdraw_unsent().into_iter();
        let unsent: usize = unsent.map(|n| end(&self.waiting, n)).sum();
        let call = ScriptCall::new(Script::Withdraw, self.cancel_keys());
        let run = Arc::downgrade(self);
        self.send(call, move |reply| {
            let Some(run) = run.upgrade() else { return };
            let numbers = reply.map(reply::texts).unwrap_or_default().into_iter();
            let numbers = numbers.filter_map(|n| n.parse().ok());
            let ended: usize = numbers.map(|n| end(&run.waiting, n)).sum();
            let _ = sender.send(unsent + ended);
        });
        withdrawn_tasks
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
        let mut call = close_call(keys);
        if let Some(kept) = &self.kept {
            call = close_kept_call(keys).arg(kept.holder.text());
        }
        self.send_last(call)
    }

    /// Ends the client's part of a run that is kept, and all calls that wait. A message comes when the
    /// server knows.
    pub(crate) fn leave(&self) -> Receiver<()> {
        let Some(kept) = &self.kept else {
            return self.close();
        };
        kept.leave();
        self.waiting.leave();
        self.is_withdrawn.store(true, SeqCst);
        for n in self.waiting.numbers() {
            self.waiting.end(n, Err(cancelled()));
        }
        if kept.loss().is_none() {
            self.send(
                collect_call(&self.keys, 0, "", &self.waiting.take_settled()),
                log_failure,
            );
        }
        let call = ScriptCall::new(Script::Unhold, [self.keys.client()]);
        self.send_last(call.arg(kept.holder.text()))
    }

    /// Returns the call that ends the run, or this client's part of it. None before its end.
    pub(crate) fn last_call(&self) -> Option<ScriptCall> {
        self.last_call.get().cloned()
    }

    /// Calls the last script of a run. A message comes when that is done.
    fn send_last(&self, call: ScriptCall) -> Receiver<()> {
        let _ = self.last_call.set(call.clone());
        let (sender, done) = channel();
        self.send(call, move |reply| {
            log_failure(reply);
            let _ = sender.send(());
        });
        done
    }

    /// Ends the thread of commands once it has done what it has.
    pub(crate) fn disconnect(&self) {
        drop(self.lock().take());
    }

    /// Returns the keys of CHECK, which are the first ones of SUBMIT.
    pub(crate) fn run_keys(&self) -> Vec<String> {
        let keys = &self.keys;
        let mut all = vec![keys.queue.tasks(), keys.results(), keys.open()];
        if self.kept.is_some() {
            all.extend([keys.kept(), keys.backlog()]);
        }
        all
    }

    /// Returns the keys of SUBMIT.
    fn submit_keys(&self) -> Vec<String> {
        let mut all = self.run_keys();
        if self.kept.is_some() {
            all.extend([self.keys.queue.lost(), self.keys.queue.unfit()]);
        }
        all
    }

    /// Returns the keys of CANCEL and WITHDRAW.
    fn cancel_keys(&self) -> [String; 4] {
        let queue = &self.keys.queue;
        let [tasks, lost, unfit] = [queue.tasks(), queue.lost(), queue.unfit()];
        [tasks, self.keys.open(), lost, unfit]
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

fn log_failure(reply: Result<Value, Error>) {
    if let Err(error) = reply {
        log::debug!("not removed there, it expires: {error}");
    }
}

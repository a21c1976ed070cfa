//! The processes of a kept program: at most one for each call that runs at a time.
//!
//! | state | event | next state |
//! | --- | --- | --- |
//! | none | a call finds no idle process, or the server starts | idle, or in use: it is started |
//! | idle | a call takes it | in use |
//! | idle | at the next call it has ended, closed a stream or written something | none: it is replaced, and that is told |
//! | in use | the same, before it has read the task | none: it is replaced, that is told, and the call has another one |
//! | in use | it answers, the first time once it has come back for another task | idle; after `--recycle` calls it is retiring |
//! | in use | its call is cancelled | finishing: its answer is waited for, and dropped |
//! | in use, finishing | it dies, is late or writes nonsense | none: its group is ended |
//! | finishing | it answers within the grace | idle |
//! | retiring | it ends, or the grace is over | none: what is left of its group is ended |
//!
//! A process counts against the limit until it has ended.

use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use untrusted_text::OneLine;
use xmlrpc_wire::Fault;

use crate::program::command_template::CommandTemplate;
use crate::program::failure::{ProgramFailure, ending};
use crate::program::kept::backoff::EarlyEnd;
use crate::program::kept::kept_process::KeptProcess;
use crate::program::kept::options::KeepOptions;
use crate::program::kept::slots::{Next, Slots};
use crate::program::kept::trouble::{GivenUp, Trouble};
use crate::program::limits::Limits;
use crate::program::own_memory;
use crate::program::process::ProcessError;
use crate::program::process_groups::ProcessGroups;
use crate::program::start_error::StartError;
use crate::program::user::ProgramUser;

/// The longest wait for a process. It bounds the delay until a cancelled call is noticed.
const MAX_WAIT: Duration = Duration::from_millis(50);

/// All processes of a program.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) program: CommandTemplate,
    /// The user that the program runs as. `None` if it is this process's.
    pub(super) user: Option<ProgramUser>,
    pub(super) options: KeepOptions,
    pub(super) limits: Limits,
    pub(super) groups: Arc<ProcessGroups>,
    /// No process is started, ended or dropped under the lock: that may take seconds.
    slots: Mutex<Slots>,
    /// Notified after a process has become idle, or has ended.
    freed: Condvar,
}

/// A process that a call has. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct InUse {
    pool: Arc<Pool>,
    /// `None` once it was given back.
    process: Option<KeptProcess>,
    /// True if it is counted among those that end by themselves.
    is_retiring: bool,
}

impl Pool {
    pub(super) fn new(
        program: CommandTemplate,
        user: Option<ProgramUser>,
        options: KeepOptions,
        limits: Limits,
        groups: Arc<ProcessGroups>,
    ) -> Self {
        Pool {
            program,
            user,
            options,
            limits,
            groups,
            slots: Mutex::new(Slots::default()),
            freed: Condvar::new(),
        }
    }

    /// Starts a process for each slot, so that they are warm when calls come. A process that can't
    /// be started is told in the log, and tried again by the calls.
    pub(super) fn start_ahead(self: &Arc<Self>, slots: usize) {
        self.lock().set_limit(slots);
        for _ in 0..slots {
            self.lock().add();
            match self.start(|| false) {
                Ok(process) => process.give_back(),
                Err(failure) => {
                    let error = ProgramFailure::from(failure);
                    log::warn!("{}: {error}", self.program);
                    break;
                }
            }
        }
    }

    /// Takes an idle process, or starts one.
    ///
    /// # Errors
    ///
    /// None can be started, the call is cancelled, or the pool is closed.
    pub(super) fn take(
        self: &Arc<Self>,
        is_cancelled: impl Fn() -> bool,
    ) -> Result<InUse, ProgramFailure> {
        loop {
            if is_cancelled() {
                return Err(ProcessError::Cancelled.into());
            }
            let mut slots = self.lock();
            match slots.next(Instant::now()) {
                Next::Idle(process) => {
                    drop(slots);
                    let mut taken = self.in_use(*process);
                    match taken.get().check_idle() {
                        Ok(()) => return Ok(taken),
                        Err(trouble) => taken.replace(&trouble),
                    }
                }
                Next::Start => {
                    drop(slots);
                    return Ok(self.start(&is_cancelled)?);
                }
                Next::Wait(time) => {
                    // What has changed is looked at anew, even after a panic elsewhere.
                    let _ = self.freed.wait_timeout(slots, time.min(MAX_WAIT));
                }
                Next::Misuse(reason) => return Err(Fault::application(reason).into()),
                Next::Unfit(reason) => {
                    let text = format!("this machine can't run the program: {reason}");
                    return Err(ProgramFailure::Unfit(text));
                }
                Next::Closed => return Err(ProcessError::NotStarted(StartError::Stopping).into()),
            }
        }
    }

    /// Starts a process, which is counted already.
    fn start(self: &Arc<Self>, is_cancelled: impl Fn() -> bool) -> Result<InUse, ProcessError> {
        let (name, bytes) = (self.program.to_string(), self.limits.error_bytes);
        match KeptProcess::start(self.command(), name, bytes, is_cancelled, &self.groups) {
            Ok(process) => Ok(self.in_use(process)),
            Err(error) => {
                self.forget_one(false);
                Err(error)
            }
        }
    }

    fn command(&self) -> Command {
        let mut command = self.program.kept_command(self.options.results_fd);
        if let Some(user) = &self.user {
            user.apply(&mut command);
        }
        own_memory::hide_secrets(&mut command);
        command
    }

    fn in_use(self: &Arc<Self>, process: KeptProcess) -> InUse {
        InUse {
            pool: Arc::clone(self),
            process: Some(process),
            is_retiring: false,
        }
    }

    /// Makes room for another process.
    fn forget_one(&self, is_retiring: bool) {
        self.lock().remove(is_retiring);
        self.freed.notify_all();
    }

    /// Notes the end of a process that had answered nothing. It is told once in a row of such
    /// ends.
    pub(super) fn note_early_end(&self, end: EarlyEnd, reason: &str) {
        let is_first = self.lock().note_end(end, reason, Instant::now());
        if is_first {
            log::warn!(
                "{}: {}; it is started again, after pauses of up to 5 s until it answers",
                self.program,
                OneLine::new(reason)
            );
        }
    }

    /// Ends all idle processes: closes their standard input, and waits for them. Others end with
    /// their calls, or with their groups. The longest wait is that of the grace, or `most`.
    pub(super) fn close(&self, most: Option<Duration>) {
        let mut idle = self.lock().close();
        self.freed.notify_all();
        idle.iter_mut().for_each(KeptProcess::close_input);
        let grace = self.options.grace;
        let deadline = after(most.map_or(grace, |most| most.min(grace)));
        // They have the grace together, and then the time after SIGTERM.
        thread::scope(|scope| {
            for process in idle {
                let end = move || {
                    // Nobody wants the status.
                    let _ = process.end(deadline, || self.groups.is_closed());
                    self.forget_one(false);
                };
                // Without a thread it is killed.
                let _ = thread::Builder::new().spawn_scoped(scope, end);
            }
        });
        self.wait_for_retiring(deadline);
    }

    /// Waits for the processes that were used up, until `deadline`.
    fn wait_for_retiring(&self, deadline: Instant) {
        let mut slots = self.lock();
        while slots.has_retiring() && !self.groups.is_closed() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.freed.wait_timeout(slots, left.min(MAX_WAIT));
            slots = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Returns whether kept processes have to end.
    fn is_ending(&self) -> bool {
        self.groups.is_closed() || self.lock().is_closed()
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        // Nothing that may panic happens under it.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InUse {
    /// Returns the process.
    pub(super) fn get(&mut self) -> &mut KeptProcess {
        #[allow(
            clippy::expect_used,
            reason = "only the methods that consume this take it"
        )]
        self.process.as_mut().expect("it was not given back")
    }

    /// Gives a process back that has answered.
    pub(super) fn give_back(mut self) {
        let Some(process) = self.process.take() else {
            return;
        };
        let used_up = self
            .pool
            .lock()
            .give_back(process, self.pool.options.recycle);
        let Some(mut process) = used_up else {
            self.pool.freed.notify_one();
            return;
        };
        process.close_input();
        self.process = Some(process);
        self.is_retiring = true;
        self.end_elsewhere();
    }

    /// Leaves a process to finish the task of a cancelled call, whose answer is dropped.
    pub(super) fn finish(mut self) {
        let pool = Arc::clone(&self.pool);
        let finish = move || {
            let deadline = Some(after(pool.options.grace));
            let (framing, bytes) = (pool.options.framing, pool.limits.output_bytes);
            let given_up = || pool.is_ending().then_some(GivenUp::Stopped);
            match self.get().advance(framing, bytes, deadline, given_up) {
                Ok(_) => self.give_back(),
                Err(trouble) => {
                    let (is_new, has_read) = (self.get().answers == 0, self.get().has_read());
                    let reason = self.end(&trouble);
                    if let Some(end) = trouble.as_early_end(has_read).filter(|_| is_new) {
                        pool.note_early_end(end, &reason);
                    }
                    log::warn!(
                        "{}: after a cancelled call, {}",
                        pool.program,
                        OneLine::new(&reason)
                    );
                }
            }
        };
        spawn(finish);
    }

    /// Replaces a process that was in trouble before it had read a task, and tells of it.
    pub(super) fn replace(mut self, trouble: &Trouble) {
        let is_new = self.get().answers == 0;
        let pool = Arc::clone(&self.pool);
        let reason = self.end(trouble);
        match trouble.as_early_end(false).filter(|_| is_new) {
            Some(end) => pool.note_early_end(end, &reason),
            None => log::warn!(
                "{}: between two calls, {}; it is started again{}",
                pool.program,
                OneLine::new(&reason),
                match trouble {
                    Trouble::Nonsense(_) => ", and its answer before may be none",
                    _ => "",
                }
            ),
        }
    }

    /// Ends a process in trouble, and returns what happened to it.
    pub(super) fn end(mut self, trouble: &Trouble) -> String {
        let Some(process) = self.process.take() else {
            return String::new();
        };
        let errors = process.error_text();
        let ended = process.end(Instant::now(), || false);
        self.forget();
        match (trouble, ended) {
            (Trouble::Died, Ok((status, errors))) => {
                format!("the program ended ({status}): {}", ending(&errors))
            }
            _ => format!("{trouble}: {}", ending(&errors)),
        }
    }

    /// Counts a process less, which has ended.
    fn forget(&self) {
        self.pool.forget_one(self.is_retiring);
    }

    /// Ends a process that has died, and returns its status and the end of its error output.
    pub(super) fn bury(mut self) -> Option<(std::process::ExitStatus, String)> {
        let process = self.process.take()?;
        let ended = process.end(Instant::now(), || false);
        self.forget();
        ended.ok()
    }

    /// Ends a process that is used up, on a thread of its own, which gives it the grace to end by
    /// itself.
    fn end_elsewhere(mut self) {
        spawn(move || {
            let Some(process) = self.process.take() else {
                return;
            };
            let deadline = after(self.pool.options.grace);
            match process.end(deadline, || self.pool.groups.is_closed()) {
                Ok((status, errors)) if !status.success() => log::warn!(
                    "{}: at the end of its input the program ended with {status}: {}",
                    self.pool.program,
                    OneLine::new(&ending(&errors))
                ),
                _ => {}
            }
            self.forget();
        });
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            drop(process);
            self.forget();
        }
    }
}

/// Returns the time that comes after a duration: a far one, if that is beyond the clock.
fn after(time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    Instant::now() + time.min(FAR)
}

/// Runs something on a thread of its own. Drops it if there can't be one, which kills its process.
fn spawn(work: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().name("kept-process".to_owned());
    if let Err(error) = thread.spawn(work) {
        log::warn!("can't start a thread: {error}; a kept process is killed");
    }
}

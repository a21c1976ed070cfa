//! A queue as a destination: its calls submit tasks, and wait for the answers of workers.

pub(crate) mod answer;
pub(crate) mod call_errors;
pub(crate) mod claims;
pub(crate) mod deposit;
pub(crate) mod handle;
pub(crate) mod kept_answers;
pub(crate) mod kept_run;
pub(crate) mod reader;
pub(crate) mod run;
pub(crate) mod run_scripts;
pub(crate) mod shortage;
pub(crate) mod waiting;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use reparte::{Call, CallError, CallId, Destino, ErrorKind, Status};
use xmlrpc_wire::{Dialect, FromValue, IntoParams, Limits};

use crate::queue::call_errors::{cancelled, unreachable};
use crate::queue::handle::RedisQueueHandle;
use crate::queue::run::Run;

/// The queue of a function on a Redis or Valkey server, as a [`Destino`] of one run.
///
/// Its [slots](Destino::slots) are the window: twice the slots of the workers that have announced
/// themselves, and at least 16, so that a worker finds its next task there. Workers that come
/// later widen the window. Each of its slots is a thread of the dispatcher, which is why there is
/// a [cap](crate::RedisQueueBuilder::most_slots).
///
/// A task whose worker dies is taken by another worker when its lease has ended. A task that three
/// different workers died of, or that no worker can do, ends as
/// [`GivenUp`](reparte::ErrorKind::GivenUp), with the workers' names. While the server is away, calls
/// wait; when it comes back without some of their tasks, these are submitted again.
///
/// Its workers have names, by which the dispatcher tells a broken or a slow one from the others. A
/// task that one has failed, or is at work on, goes to another.
///
/// [`Call::deadline`] counts from the call, the time in the queue included.
/// [`RedisQueueBuilder::time_limit`](crate::RedisQueueBuilder::time_limit) counts from the start of the work.
///
/// A run that is [kept](crate::RedisQueueBuilder::keep) outlives its client. A later client of the same
/// run goes on: its calls get the answers that have come meanwhile, and wait for those of the tasks that
/// are there. An answer stays on the server until its call is [settled](Destino::settle). Its
/// [handle](RedisQueueHandle::close) closes it once all is done; dropped without that, it waits for its next client.
///
/// The run ends on the server when this is dropped, or [closed](RedisQueueHandle::close) before: a
/// program that may end before the thread that drops it closes it first. After the death of its process, the server
/// forgets it within two minutes.
#[derive(Debug)]
pub struct RedisQueue {
    pub(crate) name: Arc<str>,
    pub(crate) function: String,
    pub(crate) dialect: Dialect,
    pub(crate) limits: Limits,
    pub(crate) time_limit: Option<Duration>,
    pub(crate) patience: Duration,
    pub(crate) worker_patience: Option<Duration>,
    pub(crate) run: Arc<Run>,
    pub(crate) handle: RedisQueueHandle,
}

impl<A, R> Destino<A, R> for RedisQueue
where
    A: IntoParams + Clone,
    R: FromValue,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn slots(&self) -> usize {
        self.run.window.load(Relaxed)
    }

    fn learns_slots(&self) -> bool {
        true
    }

    fn has_status(&self) -> bool {
        true
    }

    fn has_workers(&self) -> bool {
        true
    }

    /// Returns the window. While the server is away, or no worker has come yet, the calls wait, and
    /// that is no failure until the patience has ended.
    fn status(&self) -> Result<Option<Status>, CallError> {
        self.run.check_lease()?;
        match self.out_of_patience() {
            Some(error) => Err(error),
            None => {
                let window = self.run.window.load(Relaxed);
                let status = Status::new(self.run.keys.run.clone(), window);
                Ok(Some(status.with_workers(self.run.workers())))
            }
        }
    }

    fn call(&self, args: &A, call: &Call) -> Result<R, CallError> {
        self.call_with_worker(args, call).map(|(result, _)| result)
    }

    fn cancel(&self, call: CallId) {
        self.run.give_up(call, cancelled());
    }

    fn settle(&self, call: &Call) {
        self.run.waiting.settle(call.id);
    }
}

/// The time after which a waiting call looks at the clock and the server's state.
const LOOK: Duration = Duration::from_millis(500);

impl RedisQueue {
    /// Returns what ends the run from any thread.
    #[must_use]
    pub fn handle(&self) -> RedisQueueHandle {
        self.handle.clone()
    }

    /// Runs a call as [`Destino::call`] does. Returns the name of the worker too.
    ///
    /// # Errors
    ///
    /// Those of [`Destino::call`].
    pub fn call_with_worker<A, R>(&self, args: &A, call: &Call) -> Result<(R, String), CallError>
    where
        A: IntoParams + Clone,
        R: FromValue,
    {
        let unsendable = |error| CallError::from_source(ErrorKind::Unsendable, error);
        let params = args.clone().into_params().map_err(unsendable)?;
        let document = self.dialect.encode_call(&self.function, &params);
        let document = document.map_err(unsendable)?;
        let outcome = self.run.start(call, document, self.time_limit);
        let outcome = loop {
            let now = Instant::now();
            let until_deadline = call.deadline.map(|at| at.saturating_duration_since(now));
            let next_look = until_deadline.map_or(LOOK, |left| left.min(LOOK));
            match outcome.recv_timeout(next_look) {
                Ok(outcome) => break outcome,
                Err(RecvTimeoutError::Disconnected) => break Err(cancelled()),
                Err(RecvTimeoutError::Timeout) => {
                    let is_late = call.deadline.is_some_and(|at| at <= Instant::now());
                    if is_late {
                        let message = "no answer by the call's deadline";
                        let late = CallError::new(ErrorKind::TimedOut, message);
                        self.run.give_up(call.id, late);
                    } else if let Some(error) = self.out_of_patience() {
                        self.run.lose_patience(call.id, error);
                    }
                }
            }
        };
        let answer = outcome?;
        let worker = answer.worker().to_owned();
        if answer.is_of_worker() {
            call.note_worker(&worker, answer.at_work());
        }
        Ok((answer.result(&self.limits)?, worker))
    }

    /// Returns the error of calls that have waited for too long, for the server or for the first
    /// worker.
    fn out_of_patience(&self) -> Option<CallError> {
        let failure = self.run.health.failure();
        if let Some(failure) = failure.filter(|failure| failure.lasts >= self.patience) {
            return Some(unreachable(&failure));
        }
        let patience = self.worker_patience?;
        let without = self.run.shortage.lasts_for();
        without.filter(|time| *time >= patience)?;
        let message = format!(
            "no worker has announced itself for the function {} in {} s: start one, or see whether \
             the name is right",
            self.function,
            patience.as_secs_f64()
        );
        Some(CallError::new(ErrorKind::Unreachable, message))
    }
}

impl Drop for RedisQueue {
    fn drop(&mut self) {
        if self.run.kept.is_some() && self.handle.is_shared() {
            // Whoever has the handle knows whether all is done.
            return;
        }
        self.handle.leave();
        self.handle.join();
    }
}

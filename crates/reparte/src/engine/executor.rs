//! The executor: runs the plan's decisions on the thread that delivers a message.
//!
//! A task is handled by the thread that submits it, once it has the lock. A message goes into a
//! queue. The thread that put it there handles it, unless another
//! thread is handling messages at that moment, which then handles this one too. So the thread
//! of a slot finds the slot's next call itself, and no thread has to be woken for it.
//!
//! # Locks
//!
//! The lock of the run is held while a task or a message is handled: for some microseconds,
//! since nothing that is done under it waits for a call or a server. [`Inbox::send`] never waits for it, so the
//! caller's code that runs under it (a cost estimate, [`Destino::cancel`]) may use the run's
//! handle. [`Inbox::submit`] and the timer thread wait for it.
//!
//! The lock of the summary is taken under the lock of the run, never the other way round. The
//! lock of the journal is taken under neither. [`Destino::cancel`] takes the destination's own
//! locks under the lock of the run, so these are held for short times only.
//!
//! [`Destino::cancel`]: crate::Destino::cancel

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst, fence};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::engine::inbox::{Inbox, NotAccepted, Submission};
use crate::engine::message::Message;
use crate::engine::run::Run;

/// The queue of messages, and the state of the run behind its lock.
pub(super) struct Executor<A, R> {
    queue: Receiver<Message<A, R>>,
    queue_sender: Sender<Message<A, R>>,
    /// None before the run begins, and after its end.
    run: Mutex<Option<Run<A, R>>>,
    /// Set once `run` is taken away for good: messages are refused from then on.
    ended: AtomicBool,
}

impl<A, R> Executor<A, R> {
    /// Creates an executor without a run.
    pub(super) fn new() -> Self {
        let (queue_sender, queue) = unbounded();
        Self {
            queue,
            queue_sender,
            run: Mutex::new(None),
            ended: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Run<A, R>>> {
        self.run.lock().unwrap_or_else(|poisoned| {
            // A panic has left the state half changed. Without it, the run ends.
            let mut run = poisoned.into_inner();
            *run = None;
            run
        })
    }

    /// Takes the run away, at its end.
    pub(super) fn take_run(&self) -> Option<Run<A, R>> {
        // In this order: first messages are refused, then the run is taken, and last the
        // queue is emptied. The message of a sender that passed the check in time is dropped
        // here, or by the sender, which finds no run behind the lock. So a reply that
        // someone waits for is dropped too.
        self.ended.store(true, SeqCst);
        let run = self.lock().take();
        self.queue.try_iter().for_each(drop);
        run
    }
}

impl<A, R> Executor<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    /// Receives the run.
    pub(super) fn set_run(&self, run: Run<A, R>) {
        *self.lock() = Some(run);
    }

    /// Begins the run.
    pub(super) fn begin(&self) {
        self.with_run(Run::begin);
    }

    /// Does what is due by now: see [`Run::fire_timer`].
    pub(super) fn fire_timer(&self) -> ControlFlow<(), Option<Instant>> {
        self.with_run(Run::fire_timer)
            .unwrap_or(ControlFlow::Break(()))
    }

    fn with_run<T>(&self, act: impl FnOnce(&mut Run<A, R>) -> T) -> Option<T> {
        let done = {
            let mut run = self.lock();
            self.handle_queued(&mut run);
            run.as_mut().map(act)
        };
        self.handle_messages();
        done
    }

    /// Handles all messages in the queue, unless another thread is doing so. That thread
    /// comes here again after it has released the lock.
    fn handle_messages(&self) {
        loop {
            // Two threads meet here: one has put a message into the queue and then tries the
            // lock, the other has released the lock and then looks into the queue. Each does
            // a write and then a read of what the other wrote, which only a sequentially
            // consistent fence between the two keeps in order. With it at least one of them
            // sees the other's write, so no message stays in the queue.
            fence(SeqCst);
            if self.queue.is_empty() {
                return;
            }
            match self.run.try_lock() {
                Ok(mut run) => self.handle_queued(&mut run),
                Err(TryLockError::Poisoned(_)) => self.handle_queued(&mut self.lock()),
                Err(TryLockError::WouldBlock) => return,
            }
        }
    }

    fn handle_queued(&self, run: &mut Option<Run<A, R>>) {
        for message in self.queue.try_iter() {
            if let Some(run) = run {
                run.handle(message);
            }
        }
    }
}

impl<A, R> Inbox<A, R> for Executor<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    fn send(&self, message: Message<A, R>) -> bool {
        if self.ended.load(SeqCst) {
            return false;
        }
        // The receiver is a field of the executor, so this can't fail.
        let _ = self.queue_sender.send(message);
        self.handle_messages();
        true
    }

    fn submit(&self, task: Submission<A, R>) -> Result<(), NotAccepted<Submission<A, R>>> {
        let accepted = {
            let mut run = self.lock();
            self.handle_queued(&mut run);
            match run.as_mut() {
                Some(run) => run.submit(task),
                None => Err(NotAccepted::RunEnded(task)),
            }
        };
        self.handle_messages();
        accepted
    }
}

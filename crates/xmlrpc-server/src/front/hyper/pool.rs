//! Where the functions run, and where calls wait for their turn.
//!
//! A function runs in the thread that read its call. As it begins, all else that this
//! thread does moves to another (tokio's `block_in_place`), so that it holds up nobody,
//! however slow it is; but for one that is known to be quick: see `pace`.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::timeout_at;
use xmlrpc_wire::MethodCall;

use super::super::head::Refusal;
use super::pace::Pace;
use super::packing::Document;
use super::unless::unless;
use crate::call_table::CallEntry;
use crate::{Context, Service, Step};

/// What is to be done.
pub(super) enum Work {
    /// A call that the front has read.
    Call(MethodCall),
    /// A request that is too long for the front to read.
    Request(Vec<u8>),
}

/// A document to answer with, or why there is none.
pub(super) type Outcome = Result<Document, Refusal>;

/// The slots in which functions run, and the queue in front of them.
pub(super) struct Pool {
    service: Arc<Service>,
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    most_waiting: usize,
    pace: Arc<Pace>,
}

impl Pool {
    /// A pool of this many slots, for the tasks of the runtime that it is made on.
    pub(super) fn new(
        service: Arc<Service>,
        slots: usize,
        most_waiting: usize,
    ) -> io::Result<Self> {
        Ok(Pool {
            pace: Arc::new(Pace::new(service.names())?),
            service,
            slots: Arc::new(Semaphore::new(slots.min(Semaphore::MAX_PERMITS))),
            waiting: AtomicUsize::new(0),
            most_waiting,
        })
    }

    /// What comes of some work, in its turn, unless its deadline passes or it is called off
    /// before. Dropped, it gives up its place in the queue; a function that runs goes on.
    pub(super) async fn run(&self, work: Work, context: Context, packs: bool) -> Outcome {
        let called_off = Arc::new(Notify::new());
        let call_off = {
            let called_off = Arc::clone(&called_off);
            move || called_off.notify_one()
        };
        let known = match &work {
            Work::Call(call) => context.clone().with_method(call.method.clone()),
            Work::Request(_) => context.clone(),
        };
        let at_hand = self.service.calls().enter(known, Some(call_off));
        let deadline = context.deadline();
        let job = Job {
            service: Arc::clone(&self.service),
            work,
            context,
            packs,
            at_hand,
        };
        let done = pin!(async {
            let slot = self.turn().await?;
            let pace = Arc::clone(&self.pace);
            let running = tokio::spawn(async move {
                let score = match &job.work {
                    Work::Call(call) => pace.score(&call.method),
                    Work::Request(_) => None,
                };
                let outcome = pace.call(score, || job.run());
                drop(slot);
                outcome
            });
            // It catches its functions' panics, and is never aborted.
            running.await.unwrap_or(Err(Refusal::Failed))
        });
        let called_off = pin!(called_off.notified());
        let done = unless(called_off, done);
        let done = match deadline {
            Some(at) => timeout_at(at.into(), done)
                .await
                .map_err(|_| Refusal::Late)?,
            None => done.await,
        };
        done.unwrap_or(Err(Refusal::Cancelled))
    }

    /// A slot, after those who came before; none where too many wait.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        match Arc::clone(&self.slots).try_acquire_owned() {
            Ok(slot) => return Ok(slot),
            Err(TryAcquireError::NoPermits) => {}
            Err(TryAcquireError::Closed) => return Err(Refusal::Failed),
        }
        let _place = Place::take(self).ok_or(Refusal::Busy)?;
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        slot.map_err(|_| Refusal::Failed)
    }
}

/// A place in the queue, until this is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(pool: &'a Pool) -> Option<Self> {
        let place = Place(&pool.waiting);
        (pool.waiting.fetch_add(1, SeqCst) < pool.most_waiting).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Work whose turn has come.
struct Job {
    service: Arc<Service>,
    work: Work,
    context: Context,
    /// Whether the client asks for gzip.
    packs: bool,
    at_hand: CallEntry,
}

impl Job {
    fn run(self) -> Outcome {
        // The client has gone, the server has stopped, or the deadline has passed.
        if self.context.is_cancelled() {
            return Err(Refusal::Late);
        }
        let step = match self.work {
            Work::Call(call) => Step::Call(call),
            Work::Request(request) => self.service.begin(&request),
        };
        let context = self.context.clone();
        let document = match step {
            Step::Answer(document) | Step::Control(document) => document,
            Step::Call(call) => self.service.run_entered(&self.at_hand, context, call),
        };
        let document = match self.packs {
            true => Document::packed(document),
            false => Document::plain(document),
        };
        match self.context.is_cancelled() {
            false => Ok(document),
            true => Err(Refusal::Late),
        }
    }
}

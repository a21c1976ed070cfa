//! The workers: the slots in which functions run, and the queue of calls that wait for one.
//!
//! A function runs on the thread that read its call. Before it begins, all else that this
//! thread does moves to another (tokio's `block_in_place`), so that a slow function holds up
//! nobody; except if it is known to be quick: see [`inline_calls`].
//!
//! [`inline_calls`]: crate::front::hyper::inline_calls
//!
//! | a call | becomes | by |
//! | --- | --- | --- |
//! | new | running | a free slot |
//! | new | queued | no free slot, and room in the queue |
//! | new | refused with 503 | no free slot, and no room in the queue |
//! | queued | running | a slot that becomes free, in the order of the queue |
//! | queued or running | answered with 504 | its deadline |
//! | queued or running | answered with 500 | `reparte.cancel` |
//! | queued or running | gone | the drop of [`Workers::run`]'s future, as its client disconnects |
//! | running | answered | the end of its function |
//! | running | refused with 503 | its function, which could not begin; answers that nobody takes, which fill the memory |
//!
//! A function whose call is answered or gone early goes on, and keeps its slot until it
//! returns.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::timeout_at;
use xmlrpc_wire::MethodCall;

use crate::call_table::CallEntry;
use crate::context::Context;
use crate::front::hyper::compression::Document;
use crate::front::hyper::inline_calls::InlineCalls;
use crate::front::hyper::race::run_until;
use crate::front::memory_budget::{MemoryBudget, MemoryShare};
use crate::front::refusal::Refusal;
use crate::front::request_body::RequestBody;
use crate::service::{Service, Step};

/// A request to run.
pub(crate) enum Work {
    /// A call that the front has read.
    Call(MethodCall),
    /// A request that is too long for the front to read.
    Request(RequestBody),
}

/// The slots in which functions run, and the queue in front of them.
pub(crate) struct Workers {
    service: Arc<Service>,
    slots: Arc<Semaphore>,
    queued: AtomicUsize,
    max_queued: usize,
    inline_calls: Arc<InlineCalls>,
    memory: Arc<MemoryBudget>,
}

impl Workers {
    /// Returns workers, with this many slots for inline calls, for the tasks of the runtime that the caller has entered.
    ///
    /// # Errors
    ///
    /// There is no thread for the watcher of inline calls.
    pub(crate) fn new(
        service: Arc<Service>,
        slots: usize,
        max_queued: usize,
        inline_slots: usize,
        memory: Arc<MemoryBudget>,
    ) -> io::Result<Self> {
        Ok(Workers {
            inline_calls: Arc::new(InlineCalls::new(service.names(), inline_slots)?),
            service,
            slots: Arc::new(Semaphore::new(slots.min(Semaphore::MAX_PERMITS))),
            queued: AtomicUsize::new(0),
            max_queued,
            memory,
        })
    }

    /// Runs some work in its turn, which has a share of the memory, and returns the answer, unless the deadline passes or the
    /// call is cancelled before. A future that is dropped leaves the queue; a function that
    /// runs goes on.
    pub(crate) async fn run(
        &self,
        work: Work,
        share: MemoryShare,
        context: Context,
        accepts_gzip: bool,
    ) -> Result<Document, Refusal> {
        let cancelled = Arc::new(Notify::new());
        let on_cancel = {
            let cancelled = Arc::clone(&cancelled);
            move || cancelled.notify_one()
        };
        let known = match &work {
            Work::Call(call) => context.clone().with_method(call.method.clone()),
            Work::Request(_) => context.clone(),
        };
        let entry = self.service.calls().enter(known, Some(on_cancel));
        let deadline = context.deadline();
        let has_slot = AtomicBool::new(false);
        let job = Job {
            service: Arc::clone(&self.service),
            memory: Arc::clone(&self.memory),
            share,
            work,
            context,
            accepts_gzip,
            entry,
        };
        let done = pin!(async {
            let slot = self.acquire_slot().await?;
            // Relaxed: the same task reads it.
            has_slot.store(true, Relaxed);
            let inline_calls = Arc::clone(&self.inline_calls);
            // A task of its own: `block_in_place` must not move the rest of the connection,
            // and the function goes on if this future is dropped.
            let running = tokio::spawn(async move {
                let score = match &job.work {
                    Work::Call(call) => inline_calls.score(&call.method),
                    Work::Request(_) => None,
                };
                let outcome = inline_calls.call(score, || job.run());
                drop(slot);
                outcome
            });
            // Panics of functions are caught inside, and the task is never aborted.
            running.await.unwrap_or(Err(Refusal::FAILED))
        });
        let cancelled = pin!(cancelled.notified());
        let done = run_until(cancelled, done);
        let done = match deadline {
            Some(at) => {
                timeout_at(at.into(), done)
                    .await
                    .map_err(|_| match has_slot.load(Relaxed) {
                        true => Refusal::LATE,
                        false => Refusal::LATE_IN_QUEUE,
                    })?
            }
            None => done.await,
        };
        done.unwrap_or(Err(Refusal::CANCELLED))
    }

    /// Waits for a slot, after the calls that came before. Refuses if too many wait.
    async fn acquire_slot(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        match Arc::clone(&self.slots).try_acquire_owned() {
            Ok(slot) => return Ok(slot),
            Err(TryAcquireError::NoPermits) => {}
            Err(TryAcquireError::Closed) => return Err(Refusal::FAILED),
        }
        let _place = QueuePlace::take(self).ok_or(Refusal::BUSY)?;
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        slot.map_err(|_| Refusal::FAILED)
    }
}

/// A place in the queue, which is free again when this is dropped.
struct QueuePlace<'a>(&'a AtomicUsize);

impl<'a> QueuePlace<'a> {
    fn take(workers: &'a Workers) -> Option<Self> {
        // Made before the comparison: its drop takes a place beyond the limit back.
        let place = QueuePlace(&workers.queued);
        (workers.queued.fetch_add(1, SeqCst) < workers.max_queued).then_some(place)
    }
}

impl Drop for QueuePlace<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Work that has its slot.
struct Job {
    service: Arc<Service>,
    memory: Arc<MemoryBudget>,
    /// The request's share, which is held until the function has returned.
    share: MemoryShare,
    work: Work,
    context: Context,
    accepts_gzip: bool,
    entry: CallEntry,
}

impl Job {
    fn run(mut self) -> Result<Document, Refusal> {
        // The client has gone, the server has stopped, or the deadline has passed.
        if self.context.is_cancelled() {
            return Err(Refusal::LATE_IN_QUEUE);
        }
        let answer_share = self.memory.begin(self.share.bytes());
        let answer_share = answer_share.ok_or(Refusal::NO_MEMORY)?;
        let mut context = self.context.clone();
        let step = match self.work {
            Work::Call(call) => Step::Call(call),
            Work::Request(request) => {
                let request = request.unpacked(self.service.limits().bytes)?;
                self.share.shrink_to(request.bytes.len());
                let content_type = request.content_type.as_deref();
                context = self.service.in_dialect(context, &request.bytes);
                self.service.begin_as(content_type, &request.bytes)
            }
        };
        let document = match step {
            Step::Answer(document) | Step::Control(document) => document,
            Step::Call(call) => self.service.run_entered(&self.entry, context, call),
        };
        if self.context.is_refused() {
            return Err(Refusal::NO_ROOM);
        }
        let mut document = match self.accepts_gzip {
            true => Document::compressed(document),
            false => Document::plain(document),
        };
        document.hold_share(&self.memory);
        drop(answer_share);
        match self.context.is_cancelled() {
            false => Ok(document),
            true => Err(Refusal::LATE),
        }
    }
}

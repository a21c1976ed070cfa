//! The threads that run the functions.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::oneshot;
use xmlrpc_wire::MethodCall;

use super::super::head::Refusal;
use super::super::system;
use super::Options;
use crate::control::AtHand;
use crate::{Context, Error, Service, Step};

/// How long idle threads get to end.
const LAST_STEPS: Duration = Duration::from_millis(200);

/// What a worker is given to do.
pub(super) enum Work {
    /// A call that the front has read.
    Call(MethodCall),
    /// A request that is too long for the front to read.
    Request(Vec<u8>),
}

/// A document to answer with, or why there is none.
pub(super) type Outcome = Result<Vec<u8>, Refusal>;

struct Job {
    work: Work,
    context: Context,
    at_hand: AtHand,
    answer: Answer,
}

/// Where an outcome goes; the first one given is it.
#[derive(Clone)]
struct Answer(Arc<Mutex<Option<oneshot::Sender<Outcome>>>>);

impl Answer {
    fn give(&self, outcome: Outcome) {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        // If the client has gone meanwhile, its answer goes nowhere.
        let _ = sender.map(|sender| sender.send(outcome));
    }
}

/// The threads, and the queue in front of them.
pub(super) struct Pool {
    entry: Entry,
    /// Disconnected once every thread has ended.
    ended: Receiver<Infallible>,
}

/// Where calls are handed in. The threads end when the last one is gone.
#[derive(Clone)]
pub(super) struct Entry {
    jobs: Sender<Job>,
    service: Arc<Service>,
}

impl Pool {
    pub(super) fn start(service: &Arc<Service>, options: &Options) -> Result<Self, Error> {
        let (jobs, queue) = bounded(options.queue);
        let (alive, ended) = bounded(0);
        for number in 1..=options.workers.max(1) {
            let (service, queue, alive) = (Arc::clone(service), queue.clone(), alive.clone());
            thread::Builder::new()
                .name(format!("xmlrpc-worker-{number}"))
                .spawn(move || work(&service, &queue, alive))
                .map_err(system("start a worker's thread"))?;
        }
        let service = Arc::clone(service);
        Ok(Pool {
            entry: Entry { jobs, service },
            ended,
        })
    }

    pub(super) fn entry(&self) -> Entry {
        self.entry.clone()
    }

    /// Lets the threads end, and waits for all but those that still compute, whose
    /// answers nobody awaits any more.
    pub(super) fn end(self) {
        drop(self.entry);
        // An error either way: disconnected, or the time is up.
        let _ = self.ended.recv_timeout(LAST_STEPS);
    }
}

impl Entry {
    /// Hands work in and gives where its outcome will come; `None` if the queue is full.
    pub(super) fn submit(
        &self,
        work: Work,
        context: Context,
    ) -> Option<oneshot::Receiver<Outcome>> {
        let (sender, receiver) = oneshot::channel();
        let answer = Answer(Arc::new(Mutex::new(Some(sender))));
        let cancelled = answer.clone();
        let known = match &work {
            Work::Call(call) => context.clone().with_method(call.method.clone()),
            Work::Request(_) => context.clone(),
        };
        let cancel = move || cancelled.give(Err(Refusal::Cancelled));
        let at_hand = self.service.control().enter(known, Some(cancel));
        let job = Job {
            work,
            context,
            at_hand,
            answer,
        };
        self.jobs.try_send(job).ok()?;
        Some(receiver)
    }
}

fn work(service: &Service, queue: &Receiver<Job>, _alive: Sender<Infallible>) {
    for job in queue {
        let Job {
            work,
            context,
            at_hand,
            answer,
        } = job;
        // The client has gone, the server has stopped, or the deadline has passed.
        if context.is_cancelled() {
            drop(at_hand);
            answer.give(Err(Refusal::Late));
            continue;
        }
        let step = match work {
            Work::Call(call) => Step::Call(call),
            Work::Request(request) => service.begin(&request),
        };
        let document = match step {
            Step::Answer(document) | Step::Control(document) => document,
            Step::Call(call) => service.perform(&at_hand, context.clone(), call),
        };
        // By the time that the client has its answer, the call is not at hand any more.
        drop(at_hand);
        answer.give(match context.is_cancelled() {
            false => Ok(document),
            true => Err(Refusal::Late),
        });
    }
}

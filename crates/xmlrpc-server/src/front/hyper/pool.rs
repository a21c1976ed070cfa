//! The threads that run the functions.

use std::convert::Infallible;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::oneshot;
use xmlrpc_wire::MethodCall;

use super::super::system;
use super::Options;
use crate::control::Ticket;
use crate::{Error, Service};

/// How long idle threads get to end.
const LAST_STEPS: Duration = Duration::from_millis(200);

/// What a worker is given to do.
pub(super) enum Work {
    /// A call that the front has read.
    Call(MethodCall),
    /// A request that is too long for the front to read.
    Request(Vec<u8>),
}

struct Job {
    work: Work,
    ticket: Ticket,
    answer: oneshot::Sender<Vec<u8>>,
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
        Ok(Pool {
            entry: Entry { jobs },
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
    /// Hands work in and gives where its answer will come; `None` if the queue is full.
    pub(super) fn submit(&self, work: Work, ticket: Ticket) -> Option<oneshot::Receiver<Vec<u8>>> {
        let (answer, receiver) = oneshot::channel();
        let job = Job {
            work,
            ticket,
            answer,
        };
        self.jobs.try_send(job).ok()?;
        Some(receiver)
    }
}

fn work(service: &Service, queue: &Receiver<Job>, _alive: Sender<Infallible>) {
    for Job {
        work,
        ticket,
        answer,
    } in queue
    {
        // Nobody waits for it any more: the client has gone, or the server has stopped.
        if answer.is_closed() {
            continue;
        }
        let document = ticket.run(|| match work {
            Work::Call(call) => service.run(call),
            Work::Request(request) => service.answer(&request),
        });
        // If the client has gone meanwhile, its answer goes nowhere.
        let _ = answer.send(document.unwrap_or_else(|| service.cancelled()));
    }
}

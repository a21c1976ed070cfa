//! The threads of one server: one for each slot, and one for its status.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::destino::Destino;
use crate::engine::acceptance::Acceptance;
use crate::engine::inbox::Inbox;
use crate::engine::slot::{Job, make_calls};
use crate::engine::status_requests::ask_status;
use crate::error::Error;
use crate::ids::ServerId;
use crate::plan::action::AsideReason;

/// The threads of one server, and the channels to them.
pub(super) struct ServerThreads<A, R> {
    pub(super) id: ServerId,
    pub(super) name: Arc<str>,
    pub(super) destino: Arc<dyn Destino<A, R>>,
    /// It is a worker of the destination, which has the slots.
    pub(super) is_worker: bool,
    /// Calls to make. It holds no more than there are slots: the plan starts a call only on
    /// a free slot.
    jobs: Sender<Job<A>>,
    /// The slots' end of `jobs`. It is kept for slots to come, and so that sending never
    /// fails.
    jobs_receiver: Receiver<Job<A>>,
    /// The number of calls that have not returned.
    in_flight: usize,
    /// The server was removed from the run, and gets no more calls.
    removed: bool,
    /// The reason why the server is set aside, if it is.
    pub(super) aside: Option<AsideReason>,
    /// The slots' threads.
    threads: Vec<JoinHandle<()>>,
    /// Requests for the server's status; None until the first one.
    status_requests: Option<Sender<()>>,
    inbox: Arc<dyn Inbox<A, R>>,
    acceptance: Arc<Acceptance<A, R>>,
}

impl<A, R> ServerThreads<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    /// Starts a thread for each slot of a server.
    ///
    /// # Errors
    ///
    /// [`Error::Threads`]. The threads that were started end.
    pub(super) fn start(
        id: ServerId,
        destino: Arc<dyn Destino<A, R>>,
        slots: usize,
        inbox: &Arc<dyn Inbox<A, R>>,
        acceptance: &Arc<Acceptance<A, R>>,
    ) -> Result<Self, Error> {
        let name = destino.name().into();
        let mut server = Self::without_threads(id, name, destino, inbox, acceptance);
        for _ in 0..slots {
            server.add_slot()?;
        }
        Ok(server)
    }

    /// Returns a worker of a destination, which has no threads here.
    pub(super) fn of_worker(id: ServerId, name: Arc<str>, host: &Self) -> Self {
        let destino = Arc::clone(&host.destino);
        Self {
            is_worker: true,
            ..Self::without_threads(id, name, destino, &host.inbox, &host.acceptance)
        }
    }

    fn without_threads(
        id: ServerId,
        name: Arc<str>,
        destino: Arc<dyn Destino<A, R>>,
        inbox: &Arc<dyn Inbox<A, R>>,
        acceptance: &Arc<Acceptance<A, R>>,
    ) -> Self {
        let (jobs, jobs_receiver) = unbounded();
        Self {
            id,
            name,
            destino,
            is_worker: false,
            jobs,
            jobs_receiver,
            in_flight: 0,
            removed: false,
            aside: None,
            threads: Vec::new(),
            status_requests: None,
            inbox: Arc::clone(inbox),
            acceptance: Arc::clone(acceptance),
        }
    }

    /// Hands a call to a free slot. A server that has reported more slots than it started
    /// with gets the thread now.
    pub(super) fn hand_over(&mut self, job: Job<A>) {
        self.in_flight += 1;
        if self.in_flight > self.threads.len()
            && let Err(error) = self.add_slot()
        {
            // The call waits for one of the other threads.
            log::warn!("{error}");
        }
        let sent = self.jobs.send(job);
        assert!(sent.is_ok(), "`jobs_receiver` keeps the channel connected");
    }

    /// Counts a call that has returned.
    pub(super) fn count_return(&mut self) {
        self.in_flight -= 1;
        self.end_threads_if_unused();
    }

    /// Removes the server: its threads end with the calls in flight, so that a run whose
    /// servers come and go has no more threads than slots.
    pub(super) fn remove(&mut self) {
        self.removed = true;
        self.end_threads_if_unused();
    }

    fn end_threads_if_unused(&mut self) {
        if self.removed && self.in_flight == 0 {
            // A thread ends when the sender of its channel is gone.
            (self.jobs, self.jobs_receiver) = unbounded();
            self.threads.clear();
            self.status_requests = None;
        }
    }

    /// Asks the server for its status, in a thread of its own.
    pub(super) fn request_status(&mut self) {
        let requests = match &self.status_requests {
            Some(requests) => requests,
            None => match self.start_status_thread() {
                Ok(requests) => self.status_requests.insert(requests),
                // The plan counts it as a server that does not answer.
                Err(error) => return log::warn!("{error}"),
            },
        };
        // The thread ends only after the run, or with this end of its channel.
        let _ = requests.send(());
    }

    fn start_status_thread(&self) -> Result<Sender<()>, Error> {
        let (requests, receiver) = unbounded();
        let (id, destino, inbox) = (self.id, Arc::clone(&self.destino), Arc::clone(&self.inbox));
        spawn("reparte-status", move || {
            ask_status(id, &*destino, &receiver, |message| inbox.send(message));
        })?;
        Ok(requests)
    }

    fn add_slot(&mut self) -> Result<(), Error> {
        let (id, destino) = (self.id, Arc::clone(&self.destino));
        let (jobs, inbox) = (self.jobs_receiver.clone(), Arc::clone(&self.inbox));
        let acceptance = Arc::clone(&self.acceptance);
        self.threads.push(spawn("reparte-slot", move || {
            make_calls(id, &*destino, &jobs, &acceptance, |message| {
                inbox.send(message)
            });
        })?);
        Ok(())
    }
}

impl<A, R> ServerThreads<A, R> {
    /// Returns the number of threads for calls.
    pub(super) fn slots(&self) -> usize {
        self.threads.len()
    }

    /// Closes the channels, and returns the slots' threads. They end once their calls have
    /// returned.
    pub(super) fn close(self) -> Vec<JoinHandle<()>> {
        self.threads
    }
}

/// Starts a thread of this name.
pub(super) fn spawn(
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, Error> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(Error::Threads)
}

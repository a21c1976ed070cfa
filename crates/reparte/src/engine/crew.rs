//! A server's threads: one for each slot in use, one to ask how it is.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::checks::Checks;
use super::desk::{Desk, Run as _};
use super::news::probe;
use crate::ids::ServerId;
use crate::plan::event::ServerConfig;
use crate::slot::{self, Job};
use crate::{Destino, Error};

/// One server as the engine has it.
pub(super) struct Crew<A, R> {
    pub(super) id: ServerId,
    pub(super) name: Arc<str>,
    pub(super) destino: Arc<dyn Destino<A, R>>,
    /// The plan keeps no more jobs here than there are slots.
    jobs: Sender<Job<A>>,
    to_do: Receiver<Job<A>>,
    /// Calls that have not returned.
    in_use: usize,
    /// It has left the run, and gets no more.
    left: bool,
    threads: Vec<JoinHandle<()>>,
    prober: Option<Sender<()>>,
    desk: Arc<Desk<A, R>>,
    checks: Arc<Checks<A, R>>,
}

impl<A, R> Crew<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    /// A server, with a thread for each of its slots.
    pub(super) fn new(
        id: ServerId,
        destino: Arc<dyn Destino<A, R>>,
        slots: usize,
        desk: &Arc<Desk<A, R>>,
        checks: &Arc<Checks<A, R>>,
    ) -> Result<Self, Error> {
        let (jobs, to_do) = unbounded();
        let mut crew = Self {
            id,
            name: destino.name().into(),
            destino,
            jobs,
            to_do,
            in_use: 0,
            left: false,
            threads: Vec::new(),
            prober: None,
            desk: Arc::clone(desk),
            checks: Arc::clone(checks),
        };
        for _ in 0..slots {
            crew.grow()?;
        }
        Ok(crew)
    }

    /// Has a call made.
    pub(super) fn start(&mut self, job: Job<A>) {
        self.in_use += 1;
        if self.in_use > self.threads.len()
            && let Err(error) = self.grow()
        {
            // The job waits for one of the threads there are.
            log::warn!("{error}");
        }
        let sent = self.jobs.send(job);
        assert!(sent.is_ok(), "the crew keeps a receiver itself");
    }

    /// A call has returned.
    pub(super) fn returned(&mut self) {
        self.in_use -= 1;
        self.rest();
    }

    /// No more calls will be made. The threads end with those that there are: a run
    /// whose servers come and go has no more threads than slots.
    pub(super) fn leave(&mut self) {
        self.left = true;
        self.rest();
    }

    fn rest(&mut self) {
        if self.left && self.in_use == 0 {
            (self.jobs, self.to_do) = unbounded();
            self.threads.clear();
            self.prober = None;
        }
    }

    /// Has the server asked how it is.
    pub(super) fn ask(&mut self) {
        let prober = match &self.prober {
            Some(prober) => prober,
            None => match self.start_prober() {
                Ok(prober) => self.prober.insert(prober),
                // It counts as a server that says nothing.
                Err(error) => return log::warn!("{error}"),
            },
        };
        // It ends only after this end of its channel.
        let _ = prober.send(());
    }

    fn start_prober(&self) -> Result<Sender<()>, Error> {
        let (prober, questions) = unbounded();
        let (id, destino, desk) = (self.id, Arc::clone(&self.destino), Arc::clone(&self.desk));
        spawn("reparte-status", move || {
            probe(id, &*destino, &questions, |news| desk.tell(news));
        })?;
        Ok(prober)
    }

    fn grow(&mut self) -> Result<(), Error> {
        let (id, destino) = (self.id, Arc::clone(&self.destino));
        let (to_do, desk) = (self.to_do.clone(), Arc::clone(&self.desk));
        let checks = Arc::clone(&self.checks);
        let run = move || slot::run(id, &*destino, &to_do, &checks, |news| desk.tell(news));
        self.threads.push(spawn("reparte-slot", run)?);
        Ok(())
    }
}

impl<A, R> Crew<A, R> {
    /// How many threads it has for calls.
    pub(super) fn slots(&self) -> usize {
        self.threads.len()
    }

    /// Lets the threads end once their calls have returned.
    pub(super) fn dismiss(self) -> Vec<JoinHandle<()>> {
        self.threads
    }
}

/// What the plan is told of a destination, if it takes calls at all.
pub(crate) fn site<A, R>(
    destino: &dyn Destino<A, R>,
    reserve: bool,
) -> Result<ServerConfig, Error> {
    match destino.slots() {
        0 => Err(Error::NoSlots {
            server: destino.name().to_owned(),
        }),
        slots => Ok(ServerConfig {
            slots,
            learns_slots: destino.learns_slots(),
            has_status: destino.has_status(),
            reserve,
        }),
    }
}

pub(super) fn spawn(
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, Error> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(Error::Threads)
}

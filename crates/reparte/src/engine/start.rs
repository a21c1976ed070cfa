//! How a run is set up: its threads, and the channels between them.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::{Engine, Outcome, Server, SharedAccount};
use crate::ids::ServerId;
use crate::plan::{Plan, PlanOptions};
use crate::{Account, Destino, Error, MAX_SLOTS, Options, ServerAccount, slot};

/// The other ends of the engine's channels.
pub(crate) struct Wires<A, R> {
    /// Takes a task once it has a slot or a place to wait. Disconnected when
    /// the run is over.
    pub(crate) tasks: Sender<A>,
    /// A message says that no more tasks will come. Dropping this end says
    /// that nobody wants the results.
    pub(crate) close: Sender<()>,
    /// Each task's outcome as it ends; disconnected after the last one.
    pub(crate) outcomes: Receiver<Outcome<R>>,
    pub(crate) account: SharedAccount,
    pub(crate) thread: JoinHandle<()>,
    /// The slots of all servers.
    pub(crate) slots: usize,
}

/// Starts a thread for each slot, and the engine's.
pub(crate) fn start<A, R>(
    destinos: Vec<Arc<dyn Destino<A, R>>>,
    options: &Options,
) -> Result<Wires<A, R>, Error>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    if destinos.is_empty() {
        return Err(Error::NoServers);
    }
    let slots: Vec<usize> = destinos.iter().map(|destino| destino.slots()).collect();
    if let Some(none) = slots.iter().position(|&slots| slots == 0) {
        let server = destinos[none].name().to_owned();
        return Err(Error::NoSlots { server });
    }
    let all_slots = slots.iter().fold(0_usize, |all, &n| all.saturating_add(n));
    if all_slots > MAX_SLOTS {
        return Err(Error::TooManySlots { slots: all_slots });
    }

    let (returned_to, returned) = unbounded();
    let mut servers = Vec::with_capacity(destinos.len());
    let mut threads = Vec::with_capacity(all_slots);
    for (index, (destino, &slots)) in destinos.into_iter().zip(&slots).enumerate() {
        let (jobs, to_do) = bounded(slots);
        for _ in 0..slots {
            let (destino, to_do) = (Arc::clone(&destino), to_do.clone());
            let returned_to = returned_to.clone();
            let run = move || slot::run(ServerId::new(index), &*destino, &to_do, &returned_to);
            threads.push(spawn("reparte-slot", run)?);
        }
        servers.push(Server {
            name: destino.name().into(),
            destino,
            jobs,
        });
    }

    let account = Arc::new(Mutex::new(Account {
        servers: servers
            .iter()
            .zip(&slots)
            .map(|(server, &slots)| ServerAccount::new(Arc::clone(&server.name), slots))
            .collect(),
        ..Account::default()
    }));
    let plan = Plan::new(
        &slots,
        PlanOptions {
            read_ahead: options.read_ahead,
            max_attempts: options.max_attempts,
            outage: options.outage,
            seed: RandomState::new().hash_one(0),
        },
    );
    let (tasks_to, tasks) = bounded(0);
    let (close_to, close) = unbounded();
    let (outcomes_to, outcomes) = unbounded();
    let engine = Engine {
        plan,
        started: Instant::now(),
        time_limit: options.time_limit,
        servers,
        tasks: HashMap::new(),
        calls: HashMap::new(),
        sent: 0,
        arrivals: tasks,
        returned,
        close,
        outcomes: outcomes_to,
        account: Arc::clone(&account),
        threads,
    };
    Ok(Wires {
        tasks: tasks_to,
        close: close_to,
        outcomes,
        account,
        thread: spawn("reparte-engine", || engine.run())?,
        slots: all_slots,
    })
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(Error::Threads)
}

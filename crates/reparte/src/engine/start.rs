//! How a run is set up: its threads, and the channels between them.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, bounded, unbounded};

use super::crew::{Crew, site, spawn};
use super::desk::{Desk, Run};
use super::keeper::keep;
use super::news::{News, Request};
use super::{Checks, CostOf, Engine, SharedSummary};
use crate::ids::ServerId;
use crate::plan::Plan;
use crate::plan::event::ServerConfig;
use crate::plan::options::PlanOptions;
use crate::results::Outcome;
use crate::{Destino, Error, MAX_SLOTS, Options, RunSummary, ServerState, ServerSummary};

/// The caller's end of a run, which it abandons when dropped.
pub(crate) struct Wires<A, R> {
    pub(crate) run: Arc<dyn Run<A, R>>,
    /// A message says that there may be room for a task that was not taken;
    /// disconnected when the run is over.
    pub(crate) room: Receiver<()>,
    /// Each task's outcome as it ends; disconnected after the last one.
    pub(crate) outcomes: Receiver<Outcome<R>>,
    pub(crate) summary: SharedSummary,
    /// None once it has been waited for.
    pub(crate) thread: Mutex<Option<JoinHandle<()>>>,
    pub(crate) checks: Arc<Checks<A, R>>,
    /// The slots of all servers.
    pub(crate) slots: usize,
}

impl<A, R> Wires<A, R> {
    /// Waits for the thread of a run that is over.
    pub(crate) fn join(&self) {
        let thread = self.thread.lock();
        let thread = thread.unwrap_or_else(PoisonError::into_inner).take();
        // A panic in it would be our own fault: what was had is given.
        let _ = thread.map(JoinHandle::join);
    }
}

impl<A, R> Drop for Wires<A, R> {
    fn drop(&mut self) {
        self.run.tell(News::Asked(Request::Abandon));
    }
}

/// All that a run is given before its start.
pub(crate) struct Given<A, R> {
    pub(crate) destinos: Vec<Arc<dyn Destino<A, R>>>,
    pub(crate) fallbacks: Vec<Arc<dyn Destino<A, R>>>,
    pub(crate) options: Options,
    pub(crate) cost: Option<CostOf<A>>,
    pub(crate) checks: Checks<A, R>,
}

/// Starts a thread for each slot, and the engine's.
pub(crate) fn start<A, R>(given: Given<A, R>) -> Result<Wires<A, R>, Error>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    let options = &given.options;
    if given.destinos.is_empty() {
        return Err(Error::NoServers);
    }
    let destinos = given.destinos.iter().map(|destino| site(&**destino, false));
    let fallbacks = given.fallbacks.iter().map(|destino| site(&**destino, true));
    let sites = destinos.chain(fallbacks);
    let sites = sites.collect::<Result<Vec<ServerConfig>, Error>>()?;
    let slots = sites
        .iter()
        .fold(0_usize, |all, site| all.saturating_add(site.slots));
    if slots > MAX_SLOTS {
        return Err(Error::TooManySlots { slots });
    }

    let desk = Arc::new(Desk::new());
    let checks = Arc::new(given.checks);
    let destinos = given.destinos.into_iter().chain(given.fallbacks);
    let crews = destinos
        .zip(&sites)
        .enumerate()
        .map(|(index, (destino, site))| {
            Crew::new(ServerId::new(index), destino, site.slots, &desk, &checks)
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let started = Instant::now();
    let summary = Arc::new(Mutex::new(RunSummary {
        servers: crews
            .iter()
            .zip(&sites)
            .map(|(crew, site)| {
                let summary = ServerSummary::new(Arc::clone(&crew.name), site.slots);
                let state = match site.reserve {
                    true => ServerState::Reserve,
                    false => ServerState::Up,
                };
                ServerSummary { state, ..summary }
            })
            .collect(),
        started: Some(started),
        ..RunSummary::default()
    }));
    let plan = Plan::new(&sites, plan_options(options));
    let (alarm, rings) = bounded(1);
    let (room_to, room) = bounded(1);
    let (outcomes_to, outcomes) = unbounded();
    let engine = Engine {
        plan,
        started,
        time_limit: options.time_limit,
        crews,
        tasks: HashMap::new(),
        calls: HashMap::new(),
        sent: 0,
        desk: Arc::clone(&desk),
        outcomes: outcomes_to,
        summary: Arc::clone(&summary),
        cost: given.cost,
        checks: Arc::clone(&checks),
        observers: Vec::new(),
        actions: VecDeque::new(),
        alarm,
        wakes_at: None,
        room: room_to,
        sender_waits: false,
        over: false,
    };
    desk.open(engine);
    let keeper = spawn("reparte-keeper", {
        let desk = Arc::clone(&desk);
        move || keep(&desk, &rings)
    });
    let keeper = keeper.inspect_err(|_| drop(desk.close()))?;
    desk.with(Engine::begin);
    Ok(Wires {
        run: desk,
        room,
        outcomes,
        summary,
        thread: Mutex::new(Some(keeper)),
        checks,
        slots,
    })
}

fn plan_options(options: &Options) -> PlanOptions {
    PlanOptions {
        read_ahead: options.read_ahead,
        max_attempts: options.max_attempts,
        outage: options.outage,
        time_limit: options.time_limit,
        time_limit_medians: options.time_limit_medians,
        retry_faults: options.retry_faults.clone(),
        hedge: options.hedge,
        seed: RandomState::new().hash_one(0),
    }
}

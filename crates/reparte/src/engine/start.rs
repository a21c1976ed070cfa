//! How a run is set up: its threads, and the channels between them.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::crew::{Crew, site, spawn};
use super::news::News;
use super::{CostOf, Engine, Outcome, SharedAccount};
use crate::ids::ServerId;
use crate::plan::{Plan, PlanOptions, Site};
use crate::{Account, Destino, Error, MAX_SLOTS, Options, ServerAccount};

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
    /// What handles ask for.
    pub(crate) news: Sender<News<A, R>>,
    pub(crate) cost: Arc<OnceLock<CostOf<A>>>,
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
    let sites = destinos.iter().map(|destino| site(&**destino));
    let sites = sites.collect::<Result<Vec<Site>, Error>>()?;
    let slots = sites
        .iter()
        .fold(0_usize, |all, site| all.saturating_add(site.slots));
    if slots > MAX_SLOTS {
        return Err(Error::TooManySlots { slots });
    }

    let (news_to, news) = unbounded();
    let crews = destinos
        .into_iter()
        .zip(&sites)
        .enumerate()
        .map(|(index, (destino, site))| {
            Crew::new(ServerId::new(index), destino, site.slots, &news_to)
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let started = Instant::now();
    let account = Arc::new(Mutex::new(Account {
        servers: crews
            .iter()
            .zip(&sites)
            .map(|(crew, site)| ServerAccount::new(Arc::clone(&crew.name), site.slots))
            .collect(),
        started: Some(started),
        ..Account::default()
    }));
    let plan = Plan::new(&sites, plan_options(options));
    let (tasks_to, tasks) = bounded(0);
    let (close_to, close) = unbounded();
    let (outcomes_to, outcomes) = unbounded();
    let cost = Arc::default();
    let engine = Engine {
        plan,
        started,
        time_limit: options.time_limit,
        crews,
        tasks: HashMap::new(),
        calls: HashMap::new(),
        sent: 0,
        arrivals: tasks,
        news,
        news_to: news_to.clone(),
        close,
        outcomes: outcomes_to,
        account: Arc::clone(&account),
        cost: Arc::clone(&cost),
        observers: Vec::new(),
        actions: VecDeque::new(),
    };
    Ok(Wires {
        tasks: tasks_to,
        close: close_to,
        outcomes,
        account,
        thread: spawn("reparte-engine", || engine.run())?,
        news: news_to,
        cost,
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

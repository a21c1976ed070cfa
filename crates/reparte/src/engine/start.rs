//! The start of a run: its parts, its threads, and the channels between them.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crossbeam_channel::{bounded, unbounded};

use crate::destino::Destino;
use crate::engine::acceptance::Acceptance;
use crate::engine::caller_end::CallerEnd;
use crate::engine::executor::Executor;
use crate::engine::held_results::HeldResults;
use crate::engine::inbox::Inbox;
use crate::engine::known_workers::Workers;
use crate::engine::run::{CostOf, Run};
use crate::engine::server_config::server_config;
use crate::engine::server_threads::{ServerThreads, spawn};
use crate::engine::timer::run_timer;
use crate::error::Error;
use crate::ids::ServerId;
use crate::options::{MAX_SLOTS, Options};
use crate::plan::Plan;
use crate::plan::event::ServerConfig;
use crate::plan::options::PlanOptions;
use crate::summary::RunSummary;
use crate::summary::server::{ServerState, ServerSummary};
use crate::summary::shared::SharedSummary;

/// All that is set before the start of a run.
pub(crate) struct RunSetup<A, R> {
    pub(crate) destinos: Vec<Arc<dyn Destino<A, R>>>,
    /// Destinations that are kept in reserve.
    pub(crate) fallbacks: Vec<Arc<dyn Destino<A, R>>>,
    pub(crate) options: Options,
    pub(crate) cost: Option<CostOf<A>>,
    pub(crate) acceptance: Acceptance<A, R>,
}

/// Starts a run: a thread for each slot, and the timer thread.
///
/// The parts are built in this order:
///
/// 1. The executor, without a run: the slots' threads need it as their inbox.
/// 2. The slots' threads, which wait for calls.
/// 3. The run, which holds the channels to these threads. The executor receives it.
/// 4. The timer thread. It ends at once if the executor has no run, so it comes after 3.
/// 5. The plan's first event, which may ask servers for their status.
///
/// If one fails, those before it end: a thread ends when its channel is closed, and
/// [`Executor::take_run`] breaks the circle of references between executor and run.
pub(crate) fn start<A, R>(setup: RunSetup<A, R>) -> Result<CallerEnd<A, R>, Error>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    let configs = server_configs(&setup)?;
    let slots = configs
        .iter()
        .fold(0_usize, |slots, config| slots.saturating_add(config.slots));
    if slots > MAX_SLOTS {
        return Err(Error::TooManySlots { slots });
    }

    let executor = Arc::new(Executor::new());
    let inbox: Arc<dyn Inbox<A, R>> = executor.clone();
    let acceptance = Arc::new(setup.acceptance);
    let destinos = setup.destinos.into_iter().chain(setup.fallbacks);
    let servers = destinos
        .zip(&configs)
        .enumerate()
        .map(|(index, (destino, config))| {
            let id = ServerId::new(index);
            ServerThreads::start(id, destino, config.slots, &inbox, &acceptance)
        })
        .collect::<Result<Vec<_>, Error>>()?;

    let started_at = Instant::now();
    let summary = SharedSummary::new(RunSummary {
        servers: server_summaries(&servers, &configs),
        started: Some(started_at),
        ..RunSummary::default()
    });
    let (timer, timer_changed) = bounded(1);
    let (room, room_receiver) = bounded(1);
    let (outcomes, outcomes_receiver) = unbounded();
    let held = Arc::new(HeldResults::new(setup.options.window_bytes));
    executor.set_run(Run {
        plan: Plan::new(&configs, plan_options(&setup.options)),
        started_at,
        time_limit: setup.options.time_limit,
        servers,
        tasks: HashMap::new(),
        calls: HashMap::new(),
        workers: Workers::default(),
        submitted: 0,
        inbox: Arc::clone(&inbox),
        outcomes,
        held: Arc::clone(&held),
        is_window_full: false,
        summary: summary.clone(),
        cost: setup.cost,
        acceptance: Arc::clone(&acceptance),
        observers: Vec::new(),
        actions: VecDeque::new(),
        timer,
        timer_wakes_at: None,
        room,
        submitter_waits: false,
        ended: false,
    });

    let timer_thread = spawn("reparte-timer", {
        let executor = Arc::clone(&executor);
        move || run_timer(&executor, &timer_changed)
    });
    let timer_thread = timer_thread.inspect_err(|_| drop(executor.take_run()))?;
    executor.begin();
    Ok(CallerEnd {
        inbox,
        room: room_receiver,
        outcomes: outcomes_receiver,
        held,
        summary,
        acceptance,
        slots,
        timer_thread: Mutex::new(Some(timer_thread)),
    })
}

fn server_configs<A, R>(setup: &RunSetup<A, R>) -> Result<Vec<ServerConfig>, Error> {
    if setup.destinos.is_empty() {
        return Err(Error::NoServers);
    }
    let destinos = setup.destinos.iter();
    let destinos = destinos.map(|destino| server_config(&**destino, false));
    let fallbacks = setup.fallbacks.iter();
    let fallbacks = fallbacks.map(|destino| server_config(&**destino, true));
    destinos.chain(fallbacks).collect()
}

fn server_summaries<A, R>(
    servers: &[ServerThreads<A, R>],
    configs: &[ServerConfig],
) -> Vec<ServerSummary> {
    let summaries = servers.iter().zip(configs).map(|(server, config)| {
        let state = match config.reserve {
            true => ServerState::Reserve,
            false => ServerState::Up,
        };
        ServerSummary::new(Arc::clone(&server.name), config.slots, state)
    });
    summaries.collect()
}

fn plan_options(options: &Options) -> PlanOptions {
    PlanOptions {
        read_ahead: options.read_ahead,
        max_attempts: options.max_attempts,
        max_fault_attempts: options.max_fault_attempts,
        outage: options.outage,
        outage_before_answer: options.outage_before_answer.or(options.outage),
        time_limit: options.time_limit,
        time_limit_medians: options.time_limit_medians,
        retry_faults: options.retry_faults.clone(),
        retry_time_outs: options.retry_time_outs,
        halt: options.halt,
        hedge: options.hedge,
        seed: RandomState::new().hash_one(0),
    }
}

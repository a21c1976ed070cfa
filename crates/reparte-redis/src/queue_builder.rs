//! The builder of a queue.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use reparte::MAX_SLOTS;
use xmlrpc_wire::{Dialect, Limits};

use crate::command_thread::CommandSender;
use crate::connection::{Connection, Connector};
use crate::error::Error;
use crate::health::Health;
use crate::holder::Holder;
use crate::keys::QueueKeys;
use crate::link::Link;
use crate::options::Options;
use crate::queue::RedisQueue;
use crate::queue::deposit::{Deposit, DepositSetup};
use crate::queue::handle::{RedisQueueHandle, RunThreads};
use crate::queue::kept_run::{KeptRun, hold};
use crate::queue::reader::{Reader, Workers, open, read_workers, window};
use crate::queue::run::Run;
use crate::reply;
use crate::shutdown::Shutdown;
use crate::thread::Thread;
use crate::url::RedisUrl;

/// The builder of a [`RedisQueue`].
#[derive(Debug)]
#[must_use]
pub struct RedisQueueBuilder {
    url: RedisUrl,
    function: String,
    options: Options,
    dialect: Dialect,
    limits: Limits,
    time_limit: Option<Duration>,
    patience: Duration,
    worker_patience: Option<Duration>,
    most_slots: usize,
    kept: Option<Kept>,
}

/// A run that is kept.
#[derive(Debug)]
struct Kept {
    run: String,
    /// The name of the client's host.
    host: String,
}

impl RedisQueue {
    /// Returns a builder of the queue of a function on a server.
    pub fn builder(url: RedisUrl, function: impl Into<String>) -> RedisQueueBuilder {
        RedisQueueBuilder {
            url,
            function: function.into(),
            options: Options::default(),
            dialect: Dialect::default(),
            limits: Limits::default(),
            time_limit: None,
            patience: Duration::from_secs(600),
            worker_patience: None,
            most_slots: 256,
            kept: None,
        }
    }
}

impl RedisQueueBuilder {
    /// Sets the options of the connections.
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Sets the dialect of the calls.
    pub fn dialect(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// Sets the limits on answers.
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Sets the time that the work on a task may take, from its start on. No limit by default.
    pub fn time_limit(self, limit: Duration) -> Self {
        Self {
            time_limit: Some(limit),
            ..self
        }
    }

    /// Sets how long calls wait for a server that does not answer. 10 minutes by default.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sets how long the run's first calls wait for a worker, if none has announced itself yet. Without
    /// end by default: workers may be started later than the run. Calls end as
    /// [`Unreachable`](reparte::ErrorKind::Unreachable) then, and so does the status.
    pub fn worker_patience(self, patience: Duration) -> Self {
        Self {
            worker_patience: Some(patience),
            ..self
        }
    }

    /// Sets the most slots that the queue has: the threads that wait for answers. 256 by default,
    /// and [`MAX_SLOTS`] at most.
    pub fn most_slots(self, slots: usize) -> Self {
        Self {
            most_slots: slots.clamp(1, MAX_SLOTS),
            ..self
        }
    }

    /// Keeps the run under a name, which nobody else chooses, such as a random one: it outlives its
    /// client. Workers go on with the tasks that are on the queue, and a later client of the same run
    /// gets their answers. The server forgets the run after a week without a client.
    ///
    /// The run has one client at a time: it has a lease of 30 seconds, which it renews. `host` names this
    /// machine to a second one.
    ///
    /// A task is known by its [place](reparte::Call::task) in the run and by its call, so the clients
    /// send the same tasks in the same order. Answers stay on the server until their calls are
    /// [settled](reparte::Destino::settle), which the dispatcher does once they are in its journal. A name has ASCII letters,
    /// digits, `-` and `_`, and at most 100 of them.
    pub fn keep(self, run: impl Into<String>, host: impl Into<String>) -> Self {
        let (run, host) = (run.into(), host.into());
        Self {
            kept: Some(Kept { run, host }),
            ..self
        }
    }

    /// Connects to the server, and opens a run.
    ///
    /// # Errors
    ///
    /// The function's name can't be a queue or the run's no name, the server can't be reached or
    /// refuses, [another client](Error::Held) has the run, or the system gives no thread.
    pub fn start(self) -> Result<RedisQueue, Error> {
        let queue = QueueKeys::new(&self.function)?;
        let keys = match &self.kept {
            Some(kept) => queue.of_kept_run(&kept.run)?,
            None => {
                let random = RandomState::new();
                let run = format!("{:016x}{:016x}", random.hash_one(0), random.hash_one(1));
                queue.of_run(&run)
            }
        };
        let connector = Connector {
            url: self.url.clone(),
            options: self.options,
        };
        let mut connection = connector.connect()?;
        let Workers {
            names,
            slots,
            are_any,
        } = read_workers(&queue.workers(), &mut connection)?;
        let (health, shutdown, give_up) = <(Health, Shutdown, Shutdown)>::default();
        let link = |shutdown: &Shutdown| Link::new(connector.clone(), &health, shutdown.clone());
        let (sender, commands) =
            CommandSender::start(link(&give_up), health.part(), give_up.clone())?;
        let kept = match self.kept {
            Some(kept) => {
                let holder = Holder::this_process(&kept.host);
                let held = hold(&keys, &holder, &mut connection)?;
                Some((KeptRun::new(holder, held), held))
            }
            None => None,
        };
        let window = window(slots, self.most_slots);
        let run = Run::new(keys, window, names, health.clone(), sender, kept);
        let run = Arc::new(run);
        if are_any {
            run.shortage.note_worker();
        }
        open(&run, &mut connection)?;
        // Whoever starts again and again until it succeeds is warned once.
        warn_of_settings(&mut connection);
        let name: Arc<str> = format!("{}#{}", self.url, self.function).into();
        let link = link(&shutdown).with_connection(connection);
        let reader = Reader::new(
            Arc::clone(&run),
            link,
            shutdown.clone(),
            self.most_slots,
            Arc::clone(&name),
        );
        let reader = Thread::start("redis-reader", move || reader.run())?;
        let threads = RunThreads {
            run: Arc::clone(&run),
            shutdown,
            give_up,
            reader,
            commands,
            is_closing: AtomicBool::new(false),
            closed: Shutdown::default(),
        };
        Ok(RedisQueue {
            name,
            function: self.function,
            dialect: self.dialect,
            limits: self.limits,
            time_limit: self.time_limit,
            patience: self.patience,
            worker_patience: self.worker_patience,
            run,
            handle: RedisQueueHandle(Arc::new(threads)),
        })
    }
}

impl RedisQueueBuilder {
    /// Connects to the server, and takes the lease of a run that is [kept](Self::keep), to submit all
    /// its tasks and detach it.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start). The run has to be kept.
    pub fn deposit(self) -> Result<Deposit, Error> {
        let kept = self.kept.ok_or_else(|| Error::BadOption {
            reason: "a run is found again by its name: keep it under one".to_owned(),
        })?;
        let setup = DepositSetup {
            keys: QueueKeys::new(&self.function)?.of_kept_run(&kept.run)?,
            host: kept.host,
            function: self.function,
            dialect: self.dialect,
            time_limit: self.time_limit,
            patience: self.patience,
        };
        let connector = Connector {
            url: self.url,
            options: self.options,
        };
        Deposit::start(connector, setup)
    }

    /// Takes a run that is [kept](Self::keep) from the server, with its tasks and answers. Returns the number of
    /// tasks that were not done; None if there is no such run.
    ///
    /// # Errors
    ///
    /// Those of [`deposit`](Self::deposit).
    pub fn withdraw(self) -> Result<Option<usize>, Error> {
        self.deposit()?.withdraw()
    }
}

/// Warns of settings of the server by which tasks may be lost. Those are submitted again, and
/// their work is done twice.
fn warn_of_settings(connection: &mut Connection) {
    let info = match connection.query(&redis::cmd("INFO")) {
        Ok(info) => reply::text(info).unwrap_or_default(),
        Err(error) => {
            log::debug!("the engine does not tell its settings: {error}");
            return;
        }
    };
    let has = |line: &str| info.lines().any(|of| of.trim_end() == line);
    if has("aof_enabled:0") {
        log::warn!(
            "the engine keeps no log of its writes: when it starts again, tasks that were waiting \
             or at work are done again (set appendonly yes)"
        );
    }
    let evicts = info
        .lines()
        .filter_map(|line| line.trim_end().strip_prefix("maxmemory_policy:"))
        .any(|policy| policy != "noeviction");
    if evicts && !has("maxmemory:0") {
        log::warn!(
            "the engine throws keys away when it is full: tasks may be done twice (set \
             maxmemory-policy noeviction)"
        );
    }
}

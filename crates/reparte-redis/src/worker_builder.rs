//! The builder of a worker.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use xmlrpc_server::Service;

use crate::command_thread::CommandSender;
use crate::connection::Connector;
use crate::error::Error;
use crate::health::Health;
use crate::keys::QueueKeys;
use crate::link::Link;
use crate::options::Options;
use crate::reply;
use crate::shutdown::Shutdown;
use crate::thread::Thread;
use crate::url::RedisUrl;
use crate::worker::Worker;
use crate::worker::begins;
use crate::worker::committer::Committer;
use crate::worker::fetcher::Fetcher;
use crate::worker::releasing::Releasing;
use crate::worker::running::Running;
use crate::worker::slots::Slots;
use crate::worker::stages::Stages;
use crate::worker::tenure::Tenure;

/// The builder of a [`Worker`].
#[derive(Debug)]
#[must_use]
pub struct WorkerBuilder {
    url: RedisUrl,
    function: String,
    service: Service,
    options: Options,
    slots: usize,
    name: String,
    lease: Duration,
}

/// The shortest and the longest lease.
const LEASES: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(3600)];

impl Worker {
    /// Returns a builder of a worker that takes the tasks of `function` and answers them with
    /// `service`.
    pub fn builder(url: RedisUrl, function: impl Into<String>, service: Service) -> WorkerBuilder {
        WorkerBuilder {
            url,
            function: function.into(),
            service,
            options: Options::default(),
            slots: thread::available_parallelism().map_or(1, usize::from),
            name: "worker".to_owned(),
            lease: Duration::from_secs(15),
        }
    }
}

impl WorkerBuilder {
    /// Sets the options of the connections.
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Sets the number of tasks at a time: a thread each. One for each core by default, and 1024
    /// at most.
    pub fn slots(self, slots: usize) -> Self {
        Self {
            slots: slots.clamp(1, 1024),
            ..self
        }
    }

    /// Sets the beginning of the name, such as the host's. The rest is random, and differs for
    /// each start. A line end or another control character is left out.
    pub fn name(self, name: impl AsRef<str>) -> Self {
        let name = name.as_ref().chars().filter(|c| !c.is_control());
        Self {
            name: name.take(100).collect(),
            ..self
        }
    }

    /// Sets the lease that this worker chooses if it is the queue's first: a task whose worker is
    /// silent for so long is another's. 15 seconds by default.
    pub fn lease(self, lease: Duration) -> Self {
        Self {
            lease: lease.clamp(LEASES[0], LEASES[1]),
            ..self
        }
    }

    /// Connects to the server, and begins to take tasks.
    ///
    /// # Errors
    ///
    /// The function's name can't be a queue, the server can't be reached or refuses, or the
    /// system gives no thread.
    pub fn start(self) -> Result<Worker, Error> {
        let keys = QueueKeys::new(&self.function)?;
        let worker = format!("{}-{:08x}", self.name, RandomState::new().hash_one(0) >> 32);
        let connector = Connector {
            url: self.url,
            options: self.options,
        };
        let mut connection = connector.connect()?;
        let stages = Stages::default();
        let give_up = Shutdown::default();
        let health = Health::default();
        let link = |shutdown: &Shutdown| Link::new(connector.clone(), &health, shutdown.clone());
        let (commands, command_thread) =
            CommandSender::start(link(&give_up), health.part(), give_up.clone())?;
        let tenure = Tenure {
            keys,
            worker: worker.clone(),
            commands,
            releasing: Releasing::default(),
        };
        let running = Arc::new(Running::new(self.slots));
        let lease = reply::text(connection.run(&tenure.announcement(&running, self.lease))?);
        let lease = lease.and_then(|millis| millis.parse().ok());
        let lease = lease.map_or(self.lease, Duration::from_millis);
        let lease = lease.clamp(LEASES[0], LEASES[1]);
        if lease != self.lease {
            log::info!("the lease of the queue is {} s", lease.as_secs_f64());
        }
        let (sender, work) = channel();
        let shared = Arc::new(Slots {
            service: self.service,
            committer: Committer {
                tenure: tenure.clone(),
                running: Arc::clone(&running),
                lease,
            },
            work: Mutex::new(work),
        });
        // Dropped after a failure below, it ends the threads that have been started.
        let mut started = Worker {
            name: worker,
            lease,
            stages: stages.clone(),
            running: Arc::clone(&running),
            tenure: Some(tenure.clone()),
            fetcher: None,
            keeper: None,
            commands: command_thread,
            give_up,
        };
        for _ in 0..self.slots {
            let shared = Arc::clone(&shared);
            Thread::start("redis-slot", move || shared.run())?;
        }
        begins::tell(&tenure, Arc::clone(&running), stages.end.clone())?;
        let keeper = tenure.keep(Arc::clone(&running), lease, stages.end)?;
        started.keeper = Some(keeper);
        let fetcher = Fetcher {
            link: link(&stages.stop).with_connection(connection),
            tenure,
            running,
            lease,
            work: sender,
            stop: stages.stop.clone(),
            feed_error: None,
        };
        let fetcher = Thread::start("redis-fetcher", move || fetcher.run())?;
        started.fetcher = Some(fetcher);
        Ok(started)
    }
}

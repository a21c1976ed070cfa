//! A run that is submitted as a whole, and then goes on without a client.

use std::fmt;
use std::time::{Duration, Instant};

use reparte::{CallError, ErrorKind, TaskId};
use xmlrpc_wire::{Dialect, IntoParams};

use crate::connection::{Connection, Connector};
use crate::error::Error;
use crate::health::Health;
use crate::holder::Holder;
use crate::keys::RunKeys;
use crate::large::{Breaks, tells_of_length};
use crate::link::Link;
use crate::queue::kept_run::{Held, KEPT_EXPIRY, hold};
use crate::queue::run::EXPIRY;
use crate::queue::run_scripts::{close_kept_call, open_call};
use crate::reply;
use crate::script::{Script, ScriptCall, millis};
use crate::shutdown::Shutdown;

/// The most tasks of a round trip, and their bytes.
const BATCH: usize = 128;
const BATCH_BYTES: usize = 1 << 20;
/// The time after which the lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(5);

/// The client of a run that is to go on without one: it submits all tasks, and then detaches the run.
///
/// No worker begins a task before the run is detached. A deposit that is dropped before takes a run
/// back that it has made; one whose process dies leaves a run that the server forgets within two
/// minutes. A run that was there before stays as it was, with the tasks that were added.
pub struct Deposit {
    link: Link,
    keys: RunKeys,
    holder: Holder,
    function: String,
    dialect: Dialect,
    time_limit: Option<Duration>,
    patience: Duration,
    /// The number of the last task.
    n: u64,
    /// The number of tasks that are there.
    there: usize,
    stop: Shutdown,
    renewed: Instant,
    /// True for a run that this client has made, and has not detached yet.
    is_own: bool,
    /// The server has refused a round trip for its length: each task has one of its own.
    one_by_one: bool,
}

/// Stops a [`Deposit`] from any thread.
#[derive(Clone, Debug)]
pub struct DepositHandle {
    stop: Shutdown,
}

impl DepositHandle {
    /// Lets the deposit submit no more tasks: it ends as [`Error::Stopped`], unless the run is detached
    /// already. Does not wait.
    pub fn stop(&self) {
        self.stop.give();
    }
}

/// A run that goes on without a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detached {
    /// The number of tasks that were submitted now. The others were there.
    pub submitted: usize,
    /// The time after which the server forgets the run, if no client comes.
    pub expiry: Duration,
}

/// The settings of a deposit, besides the connection.
pub(crate) struct DepositSetup {
    pub(crate) keys: RunKeys,
    /// The name of this host.
    pub(crate) host: String,
    pub(crate) function: String,
    pub(crate) dialect: Dialect,
    pub(crate) time_limit: Option<Duration>,
    pub(crate) patience: Duration,
}

impl Deposit {
    /// Connects to the server, and takes the lease of the run.
    pub(crate) fn start(connector: Connector, setup: DepositSetup) -> Result<Self, Error> {
        let mut connection = connector.connect()?;
        let holder = Holder::this_process(&setup.host);
        let Held { first, .. } = hold(&setup.keys, &holder, &mut connection)?;
        let (health, stop) = (Health::default(), Shutdown::default());
        Ok(Self {
            link: Link::new(connector, &health, stop.clone()).with_connection(connection),
            keys: setup.keys,
            holder,
            function: setup.function,
            dialect: setup.dialect,
            time_limit: setup.time_limit,
            patience: setup.patience,
            n: first,
            there: 0,
            stop,
            renewed: Instant::now(),
            is_own: false,
            one_by_one: false,
        })
    }

    /// Returns what stops it.
    #[must_use]
    pub fn handle(&self) -> DepositHandle {
        DepositHandle {
            stop: self.stop.clone(),
        }
    }

    /// Removes the run. Returns the number of tasks that were not done; None if there is no such run.
    /// One that is not kept is its client's, and stays as it is.
    pub(crate) fn withdraw(&mut self) -> Result<Option<usize>, Error> {
        // Counted before it is removed: a removal whose reply was lost is tried again, and finds no run.
        let Some(tasks) = self.count()? else {
            return Ok(None);
        };
        let call = close_kept_call(&self.keys).arg(self.holder.text());
        let closed = self.attempt(|connection| connection.run(&call))?;
        if reply::number(&closed) == Some(0) {
            // The lease has ended meanwhile, and another client has taken it.
            self.hold()?;
        }
        Ok(Some(tasks))
    }

    /// Counts the tasks that are not done. None if there is no such run.
    fn count(&mut self) -> Result<Option<usize>, Error> {
        let keys = self.keys.clone();
        self.attempt(|connection| {
            let mut count = |name: &str, key: String| {
                let mut command = redis::cmd(name);
                let counted = connection.query(command.arg(key))?;
                let counted = reply::number(&counted).unwrap_or(0);
                Ok::<_, Error>(usize::try_from(counted).unwrap_or(0))
            };
            let is_there = count("EXISTS", keys.results())? == 1;
            if count("EXISTS", keys.kept())? == 0 {
                let run = keys.run.clone();
                return match is_there {
                    true => Err(Error::NotKept { run }),
                    false => Ok(None),
                };
            }
            // One field is the highest number.
            let open = count("HLEN", keys.open())?.saturating_sub(1);
            Ok(Some(open + count("XLEN", keys.backlog())?))
        })
    }

    /// Returns the call of a task, as it is submitted.
    ///
    /// # Errors
    ///
    /// `Unsendable` if the dialect can't express the arguments.
    pub fn document<A: IntoParams>(&self, args: A) -> Result<Vec<u8>, CallError> {
        let unsendable = |error| CallError::from_source(ErrorKind::Unsendable, error);
        let params = args.into_params().map_err(unsendable)?;
        let document = self.dialect.encode_call(&self.function, &params);
        document.map_err(unsendable)
    }

    /// Submits tasks, less those that are there, and detaches the run. `bytes` are those of the tasks, as
    /// the run's [status](crate::RunStatus) shows them. Once the answers that nobody has collected take
    /// `answer_bytes`, no more of its tasks are begun. Tells `progress` how many are there. A server that
    /// does not answer is waited for, for as long as the patience says.
    ///
    /// # Errors
    ///
    /// The server refuses, does not answer for too long, or another client has the run; or the deposit is
    /// [stopped](DepositHandle::stop).
    pub fn detach(
        mut self,
        tasks: &[(TaskId, Vec<u8>)],
        bytes: u64,
        answer_bytes: u64,
        mut progress: impl FnMut(usize),
    ) -> Result<Detached, Error> {
        loop {
            self.open()?;
            let Some(submitted) = self.submit(tasks, &mut progress)? else {
                continue;
            };
            let keys = &self.keys;
            let detached = keys.queue.detached();
            let keys = [
                keys.results(),
                keys.open(),
                keys.kept(),
                keys.backlog(),
                detached,
            ];
            let call = ScriptCall::new(Script::Detach, keys)
                .arg(self.keys.run.as_bytes())
                .number(bytes)
                .number(millis(KEPT_EXPIRY))
                .number(answer_bytes);
            let detached = self.attempt(|connection| connection.run(&call))?;
            if reply::number(&detached) == Some(1) {
                self.is_own = false;
                return Ok(Detached {
                    submitted,
                    expiry: KEPT_EXPIRY,
                });
            }
            log::warn!("the engine has forgotten the run: its tasks are submitted again");
        }
    }

    /// Submits tasks. Returns how many were not there; None if the server has forgotten the run.
    fn submit(
        &mut self,
        tasks: &[(TaskId, Vec<u8>)],
        progress: &mut impl FnMut(usize),
    ) -> Result<Option<usize>, Error> {
        let (mut submitted, mut rest) = (0, tasks);
        self.there = 0;
        while !rest.is_empty() {
            if self.renewed.elapsed() >= RENEW_EVERY {
                self.open()?;
            }
            let mut bytes = 0;
            let fits = |(_, document): &&(TaskId, Vec<u8>)| {
                bytes += document.len();
                bytes <= BATCH_BYTES
            };
            let most = if self.one_by_one { 1 } else { BATCH };
            let count = rest.iter().take(most).take_while(fits).count().max(1);
            let (batch, others) = rest.split_at(count.min(rest.len()));
            let calls: Vec<ScriptCall> = batch.iter().map(|task| self.call(task)).collect();
            let calls: Vec<&ScriptCall> = calls.iter().collect();
            let mut breaks = Breaks::default();
            let replies = self.attempt(|connection| {
                let replies = connection
                    .run_all(&calls)
                    .and_then(|replies| replies.into_iter().collect::<Result<Vec<_>, _>>());
                // A task beyond the bytes of a batch is alone in one.
                replies.map_err(|error| match calls.as_slice() {
                    [call] => breaks.note(call, true, &error).unwrap_or(error),
                    _ => error,
                })
            });
            let replies = match replies {
                Err(error) if count > 1 && tells_of_length(&error) => {
                    self.one_by_one = true;
                    continue;
                }
                replies => replies?,
            };
            rest = others;
            for (call, reply) in calls.iter().zip(replies) {
                let n = reply::text(reply).unwrap_or_default();
                if n.is_empty() {
                    return Ok(None);
                }
                submitted += usize::from(
                    call.arguments
                        .get(1)
                        .is_some_and(|own| *own == n.as_bytes()),
                );
            }
            self.there += count;
            progress(self.there);
        }
        Ok(Some(submitted))
    }

    fn call(&mut self, (task, document): &(TaskId, Vec<u8>)) -> ScriptCall {
        self.n += 1;
        let (keys, queue) = (&self.keys, &self.keys.queue);
        let keys = [
            queue.tasks(),
            keys.results(),
            keys.open(),
            keys.kept(),
            keys.backlog(),
            queue.lost(),
            queue.unfit(),
        ];
        let limit = self.time_limit.map_or(0, |limit| millis(limit).max(1));
        ScriptCall::new(Script::Deposit, keys)
            .arg(self.keys.run.as_bytes())
            .number(self.n)
            .arg(document.as_slice())
            .number(limit)
            .number(task.index())
    }

    /// Renews the lease, and opens the run if it is not there.
    fn open(&mut self) -> Result<(), Error> {
        self.hold()?;
        let call = open_call(&self.keys, true, EXPIRY);
        let is_new = self.attempt(|connection| connection.run(&call))?;
        self.is_own |= reply::number(&is_new) == Some(1);
        Ok(())
    }

    /// Renews the lease.
    fn hold(&mut self) -> Result<(), Error> {
        let (keys, holder) = (self.keys.clone(), self.holder.clone());
        self.attempt(|connection| hold(&keys, &holder, connection))?;
        self.renewed = Instant::now();
        Ok(())
    }

    /// Runs `work` on the connection, again and again while the server does not answer or is full.
    fn attempt<T>(
        &mut self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let began = Instant::now();
        loop {
            if self.stop.has_come() {
                let (there, stays) = (self.there, !self.is_own);
                return Err(Error::Stopped { there, stays });
            }
            match self.link.attempt(&mut work) {
                Err(error) if error.is_transient() && began.elapsed() < self.patience => {}
                outcome => return outcome,
            }
        }
    }
}

impl Drop for Deposit {
    fn drop(&mut self) {
        let call = match self.is_own {
            true => close_kept_call(&self.keys),
            false => ScriptCall::new(Script::Unhold, [self.keys.client()]),
        };
        let call = call.arg(self.holder.text());
        if let Err(error) = self.link.attempt(|connection| connection.run(&call)) {
            log::debug!("the run is not given back, and expires: {error}");
        }
    }
}

impl fmt::Debug for Deposit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deposit")
            .field("keys", &self.keys)
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}

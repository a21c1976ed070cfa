//! A look at the queues of a server: their tasks, workers and runs.

pub(crate) mod queue_status;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use redis::{Cmd, Value, cmd};

use crate::connection::{Connection, Connector};
use crate::error::Error;
use crate::holder::Holder;
use crate::keys::QueueKeys;
use crate::monitor::queue_status::{DetachedBytes, QueueStatus, RunStatus, WorkerStatus};
use crate::options::Options;
use crate::queue::kept_run::KEPT_EXPIRY;
use crate::queue::run::EXPIRY;
use crate::reply;
use crate::url::RedisUrl;

/// Tells of the queues of a Redis or Valkey server. It changes nothing there.
#[derive(Debug)]
pub struct Monitor {
    connector: Connector,
    /// None until the first look, and after a failure.
    connection: Option<Connection>,
}

/// The keys that one step of a search looks at.
const KEYS_A_STEP: usize = 1000;
/// The consumer that has the tasks which were given back.
const NOBODY: &str = "-";

impl Monitor {
    /// Creates a monitor of a server. It connects at the first look.
    #[must_use]
    pub fn new(url: RedisUrl, options: Options) -> Self {
        Self {
            connector: Connector { url, options },
            connection: None,
        }
    }

    /// Returns the state of all queues of the server's database, sorted by function. The user
    /// needs the command SCAN besides those of a worker and a client.
    ///
    /// # Errors
    ///
    /// The server can't be reached, or refuses the user or the search. The next look connects
    /// again. A queue of which it refuses a key has that as its
    /// [`trouble`](QueueStatus::trouble), unless it refuses those of all queues.
    pub fn queues(&mut self) -> Result<Vec<QueueStatus>, Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connector.connect()?,
        };
        let queues = all_queues(&mut connection)?;
        self.connection = Some(connection);
        Ok(queues)
    }
}

fn all_queues(connection: &mut Connection) -> Result<Vec<QueueStatus>, Error> {
    let mut runs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for key in keys(connection)? {
        match QueueKeys::parts(&key) {
            Some((function, "tasks")) => {
                runs.entry(function.to_owned()).or_default();
            }
            Some((function, name)) => {
                if let Some(run) = name.strip_prefix("res:") {
                    let runs = runs.entry(function.to_owned()).or_default();
                    runs.insert(run.to_owned());
                }
            }
            None => {}
        }
    }
    let mut refusal = None;
    let mut queues = Vec::with_capacity(runs.len());
    for (function, runs) in runs {
        queues.push(match queue(connection, &function, runs) {
            // The other queues may be in order.
            Err(error @ Error::Refused { .. }) => {
                let refused = QueueStatus::refused(function, error.to_string());
                refusal.get_or_insert(error);
                refused
            }
            result => result?,
        });
    }
    match refusal {
        Some(error) if queues.iter().all(|queue| queue.trouble.is_some()) => Err(error),
        _ => Ok(queues),
    }
}

/// Returns the keys of all queues.
fn keys(connection: &mut Connection) -> Result<Vec<String>, Error> {
    let mut keys = Vec::new();
    let mut cursor = "0".to_owned();
    loop {
        let mut scan = cmd("SCAN");
        scan.arg(&cursor).arg("MATCH").arg("rp:{*}:*");
        scan.arg("COUNT").arg(KEYS_A_STEP);
        let mut parts = reply::list(connection.query(&scan)?).into_iter();
        cursor = parts.next().and_then(reply::text).unwrap_or_default();
        keys.extend(parts.next().map(reply::texts).unwrap_or_default());
        if cursor.is_empty() || cursor == "0" {
            return Ok(keys);
        }
    }
}

/// Looks at one queue. Its keys are read one after the other, while others change them.
fn queue(
    connection: &mut Connection,
    function: &str,
    runs: BTreeSet<String>,
) -> Result<QueueStatus, Error> {
    let keys = QueueKeys::new(function)?;
    let tasks = keys.tasks();
    let mut ask = |command: &mut Cmd| connection.query(command);
    let now = millis_of_time(ask(&mut cmd("TIME"))?);
    let length = count(&ask(cmd("XLEN").arg(&tasks))?);
    // The calls are not looked at, and only one is read.
    let range = [&*tasks, "-", "+", "COUNT", "1"];
    let oldest = reply::list(ask(cmd("XRANGE").arg(&range))?);
    let oldest = oldest.into_iter().next().map(reply::list);
    let oldest = oldest.and_then(|entry| reply::text(entry.into_iter().next()?));
    let taken = match ask(cmd("XPENDING").arg(&tasks).arg("w")) {
        Ok(pending) => tasks_by_worker(pending),
        // No worker and no client has made the group yet.
        Err(Error::Unavailable { .. }) => HashMap::new(),
        Err(error) => return Err(error),
    };
    let at_work = taken.iter().filter(|(worker, _)| *worker != NOBODY);
    let at_work: usize = at_work.map(|(_, tasks)| tasks).sum();
    let lease = ask(cmd("GET").arg(keys.lease()))?;
    let lease = reply::text(lease).and_then(|millis| millis.parse().ok());
    let seen = ask(cmd("ZRANGE")
        .arg(keys.seen())
        .arg(&["0", "-1", "WITHSCORES"]))?;
    let seen: HashMap<String, u64> = pairs(seen)
        .filter_map(|(worker, at)| Some((worker, at.parse().ok()?)))
        .collect();
    let details = ask(cmd("HGETALL").arg(keys.workers()))?;
    let mut workers: Vec<WorkerStatus> = pairs(details)
        .map(|(name, details)| {
            let silence = now.saturating_sub(seen.get(&name).copied().unwrap_or(0));
            let tasks = taken.get(&name).copied().unwrap_or(0);
            WorkerStatus::read(name, &details, tasks, Duration::from_millis(silence))
        })
        .collect();
    workers.sort_by(|one, other| one.name.cmp(&other.name));
    let mut alive = Vec::new();
    for run in runs {
        let keys = keys.of_run(&run);
        let left = reply::number(&ask(cmd("PTTL").arg(keys.results()))?);
        // It has expired just now.
        let Some(left) = left.and_then(|left| u64::try_from(left).ok()) else {
            continue;
        };
        let left = Duration::from_millis(left);
        let is_kept = count(&ask(cmd("EXISTS").arg(keys.kept()))?) == 1;
        let detached = reply::text(ask(cmd("HGET").arg(keys.queue.detached()).arg(&run))?);
        let detached = detached.as_deref().and_then(DetachedBytes::read);
        let holder = reply::text(ask(cmd("GET").arg(keys.client()))?);
        // One that is not detached yet expires as others do.
        let expiry = match is_kept && left > EXPIRY {
            true => KEPT_EXPIRY,
            false => EXPIRY,
        };
        // One field is the highest number.
        let fields = count(&ask(cmd("HLEN").arg(keys.open()))?);
        let highest = count(&ask(cmd("HEXISTS").arg(keys.open()).arg("highest"))?);
        let tasks = fields.saturating_sub(highest);
        let backlog = count(&ask(cmd("XLEN").arg(keys.backlog()))?);
        let mut answers = count(&ask(cmd("XLEN").arg(keys.results()))?);
        if is_kept {
            // Without a client the notes of work that has begun stay among the answers.
            let fields = count(&ask(cmd("HLEN").arg(keys.kept()))?);
            let since = count(&ask(cmd("HEXISTS").arg(keys.kept()).arg("since"))?);
            answers = answers.min(fields.saturating_sub(since + tasks + backlog));
        }
        alive.push(RunStatus {
            run,
            tasks,
            backlog,
            answers,
            silence: expiry.saturating_sub(left),
            expires_in: left,
            is_kept,
            detached,
            holder: holder.map(Holder::read),
        });
    }
    let of_runs = alive.iter().map(|run| run.tasks).sum();
    let age = |id: String| {
        let submitted: u64 = id.split('-').next()?.parse().ok()?;
        Some(Duration::from_millis(now.saturating_sub(submitted)))
    };
    Ok(QueueStatus {
        function: function.to_owned(),
        waiting: length.saturating_sub(at_work),
        at_work: at_work.min(length),
        oldest: oldest.and_then(age),
        ownerless: length.saturating_sub(of_runs),
        lease: lease.map(Duration::from_millis),
        workers,
        runs: alive,
        trouble: None,
    })
}

/// Returns the tasks that each worker has, of the reply of XPENDING.
fn tasks_by_worker(pending: Value) -> HashMap<String, usize> {
    let workers = reply::list(pending).into_iter().nth(3);
    let workers = workers.map(reply::list).unwrap_or_default().into_iter();
    let worker = |worker| {
        let mut parts = reply::texts(worker).into_iter();
        Some((parts.next()?, parts.next()?.parse().ok()?))
    };
    workers.filter_map(worker).collect()
}

/// Returns the pairs of a flat array, or of a map.
fn pairs(reply: Value) -> impl Iterator<Item = (String, String)> {
    let mut texts = reply::texts(reply).into_iter();
    std::iter::from_fn(move || Some((texts.next()?, texts.next()?)))
}

fn millis_of_time(time: Value) -> u64 {
    let mut parts = reply::texts(time).into_iter().map(|part| part.parse());
    match (parts.next(), parts.next()) {
        (Some(Ok(seconds)), Some(Ok(micros))) => {
            let (seconds, micros): (u64, u64) = (seconds, micros);
            seconds.saturating_mul(1000).saturating_add(micros / 1000)
        }
        _ => 0,
    }
}

fn count(reply: &Value) -> usize {
    let number = reply::number(reply).unwrap_or(0);
    usize::try_from(number).unwrap_or(0)
}

//! The thread that takes tasks for the slots.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use untrusted_text::OneLine;
use xmlrpc_server::Context;

use crate::connection::{BLOCK, Connection};
use crate::error::Error;
use crate::link::Link;
use crate::reply::{self, Entry};
use crate::script::{Script, ScriptCall, millis};
use crate::shutdown::{GiveAtEnd, Shutdown};
use crate::worker::job::{Job, Taken};
use crate::worker::running::Running;
use crate::worker::slots::Work;
use crate::worker::tenure::{Tenure, rest_after_unfit};

/// The time between two looks for tasks that were given back and for orphans, if there are none.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// The most tasks of lost replies that are looked for.
const MOST_RECOVERED: usize = 4096;

/// The thread that takes tasks for the slots.
#[derive(Debug)]
pub(crate) struct Fetcher {
    pub(crate) link: Link,
    pub(crate) tenure: Tenure,
    pub(crate) running: Arc<Running>,
    pub(crate) lease: Duration,
    pub(crate) work: Sender<Work>,
    pub(crate) stop: Shutdown,
    /// The error of a detached run that was logged last.
    pub(crate) feed_error: Option<String>,
}

impl Fetcher {
    /// Takes tasks until the worker stops. If this panics, the worker stops.
    pub(crate) fn run(mut self) {
        let _stop_at_end = GiveAtEnd(self.stop.clone());
        let mut swept: Option<Instant> = None;
        // The time of the last connection that was searched for tasks of lost replies.
        let mut recovered: Option<Instant> = None;
        // It ends its tasks, to take one alone.
        let mut is_chosen = false;
        while !self.stop.has_come() {
            let free = self.running.wait_for_slots(BLOCK);
            if free == 0 {
                continue;
            }
            if is_chosen {
                let until = Instant::now() + SWEEP_EVERY;
                self.running.wait_until_idle(until);
                swept = None;
            }
            // One that is to be avoided looks at one task at a time.
            let free = if self.running.defers() { 1 } else { free };
            let (tenure, lease) = (&self.tenure, self.lease);
            let feed_error = &mut self.feed_error;
            let taken = self.link.attempt(|connection| {
                // After an outage that was longer than a lease, all leases seem to have ended.
                // Their workers have the time of one lease to renew them.
                let may_take_orphans = connection.age() >= lease;
                if recovered != Some(connection.since()) {
                    recover(tenure, connection, &self.running)?;
                    recovered = Some(connection.since());
                }
                if swept.is_none_or(|at| at.elapsed() >= SWEEP_EVERY) {
                    swept = Some(Instant::now());
                    feed(tenure, connection, feed_error)?;
                    let taken = sweep(tenure, connection, free, may_take_orphans, lease)?;
                    is_chosen = taken.is_chosen;
                    let taken = known(tenure, connection, taken.jobs)?;
                    if is_chosen || !taken.is_empty() {
                        // There may be more.
                        swept = None;
                        return alive(tenure, connection, taken);
                    }
                }
                let taken = fetch(tenure, connection, free)?;
                let taken = leave_avoided(tenure, connection, taken, &self.running)?;
                alive(tenure, connection, taken)
            });
            match taken {
                Ok(taken) if self.stop.has_come() => {
                    let ids = taken.into_iter().map(|(job, _)| job.id);
                    self.tenure.release(ids);
                }
                Ok(taken) => taken.into_iter().for_each(|work| self.start(work)),
                Err(error) => self.mend(&error),
            }
        }
    }

    /// Gives a task to the slots, or drops it. One that the worker gives back at the moment it gives
    /// back once more.
    fn start(&self, (job, is_alive): (Job, bool)) {
        if self.tenure.releasing.has(&job.id) {
            return self.tenure.release([job.id]);
        }
        let mut context = Context::new().with_id(format!("{}-{}", job.run, job.n));
        if let Some(limit) = job.limit
            && let Some(deadline) = Instant::now().checked_add(limit)
        {
            context = context.with_deadline(deadline);
        }
        if !self.running.enter(&job, &context) {
            return;
        }
        let work = Work {
            job,
            context,
            is_alive,
        };
        // The slots end after this.
        let _ = self.work.send(work);
    }

    /// Prepares the next attempt: the server may have come back without the group.
    fn mend(&self, error: &Error) {
        if matches!(error, Error::Unavailable { .. }) {
            let announcement = self.tenure.announcement(&self.running, self.lease);
            self.tenure.commands.send(announcement, |_| {});
        }
    }
}

/// Gives back the tasks that the worker was given in replies that were lost.
fn recover(tenure: &Tenure, connection: &mut Connection, running: &Running) -> Result<(), Error> {
    let mut command = redis::cmd("XPENDING");
    command.arg(tenure.keys.tasks()).arg("w");
    command.arg("-").arg("+").arg(MOST_RECOVERED);
    command.arg(&tenure.worker);
    let pending = reply::list(connection.query(&command)?).into_iter();
    let id = |entry| reply::list(entry).into_iter().next().and_then(reply::text);
    // Those that are committed at this moment are given back in vain.
    let unknown = pending.filter_map(id).filter(|id| !running.has(id));
    let unknown: Vec<String> = unknown.collect();
    if unknown.is_empty() {
        return Ok(());
    }
    log::info!("{} tasks of lost replies are given back", unknown.len());
    connection.run(&tenure.release_call(unknown)).map(drop)
}

/// Moves tasks of detached runs to the queue. A run that the server refuses holds up no other one: it is
/// logged, unless it was the last one that was.
fn feed(
    tenure: &Tenure,
    connection: &mut Connection,
    logged: &mut Option<String>,
) -> Result<(), Error> {
    let queue = &tenure.keys;
    let mut detached = redis::cmd("HKEYS");
    detached.arg(queue.detached());
    for run in reply::texts(connection.query(&detached)?) {
        let keys = queue.of_run(&run);
        let keys = [
            queue.tasks(),
            keys.results(),
            keys.open(),
            keys.backlog(),
            queue.detached(),
            queue.workers(),
        ];
        match connection.run(&ScriptCall::new(Script::Feed, keys).arg(&*run)) {
            // A full server takes no task: those that are there go first.
            Err(error) if error.is_transient() && !error.needs_connection() => {
                log::debug!("a detached run: {error}");
            }
            Err(error @ Error::Refused { .. }) => {
                let text = format!(
                    "the detached run {} is not begun: {error}",
                    OneLine::new(&run)
                );
                if logged.as_ref() != Some(&text) {
                    log::warn!("{text}");
                    *logged = Some(text);
                }
            }
            moved => drop(moved?),
        }
    }
    Ok(())
}

/// Takes tasks that were given back, and orphans.
fn sweep(
    tenure: &Tenure,
    connection: &mut Connection,
    count: usize,
    may_take_orphans: bool,
    lease: Duration,
) -> Result<Taken, Error> {
    let keys = &tenure.keys;
    let keys = [
        keys.tasks(),
        keys.lost(),
        keys.sweep(),
        keys.unfit(),
        keys.workers(),
        keys.alone(),
    ];
    let call = ScriptCall::new(Script::Take, keys)
        .arg(tenure.worker.as_bytes())
        .number(millis(lease))
        .arg(count.to_string())
        .arg(if may_take_orphans { "1" } else { "0" })
        .number(rest_after_unfit(lease));
    connection.run(&call).map(Taken::read)
}

/// Takes new tasks.
fn fetch(tenure: &Tenure, connection: &mut Connection, count: usize) -> Result<Vec<Job>, Error> {
    let mut command = redis::cmd("XREADGROUP");
    command.arg("GROUP").arg("w").arg(&tenure.worker);
    command.arg("COUNT").arg(count);
    command.arg("BLOCK").arg(BLOCK.as_millis().to_string());
    command.arg("STREAMS").arg(tenure.keys.tasks()).arg(">");
    let entries = reply::entries(connection.query(&command)?);
    let jobs = entries.into_iter().map(|entry: Entry| Job::read(entry, ""));
    let jobs = jobs.collect();
    known(tenure, connection, jobs)
}

/// Gives back the tasks that this worker is to avoid, and defers to others then. It keeps those that
/// all workers with slots are to avoid.
fn leave_avoided(
    tenure: &Tenure,
    connection: &mut Connection,
    jobs: Vec<Job>,
    running: &Running,
) -> Result<Vec<Job>, Error> {
    let avoids = |job: &Job| job.avoid.contains(&tenure.worker);
    if !jobs.iter().any(avoids) {
        return Ok(jobs);
    }
    let mut command = redis::cmd("HGETALL");
    command.arg(tenure.keys.workers());
    let workers = reply::texts(connection.query(&command)?);
    let is_left = |job: &Job| {
        let mut others = workers.chunks_exact(2);
        avoids(job) && others.any(|of| !job.avoid.contains(&of[0]) && !of[1].starts_with("0 "))
    };
    let (left, kept): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(is_left);
    if !left.is_empty() {
        let ids = left.into_iter().map(|job| job.id).collect::<Vec<_>>();
        connection.run(&tenure.release_call(ids))?;
        running.defer();
    }
    Ok(kept)
}

/// Returns the tasks that can be read, and removes the others, which no client of this protocol
/// has written.
fn known(
    tenure: &Tenure,
    connection: &mut Connection,
    taken: Vec<Result<Job, String>>,
) -> Result<Vec<Job>, Error> {
    let mut jobs = Vec::with_capacity(taken.len());
    for job in taken {
        match job {
            Ok(job) => jobs.push(job),
            Err(id) => {
                log::warn!("an entry of the queue is no task, and is removed: {id}");
                let mut acknowledge = redis::cmd("XACK");
                acknowledge.arg(tenure.keys.tasks()).arg("w").arg(&id);
                connection.query(&acknowledge)?;
                let mut delete = redis::cmd("XDEL");
                delete.arg(tenure.keys.tasks()).arg(&id);
                connection.query(&delete)?;
                // It may have been another worker's, which has died.
                let mut forget = redis::cmd("HDEL");
                forget.arg(tenure.keys.lost()).arg(&id);
                connection.query(&forget)?;
            }
        }
    }
    Ok(jobs)
}

/// Looks for each task whether its run is alive and waits for it: other work is not begun.
fn alive(
    tenure: &Tenure,
    connection: &mut Connection,
    jobs: Vec<Job>,
) -> Result<Vec<(Job, bool)>, Error> {
    let mut runs: HashMap<String, Vec<Job>> = HashMap::new();
    for job in jobs {
        runs.entry(job.run.clone()).or_default().push(job);
    }
    let mut all = Vec::new();
    for (run, jobs) in runs {
        let mut open = redis::cmd("HMGET");
        open.arg(tenure.keys.of_run(&run).open());
        jobs.iter().for_each(|job| {
            open.arg(&job.n);
        });
        let ids = reply::list(connection.query(&open)?);
        let ids = ids.into_iter().map(reply::text);
        for (job, id) in jobs.into_iter().zip(ids) {
            let is_alive = id.as_ref() == Some(&job.id);
            all.push((job, is_alive));
        }
    }
    Ok(all)
}

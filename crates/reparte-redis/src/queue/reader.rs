//! The reader of a run: it delivers answers, and compares what waits with what the server has.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crate::connection::{BLOCK, Connection};
use crate::error::Error;
use crate::link::Link;
use crate::queue::answer::Answer;
use crate::queue::run::{EXPIRY, Run};
use crate::reply;
use crate::script::{Script, ScriptCall};
use crate::shutdown::Shutdown;

/// The time between two comparisons with the server.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// The time between two comparisons that look at each task's entry.
const DEEP_CHECK_EVERY: Duration = Duration::from_secs(60);
/// The time between two warnings that there is no worker.
const WARN_EVERY: Duration = Duration::from_secs(30);
/// The most answers of one read.
const ANSWERS: usize = 256;
/// The fewest tasks that are on the queue at a time.
pub(crate) const LEAST_SLOTS: usize = 16;

/// The reader of a run.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) run: Arc<Run>,
    pub(crate) link: Link,
    pub(crate) shutdown: Shutdown,
    pub(crate) most_slots: usize,
    times: Times,
}

/// The times of what the reader does now and then.
#[derive(Debug, Default)]
struct Times {
    checked: Option<Instant>,
    deeply_checked: Option<Instant>,
    warned: Option<Instant>,
}

impl Reader {
    pub(crate) fn new(run: Arc<Run>, link: Link, shutdown: Shutdown, most_slots: usize) -> Self {
        Self {
            run,
            link,
            shutdown,
            most_slots,
            times: Times::default(),
        }
    }

    /// Reads until the sign to end.
    pub(crate) fn run(mut self) {
        let most_slots = self.most_slots;
        while !self.shutdown.has_come() {
            let Reader {
                run, link, times, ..
            } = &mut self;
            let outcome = link.attempt(|connection| {
                let is_new = times
                    .checked
                    .is_none_or(|at| at.elapsed() > connection.age());
                let is_gone = run.take_gone();
                if is_new || is_gone || is_due(times.checked, CHECK_EVERY) {
                    let is_deep = is_new || is_due(times.deeply_checked, DEEP_CHECK_EVERY);
                    reconcile(run, connection, is_deep, is_new || is_gone)?;
                    times.checked = Some(Instant::now());
                    if is_deep {
                        times.deeply_checked = times.checked;
                    }
                    watch_workers(run, connection, most_slots, &mut times.warned)?;
                }
                read(run, connection, Some(BLOCK)).map(drop)
            });
            if let Err(error) = outcome {
                // Waiting calls are told when their patience ends.
                times.checked = None;
                log::debug!("reading answers: {error}");
            }
        }
    }
}

fn is_due(last: Option<Instant>, every: Duration) -> bool {
    last.is_none_or(|at| at.elapsed() >= every)
}

/// Opens the run if it is not there, and submits again what the server has lost.
fn reconcile(
    run: &Arc<Run>,
    connection: &mut Connection,
    is_deep: bool,
    may_be_gone: bool,
) -> Result<(), Error> {
    if may_be_gone {
        open(run, connection)?;
    }
    let numbers = run.waiting.numbers();
    let check = |connection: &mut Connection| {
        let call = ScriptCall::new(Script::Check, run.submit_keys())
            .number(millis(EXPIRY))
            .arg(run.keys.run.as_bytes())
            .arg(if is_deep { "1" } else { "0" })
            .args(numbers.iter().map(u64::to_string));
        connection.run(&call).map(reply::texts)
    };
    let mut found = check(connection)?;
    if found.first().is_some_and(|state| state == "gone") {
        log::warn!("the engine has forgotten this run: its tasks are submitted again");
        open(run, connection)?;
        found = check(connection)?;
    }
    let missing: Vec<u64> = found.iter().filter_map(|n| n.parse().ok()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    // Some are done, and their answers are there. The rest is lost.
    while read(run, connection, None)? > 0 {}
    let lost = missing.into_iter().filter_map(|n| run.waiting.task(n));
    lost.for_each(|task| run.submit(task));
    Ok(())
}

/// Opens the run.
pub(crate) fn open(run: &Run, connection: &mut Connection) -> Result<(), Error> {
    let call = ScriptCall::new(Script::Open, run.submit_keys()).number(millis(EXPIRY));
    connection.run(&call).map(drop)
}

/// Reads answers, gives them to the calls that wait, and deletes them. Returns their number.
fn read(run: &Run, connection: &mut Connection, block: Option<Duration>) -> Result<usize, Error> {
    let results = run.keys.results();
    let mut command = redis::cmd("XREAD");
    command.arg("COUNT").arg(ANSWERS);
    if let Some(block) = block {
        command.arg("BLOCK").arg(millis(block));
    }
    // From the beginning, always: after a failover the ids may begin earlier.
    command.arg("STREAMS").arg(&results).arg("0-0");
    let entries = reply::entries(connection.query(&command)?);
    let count = entries.len();
    if count == 0 {
        return Ok(0);
    }
    let mut delete = redis::cmd("XDEL");
    delete.arg(&results);
    for entry in entries {
        delete.arg(&entry.id);
        if let Some((n, answer)) = Answer::read(entry) {
            run.waiting.end(n, Ok(answer));
        }
    }
    connection.query(&delete)?;
    Ok(count)
}

/// Fits the window to the workers' slots, and warns if there is no worker.
fn watch_workers(
    run: &Run,
    connection: &mut Connection,
    most_slots: usize,
    warned: &mut Option<Instant>,
) -> Result<(), Error> {
    let slots = worker_slots(&run.keys.queue.workers(), connection)?;
    run.window.store(window(slots, most_slots), Relaxed);
    if slots == 0 && is_due(*warned, WARN_EVERY) {
        *warned = Some(Instant::now());
        log::warn!("no worker has announced itself for this function: its tasks wait for one");
    }
    Ok(())
}

/// Returns the slots of all workers.
pub(crate) fn worker_slots(workers: &str, connection: &mut Connection) -> Result<usize, Error> {
    let mut command = redis::cmd("HVALS");
    command.arg(workers);
    let details = reply::texts(connection.query(&command)?);
    let slots = details.iter().filter_map(|of| {
        let slots: u16 = of.split_whitespace().next()?.parse().ok()?;
        Some(usize::from(slots))
    });
    Ok(slots.sum())
}

/// Returns the window for so many slots of workers.
pub(crate) fn window(slots: usize, most_slots: usize) -> usize {
    slots.saturating_mul(2).max(LEAST_SLOTS).min(most_slots)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_twice_the_slots_within_its_bounds() {
        for (slots, expected) in [(0, 16), (8, 16), (9, 18), (100, 200), (1000, 256)] {
            assert_eq!(window(slots, 256), expected);
        }
    }
}

//! The reader of a run: it delivers answers, and compares what waits with what the server has.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crate::connection::{BLOCK, Connection};
use crate::error::Error;
use crate::link::Link;
use crate::queue::answer::Answer;
use crate::queue::kept_answers::KeptAnswers;
use crate::queue::kept_run::hold;
use crate::queue::run::Run;
use crate::queue::run_scripts::{ANSWER_BYTES, ANSWERS, READS, open_call};
use crate::reply::{self, Entry};
use crate::script::{Script, ScriptCall, millis};
use crate::shutdown::Shutdown;

/// The time between two comparisons with the server.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// The time between two comparisons that look at each task's entry.
const DEEP_CHECK_EVERY: Duration = Duration::from_secs(60);
/// The time between two warnings that tasks wait and there is no worker.
const WARN_EVERY: Duration = Duration::from_secs(300);
/// The fewest tasks that are on the queue at a time.
pub(crate) const LEAST_SLOTS: usize = 16;

/// The reader of a run.
#[derive(Debug)]
pub(crate) struct Reader {
    run: Arc<Run>,
    link: Link,
    shutdown: Shutdown,
    most_slots: usize,
    /// The name of the queue.
    name: Arc<str>,
    times: Times,
    answers: AnswerReader,
}

/// Reads the answers of a run.
#[derive(Debug)]
enum AnswerReader {
    /// Each answer that is read is deleted with the next read.
    Plain,
    Kept(KeptAnswers),
}

/// The times of what the reader does now and then.
#[derive(Debug, Default)]
struct Times {
    checked: Option<Instant>,
    deeply_checked: Option<Instant>,
    warned: Option<Instant>,
}

impl Reader {
    pub(crate) fn new(
        run: Arc<Run>,
        link: Link,
        shutdown: Shutdown,
        most_slots: usize,
        name: Arc<str>,
    ) -> Self {
        let answers = match &run.kept {
            Some(_) => AnswerReader::Kept(KeptAnswers::default()),
            None => AnswerReader::Plain,
        };
        Self {
            run,
            link,
            shutdown,
            most_slots,
            name,
            times: Times::default(),
            answers,
        }
    }

    /// Reads until the sign to end.
    pub(crate) fn run(mut self) {
        let most_slots = self.most_slots;
        while !self.shutdown.has_come() {
            let Reader {
                run,
                link,
                name,
                times,
                answers,
                shutdown,
                ..
            } = &mut self;
            let outcome = link.attempt(|connection| {
                let is_new = times
                    .checked
                    .is_none_or(|at| at.elapsed() > connection.age());
                let is_gone = run.take_gone();
                if is_new || is_gone || is_due(times.checked, CHECK_EVERY) {
                    let is_deep = is_new || is_due(times.deeply_checked, DEEP_CHECK_EVERY);
                    if let Some(kept) = run.kept.as_ref().filter(|_| !shutdown.has_come()) {
                        kept.note_held(hold(&run.keys, &kept.holder, connection)?);
                    }
                    reconcile(run, connection, answers, is_deep, is_new || is_gone)?;
                    // The run may have ended meanwhile: what was taken and opened since is left over.
                    if let Some(last) = run.last_call() {
                        connection.run(&last)?;
                    }
                    times.checked = Some(Instant::now());
                    if is_deep {
                        times.deeply_checked = times.checked;
                    }
                    let are_any = watch_workers(run, connection, most_slots)?;
                    if !are_any && run.waiting.are_any() && is_due(times.warned, WARN_EVERY) {
                        times.warned = Some(Instant::now());
                        warn_of_no_worker(name);
                    }
                    if run.is_withdrawn() {
                        // Tasks that workers have given back since.
                        drop(run.withdraw());
                    }
                }
                match answers {
                    AnswerReader::Plain => {
                        let delivered = wait_for_answer(run, connection)?;
                        read_all(run, connection, delivered)
                    }
                    AnswerReader::Kept(answers) => answers.wait(run, connection),
                }
            });
            if let Err(error @ Error::Held { .. }) = outcome {
                return run.lose(error);
            }
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
    answers: &mut AnswerReader,
    is_deep: bool,
    may_be_gone: bool,
) -> Result<(), Error> {
    if may_be_gone {
        open_again(run, connection, answers)?;
    }
    // Those on their way to the server are not lost, and would be there twice.
    let numbers = run.waiting.submitted();
    let check = |connection: &mut Connection| {
        let call = ScriptCall::new(Script::Check, run.run_keys())
            .number(millis(run.expiry()))
            .arg(run.keys.run.as_bytes())
            .arg(if is_deep { "1" } else { "0" })
            .args(numbers.iter().map(u64::to_string));
        connection.run(&call).map(reply::texts)
    };
    let mut found = check(connection)?;
    if found.first().is_some_and(|state| state == "gone") {
        if run.last_call().is_some() {
            return Ok(());
        }
        log::warn!("the engine has forgotten this run: its tasks are submitted again");
        open_again(run, connection, answers)?;
        found = check(connection)?;
    }
    let missing: Vec<u64> = found.iter().filter_map(|n| n.parse().ok()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    // Some are done, and their answers are there. The rest is lost.
    match answers {
        AnswerReader::Plain => read_all(run, connection, Vec::new())?,
        AnswerReader::Kept(answers) => answers.read_all(run, connection)?,
    }
    missing.into_iter().for_each(|n| run.submit_again(n));
    Ok(())
}

/// Opens the run. Returns true if it was not there.
pub(crate) fn open(run: &Run, connection: &mut Connection) -> Result<bool, Error> {
    let call = open_call(&run.keys, run.kept.is_some(), run.expiry());
    let is_new = connection.run(&call)?;
    Ok(reply::number(&is_new) == Some(1))
}

/// Opens the run if it is not there, and reads its answers from the beginning then: the ids of a new stream
/// may be below the last one, such as after the server's clock was set back.
fn open_again(
    run: &Run,
    connection: &mut Connection,
    answers: &mut AnswerReader,
) -> Result<(), Error> {
    if open(run, connection)?
        && let AnswerReader::Kept(answers) = answers
    {
        *answers = KeptAnswers::default();
    }
    Ok(())
}

/// Waits until there is an answer, for a time at most, and gives it to its call. Returns its id.
fn wait_for_answer(run: &Run, connection: &mut Connection) -> Result<Vec<String>, Error> {
    let mut command = redis::cmd("XREAD");
    command.arg("COUNT").arg("1");
    command.arg("BLOCK").arg(millis(BLOCK));
    // From the beginning, always: after a failover the ids may begin earlier.
    command.arg("STREAMS").arg(run.keys.results()).arg("0-0");
    let entries = reply::entries(connection.query(&command)?);
    Ok(deliver(run, entries))
}

/// Reads the answers that are there, gives them to the calls that wait, and deletes them, with
/// those that were delivered before. Ends after some reads, if answers come all the time.
fn read_all(
    run: &Run,
    connection: &mut Connection,
    mut delivered: Vec<String>,
) -> Result<(), Error> {
    for round in 1..=READS {
        let most = if round < READS { ANSWERS } else { 0 };
        let call = ScriptCall::new(Script::Read, [run.keys.results()])
            .number(most)
            .number(ANSWER_BYTES)
            .args(delivered);
        let entries = reply::entries_of_list(connection.run(&call)?);
        if entries.is_empty() {
            break;
        }
        delivered = deliver(run, entries);
    }
    Ok(())
}

/// Gives answers to the calls that wait. Returns the ids of the answers.
fn deliver(run: &Run, entries: Vec<Entry>) -> Vec<String> {
    let mut ids = Vec::with_capacity(entries.len());
    for entry in entries {
        ids.push(entry.id.clone());
        if let Some((n, answer)) = Answer::read(entry) {
            run.waiting.note_lost(n, answer.lost());
            run.waiting.note_unfit(n, answer.unfit());
            match answer.is_begin() {
                true => run.waiting.note_begun(n, answer.worker(), answer.at_work()),
                false => {
                    run.waiting.end(n, Ok(answer));
                }
            }
        }
    }
    ids
}

/// Fits the window to the workers' slots. Returns whether there is a worker.
fn watch_workers(run: &Run, connection: &mut Connection, most_slots: usize) -> Result<bool, Error> {
    let Workers {
        names,
        slots,
        are_any,
    } = read_workers(&run.keys.queue.workers(), connection)?;
    run.window.store(window(slots, most_slots), Relaxed);
    run.set_workers(names);
    if are_any {
        run.shortage.note_worker();
    }
    Ok(are_any)
}

/// Warns that the tasks of a queue wait for a worker.
fn warn_of_no_worker(queue: &str) {
    let function = queue
        .rsplit_once('#')
        .map_or(queue, |(_, function)| function);
    log::warn!(
        "{queue}: no worker is there for the function {function}, and its tasks wait for one"
    );
}

/// The workers that have announced themselves.
pub(crate) struct Workers {
    /// The names of those that have slots. One without any was unfit for all its tasks, and no task
    /// is to wait for it.
    pub(crate) names: Vec<Arc<str>>,
    /// Their slots together.
    pub(crate) slots: usize,
    /// There are some, with or without slots.
    pub(crate) are_any: bool,
}

/// Returns the workers of a queue.
pub(crate) fn read_workers(workers: &str, connection: &mut Connection) -> Result<Workers, Error> {
    let mut command = redis::cmd("HGETALL");
    command.arg(workers);
    let texts = reply::texts(connection.query(&command)?);
    let mut found = Workers {
        names: Vec::new(),
        slots: 0,
        are_any: !texts.is_empty(),
    };
    for worker in texts.chunks_exact(2) {
        let slots = worker[1].split_whitespace().next();
        let slots: Option<u16> = slots.and_then(|slots| slots.parse().ok());
        found.slots += usize::from(slots.unwrap_or_default());
        if slots != Some(0) {
            found.names.push(worker[0].as_str().into());
        }
    }
    found.names.sort_unstable();
    Ok(found)
}

/// Returns the window for so many slots of workers.
pub(crate) fn window(slots: usize, most_slots: usize) -> usize {
    slots.saturating_mul(2).max(LEAST_SLOTS).min(most_slots)
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

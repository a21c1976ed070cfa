//! A task that a worker has taken.

use std::time::Duration;

use redis::Value;

use crate::kind::SUSPECT_AFTER;
use crate::reply::{self, Entry};

/// A task that a worker has taken.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// The id of its entry.
    pub(crate) id: String,
    pub(crate) run: String,
    pub(crate) n: String,
    /// The document of the call.
    pub(crate) call: Vec<u8>,
    /// The time that the work may take.
    pub(crate) limit: Option<Duration>,
    /// The workers that are to avoid it.
    pub(crate) avoid: Vec<String>,
    /// The workers that were lost with it.
    pub(crate) lost: Vec<String>,
}

impl Job {
    /// Reads an entry of the stream of tasks. One that does not begin with the fields of a task is a
    /// stranger's: the scripts find none there.
    pub(crate) fn read(mut entry: Entry, lost: &str) -> Result<Self, String> {
        if !entry.begins_with(&["run", "n", "call"]) {
            return Err(entry.id);
        }
        let missing = |entry: &Entry| entry.id.clone();
        let limit = entry.number("limit").filter(|limit| *limit > 0);
        let text = |name| entry.text(name).map(str::to_owned);
        let (Some(run), Some(n)) = (text("run"), text("n")) else {
            return Err(missing(&entry));
        };
        let avoid = lines(&entry.any_text("avoid"));
        let call = entry.take("call").ok_or_else(|| missing(&entry))?;
        Ok(Self {
            id: entry.id,
            run,
            n,
            call,
            limit: limit.map(Duration::from_millis),
            avoid,
            lost: lines(lost),
        })
    }

    /// Returns true if the worker is to have no other task beside it.
    pub(crate) fn is_suspect(&self) -> bool {
        self.lost.len() == SUSPECT_AFTER
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// A reply of TAKE.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) jobs: Vec<Result<Job, String>>,
    /// The worker is chosen to end its tasks, and to take one alone then.
    pub(crate) is_chosen: bool,
}

/// The id of the element which says that the worker is chosen.
const CHOSEN: &str = "alone";

impl Taken {
    /// Reads a reply.
    pub(crate) fn read(reply: Value) -> Self {
        let mut taken = Self::default();
        for element in reply::list(reply) {
            let mut parts = reply::list(element).into_iter();
            let (Some(id), Some(fields)) = (parts.next(), parts.next()) else {
                continue;
            };
            let lost = parts.next().and_then(reply::text);
            match (Entry::read(id, fields), lost) {
                (Some(entry), _) if entry.id == CHOSEN => taken.is_chosen = true,
                (Some(entry), Some(lost)) => taken.jobs.push(Job::read(entry, &lost)),
                _ => {}
            }
        }
        taken
    }
}

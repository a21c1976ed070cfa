//! A task that a worker has taken.

use std::time::Duration;

use redis::Value;

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
    /// Reads an entry of the stream of tasks. An entry that lacks a field is a stranger's.
    pub(crate) fn read(mut entry: Entry, lost: &str) -> Result<Self, String> {
        let missing = |entry: &Entry| entry.id.clone();
        let limit = entry.number("limit").filter(|limit| *limit > 0);
        let text = |name| entry.text(name).map(str::to_owned);
        let (Some(run), Some(n)) = (text("run"), text("n")) else {
            return Err(missing(&entry));
        };
        let avoid = entry.text("avoid").unwrap_or_default();
        let avoid = avoid.lines().map(str::to_owned).collect();
        let call = entry.take("call").ok_or_else(|| missing(&entry))?;
        Ok(Self {
            id: entry.id,
            run,
            n,
            call,
            limit: limit.map(Duration::from_millis),
            avoid,
            lost: lost.lines().map(str::to_owned).collect(),
        })
    }

    /// Reads a reply of TAKE.
    pub(crate) fn read_taken(reply: Value) -> Vec<Result<Self, String>> {
        let job = |taken| {
            let mut parts = reply::list(taken).into_iter();
            let entry = Entry::read(parts.next()?, parts.next()?)?;
            let lost = reply::text(parts.next()?)?;
            Some(Self::read(entry, &lost))
        };
        reply::list(reply).into_iter().filter_map(job).collect()
    }
}

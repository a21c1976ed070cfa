//! The health of the server, as a queue or a worker sees it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;

/// The health of the server. Its parts fail and recover on their own: a server that is full is
/// read from, and refuses tasks all the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Health(Arc<Mutex<State>>);

/// The health of one connection, or of the calls that are refused on it.
#[derive(Debug)]
pub(crate) struct HealthPart {
    health: Health,
    index: usize,
}

/// A failure that lasts.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) lasts: Duration,
    /// The text of the last error.
    pub(crate) last: String,
}

#[derive(Debug, Default)]
struct State {
    /// For each part the time of the first failure since the last success.
    failing_since: Vec<Option<Instant>>,
    /// The error that was logged last: another one of the same text is not logged.
    logged: Option<String>,
}

impl Health {
    /// Returns a part that has not failed yet.
    pub(crate) fn part(&self) -> HealthPart {
        let mut state = self.lock();
        state.failing_since.push(None);
        HealthPart {
            health: self.clone(),
            index: state.failing_since.len() - 1,
        }
    }

    /// Returns the failure of the part that has failed for the longest time.
    pub(crate) fn failure(&self) -> Option<Failure> {
        let state = self.lock();
        let first = state.failing_since.iter().flatten().min().copied();
        first.map(|since| Failure {
            lasts: since.elapsed(),
            last: state.logged.clone().unwrap_or_default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment, so the state is whole after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HealthPart {
    /// Notes a success.
    pub(crate) fn note_success(&self) {
        self.set_failing_since(None);
    }

    /// Notes a failure, and logs it unless it is that of before.
    pub(crate) fn note_failure(&self, error: &Error) {
        self.log(error);
        let mut state = self.health.lock();
        if let Some(part) = state.failing_since.get_mut(self.index) {
            part.get_or_insert_with(Instant::now);
        }
    }

    /// Sets the time since which it fails. None if it does not.
    pub(crate) fn set_failing_since(&self, since: Option<Instant>) {
        let mut state = self.health.lock();
        if let Some(part) = state.failing_since.get_mut(self.index) {
            *part = since;
        }
        let is_well = state.failing_since.iter().all(Option::is_none);
        if is_well && state.logged.take().is_some() {
            log::info!("the engine answers again");
        }
    }

    /// Logs a failure, unless it is that of before.
    pub(crate) fn log(&self, error: &Error) {
        let text = error.to_string();
        let mut state = self.health.lock();
        if state.logged.as_ref() != Some(&text) {
            log::warn!("the engine: {text}; trying again");
            state.logged = Some(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader's success once hid that the server was full.
    #[test]
    fn the_success_of_one_part_does_not_hide_the_failure_of_another() {
        let health = Health::default();
        let (reads, writes) = (health.part(), health.part());
        assert!(health.failure().is_none());
        writes.note_failure(&Error::Closed);
        reads.note_success();
        assert_eq!(health.failure().unwrap().last, Error::Closed.to_string());
        writes.note_success();
        assert!(health.failure().is_none());
    }
}

//! The shortage of this machine: how long a program may wait to be started.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The times for which a shortage is waited for, if no program of the run is at work meanwhile.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShortagePatience {
    /// Before any program was started.
    pub(super) at_start: Duration,
    /// After one was: other programs of the machine may end.
    pub(super) later: Duration,
}

/// The starts that failed in a row for want of something.
#[derive(Debug)]
pub(super) struct Shortage {
    patience: ShortagePatience,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    has_started: bool,
    since: Option<Instant>,
}

impl Shortage {
    pub(super) fn new(patience: ShortagePatience) -> Self {
        Shortage {
            patience,
            state: Mutex::default(),
        }
    }

    /// Notes that a program was started, or is at work.
    pub(super) fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State {
            has_started: true,
            since: None,
        };
    }

    /// Notes that a program could not be started. Returns the time of the shortage, once it has
    /// lasted for too long.
    pub(super) fn go_on(&self, now: Instant) -> Option<Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = match state.has_started {
            false => self.patience.at_start,
            true => self.patience.later,
        };
        let since = *state.since.get_or_insert(now);
        let time = now.saturating_duration_since(since);
        (time >= patience).then_some(time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_lasts_until_a_program_is_at_work() {
        let seconds = Duration::from_secs;
        let shortage = Shortage::new(ShortagePatience {
            at_start: seconds(5),
            later: seconds(600),
        });
        let begin = Instant::now();
        let after = |time| shortage.go_on(begin + seconds(time));
        assert_eq!((after(0), after(4)), (None, None));
        assert_eq!(after(5), Some(seconds(5)));
        shortage.end();
        assert_eq!((after(6), after(605)), (None, None));
        assert_eq!(after(606), Some(seconds(600)));
    }
}

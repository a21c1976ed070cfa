//! Ranges of a list, each sized for the speed of its server.
//!
//! A range is taken when a call begins, and given back if the call fails: so no range is left
//! out, and none is worked on by two calls at a time.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The factor by which a server's range may exceed its previous one.
const GROWTH: u64 = 4;

/// A list of numbers 0, 1, 2, … that is handed out in ranges.
#[derive(Debug)]
pub(super) struct Ranges {
    /// Lengths are multiples of this, but for the last one.
    step: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The numbers that were never taken.
    rest: Range<u64>,
    /// Ranges that were given back.
    returned: Vec<Range<u64>>,
    /// The time that a call should take.
    call_time: Duration,
    /// The speed of each server, by its name.
    speeds: HashMap<Arc<str>, Speed>,
}

/// The speed of a server.
#[derive(Debug, Clone, Copy)]
struct Speed {
    seconds_each: f64,
    last_len: u64,
}

impl Ranges {
    /// Creates the list of the numbers below `end`.
    pub(super) fn new(end: u64, step: u64, call_time: Duration) -> Self {
        Ranges {
            step,
            state: Mutex::new(State {
                rest: 0..end,
                returned: Vec::new(),
                call_time,
                speeds: HashMap::new(),
            }),
        }
    }

    /// Returns whether all ranges are taken.
    pub(super) fn is_empty(&self) -> bool {
        let state = self.lock();
        state.rest.is_empty() && state.returned.is_empty()
    }

    /// Sets the time that a call should take from now on.
    pub(super) fn set_call_time(&self, call_time: Duration) {
        self.lock().call_time = call_time;
    }

    /// Takes a range for a server; `None` if none is left.
    pub(super) fn take(&self, server: &Arc<str>) -> Option<Range<u64>> {
        let mut state = self.lock();
        let len = match state.speeds.get(server) {
            None => self.step,
            Some(speed) => {
                let fitting = state.call_time.as_secs_f64() / speed.seconds_each.max(1e-9);
                let steps = fitting as u64 / self.step * self.step;
                steps.clamp(
                    self.step,
                    speed.last_len.saturating_mul(GROWTH).max(self.step),
                )
            }
        };
        let range = match state.returned.pop() {
            Some(mut range) => {
                let rest = range.start.saturating_add(len).min(range.end)..range.end;
                range.end = rest.start;
                if !rest.is_empty() {
                    state.returned.push(rest);
                }
                range
            }
            None => {
                let start = state.rest.start;
                let end = start.saturating_add(len).min(state.rest.end);
                state.rest.start = end;
                start..end
            }
        };
        (!range.is_empty()).then_some(range)
    }

    /// Gives back a range, or the part of one, that was not worked on.
    pub(super) fn give_back(&self, range: Range<u64>) {
        if !range.is_empty() {
            self.lock().returned.push(range);
        }
    }

    /// Removes numbers that are done already.
    pub(super) fn remove(&self, done: Range<u64>) {
        let mut state = self.lock();
        let before = |range: &Range<u64>| range.start..range.end.min(done.start);
        let after = |range: &Range<u64>| range.start.max(done.end)..range.end;
        let parts = state.returned.iter();
        let mut returned: Vec<_> = parts
            .flat_map(|range| [before(range), after(range)])
            .collect();
        // Those after it that were never taken stay so.
        returned.push(before(&state.rest));
        state.rest = after(&state.rest);
        returned.retain(|range| !range.is_empty());
        state.returned = returned;
    }

    /// Notes that a server has worked through `len` numbers.
    pub(super) fn note_speed(&self, server: &Arc<str>, len: u64, time: Duration) {
        if len > 0 {
            let speed = Speed {
                seconds_each: time.as_secs_f64() / len as f64,
                last_len: len,
            };
            self.lock().speeds.insert(Arc::clone(server), speed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is whole before anything could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn servers() -> [Arc<str>; 2] {
        ["fast", "slow"].map(Arc::from)
    }

    #[test]
    fn a_range_is_as_long_as_its_server_needs_the_time_for() {
        let ranges = Ranges::new(10_000, 8, 4 * SECOND);
        let [fast, slow] = servers();
        let mut lengths = Vec::new();
        for (server, each) in [(&fast, SECOND / 100), (&slow, SECOND)] {
            for _ in 0..6 {
                let range = ranges.take(server).unwrap();
                let len = range.end - range.start;
                ranges.note_speed(server, len, each * len as u32);
                lengths.push(len);
            }
        }
        assert_eq!(lengths, [8, 32, 128, 400, 400, 400, 8, 8, 8, 8, 8, 8]);
        ranges.set_call_time(SECOND / 10);
        assert_eq!(
            ranges.take(&fast).map(|range| range.end - range.start),
            Some(8)
        );
    }

    #[test]
    fn what_is_given_back_is_taken_again_and_nothing_twice() {
        let ranges = Ranges::new(100, 7, SECOND);
        let [fast, slow] = servers();
        let mut seen = Vec::new();
        let mut turn = 0;
        while let Some(range) = ranges.take([&fast, &slow][turn % 2]) {
            turn += 1;
            // Every third call fails, every fourth covers a part.
            if turn % 3 == 0 {
                ranges.give_back(range);
                continue;
            }
            let end = if turn % 4 == 0 {
                range.start + 1
            } else {
                range.end
            };
            ranges.give_back(end..range.end);
            ranges.note_speed(&fast, end - range.start, SECOND / 50);
            seen.extend(range.start..end);
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
        assert!(ranges.is_empty());
    }

    #[test]
    fn what_is_removed_is_never_taken() {
        let ranges = Ranges::new(40, 7, SECOND);
        let [fast, _] = servers();
        let mut expected: Vec<u64> = (0..40).collect();
        for done in [0..3, 5..6, 12..20, 13..14, 2..4, 39..40, 25..30, 24..31] {
            expected.retain(|number| !done.contains(number));
            ranges.remove(done);
        }
        ranges.give_back(2..4);
        expected.extend([2, 3]);
        let mut seen = Vec::new();
        while let Some(range) = ranges.take(&fast) {
            seen.extend(range);
        }
        seen.sort_unstable();
        expected.sort_unstable();
        assert_eq!(seen, expected);
        ranges.remove(0..40);
        assert!(ranges.is_empty());
    }
}

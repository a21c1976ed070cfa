//! A run's events with their times, and actions at a later time.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use reparte::{Event, Events};

use test_support::PATIENCE;

/// The events of a run, each with the moment at which it was seen.
pub(crate) struct EventWatch {
    events: Events,
    seen: Vec<(Instant, Event)>,
}

impl EventWatch {
    pub(crate) fn new(events: Events) -> Self {
        EventWatch {
            events,
            seen: Vec::new(),
        }
    }

    /// Waits for an event after `since`, and returns the time between the two.
    #[track_caller]
    pub(crate) fn after(&mut self, since: Instant, is: impl Fn(&Event) -> bool) -> Duration {
        let found = |(at, event): &(Instant, Event)| {
            (*at >= since && is(event)).then(|| at.duration_since(since))
        };
        if let Some(time) = self.seen.iter().find_map(found) {
            return time;
        }
        while since.elapsed() < PATIENCE {
            if let Ok(event) = self.events.next_timeout(Duration::from_millis(100)) {
                self.seen.push((Instant::now(), event));
                if let Some(time) = self.seen.last().and_then(found) {
                    return time;
                }
            }
        }
        panic!("it never happened: {:?}", self.seen);
    }
}

/// Runs `what` in a thread, once `after` has passed.
pub(crate) fn later<T: Send + 'static>(
    after: Duration,
    what: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    thread::spawn(move || {
        thread::sleep(after);
        what()
    })
}

//! Times at which something is due for a server.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::ids::ServerId;

/// At most one time a server, the earliest first. The time itself is kept by
/// the server's state, which passes the old and the new one to [`set`](Self::set).
#[derive(Debug, Default)]
pub(super) struct Timers {
    times: BTreeSet<(Duration, ServerId)>,
}

impl Timers {
    /// Replaces the server's time.
    pub(super) fn set(
        &mut self,
        server: ServerId,
        old: &mut Option<Duration>,
        new: Option<Duration>,
    ) {
        if *old == new {
            return;
        }
        if let Some(at) = std::mem::replace(old, new) {
            self.times.remove(&(at, server));
        }
        if let Some(at) = new {
            self.times.insert((at, server));
        }
    }

    /// Returns the servers whose time is at `time` or before.
    pub(super) fn until(&self, time: Duration) -> impl Iterator<Item = ServerId> {
        let times = self.times.iter().take_while(move |(at, _)| *at <= time);
        times.map(|&(_, server)| server)
    }

    /// Returns the earliest time after `time`.
    pub(super) fn after(&self, time: Duration) -> Option<Duration> {
        let later = time.checked_add(Duration::from_nanos(1))?;
        let mut later = self.times.range((later, ServerId::new(0))..);
        later.next().map(|&(at, _)| at)
    }

    /// Returns the earliest time and its server.
    pub(super) fn first(&self) -> Option<(Duration, ServerId)> {
        self.times.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_time_comes_first() {
        let mut timers = Timers::default();
        let [one, two] = [1, 2].map(ServerId::new);
        let (mut of_one, mut of_two) = (None, None);
        let secs = |secs| Some(Duration::from_secs(secs));
        timers.set(one, &mut of_one, secs(5));
        timers.set(two, &mut of_two, secs(5));
        assert_eq!(timers.first(), Some((Duration::from_secs(5), one)));
        timers.set(one, &mut of_one, secs(9));
        assert_eq!(of_one, secs(9));
        assert_eq!(timers.first(), Some((Duration::from_secs(5), two)));
        let until = |time| timers.until(Duration::from_secs(time)).collect::<Vec<_>>();
        assert_eq!(
            [until(4), until(5), until(9)],
            [vec![], vec![two], vec![two, one]]
        );
        assert_eq!(timers.after(Duration::from_secs(5)), secs(9));
        assert_eq!(timers.after(Duration::from_secs(9)), None);
        timers.set(two, &mut of_two, None);
        timers.set(one, &mut of_one, secs(9));
        assert_eq!(timers.first(), Some((Duration::from_secs(9), one)));
        timers.set(one, &mut of_one, None);
        assert_eq!(timers.first(), None);
    }
}

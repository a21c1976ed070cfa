//! The capacity of busy servers: how many calls at a time each has room for.
//!
//! A server that refuses a call while it runs others of ours is not away: it has no
//! room for one more. It gets no more calls at a time than it runs then. After each
//! pause, the time that it asked for, it gets one more at a time, then two, then four,
//! until all of its slots are used, or it refuses a call again.
//!
//! One that refuses a call while it runs no other, or asks for a long pause, is set
//! aside instead: see [`health`](super::health).

use std::time::Duration;

use crate::ids::{CallId, ServerId};
use crate::plan::backoff::LONGEST;
use crate::plan::timers::Timers;

/// The shortest pause before a server gets more calls at a time.
const SHORTEST: Duration = Duration::from_secs(1);

/// The capacity of every server.
#[derive(Debug, Default)]
pub(super) struct Capacity {
    servers: Vec<ServerCapacity>,
    timers: Timers,
}

#[derive(Debug, Default)]
struct ServerCapacity {
    /// Most calls at a time; `None` if the slots alone limit them.
    limit: Option<usize>,
    /// Number of calls by which the limit grows next.
    step: usize,
    /// Time between a refusal, or the limit's last growth, and its next one.
    pause: Duration,
    grows_at: Option<Duration>,
    /// The first call that began under the limit. Refusals of earlier ones say nothing
    /// new of a server that runs no other.
    began: Option<CallId>,
}

/// A call that a server has refused as busy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    pub(super) server: ServerId,
    pub(super) call: CallId,
    /// Number of other calls that run there.
    pub(super) running: usize,
    /// The time that the server asks for.
    pub(super) pause: Duration,
    /// The number of the next call.
    pub(super) next_call: CallId,
}

impl Capacity {
    pub(super) fn add_server(&mut self) {
        self.servers.push(ServerCapacity::default());
    }

    /// Lowers the limit of a server that has refused a call. Returns false if it is
    /// to be set aside instead.
    pub(super) fn refused(&mut self, refusal: Refusal, now: Duration) -> bool {
        let server = &mut self.servers[refusal.server.index()];
        let is_old = server.began.is_some_and(|began| refusal.call < began);
        if refusal.pause > LONGEST || refusal.running == 0 && !is_old {
            return false;
        }
        server.limit = Some(refusal.running.max(1));
        server.step = 1;
        server.pause = refusal.pause.max(SHORTEST);
        server.began = Some(refusal.next_call);
        let grows_at = now.checked_add(server.pause);
        self.timers
            .set(refusal.server, &mut server.grows_at, grows_at);
        true
    }

    /// Returns when the limit of the next server grows, and which server's.
    pub(super) fn next_timer(&self) -> Option<(Duration, ServerId)> {
        self.timers.first()
    }

    /// Raises the limit of a server of so many slots, if its time has come. Returns true
    /// then.
    pub(super) fn grow(&mut self, id: ServerId, slots: usize, now: Duration) -> bool {
        let server = &mut self.servers[id.index()];
        if server.grows_at.is_none_or(|at| at > now) {
            return false;
        }
        let limit = server.limit.map(|limit| limit.saturating_add(server.step));
        server.limit = limit.filter(|&limit| limit < slots);
        server.step = server.step.saturating_mul(2);
        let grows_at = server.limit.and_then(|_| now.checked_add(server.pause));
        self.timers.set(id, &mut server.grows_at, grows_at);
        true
    }

    /// Returns the most calls at a time that a server has room for, if it has refused
    /// some.
    pub(super) fn limit(&self, server: ServerId) -> Option<usize> {
        self.servers[server.index()].limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ServerId {
        ServerId::new(0)
    }

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn one_server() -> Capacity {
        let mut capacity = Capacity::default();
        capacity.add_server();
        capacity
    }

    fn refusal(call: u64, running: usize) -> Refusal {
        Refusal {
            server: id(),
            call: CallId::new(call),
            running,
            pause: secs(2),
            next_call: CallId::new(10),
        }
    }

    #[test]
    fn a_server_has_room_for_the_calls_that_it_runs() {
        let mut capacity = one_server();
        assert_eq!((capacity.limit(id()), capacity.next_timer()), (None, None));
        assert!(capacity.refused(refusal(3, 2), secs(1)));
        assert_eq!(capacity.limit(id()), Some(2));
        assert_eq!(capacity.next_timer(), Some((secs(3), id())));
    }

    #[test]
    fn the_limit_grows_faster_and_faster_until_it_is_of_no_account() {
        let mut capacity = one_server();
        assert!(!capacity.grow(id(), 9, secs(9)));
        assert!(capacity.refused(refusal(3, 2), secs(1)));
        let short = Duration::from_millis(1);
        assert!(!capacity.grow(id(), 9, secs(3) - short));
        for (at, limit) in [(3, Some(3)), (5, Some(5)), (7, None)] {
            assert!(capacity.grow(id(), 9, secs(at)));
            assert_eq!(capacity.limit(id()), limit);
            let next = limit.map(|_| (secs(at + 2), id()));
            assert_eq!(capacity.next_timer(), next);
        }
        assert!(capacity.refused(refusal(12, 7), secs(8)));
        assert!(capacity.grow(id(), 9, secs(10)));
        assert_eq!(capacity.limit(id()), Some(8), "the step is one again");
    }

    #[test]
    fn one_that_has_no_room_at_all_is_to_be_set_aside() {
        let mut capacity = one_server();
        assert!(!capacity.refused(refusal(3, 0), secs(1)));
        assert!(capacity.refused(refusal(3, 1), secs(1)));
        assert!(capacity.refused(refusal(9, 0), secs(1)), "it began before");
        assert_eq!(capacity.limit(id()), Some(1));
        assert!(!capacity.refused(refusal(10, 0), secs(1)));
    }

    #[test]
    fn one_that_asks_for_a_long_pause_is_to_be_set_aside() {
        let mut capacity = one_server();
        let refused = refusal(3, 1);
        let pause = LONGEST + Duration::from_millis(1);
        assert!(!capacity.refused(Refusal { pause, ..refused }, secs(1)));
        let pause = LONGEST;
        assert!(capacity.refused(Refusal { pause, ..refused }, secs(1)));
        assert_eq!(capacity.next_timer(), Some((secs(1) + LONGEST, id())));
        let pause = Duration::ZERO;
        assert!(capacity.refused(Refusal { pause, ..refused }, secs(1)));
        assert_eq!(capacity.next_timer(), Some((secs(2), id())));
    }
}

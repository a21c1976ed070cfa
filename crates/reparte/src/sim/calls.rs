//! The calls of a virtual world: how long they take, and how they end.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::event::Event;
use crate::sim::agenda::Incident;
use crate::sim::troubles::Flaw;
use crate::sim::world::World;

/// The answer of a server without memory for a call.
const NO_ROOM: ErrorKind = ErrorKind::Busy {
    retry_after: Some(Duration::from_secs(1)),
};

impl World {
    /// Starts a call, and enters its end into the agenda.
    pub(super) fn start_call(&mut self, task: TaskId, call: CallId, server: ServerId) {
        if self.submit(task, call, server) {
            return;
        }
        let poison = self.scenario.is_poison(task);
        let called = &mut self.servers[server.index()];
        let calls = called.calls;
        called.calls += 1;
        let called = &self.servers[server.index()];
        let troubles = &self.scenario.troubles;
        let flawed = troubles.flawed_call(server, task, calls, &mut self.random);
        let at_once = Duration::from_millis(1);
        let (after, outcome) = if !called.alive {
            (called.unreachable_after, Err(called.connect_error()))
        } else if called.refuses {
            let kinds = [
                ErrorKind::Refused,
                ErrorKind::NotFound,
                ErrorKind::Wrong,
                ErrorKind::Unfit,
                ErrorKind::Forbidden,
            ];
            let kind = kinds[self.random.below(5) as usize];
            (at_once, Err(kind))
        } else if troubles.is_behind_proxy(self.now) {
            (at_once, Err(ErrorKind::Http { status: 502 }))
        } else if let Some(kind) = troubles.spell(server, self.now) {
            (at_once, Err(kind))
        } else if troubles
            .room
            .is_some_and(|room| self.running_on(server) >= room)
        {
            (at_once, Err(NO_ROOM))
        } else if let Some(kind) = flawed {
            (self.scenario.limit_of(kind).unwrap_or(at_once), Err(kind))
        } else if matches!(troubles.flaw(server), Some(Flaw::Crashes)) {
            self.deadly.insert(call, task);
            (at_once, Ok(()))
        } else if troubles.slow_first == Some(server.index()) && calls == 0 {
            (Duration::from_secs(3600), Ok(()))
        } else if let Some(kind) = self.scenario.bad_task(task) {
            let drawn = self.draw_duration();
            (self.scenario.limit_of(kind).unwrap_or(drawn), Err(kind))
        } else if called.malformed {
            (self.draw_duration(), Err(ErrorKind::Malformed))
        } else if poison {
            self.deadly.insert(call, task);
            (self.draw_duration(), Ok(()))
        } else if self.random.below(100) < self.scenario.failures_percent {
            self.draw_failure()
        } else {
            (self.draw_duration(), Ok(()))
        };
        let after = self.servers[server.index()].takes(after, self.now);
        self.calls.insert(call, (server, outcome));
        self.agenda
            .enter(self.now + after, Incident::CallEnds(call));
    }

    /// Cancels a call, which ends soon, unless its server ignores that.
    pub(super) fn cancel_call(&mut self, call: CallId, server: ServerId) {
        if self.servers[server.index()].ignores_cancels {
            return;
        }
        if let Some((_, outcome)) = self.calls.get_mut(&call) {
            *outcome = Err(ErrorKind::Cancelled);
            let soon = Duration::from_millis(self.random.below(2));
            self.agenda.enter(self.now + soon, Incident::CallEnds(call));
        }
    }

    /// Ends a call, unless it has ended before or its server hangs. A deadly call
    /// ends with its server.
    pub(super) fn call_ends(&mut self, call: CallId) -> Option<Event> {
        let &(server, outcome) = self.calls.get(&call)?;
        let called = &mut self.servers[server.index()];
        // A cancelled call ends on the client's side, whatever its server does.
        if called.hung && outcome != Err(ErrorKind::Cancelled) {
            called.frozen.push(call);
            return None;
        }
        if let Some(task) = self.deadly.remove(&call)
            && outcome == Ok(())
        {
            *self.kills.entry(task).or_default() += 1;
            self.crash(server);
            return None;
        }
        self.calls.remove(&call);
        if let Some(queue) = &mut self.queue {
            queue.forget(call);
        }
        Some(Event::CallReturned { call, outcome })
    }

    /// Returns the calls in flight on a server.
    pub(super) fn calls_on(&self, server: ServerId) -> Vec<CallId> {
        let calls = self.calls.iter();
        calls
            .filter_map(|(&call, &(on, _))| (on == server).then_some(call))
            .collect()
    }

    /// Returns the number of calls that a server has memory in use for.
    fn running_on(&self, server: ServerId) -> usize {
        let calls = self.calls.values();
        calls
            .filter(|&&(on, outcome)| on == server && outcome != Err(NO_ROOM))
            .count()
    }

    /// Draws a duration: mostly short, now and then very long.
    pub(super) fn draw_duration(&mut self) -> Duration {
        let most = [10, 100, 100, 1000, 20_000][self.random.below(5) as usize];
        let most = self.scenario.longest_ms.min(most);
        Duration::from_millis(1 + self.random.below(most))
    }

    fn draw_failure(&mut self) -> (Duration, Result<(), ErrorKind>) {
        let retry_after = [None, Some(Duration::from_millis(700))][self.random.below(2) as usize];
        let kinds = [
            ErrorKind::Fault { code: 1 },
            ErrorKind::Unsendable,
            ErrorKind::Busy { retry_after },
            ErrorKind::Interrupted,
            ErrorKind::TimedOut,
            ErrorKind::Malformed,
            ErrorKind::Http { status: 500 },
            ErrorKind::Panicked,
            ErrorKind::Overran,
            ErrorKind::Unchecked,
        ];
        let kind = kinds[self.random.below(kinds.len() as u64) as usize];
        (self.draw_duration(), Err(kind))
    }
}

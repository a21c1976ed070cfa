//! The thread that sees to what comes by the mere passing of time, and to the
//! end.

use std::time::Instant;

use crossbeam_channel::Receiver;

use super::desk::Desk;
use super::{Arrival, Engine};
use crate::plan::event::Event;

/// Wakes the plan when it asked to be, until the run is over; then winds it
/// up. The alarm says that there is an earlier time, or the end.
pub(super) fn keep<A, R>(desk: &Desk<A, R>, alarm: &Receiver<()>)
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    while let Some(wake) = desk.with(Engine::wake) {
        // Both an alarm and its time are looked at there.
        let _ = match wake {
            Some(at) => alarm.recv_deadline(at).ok(),
            None => alarm.recv().ok(),
        };
    }
    if let Some(engine) = desk.close() {
        engine.wind_up();
    }
}

impl<A, R> Engine<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    /// Has the plan begin.
    pub(super) fn begin(&mut self) {
        self.tell(Event::TimerFired);
    }

    /// Does what it is time for, and says when to come again.
    fn wake(&mut self) -> Option<Instant> {
        if self
            .plan
            .next_timer()
            .is_some_and(|at| at <= self.started.elapsed())
        {
            self.tell(Event::TimerFired);
        }
        self.wakes_at = self.plan.next_timer();
        self.wakes_at.and_then(|at| self.started.checked_add(at))
    }

    /// Does something, and tells those who wait for what comes of it; nothing
    /// once the run is over.
    pub(super) fn work<T>(&mut self, what: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.over {
            return None;
        }
        let done = what(self);
        let next = self.plan.next_timer();
        let sooner = next.is_some_and(|next| self.wakes_at.is_none_or(|at| next < at));
        if sooner || self.over {
            self.wakes_at = next;
            // Where one waits already, that will do.
            let _ = self.alarm.try_send(());
        }
        if self.sender_waits && self.plan.should_wake_sender() {
            self.sender_waits = false;
            let _ = self.room.try_send(());
        }
        Some(done)
    }

    /// Takes a task, if there is a slot or a place to wait for it. If not, its
    /// sender is told when there is.
    pub(super) fn take(&mut self, arrival: &mut Option<Arrival<A, R>>) {
        self.sender_waits = !self.plan.accepts_task();
        if !self.sender_waits
            && let Some(arrival) = arrival.take()
        {
            self.task_sent(arrival);
        }
    }
}

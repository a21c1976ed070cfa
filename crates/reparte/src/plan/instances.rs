//! The instances that report at one address: one after the other, or several at a
//! time behind a proxy.
//!
//! | state | report | new state |
//! | --- | --- | --- |
//! | one instance | another one, and the server had failed | one instance: a restart |
//! | one instance | another one, and nothing had failed | changed |
//! | changed | an earlier one | several |
//! | changed | the new one, [`CONFIRMING`] times more | one instance: a restart |
//! | several | any | several |
//!
//! A process that ends breaks its connections. Where none broke, it may live.

use std::time::Duration;

/// Number of reports of a new instance alone that confirm a restart.
const CONFIRMING: u32 = 3;
/// Most earlier instances that are remembered.
const REMEMBERED: usize = 8;

/// The instances of one server.
#[derive(Debug, Default)]
pub(super) struct Instances {
    last: Option<u64>,
    /// The instances before the last one.
    earlier: Vec<u64>,
    /// The time at which the last one was first asked, and how often it has reported since.
    changed: Option<(Duration, u32)>,
    several: bool,
}

/// The meaning of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Nothing,
    /// The server was restarted: calls that started before that time are lost.
    Restarted {
        before: Duration,
    },
    /// Several instances report, as is new.
    Several,
}

impl Instances {
    /// Returns whether several instances are known to report.
    pub(super) fn are_several(&self) -> bool {
        self.several
    }

    /// Returns whether another instance was the last one to report.
    pub(super) fn is_other(&self, instance: u64) -> bool {
        self.last.is_some_and(|last| last != instance)
    }

    /// Records the answer to a question that was sent at `asked_at`. `was_up`:
    /// nothing had said that the server failed.
    pub(super) fn report(&mut self, instance: u64, was_up: bool, asked_at: Duration) -> Seen {
        let last = self.last.replace(instance);
        if self.several || last.is_none() {
            return Seen::Nothing;
        }
        if last == Some(instance) {
            return self.report_again();
        }
        if self.earlier.contains(&instance) {
            self.several = true;
            self.changed = None;
            return Seen::Several;
        }
        self.earlier.extend(last);
        if self.earlier.len() > REMEMBERED {
            self.earlier.remove(0);
        }
        if was_up {
            self.changed = Some((asked_at, 0));
            return Seen::Nothing;
        }
        self.changed = None;
        Seen::Restarted { before: asked_at }
    }

    fn report_again(&mut self) -> Seen {
        let Some((before, reports)) = &mut self.changed else {
            return Seen::Nothing;
        };
        *reports += 1;
        if *reports < CONFIRMING {
            return Seen::Nothing;
        }
        let before = *before;
        self.changed = None;
        Seen::Restarted { before }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn another_instance_after_a_failure_is_a_restart() {
        let mut instances = Instances::default();
        assert_eq!(instances.report(7, false, secs(1)), Seen::Nothing);
        let restart = Seen::Restarted { before: secs(2) };
        assert_eq!(instances.report(8, false, secs(2)), restart);
        assert_eq!(instances.report(8, true, secs(3)), Seen::Nothing);
    }

    #[test]
    fn another_instance_without_a_failure_is_a_restart_once_it_is_confirmed() {
        let mut instances = Instances::default();
        instances.report(7, true, secs(1));
        for at in 2..5 {
            assert_eq!(instances.report(8, true, secs(at)), Seen::Nothing);
        }
        let restart = Seen::Restarted { before: secs(2) };
        assert_eq!(instances.report(8, true, secs(5)), restart);
        assert_eq!(instances.report(8, true, secs(6)), Seen::Nothing);
    }

    #[test]
    fn an_instance_that_is_back_shows_that_there_are_several() {
        let mut instances = Instances::default();
        for (instance, seen) in [
            (7, Seen::Nothing),
            (8, Seen::Nothing),
            (8, Seen::Nothing),
            (7, Seen::Several),
            (8, Seen::Nothing),
            (9, Seen::Nothing),
        ] {
            assert_eq!(instances.report(instance, true, secs(1)), seen);
        }
        assert!(instances.are_several());
        assert_eq!(instances.report(10, false, secs(1)), Seen::Nothing);
    }

    #[test]
    fn eight_earlier_instances_are_remembered() {
        for (restarts, is_known) in [(8, true), (9, false)] {
            let mut instances = Instances::default();
            for instance in 0..=restarts {
                instances.report(instance, false, secs(instance));
            }
            let back = instances.report(0, false, secs(20));
            assert_eq!(back == Seen::Several, is_known, "{restarts} restarts");
        }
    }
}

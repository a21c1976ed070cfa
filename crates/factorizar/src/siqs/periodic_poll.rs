//! A question to the control after every so much work.
//!
//! The steps after the sieve go over lists of some millions of entries. A question for each entry
//! would cost more than the entry, and one for each column or relation would come at very uneven
//! times. So the work is counted.
//!
//! Cost: an addition and a comparison each time that work is added.

use crate::control::{Control, StopReason};

/// The work between two questions: entries that are read or written, each in some nanoseconds.
pub(super) const WORK: usize = 1 << 14;

/// Asks the control again once [`WORK`] has been done.
#[derive(Debug)]
pub(super) struct PeriodicPoll<'a> {
    control: &'a Control,
    done: usize,
}

impl<'a> PeriodicPoll<'a> {
    pub(super) fn new(control: &'a Control) -> Self {
        PeriodicPoll { control, done: 0 }
    }

    /// Adds work that is done or comes next, and asks the control if it is enough.
    ///
    /// # Errors
    ///
    /// The reason, if the control stopped the computation.
    #[inline]
    pub(super) fn add(&mut self, work: usize) -> Result<(), StopReason> {
        self.done += work;
        if self.done < WORK {
            return Ok(());
        }
        self.done = 0;
        self.control.poll()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Returns how often `computation` asked its control, which never stopped it.
    pub(in crate::siqs) fn questions(computation: impl FnOnce(&Control)) -> usize {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let control = Control::new().deadline(move || {
            count.fetch_add(1, Ordering::Relaxed);
            false
        });
        computation(&control);
        asked.load(Ordering::Relaxed)
    }

    #[test]
    fn asks_each_time_that_the_work_is_done() {
        let asked = questions(|control| {
            let mut poll = PeriodicPoll::new(control);
            (0..10 * WORK).for_each(|_| poll.add(1).unwrap());
        });
        assert_eq!(asked, 10);
        let asked = questions(|control| PeriodicPoll::new(control).add(100 * WORK).unwrap());
        assert_eq!(asked, 1);
    }
}

//! The utilisation of lanes: the share of time that calls took in each interval.

/// The most intervals of a lane.
const MAX_INTERVALS: usize = 256;
/// The length of an interval at first, in microseconds.
const SHORTEST: u64 = 62_500;

/// The utilisation of all lanes over the whole run, in intervals of the same length. The
/// length doubles when the run outgrows them, so their number is bounded.
#[derive(Debug)]
pub(super) struct Utilisation {
    /// The length of an interval, in microseconds.
    length: u64,
    /// The intervals of each lane, from the start of the run. Never more than
    /// [`MAX_INTERVALS`].
    lanes: Vec<Vec<Interval>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Interval {
    /// The time that calls ran in it, in microseconds.
    busy: u64,
    /// True if a call that failed ended in it.
    has_failed: bool,
}

impl Default for Utilisation {
    fn default() -> Self {
        Utilisation {
            length: SHORTEST,
            lanes: Vec::new(),
        }
    }
}

impl Utilisation {
    /// Returns the length of an interval, in microseconds.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds a call in a lane, from `start` to `end`, in microseconds from the start of the run.
    pub(super) fn add(&mut self, lane: usize, start: u64, end: u64, has_failed: bool) {
        while end / self.length >= MAX_INTERVALS as u64 {
            self.double();
        }
        if self.lanes.len() <= lane {
            self.lanes.resize_with(lane + 1, Vec::new);
        }
        let (length, intervals) = (self.length, &mut self.lanes[lane]);
        let last = (end / length) as usize;
        if intervals.len() <= last {
            intervals.resize(last + 1, Interval::default());
        }
        let first = (start / length) as usize;
        for (interval, index) in intervals[first..=last].iter_mut().zip(start / length..) {
            let at = index * length;
            interval.busy += end.min(at + length).saturating_sub(start.max(at));
        }
        intervals[last].has_failed |= has_failed;
    }

    /// Merges each two intervals into one.
    fn double(&mut self) {
        self.length *= 2;
        for intervals in &mut self.lanes {
            *intervals = intervals
                .chunks(2)
                .map(|two| Interval {
                    busy: two.iter().map(|interval| interval.busy).sum(),
                    has_failed: two.iter().any(|interval| interval.has_failed),
                })
                .collect();
        }
    }

    /// Returns the intervals of a lane, a character each: the utilisation in tenths, `0` to
    /// `9`, or `a` to `j` if a call failed.
    pub(super) fn text(&self, lane: usize) -> String {
        let intervals = self.lanes.get(lane).map_or(&[][..], Vec::as_slice);
        let text = intervals.iter().map(|interval| {
            let base = if interval.has_failed { b'a' } else { b'0' };
            // Rounded up, so that any call shows.
            let tenths = (interval.busy * 10).div_ceil(self.length).min(10);
            char::from(base + tenths.saturating_sub(u64::from(tenths == 10)) as u8)
        });
        text.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_spread_over_its_spans() {
        let mut utilisation = Utilisation::default();
        utilisation.add(1, 0, SHORTEST, false);
        utilisation.add(1, SHORTEST * 3 / 2, SHORTEST * 5 / 2, true);
        assert_eq!(
            (utilisation.text(0), utilisation.text(1)),
            (String::new(), "95f".to_owned())
        );
    }

    #[test]
    fn spans_grow_with_the_run_and_their_number_does_not() {
        let mut utilisation = Utilisation::default();
        let day = 24 * 3600 * 1_000_000;
        for second in 0..1000 {
            let start = day / 1000 * second;
            utilisation.add(0, start, start + day / 2000, second == 999);
        }
        let text = utilisation.text(0);
        assert!(
            text.len() <= MAX_INTERVALS && text.len() > MAX_INTERVALS / 2,
            "{text}"
        );
        assert!(
            text.trim_end_matches(char::is_alphabetic)
                .bytes()
                .all(|b| (b'4'..=b'7').contains(&b)),
            "{text}"
        );
        assert!(text.ends_with(char::is_alphabetic), "{text}");
    }
}

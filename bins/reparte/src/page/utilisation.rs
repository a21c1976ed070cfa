//! What is kept of calls that are too many to be kept one by one: how busy a lane was.

/// How many spans of time a lane has.
const SPANS: usize = 256;
/// The shortest span, in microseconds.
const SHORTEST: u64 = 62_500;

/// The spans of all lanes: so long that the whole run has room.
#[derive(Debug)]
pub(super) struct Utilisation {
    /// In microseconds.
    length: u64,
    lanes: Vec<Vec<Interval>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Interval {
    busy: u64,
    failed: bool,
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
    /// How long each is, in microseconds.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Adds a call that a lane made from `start` to `end`, in microseconds.
    pub(super) fn add(&mut self, lane: usize, start: u64, end: u64, failed: bool) {
        while end / self.length >= SPANS as u64 {
            self.double();
        }
        if self.lanes.len() <= lane {
            self.lanes.resize_with(lane + 1, Vec::new);
        }
        let (length, spans) = (self.length, &mut self.lanes[lane]);
        let last = (end / length) as usize;
        if spans.len() <= last {
            spans.resize(last + 1, Interval::default());
        }
        let first = (start / length) as usize;
        for (span, index) in spans[first..=last].iter_mut().zip(start / length..) {
            let at = index * length;
            span.busy += end.min(at + length).saturating_sub(start.max(at));
        }
        spans[last].failed |= failed;
    }

    fn double(&mut self) {
        self.length *= 2;
        for spans in &mut self.lanes {
            *spans = spans
                .chunks(2)
                .map(|two| Interval {
                    busy: two.iter().map(|span| span.busy).sum(),
                    failed: two.iter().any(|span| span.failed),
                })
                .collect();
        }
    }

    /// A lane's spans, a character each: how busy in tenths, `0` to `9`, and `a` to `j`
    /// where a call failed.
    pub(super) fn text(&self, lane: usize) -> String {
        let spans = self.lanes.get(lane).map_or(&[][..], Vec::as_slice);
        let text = spans.iter().map(|span| {
            let base = if span.failed { b'a' } else { b'0' };
            // The least share that can be seen is shown.
            let tenths = (span.busy * 10).div_ceil(self.length).min(10);
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
        let mut spans = Utilisation::default();
        spans.add(1, 0, SHORTEST, false);
        spans.add(1, SHORTEST * 3 / 2, SHORTEST * 5 / 2, true);
        assert_eq!(
            (spans.text(0), spans.text(1)),
            (String::new(), "95f".to_owned())
        );
    }

    #[test]
    fn spans_grow_with_the_run_and_their_number_does_not() {
        let mut spans = Utilisation::default();
        let day = 24 * 3600 * 1_000_000;
        for second in 0..1000 {
            let start = day / 1000 * second;
            spans.add(0, start, start + day / 2000, second == 999);
        }
        let text = spans.text(0);
        assert!(text.len() <= SPANS && text.len() > SPANS / 2, "{text}");
        assert!(
            text.trim_end_matches(char::is_alphabetic)
                .bytes()
                .all(|b| (b'4'..=b'7').contains(&b)),
            "{text}"
        );
        assert!(text.ends_with(char::is_alphabetic), "{text}");
    }
}

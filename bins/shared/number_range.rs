//! The numbers that a client has the servers factor.

use std::iter;
use std::ops::Range;

use factorizar::Natural;

use crate::shared::command_line::{CommandLine, Values};
use crate::shared::failure::Failure;

/// Consecutive numbers: by default the article's ten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRange {
    base: Natural,
    count: u32,
}

impl Default for NumberRange {
    fn default() -> Self {
        NumberRange {
            base: Natural::from(23_434_252_232_434_u64),
            count: 10,
        }
    }
}

impl NumberRange {
    /// Takes `--base` or `--count`. Returns whether `option` is one of them.
    pub(crate) fn take(&mut self, option: &str, values: &mut Values<'_>) -> Result<bool, Failure> {
        match option {
            "base" => {
                self.base = values.parse("--base", "a whole number of up to 1000 digits")?;
            }
            "count" => {
                self.count = values.parse("--count", "a whole number from 0 to 4294967295")?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Checks that the last number has no more digits than the servers' functions take.
    ///
    /// # Errors
    ///
    /// [`Failure::Argument`].
    pub(crate) fn checked(self, command_line: CommandLine) -> Result<Self, Failure> {
        match self.number(self.count.saturating_sub(1)).digits() {
            0..=Natural::MAX_DIGITS => Ok(self),
            _ => Err(command_line.bad("--base and --count reach beyond 1000 digits")),
        }
    }

    /// Returns the number that is `step` more than the first.
    fn number(&self, step: u32) -> Natural {
        self.base.mul_add_u64(1, step.into())
    }

    /// Returns the numbers as the strings that the article sends.
    pub fn iter(&self) -> impl Iterator<Item = String> + use<> {
        let numbers = self.clone();
        (0..self.count).map(move |step| numbers.number(step).to_string())
    }

    /// Returns the size of the range.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Lists the numbers without a result: those whose entry in `has_result` is false, and
    /// those beyond its end. Consecutive ones are shown as `first to last`. The cost does not
    /// depend on the numbers beyond the end, which may be billions.
    pub(crate) fn missing(&self, has_result: &[bool]) -> String {
        let known = u32::try_from(has_result.len()).map_or(self.count, |n| n.min(self.count));
        let missing = (0..known).zip(has_result).filter(|(_, has)| !**has);
        let missing = missing.map(|(step, _)| step..step + 1);
        let mut spans: Vec<Range<u32>> = Vec::new();
        for span in missing.chain(iter::once(known..self.count)) {
            match spans.last_mut() {
                _ if span.is_empty() => {}
                Some(last) if last.end == span.start => last.end = span.end,
                _ => spans.push(span),
            }
        }
        let spans = spans.into_iter().map(|span| match span.len() {
            1 => self.number(span.start).to_string(),
            _ => format!(
                "{} to {}",
                self.number(span.start),
                self.number(span.end - 1)
            ),
        });
        spans.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_articles_ten() {
        let ten: Vec<String> = NumberRange::default().iter().collect();
        assert_eq!(ten.len(), 10);
        assert_eq!(ten[0], "23434252232434");
        assert_eq!(ten[9], "23434252232443");
    }

    #[test]
    fn numbers_without_a_result_are_listed_in_spans() {
        for (count, had, expected) in [
            (4, "x.xx", "2"),
            (4, "....", "1 to 4"),
            (4, "..x.", "1 to 2, 4"),
            (9, "x...x..x.", "2 to 4, 6 to 7, 9"),
            (2, "xx", ""),
            (0, "", ""),
            (1, "", "1"),
            (9, "x.x", "2, 4 to 9"),
            (9, "xx.", "3 to 9"),
            (u32::MAX, ".x", "1, 3 to 4294967295"),
        ] {
            let base = Natural::from(1_u64);
            let numbers = NumberRange { base, count };
            let had: Vec<bool> = had.chars().map(|c| c == 'x').collect();
            assert_eq!(numbers.missing(&had), expected, "{count}, {had:?}");
        }
    }

    #[test]
    fn the_last_number_has_a_thousand_digits_at_most() {
        let nines = Natural::from(10_u64).pow(1_000);
        let nines = nines.checked_sub(&Natural::from(1_u64)).unwrap();
        for (count, is_taken) in [(0, true), (1, true), (2, false), (u32::MAX, false)] {
            let base = nines.clone();
            let numbers = NumberRange { base, count };
            let command_line = CommandLine { name: "", help: "" };
            let checked = numbers.checked(command_line);
            assert_eq!(checked.is_ok(), is_taken, "{count}");
        }
    }

    #[test]
    fn numbers_beyond_two_words() {
        let base = Natural::from(u128::MAX);
        let numbers: Vec<String> = NumberRange { base, count: 2 }.iter().collect();
        assert_eq!(
            numbers,
            [
                "340282366920938463463374607431768211455",
                "340282366920938463463374607431768211456"
            ]
        );
    }
}

//! The numbers that the clients have factored.

use std::iter;
use std::ops::Range;

use crate::shared::command_line::{CommandLine, Values};
use crate::shared::failure::Failure;

/// Consecutive numbers; the article's ten unless told otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRange {
    base: u128,
    count: u32,
}

impl Default for NumberRange {
    fn default() -> Self {
        NumberRange {
            base: 23_434_252_232_434,
            count: 10,
        }
    }
}

impl NumberRange {
    /// Takes `--base` or `--count`; says whether `option` is one of them.
    pub(crate) fn take(&mut self, option: &str, values: &mut Values<'_>) -> Result<bool, Failure> {
        match option {
            "base" => {
                self.base = values.parse("--base", "a whole number below 2^128")?;
            }
            "count" => {
                self.count = values.parse("--count", "a whole number from 0 to 4294967295")?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Checks what `--base` and `--count` are together.
    pub(crate) fn checked(self, program: CommandLine) -> Result<Self, Failure> {
        match self.last() {
            Some(_) => Ok(self),
            None => Err(program.bad("--base and --count reach beyond 2^128 - 1")),
        }
    }

    /// The last number, unless it is beyond 2^128 - 1. With no numbers, the first.
    fn last(&self) -> Option<u128> {
        self.base
            .checked_add(u128::from(self.count.saturating_sub(1)))
    }

    /// The numbers, as the strings that the article sends.
    pub fn iter(&self) -> impl Iterator<Item = String> + use<> {
        let base = self.base;
        (0..self.count).map(move |step| (base + u128::from(step)).to_string())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Those that were not `had`, and those after them, of which there is no word; runs
    /// of them as `first to last`. Takes no time for the latter, which may be billions.
    pub(crate) fn missing(&self, had: &[bool]) -> String {
        let known = u32::try_from(had.len()).map_or(self.count, |known| known.min(self.count));
        let not_had = (0..known).zip(had).filter(|(_, had)| !**had);
        let not_had = not_had.map(|(step, _)| step..step + 1);
        let mut runs: Vec<Range<u32>> = Vec::new();
        for run in not_had.chain(iter::once(known..self.count)) {
            match runs.last_mut() {
                _ if run.is_empty() => {}
                Some(last) if last.end == run.start => last.end = run.end,
                _ => runs.push(run),
            }
        }
        let number = |step: u32| self.base + u128::from(step);
        let runs = runs.into_iter().map(|run| match run.len() {
            1 => number(run.start).to_string(),
            _ => format!("{} to {}", number(run.start), number(run.end - 1)),
        });
        runs.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_articles_ten_unless_told() {
        let ten: Vec<String> = NumberRange::default().iter().collect();
        assert_eq!(ten.len(), 10);
        assert_eq!(ten[0], "23434252232434");
        assert_eq!(ten[9], "23434252232443");
    }

    #[test]
    fn numbers_without_a_result_are_told_in_runs() {
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
            let numbers = NumberRange { base: 1, count };
            let had: Vec<bool> = had.chars().map(|c| c == 'x').collect();
            assert_eq!(numbers.missing(&had), expected, "{count}, {had:?}");
        }
    }

    #[test]
    fn the_last_number_has_128_bits_at_most() {
        let numbers = |base, count| NumberRange { base, count };
        assert_eq!(numbers(u128::MAX, 1).last(), Some(u128::MAX));
        assert_eq!(numbers(u128::MAX, 0).last(), Some(u128::MAX));
        assert_eq!(numbers(u128::MAX, 2).last(), None);
        assert_eq!(numbers(u128::MAX, 1).iter().count(), 1);
    }
}

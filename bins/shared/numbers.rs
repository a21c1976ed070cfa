//! The numbers that the clients have factored.

use super::command_line::{Program, Values};
use super::exit::Failure;

/// Consecutive numbers; the article's ten unless told otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    base: u128,
    count: u32,
}

impl Default for Numbers {
    fn default() -> Self {
        Numbers {
            base: 23_434_252_232_434,
            count: 10,
        }
    }
}

impl Numbers {
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
    pub(crate) fn checked(self, program: Program) -> Result<Self, Failure> {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_articles_ten_unless_told() {
        let ten: Vec<String> = Numbers::default().iter().collect();
        assert_eq!(ten.len(), 10);
        assert_eq!(ten[0], "23434252232434");
        assert_eq!(ten[9], "23434252232443");
    }

    #[test]
    fn the_last_number_has_128_bits_at_most() {
        let numbers = |base, count| Numbers { base, count };
        assert_eq!(numbers(u128::MAX, 1).last(), Some(u128::MAX));
        assert_eq!(numbers(u128::MAX, 0).last(), Some(u128::MAX));
        assert_eq!(numbers(u128::MAX, 2).last(), None);
        assert_eq!(numbers(u128::MAX, 1).iter().count(), 1);
    }
}

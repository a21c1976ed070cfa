//! The numbers of the command: its arguments, or the words of standard input.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, Read as _};

use cli_support::standard_streams::check_input;
use factorizar::{Digits, Natural};
use untrusted_text::OneLine;

use crate::exit::Failure;

/// The longest line of standard input.
const MAX_LINE: u64 = 1 << 20;

/// The numbers to factor, in order.
#[derive(Debug)]
pub(super) struct Numbers {
    /// Words that were not read yet; those of the arguments are numbers.
    words: VecDeque<String>,
    reads_input: bool,
}

impl Numbers {
    /// Reads the arguments; standard input is read later, if there are none.
    pub(super) fn new(arguments: &[String]) -> Result<Self, Failure> {
        arguments.iter().try_for_each(|word| read(word).map(drop))?;
        Ok(Numbers {
            words: arguments.to_vec().into(),
            reads_input: arguments.is_empty(),
        })
    }

    /// Returns the next number; `None` after the last one.
    ///
    /// # Errors
    ///
    /// A word is no number, or the input can't be read.
    pub(super) fn next(&mut self) -> Result<Option<Natural>, Failure> {
        while self.words.is_empty() && self.reads_input {
            let mut line = String::new();
            let unread = |error: io::Error| {
                Failure::argument(format_args!("standard input can't be read: {error}"))
            };
            check_input().map_err(unread)?;
            let input = io::stdin().lock();
            let read_len = input.take(MAX_LINE).read_line(&mut line).map_err(unread)?;
            if read_len as u64 == MAX_LINE && !line.ends_with('\n') {
                return Err(Failure::argument(format_args!(
                    "a line of standard input is longer than {MAX_LINE} bytes: put fewer \
                     numbers on it"
                )));
            }
            self.reads_input = read_len > 0;
            self.words = line.split_whitespace().map(str::to_owned).collect();
        }
        self.words.pop_front().map(|word| read(&word)).transpose()
    }
}

fn read(word: &str) -> Result<Natural, Failure> {
    let digits = Digits::new(word).and_then(|digits| digits.to_natural());
    digits.map_err(|error| Failure::argument(format_args!("{}: {error}", OneLine::new(word))))
}

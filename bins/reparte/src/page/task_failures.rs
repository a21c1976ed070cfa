//! The failed tasks of a run, with their inputs: the newest of them, within a limit of memory.

use std::collections::VecDeque;

/// The most failed tasks that are kept.
const MAX_FAILURES: usize = 10_000;
/// The most bytes of the texts of all that are kept.
const MAX_BYTES: usize = 8 << 20;
/// The most characters of an input.
const MAX_INPUT_CHARS: usize = 16_384;
/// The most characters of the end of an error.
const MAX_ERROR_CHARS: usize = 2400;

/// A task that has failed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TaskFailure {
    /// The number of its line in the input.
    pub(crate) line: u64,
    pub(crate) input: String,
    /// False if the line was longer than the input, or is not text.
    pub(crate) is_whole: bool,
    /// The columns of the whole line, if they have names.
    pub(crate) cells: Option<Vec<String>>,
    /// The kind of its failure, as `--output jsonl` has it.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    /// The server of its last call, if there was one.
    pub(crate) server: Option<String>,
    /// The duration of its last call that failed, in seconds.
    pub(crate) seconds: Option<f64>,
    /// The number of its calls.
    pub(crate) attempts: u32,
}

/// The failed tasks of a run, numbered in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct TaskFailures {
    kept: VecDeque<TaskFailure>,
    /// The number of failed tasks that were added before those in `kept`.
    first: u64,
    /// The bytes of the texts in `kept`.
    bytes: usize,
}

impl TaskFailure {
    fn bytes(&self) -> usize {
        let cells = self.cells.iter().flatten();
        let cells: usize = cells.map(|cell| size_of::<String>() + cell.len()).sum();
        self.input.len() + cells + self.message.len()
    }
}

impl TaskFailures {
    /// Adds a failed task. The oldest ones give way to it if there is no room.
    pub(super) fn add(&mut self, mut failure: TaskFailure) {
        let cut = failure.input.char_indices().nth(MAX_INPUT_CHARS);
        if let Some((end, _)) = cut {
            failure.input.truncate(end);
            failure.is_whole = false;
            failure.cells = None;
        }
        let tail = failure
            .message
            .char_indices()
            .rev()
            .nth(MAX_ERROR_CHARS - 1);
        if let Some((start, _)) = tail.filter(|(start, _)| *start > 0) {
            failure.message.replace_range(..start, "\u{2026}");
        }
        self.bytes += failure.bytes();
        self.kept.push_back(failure);
        while self.kept.len() > MAX_FAILURES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.kept.pop_front() else {
                break;
            };
            self.first += 1;
            self.bytes -= oldest.bytes();
        }
    }

    /// Returns the number of the first failed task that is kept, and of the next one.
    pub(super) fn range(&self) -> (u64, u64) {
        (self.first, self.first + self.kept.len() as u64)
    }

    /// Returns those that are kept, from the one of this number on.
    pub(super) fn since(&self, number: u64) -> impl DoubleEndedIterator<Item = &TaskFailure> {
        let skip = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.kept.range(skip.min(self.kept.len())..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(line: u64, input: &str, message: &str) -> TaskFailure {
        TaskFailure {
            line,
            input: input.to_owned(),
            is_whole: true,
            cells: Some(vec![input.to_owned()]),
            kind: "fault",
            message: message.to_owned(),
            server: None,
            seconds: None,
            attempts: 1,
        }
    }

    #[test]
    fn the_newest_are_kept_within_the_limits() {
        let mut failures = TaskFailures::default();
        for line in 0..MAX_FAILURES as u64 + 5 {
            failures.add(failure(line, "a", "b"));
        }
        let (first, next) = failures.range();
        assert_eq!((first, next), (5, MAX_FAILURES as u64 + 5));
        let lines = |number| failures.since(number).map(|failure| failure.line);
        assert_eq!(lines(0).next(), Some(5));
        assert_eq!(lines(next - 1).collect::<Vec<_>>(), [next - 1]);
        assert_eq!(lines(next + 7).next(), None);

        let long = "x".repeat(MAX_INPUT_CHARS);
        for line in 0..1000 {
            failures.add(failure(line, &long, "b"));
        }
        let bytes: usize = failures.since(0).map(TaskFailure::bytes).sum();
        assert!(bytes <= MAX_BYTES, "{bytes}");
        assert_eq!(failures.bytes, bytes);
    }

    #[test]
    fn an_input_keeps_its_beginning_and_an_error_its_end() {
        let mut failures = TaskFailures::default();
        let input = "é".repeat(MAX_INPUT_CHARS);
        let message = format!("{}end", "é".repeat(MAX_ERROR_CHARS - 3));
        failures.add(failure(1, &input, &message));
        failures.add(failure(2, &format!("{input}x"), &format!("ab{message}")));
        let kept: Vec<_> = failures.since(0).collect();
        for (failure, is_whole) in [(kept[0], true), (kept[1], false)] {
            assert_eq!((&failure.input, failure.is_whole), (&input, is_whole));
            assert_eq!(failure.cells.is_some(), is_whole);
        }
        assert_eq!(kept[0].message, message);
        assert_eq!(kept[1].message, format!("\u{2026}{message}"));
    }
}

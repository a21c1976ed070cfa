//! The report of failed tasks on standard error.

use std::ops::RangeInclusive;

use reparte::{TaskError, TaskErrorKind};
use untrusted_text::OneLine;

use crate::console::Console;
use crate::exit::is_beyond_limit;
use crate::run::task::Task;

/// The most failed tasks that have a line each, and the most ranges of others.
const LISTED: usize = 20;
/// The most characters of a task's input in a line.
const INPUT_CHARS: usize = 60;

/// Returns whether a task has neither a result nor a failure of its own: the run ended before it
/// had its turn, or at the second signal, which cancels the calls.
pub(super) fn has_not_run(error: &TaskError) -> bool {
    matches!(
        error.kind(),
        TaskErrorKind::NotRun | TaskErrorKind::Cancelled
    )
}

/// Reports failed tasks: the first ones one by one, and those that were cancelled or not run
/// together.
#[derive(Debug)]
pub(super) struct FailureReport {
    /// The number of failed tasks, without those that were cancelled or not run.
    count: usize,
    /// The input lines of the tasks whose calls the second signal has cancelled.
    cancelled: Ranges,
    /// The input lines of the tasks that were sent and not run.
    not_run: Ranges,
    console: Console,
}

impl FailureReport {
    pub(super) fn new(console: &Console) -> Self {
        FailureReport {
            count: 0,
            cancelled: Ranges::default(),
            not_run: Ranges::default(),
            console: console.clone(),
        }
    }

    /// Reports a failed task. Keeps one that has not run for [`finish`](Self::finish).
    pub(super) fn add(&mut self, task: &Task, error: &TaskError) {
        match error.kind() {
            TaskErrorKind::Cancelled => return self.cancelled.add(task.line),
            TaskErrorKind::NotRun => return self.not_run.add(task.line),
            _ => {}
        }
        self.count += 1;
        if self.count <= LISTED {
            let input = OneLine::visible(&task.input).max_chars(INPUT_CHARS);
            let last = error.history().last();
            let remedy = match last.is_some_and(|call| is_beyond_limit(&call.error)) {
                true => "; see --max-answer",
                false => "",
            };
            self.console.tell(format_args!(
                "task {} ({input}) failed: {}{remedy}",
                task.line,
                error.reason()
            ));
        } else if self.count == LISTED + 1 {
            self.console.tell(
                "more tasks failed, and are not listed one by one: --output jsonl has them all",
            );
        }
    }

    /// Reports the tasks that were cancelled, and those that were sent and not run because the run
    /// ended early.
    pub(super) fn finish(&self) {
        for (what, lines) in [
            ("cancelled", &self.cancelled),
            ("read and not run", &self.not_run),
        ] {
            if let Some(lines) = lines.text() {
                self.console
                    .tell(format_args!("tasks that were {what}: {lines}"));
            }
        }
    }
}

/// Lines as ranges. If they come in order, these are as few as possible.
#[derive(Debug, Default)]
struct Ranges(Vec<RangeInclusive<u64>>);

impl Ranges {
    fn add(&mut self, line: u64) {
        match self.0.last_mut() {
            Some(last) if *last.end() + 1 == line => *last = *last.start()..=line,
            _ => self.0.push(line..=line),
        }
    }

    /// Returns the first ranges. `None` if there is none.
    fn text(&self) -> Option<String> {
        let listed = self.0.iter().take(LISTED);
        let lines = listed.map(|lines| match lines.start() == lines.end() {
            true => lines.start().to_string(),
            false => format!("{} to {}", lines.start(), lines.end()),
        });
        let lines = lines.collect::<Vec<_>>().join(", ");
        let more = match self.0.len() > LISTED {
            true => " and others",
            false => "",
        };
        (!lines.is_empty()).then(|| format!("{lines}{more}"))
    }
}

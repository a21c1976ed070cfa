//! The report of failed tasks on standard error.

use std::ops::RangeInclusive;

use reparte::{TaskError, TaskErrorKind};
use untrusted_text::OneLine;

use crate::console::Console;
use crate::exit::is_beyond_limit;
use crate::run::task::Task;

/// The most failed tasks that have a line each, and the most ranges of tasks that were not run.
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

/// Reports failed tasks: the first ones one by one, and those that were not run together.
#[derive(Debug)]
pub(super) struct FailureReport {
    /// The number of failed tasks, without those that were not run.
    count: usize,
    /// The input lines of the tasks that were sent and not run, as ranges. If outcomes come
    /// in order, the ranges are as few as possible.
    not_run: Vec<RangeInclusive<u64>>,
    console: Console,
}

impl FailureReport {
    pub(super) fn new(console: &Console) -> Self {
        FailureReport {
            count: 0,
            not_run: Vec::new(),
            console: console.clone(),
        }
    }

    /// Reports a failed task. Keeps one that has not run for [`finish`](Self::finish).
    pub(super) fn add(&mut self, task: &Task, error: &TaskError) {
        if has_not_run(error) {
            return self.add_not_run(task.line);
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

    fn add_not_run(&mut self, line: u64) {
        match self.not_run.last_mut() {
            Some(last) if *last.end() + 1 == line => *last = *last.start()..=line,
            _ => self.not_run.push(line..=line),
        }
    }

    /// Reports the tasks that were sent and not run because the run ended early.
    pub(super) fn finish(&self) {
        if self.not_run.is_empty() {
            return;
        }
        let listed = self.not_run.iter().take(LISTED);
        let lines = listed.map(|lines| match lines.start() == lines.end() {
            true => lines.start().to_string(),
            false => format!("{} to {}", lines.start(), lines.end()),
        });
        let lines = lines.collect::<Vec<_>>().join(", ");
        let more = match self.not_run.len() > LISTED {
            true => " and others",
            false => "",
        };
        self.console.tell(format_args!(
            "tasks that were read and not run: {lines}{more}"
        ));
    }
}

//! What becomes of the tasks, from the dispatcher to standard output.

use std::ops::RangeInclusive;
use std::sync::Arc;

use reparte::{
    OrderedOutcomes, Outcomes, Repartidor, TaskError, TaskErrorKind, TaskSender, TryNextError,
};
use untrusted_text::OneLine;

use super::{CallResult, Feeder, ResultWriter, Task};
use crate::console::Console;
use crate::exit::Failure;

/// How many failed tasks are told one by one.
const TOLD: u64 = 20;
/// The most characters of a task that are told.
const SHOWN: usize = 60;

/// Outcomes in order, or as they end.
pub(super) enum OutcomeStream {
    InOrder(OrderedOutcomes<Arc<Task>, CallResult>),
    AsTheyEnd(Outcomes<Arc<Task>, CallResult>),
}

type Outcome = reparte::Outcome<CallResult>;

/// The two halves of a run.
pub(super) fn halves(
    run: Repartidor<Arc<Task>, CallResult>,
    unordered: bool,
) -> (TaskSender<Arc<Task>, CallResult>, OutcomeStream) {
    match unordered {
        true => {
            let (sender, outcomes) = run.split();
            (sender, OutcomeStream::AsTheyEnd(outcomes))
        }
        false => {
            let (sender, outcomes) = run.split_ordered();
            (sender, OutcomeStream::InOrder(outcomes))
        }
    }
}

impl OutcomeStream {
    fn try_next(&mut self) -> Result<Outcome, TryNextError> {
        match self {
            OutcomeStream::InOrder(outcomes) => outcomes.try_next(),
            OutcomeStream::AsTheyEnd(outcomes) => outcomes.try_next(),
        }
    }

    fn next(&mut self) -> Option<Outcome> {
        match self {
            OutcomeStream::InOrder(outcomes) => outcomes.next(),
            OutcomeStream::AsTheyEnd(outcomes) => outcomes.next(),
        }
    }
}

/// Prints all outcomes, each as soon as it is there. An error ends the run.
pub(super) fn print(
    mut reading: OutcomeStream,
    mut sending: Feeder,
    mut writer: ResultWriter,
    mut failures: FailureReport,
) -> (Result<(), Failure>, Feeder) {
    let mut print_all = || {
        loop {
            let next = match reading.try_next() {
                Ok(next) => Some(next),
                Err(TryNextError::Empty) => {
                    writer.flush()?;
                    reading.next()
                }
                Err(_) => None,
            };
            let Some((id, outcome)) = next else {
                failures.tell_of_the_rest();
                return writer.flush();
            };
            let Some(task) = sending.task(id) else {
                continue;
            };
            if let Err(error) = &outcome {
                failures.tell(&task, error);
            }
            writer.write(&task, &outcome)?;
        }
    };
    let printed = print_all().map_err(Failure::from);
    (printed, sending)
}

/// Tells of failed tasks, up to a number of them, and of those that were not run.
#[derive(Debug)]
pub(super) struct FailureReport {
    count: u64,
    /// The lines of those that were sent and not run.
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

    fn tell(&mut self, task: &Task, error: &TaskError) {
        if error.kind() == TaskErrorKind::NotRun {
            return self.note_not_run(task.line);
        }
        self.count += 1;
        if self.count <= TOLD {
            let input = OneLine::visible(&task.input).max_chars(SHOWN);
            self.console.tell(format_args!(
                "task {} ({input}) failed: {}",
                task.line,
                error.reason()
            ));
        } else if self.count == TOLD + 1 {
            self.console
                .tell("more tasks fail, and are not told one by one: --output jsonl has them all");
        }
    }

    /// They are told of together, at the end.
    fn note_not_run(&mut self, line: u64) {
        match self.not_run.last_mut() {
            Some(last) if *last.end() + 1 == line => *last = *last.start()..=line,
            _ => self.not_run.push(line..=line),
        }
    }

    /// Tells which tasks were sent and have no result since the run has ended.
    fn tell_of_the_rest(&self) {
        if self.not_run.is_empty() {
            return;
        }
        let most = usize::try_from(TOLD).unwrap_or(usize::MAX);
        let lines =
            self.not_run
                .iter()
                .take(most)
                .map(|lines| match lines.start() == lines.end() {
                    true => lines.start().to_string(),
                    false => format!("{} to {}", lines.start(), lines.end()),
                });
        let lines = lines.collect::<Vec<_>>().join(", ");
        let more = if self.not_run.len() > most {
            " and others"
        } else {
            ""
        };
        self.console.tell(format_args!(
            "not run, of the tasks that were read: {lines}{more}"
        ));
    }
}

//! `--detach`: all tasks are left on the engine, and workers go on without this command.

use std::sync::Arc;

use cli_support::signals::at_signal;
use reparte::TaskId;
use reparte_redis::{Error, RedisQueueBuilder};

use crate::clock::LongTime;
use crate::console::Console;
use crate::exit::Failure;
use crate::flags::engine::failure;
use crate::run::engine::{connect, run_name};
use crate::run::files::Files;
use crate::run::flags::RunCommand;
use crate::run::journal::RunJournal;

/// The bytes that a task takes on the engine besides its call, about.
const BYTES_A_TASK: usize = 256;

/// The tasks that are left on the engine.
#[derive(Debug, Default)]
struct Load {
    tasks: Vec<(TaskId, Vec<u8>)>,
    /// Their number, also where they are too many to be held.
    count: usize,
    bytes: usize,
    /// The number of those that have their result.
    done: usize,
    /// The number of those that can't be sent.
    unsendable: usize,
}

impl RunCommand {
    /// Leaves all tasks on the engine that have no result in the journal.
    pub(super) fn detach(
        &self,
        files: Files,
        journal: &RunJournal,
        console: &Console,
    ) -> Result<(), Failure> {
        let url = self.engine.as_deref().unwrap_or_default();
        let run = run_name(journal)?;
        let client = self.client_options()?;
        let deposit = connect(url, self, &client, Some(&run), RedisQueueBuilder::deposit)?;
        let mut load = Load::default();
        for (index, task) in (0..).zip(files.tasks) {
            let task = task.map_err(|error| {
                Failure::argument(format_args!("the tasks can't be read any further: {error}"))
            })?;
            let (id, task) = (TaskId::new(index), Arc::new(task));
            let has_result = journal.has_result(id, &task);
            if has_result.map_err(|error| Failure::Journal(format!("--journal: {error}")))? {
                load.done += 1;
                continue;
            }
            let document = task
                .arguments()
                .map(|arguments| deposit.document(arguments.clone()));
            match document {
                Ok(Ok(document)) => load.add(id, document, self.detach_limit),
                Ok(Err(_)) | Err(_) => load.unsendable += 1,
            }
        }
        if load.bytes > self.detach_limit {
            return Err(Failure::argument(format_args!(
                "--detach: the calls of {} tasks take {} bytes on the engine, and the limit is {}: \
                 nothing is left there; give --detach-limit {} if it has the memory, or run without \
                 --detach",
                load.count, load.bytes, self.detach_limit, load.bytes
            )));
        }
        if load.count == 0 {
            self.say(console, &load.rest());
            return Ok(());
        }
        let bytes = u64::try_from(load.bytes).unwrap_or(u64::MAX);
        let limit = u64::try_from(self.detach_limit).unwrap_or(u64::MAX);
        let handle = deposit.handle();
        at_signal(move |_| handle.stop(), || {})?;
        let detached = deposit.detach(&load.tasks, bytes, limit, |_| {});
        let detached = detached.map_err(|error| match error {
            Error::Stopped { there, stays } => {
                Failure::Interrupted(load.interrupted(there, stays, &run))
            }
            error => failure(&error),
        })?;
        let flags = self.engine_flags().unwrap_or_default();
        let function = self.function.as_deref().unwrap_or_default();
        self.say(
            console,
            &format!(
                "detached: {} tasks, {} of them left there now, as the run {run} ({} bytes of {}); {}\n\
                 the same command without --detach collects the results, within {}; `reparte \
                 withdraw {flags} --function {function} {run}` gives them up",
                load.count,
                detached.submitted,
                load.bytes,
                self.detach_limit,
                load.rest(),
                LongTime(detached.expiry)
            ),
        );
        Ok(())
    }

    fn say(&self, console: &Console, text: &str) {
        if !self.quiet {
            console.tell(text);
        }
    }
}

impl Load {
    /// Adds a task. Those beyond the limit are counted.
    fn add(&mut self, id: TaskId, document: Vec<u8>, limit: usize) {
        self.count += 1;
        self.bytes = self.bytes.saturating_add(document.len() + BYTES_A_TASK);
        match self.bytes <= limit {
            true => self.tasks.push((id, document)),
            false => self.tasks = Vec::new(),
        }
    }

    /// Returns the text on a signal that came when so many tasks were on the engine, in a run that stays
    /// there or that is taken back.
    fn interrupted(&self, there: usize, stays: bool, run: &str) -> String {
        let all = self.count;
        match stays {
            true => format!(
                "ended by a signal: {there} of {all} tasks are on the engine, in the run {run}, which is not \
                 detached: the same command leaves the others there, and without --detach it collects the \
                 results"
            ),
            false => format!(
                "ended by a signal: {there} of {all} tasks had been left on the engine, and are taken back: \
                 the same command begins again"
            ),
        }
    }

    /// Returns the text on the tasks that are not left on the engine.
    fn rest(&self) -> String {
        let mut text = format!("{} have their result", self.done);
        if self.unsendable > 0 {
            text.push_str(&format!(
                ", and {} can't be sent, which the collecting command names",
                self.unsendable
            ));
        }
        text
    }
}

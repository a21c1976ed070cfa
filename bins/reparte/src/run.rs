//! `reparte run`: one function, many tasks, all servers.
//!
//! A run has six phases. A failure of the first three ends the command before a task is sent.
//!
//! | phase | does |
//! | --- | --- |
//! | connect | reads the list of servers, those of `--local` included |
//! | open | opens the input, and checks that the files and the page of the end can be written; first, if servers started by ssh get columns with names |
//! | resume | builds the dispatcher, on top of the journal's results if there are some |
//! | feed | starts the page, the progress and what controls the run, and then the feeder |
//! | collect | prints each outcome as it comes, until the run ends |
//! | finish | says how the run ended: on standard error, in the files and on the page |

mod answer_form;
mod binary_kind;
mod by_ssh;
mod call_result;
mod check_process;
mod collector;
mod column_types;
mod destination;
#[cfg(feature = "redis")]
mod detach;
mod dispatcher;
mod dry_run;
#[cfg(feature = "redis")]
mod engine;
mod failed_tasks;
mod failure_report;
mod feeder;
mod files;
pub(crate) mod flags;
mod halt;
mod input_format;
mod input_lines;
mod input_progress;
pub(crate) mod interrupt;
mod journal;
mod line_format;
mod line_reader;
#[cfg(unix)]
mod local_program;
pub(crate) mod local_servers;
mod outcomes;
mod output_format;
mod programs;
mod progress;
mod quote_check;
mod read_ahead;
mod result_bytes;
mod result_check;
mod result_files;
mod result_memory;
mod result_record;
mod result_writer;
pub(crate) mod server_file;
mod servers;
#[cfg(unix)]
mod shortage;
mod table_format;
mod table_reader;
mod table_row;
mod task;
mod task_format;
mod task_reader;
mod verdict;
mod work;

use std::sync::Arc;

use reparte::Repartidor;

use crate::console::Console;
use crate::exit::Failure;
use crate::output_file::OutputFile;
use crate::page::RunPage;
use crate::page::run_info::{Header, RunInfo};
use crate::program::file::find_program;
#[cfg(unix)]
use crate::program::init_process;
use crate::progress_display::ProgressDisplay;
#[cfg(unix)]
use crate::remote::RemoteServers;
use crate::run::call_result::CallResult;
use crate::run::collector::{Sinks, collect};
use crate::run::destination::Destination;
use crate::run::dispatcher::{Dispatcher, RunHandle};
use crate::run::failed_tasks::FailedTasks;
use crate::run::failure_report::FailureReport;
use crate::run::feeder::Feeder;
use crate::run::files::Files;
use crate::run::flags::RunCommand;
use crate::run::input_progress::InputProgress;
use crate::run::interrupt::Interrupt;
use crate::run::journal::RunJournal;
use crate::run::outcomes::OutcomeStream;
use crate::run::programs::Programs;
use crate::run::result_check::ResultCheck;
use crate::run::result_writer::ResultWriter;
use crate::run::server_file::ServerFileWatcher;
use crate::run::servers::Servers;
use crate::run::task::Task;
use crate::run::verdict::Facts;

type Watcher = ServerFileWatcher<Arc<Task>, CallResult, Destination>;

/// A run that has begun.
struct ActiveRun {
    handle: RunHandle,
    interrupt: Interrupt,
    page: Option<RunPage>,
    progress: Option<ProgressDisplay>,
    feeder: Feeder,
    input: Arc<InputProgress>,
    account: Option<OutputFile>,
    failed: FailedTasks,
    check: Option<Arc<ResultCheck>>,
}

impl RunCommand {
    /// Runs the command: its phases, one after the other.
    pub(crate) fn run(mut self, console: &Console) -> Result<(), Failure> {
        #[cfg(unix)]
        if !self.program().is_empty() && init_process::is_init() {
            return Err(init_process::run_as_child());
        }
        if self.function.is_none() && self.program().is_empty() {
            return Err(Failure::argument(
                "nothing is named that could be called: give the name of a function of the servers \
                 with --function, or a program of this machine after --, such as -- wc -c",
            ));
        }
        #[cfg(feature = "redis")]
        engine::refuse_other_places(&self)?;
        self.refuse_flags_of_servers()?;
        if self.dry_run {
            return dry_run::run(&self, console);
        }
        // The servers of ssh are told the numbers of the columns, so the names are read first. The
        // journal knows the run on an engine, and the columns are in the name of its work.
        let opens_first = self.names_columns_by_ssh() || self.has_journal_of_engine();
        let opened = opens_first.then(|| self.open()).transpose()?;
        let journal = match &opened {
            Some(files) => self.open_journal(files)?,
            None => None,
        };
        #[cfg(feature = "redis")]
        if self.detach {
            let parts = opened.zip(journal);
            return parts.map_or(Ok(()), |(files, journal)| {
                self.detach(files, &journal, console)
            });
        }
        // These stop when they are dropped, which is after the run.
        #[cfg(unix)]
        let names = opened.as_ref().and_then(|files| files.tasks.names());
        #[cfg(unix)]
        let remote = self.start_remote(names.map(|names| &**names), console)?;
        let _local_servers = self.start_local_servers()?;
        let servers = Servers::connect(&self, self.check()?, journal.as_ref(), console)?;
        let Servers {
            destinations,
            keys,
            entries,
            reader,
            setup,
            #[cfg_attr(not(unix), allow(unused_mut, reason = "it has a check alone"))]
            mut programs,
        } = servers;
        #[cfg(unix)]
        {
            programs.remote = remote.as_ref().map(RemoteServers::remover);
        }
        let files = opened.map_or_else(|| self.open(), Ok)?;
        if files.format.has_columns() {
            let names = files.tasks.names().map(|names| &**names);
            programs.check_columns(names)?;
        }
        let journal = match journal {
            None => self.open_journal(&files)?,
            opened => opened,
        };
        let dispatcher = self.resume(destinations, journal)?;
        if let Some(check) = &setup.rules.check {
            check.set_run(&dispatcher.handle());
        }
        let watcher = ServerFileWatcher {
            reader,
            entries,
            known: keys,
            dropped: Vec::new(),
            destinations: Box::new(move |entries| setup.destinations(entries)),
            run: dispatcher.handle(),
            console: (!self.quiet).then(|| console.clone()),
        };
        programs.start_ahead();
        let worked = self.make_calls(dispatcher, watcher, &programs, files, console);
        programs.end();
        worked
    }

    /// Makes the calls, prints their results, and shows how the run ended.
    fn make_calls(
        &self,
        dispatcher: Dispatcher,
        watcher: Watcher,
        programs: &Programs,
        mut files: Files,
        console: &Console,
    ) -> Result<(), Failure> {
        let names = files.tasks.names().cloned();
        let (extras, results) = (files.extras, files.results.take());
        let (mut run, outcomes) = self.feed(dispatcher, watcher, programs, files, console)?;
        let writer = ResultWriter::new(self.output, names.as_deref(), extras, console)?;
        let sinks = Sinks {
            writer,
            failures: FailureReport::new(console),
            failed: &mut run.failed,
            results: results.as_ref(),
            page: run.page.as_ref(),
            resumed: self.resumed,
        };
        let collected = collect(outcomes, &mut run.feeder, sinks);
        self.finish(run, collected, programs, console)
    }

    /// Refuses the flags of servers in a run that has a program of this machine alone.
    fn refuse_flags_of_servers(&self) -> Result<(), Failure> {
        let has_servers = !self.servers.is_empty() || self.called_function().is_some();
        match self.given_for_servers.first() {
            Some(flag) if !has_servers => {
                // The value may be a secret.
                let flag = flag.to_string_lossy();
                let name = flag.split('=').next().unwrap_or_default();
                Err(Failure::argument(format_args!(
                    "{name} is for servers, and the run has none: leave it out, or name servers \
                     and their function (--function)"
                )))
            }
            _ => Ok(()),
        }
    }

    fn check(&self) -> Result<Option<Arc<ResultCheck>>, Failure> {
        let Some(name) = &self.verify else {
            return Ok(None);
        };
        let program = find_program(name.as_os_str()).map_err(|error| {
            Failure::argument(format_args!(
                "--verify: {error}; it is one program without arguments: put them into a script"
            ))
        })?;
        Ok(Some(Arc::new(ResultCheck::new(program))))
    }

    fn open_journal(&self, files: &Files) -> Result<Option<RunJournal>, Failure> {
        let open = |path| {
            let names = files.tasks.names().map(|names| &**names);
            journal::open(path, &self.work(&files.format, names))
        };
        self.journal.as_deref().map(open).transpose()
    }

    fn resume(
        &self,
        destinations: Vec<Destination>,
        journal: Option<RunJournal>,
    ) -> Result<Dispatcher, Failure> {
        let mut builder = Repartidor::builder()
            .destinos(destinations)
            .options(self.options())
            .result_bytes(result_memory::result_memory);
        if let Some(journal) = journal {
            builder = builder.journal(journal);
        }
        builder.start().map_err(Failure::argument)
    }

    /// Starts what observes and controls the run, and then the feeder. They come before the
    /// first task, so that the page misses no event and a signal finds the run prepared.
    fn feed(
        &self,
        dispatcher: Dispatcher,
        watcher: Watcher,
        programs: &Programs,
        files: Files,
        console: &Console,
    ) -> Result<(ActiveRun, OutcomeStream), Failure> {
        let handle = dispatcher.handle();
        let (withdrawn, killed) = (programs.clone(), programs.clone());
        let (withdraw, kill) = (move || withdrawn.withdraw(), move || killed.kill());
        let interrupt = Interrupt::watch(&handle, console, withdraw, kill)?;
        programs.leave_signals();
        watcher.start();
        let info = self.run_info(&files);
        let page = files.page.show(&handle, info)?;
        if let Some(url) = page.as_ref().and_then(RunPage::url) {
            console.tell(format_args!("the page of the run: {url}"));
        }
        let progress = (!self.quiet)
            .then(|| ProgressDisplay::start(console, progress::line(&handle, &files.input)));
        let (sender, outcomes) = OutcomeStream::split(dispatcher, self.unordered);
        let failed = FailedTasks::new(files.failed, files.tasks.header(), console);
        let run = ActiveRun {
            handle,
            interrupt,
            page,
            progress,
            feeder: Feeder::start(files.tasks, sender)?,
            input: files.input,
            account: files.account,
            failed,
            check: programs.check.clone(),
        };
        Ok((run, outcomes))
    }

    /// Shows how the run ended. All of it is tried: a file that can't be written hides neither
    /// the other one nor the verdict.
    fn finish(
        &self,
        run: ActiveRun,
        collected: Result<(), Failure>,
        programs: &Programs,
        console: &Console,
    ) -> Result<(), Failure> {
        drop(run.progress);
        let summary = run.handle.summary();
        if !self.quiet {
            console.tell(&summary);
        }
        let facts = Facts {
            summary: &summary,
            feed_error: run.feeder.error(),
            is_input_complete: run.input.is_complete(),
            is_interrupted: run.interrupt.has_come(),
            keeps_journal: self.journal.is_some(),
            has_servers: self.called_function().is_some(),
            has_token: self.client.has_token(),
            has_authority: self.client.has_authority(),
            check_failure: run.check.as_ref().and_then(|check| check.failure()),
            engine: self.engine_flags(),
            loss: programs.loss(),
        };
        let have_all_ended = collected.is_ok()
            && facts.feed_error.is_none()
            && facts.is_input_complete
            && summary.not_run + summary.cancelled == 0;
        programs.end_run(have_all_ended, &summary, console);
        let verdict = collected.and_then(|()| facts.verdict());
        let json = format!("{}\n", summary.to_json());
        let replaces_tasks = self.failed.is_some() && self.failed == self.tasks;
        let failed = match replaces_tasks {
            true => run.failed.replace_tasks(have_all_ended),
            false => run.failed.finish(),
        };
        let account = run.account.map_or(Ok(()), |file| file.write(&json));
        let page = run.page.map_or(Ok(()), |page| page.end(&verdict));
        let ended = first_failure([failed, account, page, verdict], console);
        run.interrupt.finish(ended, console)
    }

    /// Returns the facts of the run that its page shows.
    fn run_info(&self, files: &Files) -> RunInfo {
        let arguments = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
        let header = files.tasks.header().zip(files.tasks.names());
        let header = header.map(|(line, names)| Header {
            line: String::from_utf8_lossy(line).into_owned(),
            names: Arc::clone(names),
        });
        let input = Arc::clone(&files.input);
        RunInfo::new(&self.title(), arguments, move || input.estimate()).header(header)
    }
}

/// Returns the first failure, which gives the exit code, and prints the others.
pub(crate) fn first_failure(
    results: impl IntoIterator<Item = Result<(), Failure>>,
    console: &Console,
) -> Result<(), Failure> {
    let mut failures = results.into_iter().filter_map(Result::err);
    let first = failures.next().map_or(Ok(()), Err);
    for failure in failures.filter(|failure| !matches!(failure, Failure::Silent(_))) {
        console.tell(format_args!("error: {failure}"));
    }
    first
}

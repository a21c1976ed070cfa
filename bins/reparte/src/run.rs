//! `reparte run`: one function, many tasks, all servers.

mod call_result;
mod destination;
mod ending;
mod feeder;
mod flags;
mod journal;
mod local_servers;
mod outcomes;
mod progress;
mod result_writer;
mod server_file;
mod task_reader;

use std::sync::Arc;

use reparte::{Handle, Repartidor};

use crate::console::Console;
use crate::exit::Failure;
use crate::output_file::OutputFile;
use crate::page::{PageSetup, RunInfo, RunPage};
use call_result::CallResult;
use destination::Destination;
use ending::Ending;
use feeder::Feeder;
pub(crate) use flags::RunCommand;
use local_servers::LocalServers;
use outcomes::FailureReport;
use progress::Progress;
use result_writer::ResultWriter;
use task_reader::{InputProgress, Task, TaskReader};

/// What looks on a run of this command, and steers it.
type Steering = Handle<Arc<Task>, CallResult>;

impl RunCommand {
    pub(crate) fn run(mut self, console: &Console) -> Result<(), Failure> {
        // They end when this is dropped.
        let local = LocalServers::start(self.local.unwrap_or(0).into())?;
        self.servers.add(local.addresses());
        let client = self.client_options()?;
        let workers = Destination::all(&self.servers, &self.function, &client)?;
        let keys = workers.iter().map(Destination::key).collect();
        let account_file = OutputFile::at("--account", self.account.as_deref())?;
        let report = OutputFile::at("--report", self.report.as_deref())?;
        let page = PageSetup::new(self.page.as_deref(), report)?;
        let facts = Arc::new(InputProgress::default());
        let tasks = TaskReader::open(self.tasks.as_deref(), self.line(), &facts)?;
        let mut run = Repartidor::builder()
            .destinos(workers)
            .options(self.options());
        if let Some(path) = &self.journal {
            run = run.journal(journal::journal(path, &self.work())?);
        }
        let run = run.start().map_err(Failure::argument)?;

        let handle: Steering = run.handle();
        let ending = Ending::at_signal(&handle, console, self.journal.is_some())?;
        let teller = (!self.quiet).then(|| console.clone());
        server_file::follow(&self.servers, keys, &self.function, client, &handle, teller);
        let page = page.show(&handle, self.subject(&facts))?;
        if let Some(url) = page.as_ref().and_then(RunPage::url) {
            console.tell(format_args!("the page of the run: {url}"));
        }
        let progress = (!self.quiet).then(|| Progress::start(console, &handle, &facts));
        let (sender, reading) = outcomes::halves(run, self.unordered);
        let sending = Feeder::start(tasks, sender)?;
        let writer = ResultWriter::new(self.output, console)?;
        let failures = FailureReport::new(console);
        let (printed, sending) = outcomes::print(reading, sending, writer, failures);

        drop(progress);
        let account = handle.summary();
        if !self.quiet {
            console.tell(&account);
        }
        let ran = printed.and_then(|()| ending.verdict(&sending, &facts, &account));
        let text = format!("{}\n", account.to_json());
        let account_written = account_file.map_or(Ok(()), |file| file.write(&text));
        let page_ended = page.map_or(Ok(()), |page| page.end(&ran));
        first_failure([account_written, page_ended, ran], console)
    }

    /// What the page says of the run.
    fn subject(&self, facts: &Arc<InputProgress>) -> RunInfo {
        let arguments = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
        let facts = Arc::clone(facts);
        RunInfo::new(&self.function, arguments, move || facts.expected())
    }
}

/// The first that failed, which gives the exit code; the others are told of.
fn first_failure(
    ends: impl IntoIterator<Item = Result<(), Failure>>,
    console: &Console,
) -> Result<(), Failure> {
    let mut failures = ends.into_iter().filter_map(Result::err);
    let first = failures.next().map_or(Ok(()), Err);
    for failure in failures.filter(|failure| !matches!(failure, Failure::Told(_))) {
        console.tell(format_args!("error: {failure}"));
    }
    first
}

//! `reparte factor`: numbers, each factored with all servers at a time.
//!
//! | file | holds |
//! | --- | --- |
//! | [`flags`], [`numbers`] | the command line and the input |
//! | [`factorizer`], [`small_factors`], [`sieving`] | the way from a number to its primes |
//! | [`job`], [`ranges`] | the work that servers share, in parts |
//! | [`destination`] | one server, and the check of what it says |
//! | [`relation_journal`], [`journal_record`] | what is kept for the next run |
//! | [`stage`], [`progress`], [`yields`], [`cpu_times`] | the state, and the account, as they are shown |
//! | [`proofs`], [`result_line`] | the check at the end, and what is printed |
//! | [`stop`] | the reasons why a number has no factors |

mod cpu_times;
mod destination;
mod factorizer;
mod failures;
pub(crate) mod flags;
mod job;
mod journal_record;
mod numbers;
mod progress;
mod proofs;
mod ranges;
mod relation_journal;
mod result_line;
mod sieving;
mod small_factors;
mod stage;
mod stop;
mod yields;

use cli_support::descriptors::raise_limit;
use cli_support::output::print;
use cli_support::standard_streams::check_output;
use factorizar::{CancelFlag, Natural};
use reparte::{Repartidor, RunSummary, Search, ServerState};
use untrusted_text::OneLine;
use xmlrpc_client::Options;

use crate::console::Console;
use crate::exit::Failure;
use crate::factor::cpu_times::{CpuTimes, Part};
use crate::factor::destination::Destination;
use crate::factor::factorizer::Factorizer;
use crate::factor::flags::{FactorCommand, OutputFormat};
use crate::factor::job::{Task, TaskResult};
use crate::factor::numbers::Numbers;
use crate::factor::proofs::prove;
use crate::factor::relation_journal::RelationJournal;
use crate::factor::result_line::ResultLine;
use crate::factor::stage::{SharedStage, Stage};
use crate::factor::stop::Stop;
use crate::factor::yields::SharedYields;
use crate::flags::client::warn_of_clear_text;
use crate::flags::server_entry::ServerEntry;
use crate::flags::server_list::ServerList;
use crate::flags::server_reader::ServerReader;
use crate::output_file::OutputFile;
use crate::page::details::Details;
use crate::page::run_info::RunInfo;
use crate::page::{PageSetup, RunPage};
use crate::progress_display::ProgressDisplay;
use crate::run::first_failure;
use crate::run::interrupt::Interrupt;
use crate::run::local_servers::LocalServers;
use crate::run::server_file::{ServerFileWatcher, ServerKey};

impl FactorCommand {
    /// Runs the command: factors one number after the other.
    pub(crate) fn run(self, console: &Console) -> Result<(), Failure> {
        check_output()?;
        let mut numbers = Numbers::new(&self.numbers())?;
        self.check_files()?;
        let account = OutputFile::at("--account", self.account.as_deref())?;
        let report = OutputFile::at("--report", self.report.as_deref())?;
        let page = PageSetup::new(self.page.as_deref(), report)?;
        // They stop when this is dropped, which is after the run.
        let local_servers = LocalServers::start(self.local.unwrap_or(0).into())?;
        let mut servers = self.server_list();
        servers.add(local_servers.addresses());
        let cpu_times = CpuTimes::default();
        let client = self.client_options()?;
        let (search, watcher) = self.connect(&servers, &client, &cpu_times, console)?;
        let times = cpu_times.clone();
        let destinations = Box::new(move || {
            let entries = ServerReader::new(&servers, None).read()?;
            let all = Destination::all(&entries, &client, &times)?;
            Ok(all
                .into_iter()
                .map(|(_, destination)| destination)
                .collect())
        });
        let journal = self.journal.as_deref().map(RelationJournal::open);
        let mut factorizer = Factorizer {
            search,
            flag: CancelFlag::new(),
            threads: self.threads(),
            stage: SharedStage::default(),
            journal: journal.transpose()?,
            destinations,
            cpu_times,
            yields: SharedYields::default(),
            suspicions: Vec::new(),
        };
        let handle = factorizer.search.handle();
        let interrupt = self.watch_for_signals(&factorizer, console)?;
        watcher.start();
        let page = page.show(&handle, run_info(&factorizer))?;
        if let Some(url) = page.as_ref().and_then(RunPage::url) {
            console.tell(format_args!("the page of the run: {url}"));
        }
        let line = progress::line(&handle, &factorizer.stage);
        let progress = (!self.quiet).then(|| ProgressDisplay::start(console, line));
        let ended = self.factor_all(&mut numbers, &mut factorizer, &interrupt, console);
        drop(progress);
        let summary = factorizer.search.summary();
        if !self.quiet {
            print_account(&summary, &factorizer, console);
        }
        let json = || account_json(&summary, &factorizer);
        let account = account.map_or(Ok(()), |file| file.write(&json()));
        let journal = factorizer.journal.take();
        let journal = journal.map_or(Ok(()), RelationJournal::finish);
        let page = page.map_or(Ok(()), |page| page.end(&ended));
        let ended = first_failure([ended, journal, account, page], console);
        interrupt.finish(ended, console)
    }

    /// Starts the dispatcher on these servers. Returns the watcher of their file too.
    fn connect(
        &self,
        servers: &ServerList,
        client: &Options,
        cpu_times: &CpuTimes,
        console: &Console,
    ) -> Result<(Search<Task, TaskResult>, Watcher), Failure> {
        // Each call has a connection.
        raise_limit();
        let mut reader = ServerReader::new(servers, None).warn_for(client);
        let entries = reader.read()?;
        let all = Destination::all(&entries, client, cpu_times)?;
        let (known, destinations): (Vec<ServerKey>, Vec<Destination>) = all.into_iter().unzip();
        warn_of_clear_text(destinations.iter().map(Destination::proxy));
        servers.warn_if_writable(client);
        let search = Repartidor::builder()
            .destinos(destinations)
            .options(self.options())
            .start()
            .map_err(Failure::argument)?
            .search();
        let (client, cpu_times) = (client.clone(), cpu_times.clone());
        let all = move |entries: &[ServerEntry]| Destination::all(entries, &client, &cpu_times);
        let watcher = ServerFileWatcher {
            reader,
            entries,
            known,
            dropped: Vec::new(),
            destinations: Box::new(all),
            run: search.handle(),
            console: (!self.quiet).then(|| console.clone()),
        };
        Ok((search, watcher))
    }

    /// Ends the run at the first signal. With a journal the calls that run are waited for: what
    /// they bring is kept. Without one it would be of no use.
    fn watch_for_signals(
        &self,
        factorizer: &Factorizer,
        console: &Console,
    ) -> Result<Interrupt, Failure> {
        let (run, flag) = (factorizer.search.handle(), factorizer.flag.clone());
        let (raised, keeps_journal) = (run.clone(), self.journal.is_some());
        let also = move || {
            flag.cancel();
            if !keeps_journal {
                raised.cancel_all();
            }
            0
        };
        Interrupt::watch(&run, console, also, || {})
    }

    /// Factors the numbers, and prints the factors of each.
    fn factor_all(
        &self,
        numbers: &mut Numbers,
        factorizer: &mut Factorizer,
        interrupt: &Interrupt,
        console: &Console,
    ) -> Result<(), Failure> {
        let mut done = 0;
        while let Some(n) = numbers.next()? {
            let stop = match factorizer.print_factors(&n, self.output, console) {
                Ok(()) => {
                    done += 1;
                    continue;
                }
                Err(Ended::Failure(failure)) => return Err(failure),
                // What failed may have failed because of the signal.
                Err(Ended::Stop(stop)) if interrupt.has_come() && !stop.is_of_journal() => {
                    Stop::Interrupted
                }
                Err(Ended::Stop(stop)) => stop,
            };
            return Err(stop.failure(done, self.journal.is_some()));
        }
        Ok(())
    }
}

type Watcher = ServerFileWatcher<Task, TaskResult, Destination>;

/// The reason why a number's factors are not printed.
enum Ended {
    Stop(Stop),
    Failure(Failure),
}

impl From<Stop> for Ended {
    fn from(stop: Stop) -> Self {
        Ended::Stop(stop)
    }
}

impl Factorizer {
    /// Factors a number, proves its primes, and prints them.
    fn print_factors(
        &mut self,
        n: &Natural,
        format: OutputFormat,
        console: &Console,
    ) -> Result<(), Ended> {
        self.stage.set(Stage::Start);
        if let Some(journal) = &mut self.journal {
            journal.begin(n)?;
        }
        let primes = self.factor(n);
        self.suspicions
            .drain(..)
            .for_each(|line| console.tell(line));
        let primes = primes?;
        self.stage.set(Stage::Proofs);
        let control = self.control();
        let prove = || prove(n, &primes, &control);
        let factors = self.cpu_times.of_process(Part::Proofs, prove)?;
        let factors = &factors;
        let line = ResultLine { n, factors, format };
        console
            .beside_progress(|| print(line))
            .map_err(|error| Ended::Failure(error.into()))?;
        self.stage.set(Stage::Factored);
        Ok(())
    }
}

/// Returns the facts of the run that its page shows.
fn run_info(factorizer: &Factorizer) -> RunInfo {
    let arguments = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
    let (stage, yields) = (factorizer.stage.clone(), factorizer.yields.clone());
    RunInfo::new("siqs_relations", arguments, || None).details(move || Details {
        state: stage.get().to_string(),
        permille: stage.get().permille(),
        table: yields.lock().table(),
    })
}

/// Prints what each server has sieved, what the command itself has cost, and which servers were lost
/// or put out.
fn print_account(summary: &RunSummary, factorizer: &Factorizer, console: &Console) {
    let yields = factorizer.yields.lock();
    if !yields.is_empty() {
        console.tell(&*yields);
        console.tell(&factorizer.cpu_times);
    }
    for server in &summary.servers {
        let is_up = matches!(
            server.state,
            ServerState::Up | ServerState::Busy | ServerState::Ending | ServerState::Ended
        );
        if let Some(error) = server.last_error.as_ref().filter(|_| !is_up) {
            let name = OneLine::new(&server.name);
            console.tell(format_args!("{name}: {}; last: {error}", server.state));
        }
    }
}

/// Returns the account of the run: that of `reparte run`, what each server has sieved, and what the
/// command itself has cost.
fn account_json(summary: &RunSummary, factorizer: &Factorizer) -> String {
    let mut json = summary.to_json();
    // The members end with the brace.
    json.pop();
    let (yields, own) = (
        factorizer.yields.lock().to_json(),
        factorizer.cpu_times.to_json(),
    );
    format!("{json},\"yields\":{yields},\"own_cpu_seconds\":{own}}}\n")
}

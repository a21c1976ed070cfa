//! `reparte factor`: numbers, each factored with all servers at a time.
//!
//! | file | holds |
//! | --- | --- |
//! | [`flags`], [`numbers`] | the command line and the input |
//! | [`factorizer`] | the way from a number to its primes |
//! | [`job`], [`ranges`] | the work that servers share, in parts |
//! | [`destination`] | one server, and the check of what it says |
//! | [`stage`], [`progress`], [`yields`] | the state, as it is shown |
//! | [`proofs`], [`result_line`] | the check at the end, and what is printed |
//! | [`stop`] | the reasons why a number has no factors |

mod destination;
mod factorizer;
pub(crate) mod flags;
mod job;
mod numbers;
mod progress;
mod proofs;
mod ranges;
mod result_line;
mod stage;
mod stop;
mod yields;

use cli_support::descriptors::raise_limit;
use cli_support::output::print;
use cli_support::standard_streams::check_output;
use factorizar::{CancelFlag, Natural};
use reparte::{Repartidor, RunSummary, ServerState};
use untrusted_text::OneLine;

use crate::console::Console;
use crate::exit::Failure;
use crate::factor::destination::Destination;
use crate::factor::factorizer::Factorizer;
use crate::factor::flags::{FactorCommand, OutputFormat};
use crate::factor::numbers::Numbers;
use crate::factor::proofs::prove;
use crate::factor::result_line::ResultLine;
use crate::factor::stage::{SharedStage, Stage};
use crate::factor::stop::Stop;
use crate::factor::yields::Yields;
use crate::output_file::OutputFile;
use crate::page::run_info::RunInfo;
use crate::page::{PageSetup, RunPage};
use crate::progress_display::ProgressDisplay;
use crate::run::interrupt::Interrupt;
use crate::run::local_servers::LocalServers;

impl FactorCommand {
    /// Runs the command: factors one number after the other.
    pub(crate) fn run(self, console: &Console) -> Result<(), Failure> {
        check_output()?;
        let mut numbers = Numbers::new(&self.numbers())?;
        let report = OutputFile::at("--report", self.report.as_deref())?;
        let page = PageSetup::new(self.page.as_deref(), report)?;
        // They stop when this is dropped, which is after the run.
        let local_servers = LocalServers::start(self.local.unwrap_or(0).into())?;
        let mut servers = self.server_list();
        servers.add(local_servers.addresses());
        // Each call has a connection.
        raise_limit();
        let destinations = Destination::all(&servers, &self.client_options()?)?;
        let search = Repartidor::builder()
            .destinos(destinations)
            .options(self.options())
            .start()
            .map_err(Failure::argument)?
            .search();
        let (handle, flag) = (search.handle(), CancelFlag::new());
        let (run, raised) = (handle.clone(), flag.clone());
        // What the calls would bring is of no use without the rest.
        let cancel = move || {
            raised.cancel();
            run.cancel_all();
        };
        let interrupt = Interrupt::watch(&handle, console, cancel)?;
        let arguments = std::env::args_os().map(|word| word.to_string_lossy().into_owned());
        let page = page.show(&handle, RunInfo::new("siqs_relations", arguments, || None))?;
        if let Some(url) = page.as_ref().and_then(RunPage::url) {
            console.tell(format_args!("the page of the run: {url}"));
        }
        let stage = SharedStage::default();
        let progress =
            (!self.quiet).then(|| ProgressDisplay::start(console, progress::line(&handle, &stage)));
        let mut factorizer = Factorizer {
            search,
            flag,
            threads: self.threads(),
            stage,
        };
        let mut done = 0;
        let mut yields = Vec::new();
        let ended = loop {
            match numbers.next() {
                Ok(Some(n)) => {
                    match factorizer.print_factors(&n, self.output, &mut yields, console) {
                        Ok(()) => done += 1,
                        Err(Ended::Stop(_)) if interrupt.has_come() => {
                            break Err(Stop::Interrupted.failure(done));
                        }
                        Err(Ended::Stop(stop)) => break Err(stop.failure(done)),
                        Err(Ended::Failure(failure)) => break Err(failure),
                    }
                }
                Ok(None) => break Ok(()),
                Err(failure) => break Err(failure),
            }
        };
        drop(progress);
        if !self.quiet {
            tell_account(&factorizer.search.summary(), &yields, console);
        }
        let page = page.map_or(Ok(()), |page| page.end(&ended));
        ended.and(page)
    }
}

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
        yields: &mut Vec<Yields>,
        console: &Console,
    ) -> Result<(), Ended> {
        self.stage.set(Stage::Start);
        let before = yields.len();
        let primes = self.factor(n, yields);
        for of_number in &yields[before..] {
            of_number.suspicions().for_each(|line| console.tell(line));
        }
        let primes = primes?;
        self.stage.set(Stage::Proofs);
        let factors = prove(n, &primes, &self.control())?;
        let factors = &factors;
        let line = ResultLine { n, factors, format };
        console
            .beside_progress(|| print(line))
            .map_err(|error| Ended::Failure(error.into()))
    }
}

/// Tells what each server has sieved, and which servers were lost or put out.
fn tell_account(summary: &RunSummary, yields: &[Yields], console: &Console) {
    let mut total = Yields::default();
    yields.iter().for_each(|of_number| total.extend(of_number));
    if !total.is_empty() {
        console.tell(total);
    }
    for server in &summary.servers {
        let is_up = matches!(server.state, ServerState::Up | ServerState::Busy);
        if let Some(error) = server.last_error.as_ref().filter(|_| !is_up) {
            let name = OneLine::new(&server.name);
            console.tell(format_args!("{name}: {}; last: {error}", server.state));
        }
    }
}

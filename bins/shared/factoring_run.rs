//! The run of clnt_processes: numbers, the servers that factor them, and the run's end.

use std::fmt::Display;
use std::num::NonZeroU8;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use cli_support::clear_text;
use cli_support::distinct_files::DistinctFiles;
use cli_support::output::eprint;
use cli_support::signals::at_signal;
use factorizar_service::LocalServers;
use reparte::{
    Handle, Incomplete, Journal, Persist, RepartidorBuilder, RunSummary, SendError, XmlRpc,
};
use xmlrpc_client::{HttpProxy, ServerProxy};

use crate::shared::command_line::{Argument, CommandLine};
use crate::shared::failure::Failure;
use crate::shared::number_range::NumberRange;
use crate::shared::output::print;
use crate::shared::run_failure;
use crate::shared::secret_files::SecretFiles;

/// The run that the command line of clnt_processes describes.
#[derive(Debug)]
#[non_exhaustive]
pub struct FactoringRun {
    /// The servers, as [`XmlRpc::list_with`] takes them.
    pub servers: Vec<String>,
    /// The client's options for calls of the servers.
    pub options: xmlrpc_client::Options,
    /// The numbers to factor.
    pub numbers: NumberRange,
    /// True if the servers are asked for the factors, and these are checked.
    pub verify: bool,
    /// The file that keeps the results.
    journal: Option<PathBuf>,
    /// The servers in this process, which are named in `servers` too. They end with the run.
    _local: LocalServers,
    /// Set by the first signal, before it ends the run. So a run that a signal has ended finds
    /// it set.
    interrupted: Arc<AtomicBool>,
}

impl FactoringRun {
    /// Reads the command line, and starts the servers that `--local` asks for.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] with `usage` if no server is named; [`Failure::Argument`] and
    /// [`Failure::Server`]; [`Failure::Done`] after `--help`.
    pub fn from_command_line(
        name: &'static str,
        help: &'static str,
        usage: &'static str,
    ) -> Result<Self, Failure> {
        let command_line = CommandLine { name, help };
        let mut servers = Vec::new();
        let mut numbers = NumberRange::default();
        let mut secrets = SecretFiles::default();
        let mut local = 0_u8;
        let mut verify = false;
        let mut journal = None;
        let mut proxy = None;
        command_line.arguments(|argument, values| match argument {
            Argument::Value(server) => {
                servers.push(server.clone());
                Ok(true)
            }
            Argument::Option(option) if option == "local" => {
                let what = "a number of servers, from 1 to 255";
                local = values.parse::<NonZeroU8>("--local", what)?.get();
                Ok(true)
            }
            Argument::Option(option) if option == "verify" => {
                verify = true;
                Ok(true)
            }
            Argument::Option(option) if option == "journal" => {
                journal = Some(values.next()?.into());
                Ok(true)
            }
            Argument::Option(option) if option == "proxy" => {
                let url = values.next()?;
                proxy = Some(HttpProxy::new(&url).map_err(|error| values.bad(error))?);
                Ok(true)
            }
            Argument::Option(option) if secrets.take(option, values)? => Ok(true),
            Argument::Option(option) => numbers.take(option, values),
        })?;
        let numbers = numbers.checked(command_line)?;
        if proxy.is_some() && local > 0 {
            return Err(command_line.bad("--proxy would keep the servers of --local out of reach"));
        }
        let mut options = secrets.client_options(command_line)?;
        options.proxy = proxy;
        let local = LocalServers::start(local.into())?;
        servers.extend(local.addresses());
        if servers.is_empty() {
            return Err(Failure::Usage(usage));
        }
        // An address that can't be read is reported later.
        let list = XmlRpc::list_with(&servers, "", &options).unwrap_or_default();
        let proxies = list.iter().map(XmlRpc::proxy);
        let exposed = proxies.filter(|proxy| proxy.exposes_credentials());
        clear_text::warn_client(exposed.map(ServerProxy::server));
        Ok(FactoringRun {
            servers,
            options,
            numbers,
            verify,
            journal,
            _local: local,
            interrupted: Arc::default(),
        })
    }

    /// Adds the journal that `--journal` names, if it names one: it keeps the results of
    /// `function`.
    ///
    /// # Errors
    ///
    /// [`Failure::Journal`] if the journal can't be used, or is the file of the output.
    pub fn with_journal<R>(
        &self,
        function: &str,
        run: RepartidorBuilder<(String,), R>,
    ) -> Result<RepartidorBuilder<(String,), R>, Failure>
    where
        R: Persist + Send + 'static,
    {
        let Some(path) = &self.journal else {
            return Ok(run);
        };
        let mut files = DistinctFiles::default();
        files.add_standard_outputs();
        files.add_output("--journal", Some(path));
        files.check()?;
        Ok(run.journal(Journal::open(path, function)?))
    }

    /// Ends the run of `handle` at the first Ctrl-C or SIGTERM: [`FactoringRun::finish`] then
    /// has the results so far. The second signal ends the process.
    ///
    /// # Errors
    ///
    /// [`Failure::Server`] if signals can't be watched.
    pub fn end_at_signal<R: Send + 'static>(
        &self,
        handle: &Handle<(String,), R>,
    ) -> Result<(), Failure> {
        let (handle, interrupted) = (handle.clone(), Arc::clone(&self.interrupted));
        let first = move |_| {
            eprint("stopping: what was had so far will be printed; once more to end at once");
            // Before the run ends: its end reads the flag.
            interrupted.store(true, SeqCst);
            handle.drain();
            handle.cancel_all();
        };
        Ok(at_signal(first, || {})?)
    }

    /// Prints every result in order, and the time if all results are there. Says on standard
    /// error which server did what, and which numbers have no result. Ends the servers in this
    /// process.
    ///
    /// # Errors
    ///
    /// [`Failure::Interrupted`] if a signal ended the run early, [`Failure::Journal`] if the
    /// journal did, [`Failure::Unreachable`] if tasks were left over for lack of servers,
    /// [`Failure::NoResult`] if a task failed, and the errors of [`print()`].
    pub fn finish<A, R: Display>(
        self,
        sent: Result<(), SendError<A>>,
        results: Result<Vec<R>, Incomplete<R>>,
        summary: &RunSummary,
        seconds: f64,
    ) -> Result<(), Failure> {
        let was_interrupted = self.interrupted.load(SeqCst);
        let failure = run_failure::failure(self.numbers.count(), was_interrupted, &sent, &results);
        let outcomes: Vec<Option<R>> = match results {
            Ok(results) => results.into_iter().map(Some).collect(),
            Err(incomplete) => {
                let outcomes = incomplete.into_outcomes().into_iter();
                outcomes.map(Result::ok).collect()
            }
        };
        let printed = outcomes.iter().flatten().try_for_each(print);
        let printed = match failure {
            None => printed.and_then(|()| print(format_args!("Tiempo: {seconds:.6}"))),
            Some(_) => printed,
        };
        eprint(summary);
        let Some(failure) = failure else {
            return printed;
        };
        let has_result: Vec<bool> = outcomes.iter().map(Option::is_some).collect();
        let missing = self.numbers.missing(&has_result);
        if !missing.is_empty() {
            eprint(format_args!("no result for: {missing}"));
        }
        Err(failure)
    }
}

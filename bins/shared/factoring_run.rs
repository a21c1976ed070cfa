//! clnt_processes: many servers, and one dispatcher over them.

use std::fmt::Display;
use std::num::NonZeroU8;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use cli_support::output::tell;
use cli_support::signals::at_signal;
use factorizar_service::LocalServers;
#[cfg(doc)]
use reparte::XmlRpc;
use reparte::{
    Handle, Incomplete, Journal, JournalError, Persist, RepartidorBuilder, RunSummary, SendError,
    TaskErrorKind,
};
use xmlrpc_client::HttpProxy;

use crate::shared::command_line::{Argument, CommandLine};
use crate::shared::failure::{Failure, print};
use crate::shared::number_range::NumberRange;
use crate::shared::secret_files::SecretFiles;

/// What the command line of clnt_processes asks for.
#[derive(Debug)]
#[non_exhaustive]
pub struct FactoringRun {
    /// The servers, as [`XmlRpc::list_with`] takes them.
    pub servers: Vec<String>,
    /// How to call them.
    pub options: xmlrpc_client::Options,
    /// The numbers to have factored.
    pub numbers: NumberRange,
    /// Whether to ask for the factors, and check them.
    pub verify: bool,
    /// Where results are kept.
    journal: Option<PathBuf>,
    /// Those of the servers that live in this process, as long as it does.
    _local: LocalServers,
    interrupted: Arc<AtomicBool>,
}

impl FactoringRun {
    /// Reads the command line, and starts the servers that `--local` asks for.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] with `usage` when called without any server,
    /// [`Failure::Argument`] and [`Failure::Server`]; [`Failure::Done`] after `--help`.
    pub fn from_command_line(
        name: &'static str,
        help: &'static str,
        usage: &'static str,
    ) -> Result<Self, Failure> {
        let program = CommandLine { name, help };
        let mut servers = Vec::new();
        let mut numbers = NumberRange::default();
        let mut secrets = SecretFiles::default();
        let mut local = 0_u8;
        let mut verify = false;
        let mut journal = None;
        let mut proxy = None;
        program.arguments(|argument, values| match argument {
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
        let numbers = numbers.checked(program)?;
        if proxy.is_some() && local > 0 {
            return Err(program.bad("--proxy would keep the servers of --local out of reach"));
        }
        let mut options = secrets.client_options(program)?;
        options.proxy = proxy;
        let local = LocalServers::start(local.into())?;
        servers.extend(local.addresses());
        if servers.is_empty() {
            return Err(Failure::Usage(usage));
        }
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

    /// The same run, with its results kept in the journal, if there is to be one: those
    /// of `function`.
    ///
    /// # Errors
    ///
    /// [`Failure::Journal`] where it can't be used.
    pub fn with_journal<R>(
        &self,
        function: &str,
        run: RepartidorBuilder<(String,), R>,
    ) -> Result<RepartidorBuilder<(String,), R>, Failure>
    where
        R: Persist + Send + 'static,
    {
        Ok(match &self.journal {
            Some(path) => run.journal(Journal::open(path, function)?),
            None => run,
        })
    }

    /// Ends the run that `handle` steers at the first Ctrl-C or SIGTERM, so that
    /// [`FactoringRun::finish`] has what was had until then; at the second, the process.
    ///
    /// # Errors
    ///
    /// [`Failure::Server`] where signals can't be had.
    pub fn end_at_signal<R: Send + 'static>(
        &self,
        handle: &Handle<(String,), R>,
    ) -> Result<(), Failure> {
        let (handle, interrupted) = (handle.clone(), Arc::clone(&self.interrupted));
        let first = move || {
            tell("stopping: what was had so far will be printed; once more to end at once");
            interrupted.store(true, SeqCst);
            handle.drain();
            handle.cancel_all();
        };
        Ok(at_signal(first, || {})?)
    }

    /// Ends a run: prints every result that was had, in order, and the time if all were;
    /// tells on standard error who did what, and which numbers have no result. The
    /// servers in this process end.
    ///
    /// # Errors
    ///
    /// [`Failure::Interrupted`] where a signal ended the run before its end,
    /// [`Failure::Journal`] where the journal did,
    /// [`Failure::Unreachable`] where tasks were left over for lack of servers,
    /// [`Failure::NoResult`] where one failed, and those of [`print()`].
    pub fn finish<A, R: Display>(
        self,
        sent: Result<(), SendError<A>>,
        results: Result<Vec<R>, Incomplete<R>>,
        account: &RunSummary,
        seconds: f64,
    ) -> Result<(), Failure> {
        let failure = self.failure(&sent, &results);
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
        tell(account);
        let Some(failure) = failure else {
            return printed;
        };
        let had: Vec<bool> = outcomes.iter().map(Option::is_some).collect();
        let missing = self.numbers.missing(&had);
        if !missing.is_empty() {
            tell(format_args!("no result for: {missing}"));
        }
        Err(failure)
    }

    /// Why some number has no result, if one has none.
    fn failure<A, R>(
        &self,
        sent: &Result<(), SendError<A>>,
        results: &Result<Vec<R>, Incomplete<R>>,
    ) -> Option<Failure> {
        let had = match results {
            Ok(results) => results.len(),
            Err(incomplete) => incomplete.outcomes().iter().flatten().count(),
        };
        let so_far = format!("{had} of {} numbers have a result", self.numbers.count());
        match (results, sent) {
            (Ok(_), Ok(())) => None,
            _ if self.interrupted.load(SeqCst) => {
                let failed = results.as_ref().err().map(failed).unwrap_or_default();
                let text = format!("{so_far}: ended by a signal{failed}");
                Some(Failure::Interrupted(text))
            }
            (Err(incomplete), _) if incomplete.summary().journal_error.is_some() => {
                let error = incomplete.summary().journal_error.as_ref()?;
                Some(Failure::Journal(format!("{so_far}; {error}")))
            }
            (_, Err(error)) => Some(Failure::Unreachable(format!("{so_far}; {error}"))),
            (Err(incomplete), Ok(())) => Some(whose_fault(incomplete)),
        }
    }
}

/// What failed before the signal, which is told in no other place.
fn failed<R>(incomplete: &Incomplete<R>) -> String {
    let errors = incomplete
        .outcomes()
        .iter()
        .filter_map(|o| o.as_ref().err());
    let mut failed = errors.filter(|error| {
        let kind = error.kind();
        matches!(kind, TaskErrorKind::Permanent | TaskErrorKind::GivenUp)
    });
    match failed.next() {
        None => String::new(),
        Some(first) => format!("; {} failed before, the first: {first}", 1 + failed.count()),
    }
}

fn whose_fault<R>(incomplete: &Incomplete<R>) -> Failure {
    let mut errors = incomplete
        .outcomes()
        .iter()
        .filter_map(|o| o.as_ref().err());
    let left_over = errors.any(|error| error.kind() == TaskErrorKind::NotRun);
    match left_over {
        true => Failure::Unreachable(incomplete.to_string()),
        false => Failure::NoResult(incomplete.to_string()),
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Failure::Journal(error.to_string())
    }
}

impl From<reparte::Error> for Failure {
    fn from(error: reparte::Error) -> Self {
        match error {
            reparte::Error::Threads(_) => Failure::Server(error.to_string()),
            _ => Failure::Argument(format!("{error}; see clnt_processes --help")),
        }
    }
}

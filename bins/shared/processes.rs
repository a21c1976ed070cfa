//! clnt_processes: many servers, and one dispatcher over them.

use std::num::NonZeroU8;

#[cfg(doc)]
use reparte::XmlRpc;
use reparte::{Account, Incomplete, SendError, TaskErrorKind};

use super::command_line::{Argument, Program};
use super::exit::Failure;
use super::local::LocalServers;
use super::numbers::Numbers;
use super::output::print;
use super::secrets::Secrets;

/// What the command line of clnt_processes asks for.
#[derive(Debug)]
#[non_exhaustive]
pub struct Processes {
    /// The servers, as [`XmlRpc::list_with`] takes them.
    pub servers: Vec<String>,
    /// How to call them.
    pub options: xmlrpc_client::Options,
    /// The numbers to have factored.
    pub numbers: Numbers,
    /// Those of the servers that live in this process.
    local: LocalServers,
}

impl Processes {
    /// Reads the command line, and starts the servers that `--local` asks for.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] with `usage` when called without any server,
    /// [`Failure::Argument`] and [`Failure::Server`]; [`Failure::Done`] after `--help`.
    pub fn read(
        name: &'static str,
        help: &'static str,
        usage: &'static str,
    ) -> Result<Self, Failure> {
        let program = Program { name, help };
        let mut servers = Vec::new();
        let mut numbers = Numbers::default();
        let mut secrets = Secrets::default();
        let mut local = 0_u8;
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
            Argument::Option(option) if secrets.take(option, values)? => Ok(true),
            Argument::Option(option) => numbers.take(option, values),
        })?;
        let options = secrets.client_options(program)?;
        let local = LocalServers::start(local.into())?;
        servers.extend(local.addresses());
        if servers.is_empty() {
            return Err(Failure::Usage(usage));
        }
        Ok(Processes {
            servers,
            options,
            numbers,
            local,
        })
    }

    /// Ends a run: prints every result that was had, in order, and the time if all were;
    /// tells on standard error who did what, and which numbers have no result. The
    /// servers in this process end.
    ///
    /// # Errors
    ///
    /// [`Failure::Unreachable`] where tasks were left over for lack of servers,
    /// [`Failure::NoResult`] where one failed, and those of [`print()`].
    pub fn finish<A>(
        self,
        sent: Result<(), SendError<A>>,
        results: Result<Vec<String>, Incomplete<String>>,
        account: &Account,
        seconds: f64,
    ) -> Result<(), Failure> {
        drop(self.local);
        let (outcomes, failure) = match (results, sent) {
            (Ok(results), Ok(())) => (results.into_iter().map(Some).collect(), None),
            (Ok(results), Err(error)) => (
                results.into_iter().map(Some).collect(),
                Some(Failure::Unreachable(error.to_string())),
            ),
            (Err(incomplete), sent) => {
                let failure = match sent {
                    Ok(()) => failure(&incomplete),
                    Err(error) => Failure::Unreachable(error.to_string()),
                };
                let outcomes = incomplete.into_outcomes().into_iter().map(Result::ok);
                (outcomes.collect::<Vec<_>>(), Some(failure))
            }
        };
        let printed = outcomes.iter().flatten().try_for_each(print);
        let printed = match failure {
            None => printed.and_then(|()| print(format_args!("Tiempo: {seconds:.6}"))),
            Some(_) => printed,
        };
        log::info!(target: "procdistrib", "{account}");
        printed?;
        let Some(failure) = failure else {
            return Ok(());
        };
        let had = outcomes.into_iter().chain(std::iter::repeat(None));
        let missing = self.numbers.iter().zip(had);
        let missing = missing.filter_map(|(n, result)| result.is_none().then_some(n));
        name_missing(missing);
        Err(failure)
    }
}

/// How many numbers without a result are named.
const NAMED: usize = 10;

fn name_missing(mut numbers: impl Iterator<Item = String>) {
    let named: Vec<String> = numbers.by_ref().take(NAMED).collect();
    let more = match numbers.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    log::warn!("no result for {}{more}", named.join(", "));
}

fn failure(incomplete: &Incomplete<String>) -> Failure {
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

impl From<reparte::Error> for Failure {
    fn from(error: reparte::Error) -> Self {
        match error {
            reparte::Error::Threads(_) => Failure::Server(error.to_string()),
            _ => Failure::Argument(format!("{error}; see clnt_processes --help")),
        }
    }
}

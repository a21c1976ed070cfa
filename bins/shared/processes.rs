//! clnt_processes: many servers, and one dispatcher over them.

use std::num::NonZeroU8;

use reparte::{Account, Incomplete, SendError, TaskErrorKind};

use super::command_line::{Argument, Program};
use super::exit::Failure;
use super::local::LocalServers;
use super::numbers::Numbers;
use super::output::{print, tell};

/// What the command line of clnt_processes asks for.
#[derive(Debug)]
#[non_exhaustive]
pub struct Processes {
    /// The servers, as [`reparte::Repartidor::new`] takes them.
    pub servers: Vec<String>,
    /// The numbers to have factored.
    pub numbers: Numbers,
    /// Those of the servers that live in this process, as long as it does.
    _local: LocalServers,
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
            Argument::Option(option) => numbers.take(option, values),
        })?;
        let numbers = numbers.checked(program)?;
        let local = LocalServers::start(local.into())?;
        servers.extend(local.addresses());
        if servers.is_empty() {
            return Err(Failure::Usage(usage));
        }
        Ok(Processes {
            servers,
            numbers,
            _local: local,
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
        let (outcomes, failure) = match (results, sent) {
            (Ok(results), Ok(())) => (results.into_iter().map(Some).collect(), None),
            (Ok(results), Err(error)) => {
                let failure = self.cut_short(results.len(), &error);
                (results.into_iter().map(Some).collect(), Some(failure))
            }
            (Err(incomplete), sent) => {
                let had = incomplete.outcomes().iter().flatten().count();
                let failure = match sent {
                    Ok(()) => failure(&incomplete),
                    Err(error) => self.cut_short(had, &error),
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
        tell(account);
        let Some(failure) = failure else {
            return printed;
        };
        let had = outcomes.into_iter().chain(std::iter::repeat(None));
        let numbers = self.numbers.iter().zip(had);
        tell(format_args!("no result for: {}", missing(numbers)));
        Err(failure)
    }

    /// The run ended before all numbers were sent.
    fn cut_short<A>(&self, had: usize, error: &SendError<A>) -> Failure {
        let wanted = self.numbers.iter().count();
        Failure::Unreachable(format!("{had} of {wanted} numbers have a result; {error}"))
    }
}

/// The numbers without a result, runs of them as `first to last`.
fn missing(numbers: impl Iterator<Item = (String, Option<String>)>) -> String {
    let mut runs: Vec<(String, Option<String>)> = Vec::new();
    let mut in_run = false;
    for (n, result) in numbers {
        match runs.last_mut() {
            _ if result.is_some() => {}
            Some((_, last)) if in_run => *last = Some(n),
            _ => runs.push((n, None)),
        }
        in_run = result.is_none();
    }
    let runs = runs.into_iter().map(|(first, last)| match last {
        Some(last) => format!("{first} to {last}"),
        None => first,
    });
    runs.collect::<Vec<_>>().join(", ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_a_result_are_told_in_runs() {
        for (had, expected) in [
            ("x.xx", "2"),
            ("....", "1 to 4"),
            ("..x.", "1 to 2, 4"),
            ("x...x..x.", "2 to 4, 6 to 7, 9"),
            ("xx", ""),
        ] {
            let numbers = had.chars().zip(1..).map(|(c, n)| {
                let result = (c == 'x').then(String::new);
                (n.to_string(), result)
            });
            assert_eq!(missing(numbers), expected, "{had}");
        }
    }
}

//! Command lines, read with `lexopt`.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use cli_support::seconds;
use lexopt::{Arg, Parser, ValueExt as _};

use crate::shared::failure::Failure;
use crate::shared::output::print;

/// A program's name and help, and the reader of its arguments.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommandLine {
    pub(crate) name: &'static str,
    /// The text that `--help` prints.
    pub(crate) help: &'static str,
}

/// An argument of a program.
pub(crate) enum Argument {
    /// `--name`, without the dashes.
    Option(String),
    /// A word that is no option.
    Value(String),
}

impl CommandLine {
    /// Hands each argument to `take`, which reads the value of an option from `Values` and
    /// returns whether it knows the argument. Answers `--help` and `--version` itself.
    ///
    /// # Errors
    ///
    /// [`Failure::Done`] after `--help` and `--version`, [`Failure::Argument`] for an argument
    /// that `take` does not know, and the errors of `take`.
    pub(crate) fn arguments(
        self,
        mut take: impl FnMut(&Argument, &mut Values<'_>) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let mut parser = Parser::from_env();
        while let Some(argument) = parser.next().map_err(|error| self.bad(error))? {
            let (argument, shown) = match argument {
                Arg::Short('h') | Arg::Long("help") => {
                    print(self.help.trim_end())?;
                    return Err(Failure::Done);
                }
                Arg::Short('V') | Arg::Long("version") => {
                    print(format_args!("{} {}", self.name, env!("CARGO_PKG_VERSION")))?;
                    return Err(Failure::Done);
                }
                Arg::Short(_) => return Err(self.bad(argument.unexpected())),
                Arg::Long(name) => (Argument::Option(name.to_owned()), format!("--{name}")),
                Arg::Value(value) => {
                    let value = value.string().map_err(|error| self.bad(error))?;
                    (Argument::Value(value.clone()), value)
                }
            };
            let mut values = Values {
                parser: &mut parser,
                command_line: self,
            };
            if !take(&argument, &mut values)? {
                return Err(self.bad(format_args!("unexpected argument {shown:?}")));
            }
        }
        Ok(())
    }

    /// Returns a failure that says what is wrong with an argument and points to `--help`.
    pub(crate) fn bad(self, what: impl Display) -> Failure {
        Failure::Argument(format!("{what}; see {} --help", self.name))
    }
}

/// The values of the options.
pub(crate) struct Values<'p> {
    parser: &'p mut Parser,
    command_line: CommandLine,
}

impl Values<'_> {
    /// Returns the value of the option at hand.
    pub(crate) fn next(&mut self) -> Result<String, Failure> {
        self.parser
            .value()
            .and_then(|value| value.string())
            .map_err(|error| self.command_line.bad(error))
    }

    /// Returns the value of `option`, parsed as a `T`. `what` describes a `T` in the error.
    pub(crate) fn parse<T: FromStr>(&mut self, option: &str, what: &str) -> Result<T, Failure> {
        let text = self.next()?;
        text.parse()
            .map_err(|_| self.bad(format_args!("{option} takes {what}, not {text:?}")))
    }

    /// Returns the value of `option`, a number of seconds.
    pub(crate) fn seconds(&mut self, option: &str) -> Result<Duration, Failure> {
        let what = "a number of seconds above 0, such as 600 or 0.5";
        let seconds = self.parse::<f64>(option, what)?;
        seconds::positive(seconds)
            .ok_or_else(|| self.bad(format_args!("{option} takes {what}, not {seconds}")))
    }

    /// Returns a failure that says what is wrong with an argument and points to `--help`.
    pub(crate) fn bad(&self, what: impl Display) -> Failure {
        self.command_line.bad(what)
    }
}

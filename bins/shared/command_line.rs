//! The command line, taken apart by `lexopt`.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use cli_support::seconds;
use lexopt::{Arg, Parser, ValueExt as _};

use crate::shared::failure::{Failure, print};

/// What a program says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommandLine {
    pub(crate) name: &'static str,
    /// The text of `--help`.
    pub(crate) help: &'static str,
}

/// One argument.
pub(crate) enum Argument {
    /// `--name`, without the dashes.
    Option(String),
    /// Anything else.
    Value(String),
}

impl CommandLine {
    /// Gives each argument to `take`, which reads the value of an option from `Values`,
    /// and says whether it knows the argument. `--help` and `--version` are answered
    /// here.
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
                program: self,
            };
            if !take(&argument, &mut values)? {
                return Err(self.bad(format_args!("unexpected argument {shown:?}")));
            }
        }
        Ok(())
    }

    /// A failure that names what is wrong and where the right form is told.
    pub(crate) fn bad(self, what: impl Display) -> Failure {
        Failure::Argument(format!("{what}; see {} --help", self.name))
    }
}

/// The values behind the options.
pub(crate) struct Values<'p> {
    parser: &'p mut Parser,
    program: CommandLine,
}

impl Values<'_> {
    /// The value of the option at hand.
    pub(crate) fn next(&mut self) -> Result<String, Failure> {
        self.parser
            .value()
            .and_then(|value| value.string())
            .map_err(|error| self.program.bad(error))
    }

    /// The value of `option`, read as a `T`, which `what` describes.
    pub(crate) fn parse<T: FromStr>(&mut self, option: &str, what: &str) -> Result<T, Failure> {
        let text = self.next()?;
        text.parse()
            .map_err(|_| self.bad(format_args!("{option} takes {what}, not {text:?}")))
    }

    /// The value of `option`, a length of time.
    pub(crate) fn seconds(&mut self, option: &str) -> Result<Duration, Failure> {
        let what = "a number of seconds above 0, such as 600 or 0.5";
        let seconds = self.parse::<f64>(option, what)?;
        seconds::positive(seconds)
            .ok_or_else(|| self.bad(format_args!("{option} takes {what}, not {seconds}")))
    }

    pub(crate) fn bad(&self, what: impl Display) -> Failure {
        self.program.bad(what)
    }
}

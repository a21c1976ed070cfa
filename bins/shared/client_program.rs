//! The two programs that call one server: clnt_trivial and clnt_lineal.

use xmlrpc_client::ServerProxy;

use crate::shared::command_line::{Argument, CommandLine};
use crate::shared::failure::Failure;
use crate::shared::number_range::NumberRange;

/// The server that the article's clients call.
const ARTICLE_URL: &str = "http://localhost:9000";

/// The server and the numbers that the command line names.
#[derive(Debug)]
#[non_exhaustive]
pub struct ClientProgram {
    /// The server to call.
    pub server: ServerProxy,
    /// The numbers to factor, for clnt_lineal.
    pub numbers: NumberRange,
}

impl ClientProgram {
    /// Reads the command line of clnt_trivial: a URL.
    ///
    /// # Errors
    ///
    /// [`Failure::Argument`]; [`Failure::Done`] after `--help`.
    pub fn for_one_call(name: &'static str, help: &'static str) -> Result<Self, Failure> {
        ClientProgram::read(CommandLine { name, help }, false)
    }

    /// Reads the command line of clnt_lineal: a URL, `--base` and `--count`.
    ///
    /// # Errors
    ///
    /// Those of [`ClientProgram::for_one_call`].
    pub fn for_numbers(name: &'static str, help: &'static str) -> Result<Self, Failure> {
        ClientProgram::read(CommandLine { name, help }, true)
    }

    fn read(program: CommandLine, with_numbers: bool) -> Result<Self, Failure> {
        let mut url = None;
        let mut numbers = NumberRange::default();
        program.arguments(|argument, values| match argument {
            Argument::Value(value) if url.is_none() => {
                url = Some(value.clone());
                Ok(true)
            }
            Argument::Option(option) if with_numbers => numbers.take(option, values),
            _ => Ok(false),
        })?;
        let url = url.as_deref().unwrap_or(ARTICLE_URL);
        let server = ServerProxy::new(url).map_err(|error| program.bad(error))?;
        Ok(ClientProgram {
            server,
            numbers: numbers.checked(program)?,
        })
    }
}

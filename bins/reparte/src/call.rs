//! `reparte call`: one call.

mod arguments;

use std::time::Duration;

use clap::Args;
use cli_support::output::print;
use cli_support::standard_streams::check_output;
use xmlrpc_client::{Options, Value};

use crate::exit::Failure;
use crate::flags::client::{ClientFlags, warn_of_clear_text};
use crate::flags::seconds::seconds;
use crate::flags::server_list::single_server;
use crate::flags::value_format::ValueFormat;
use crate::introspection::signatures;
use crate::json::{json_text, to_json, to_text};
use crate::output::for_reader;
use crate::value_type::ValueType;

/// Calls a function of any XML-RPC server, and prints its result
///
/// Arguments take the types that the server tells for the method; where it tells none,
/// each is a string.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  reparte call localhost:9000 digits 'in 2005'
  reparte call localhost:9000 pow 2 10 --arg-type int
  reparte call localhost:9000 total '[1, 2, 3]' --json --output json")]
pub(crate) struct Call {
    /// The server: host:port, or an http:// or https:// URL
    url: String,
    /// The function's name
    method: String,
    /// The arguments
    #[arg(allow_negative_numbers = true)]
    argument: Vec<String>,
    /// The arguments' type, or a type for each with commas between, whatever the server
    /// tells
    #[arg(long, value_name = "TYPE", value_enum, value_delimiter = ',')]
    arg_type: Vec<ValueType>,
    /// Each argument is JSON; the same as --arg-type json
    #[arg(long, conflicts_with = "arg_type")]
    json: bool,
    /// Print the result in this format
    #[arg(long, value_enum, default_value_t = ValueFormat::Text)]
    output: ValueFormat,
    /// Wait this long for the answer
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "3600")]
    #[arg(allow_negative_numbers = true)]
    timeout: Duration,
    #[command(flatten)]
    client: ClientFlags,
}

impl Call {
    pub(crate) fn run(self) -> Result<(), Failure> {
        // A call may take an hour.
        check_output()?;
        let mut options = self.client.options()?;
        options.response_timeout = self.timeout;
        options.total_timeout = options.total_timeout.max(self.timeout);
        let arguments = self.arguments(&options)?;
        // The call has a connection of its own. It does not say `Connection: close`, after which
        // the end of this process would not cancel it.
        let server = single_server(&self.url, &options)?;
        warn_of_clear_text([server.proxy()]);
        let result: Value = server.proxy().call(&self.method, arguments)?;
        let line = match self.output {
            ValueFormat::Text => to_text(&result),
            ValueFormat::Json => json_text(&to_json(&result)),
        };
        Ok(print(for_reader(&line))?)
    }

    fn arguments(&self, options: &Options) -> Result<Vec<Value>, Failure> {
        let given = &self.argument;
        let read = match (self.json, self.arg_type.as_slice()) {
            (true, _) => arguments::from_types(given, &[ValueType::Json]),
            (false, []) if given.is_empty() => return Ok(Vec::new()),
            (false, []) => {
                let mut options = options.clone();
                options.keep_alive = false;
                let server = single_server(&self.url, &options)?;
                let signatures = signatures(server.proxy(), &self.method)?;
                arguments::from_signatures(given, &self.method, &signatures)
            }
            (false, types) => arguments::from_types(given, types),
        };
        read.map_err(Failure::Argument)
    }
}

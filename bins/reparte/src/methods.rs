//! `reparte methods`: the methods that a server publishes.

mod method;
mod rust_module;

use std::time::Duration;

use clap::Args;
use cli_support::output::print;
use xmlrpc_client::ErrorKind;

use crate::exit::Failure;
use crate::flags::client::{ClientFlags, warn_of_clear_text};
use crate::flags::seconds::seconds;
use crate::flags::server_list::single_server;
use crate::flags::value_format::ValueFormat;
use crate::introspection::{descriptions, is_builtin, method_names};
use crate::json::json_text;
use crate::methods::method::Method;
use crate::methods::rust_module::rust_module;

/// Lists the functions of a server, with their signatures and what they do
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  reparte methods localhost:9000
  reparte methods localhost:9000 --all --output json
  reparte methods unix:/run/supervisor.sock --rust > supervisor.rs")]
pub(crate) struct Methods {
    /// The server: host:port, an http:// or https:// URL, unix:/socket, scgi://host:port or
    /// scgi+unix:/socket
    url: String,
    /// The server's own methods too: system.* and reparte.*
    #[arg(long)]
    all: bool,
    /// Print them in this format
    #[arg(long, value_enum, default_value_t = ValueFormat::Text)]
    output: ValueFormat,
    /// A Rust module with a typed function for each method, for the crate xmlrpc-client
    #[arg(long, conflicts_with = "output")]
    rust: bool,
    /// Wait this long for each answer
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "30")]
    #[arg(allow_negative_numbers = true)]
    timeout: Duration,
    #[command(flatten)]
    client: ClientFlags,
}

impl Methods {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let mut options = self.client.options()?;
        options.response_timeout = self.timeout;
        // Some servers hang up after each answer without a word: the next call would be lost.
        options.keep_alive = false;
        let server = single_server(&self.url, &options)?;
        let server = server.proxy();
        warn_of_clear_text([server]);
        let names = method_names(server).map_err(|error| match error.kind() {
            ErrorKind::Fault => Failure::Fault(format!(
                "{error}; this server does not list its methods, but `reparte call` can call them"
            )),
            _ => error.into(),
        })?;
        let wanted: Vec<String> = names
            .iter()
            .filter(|name| self.all || !is_builtin(name))
            .cloned()
            .collect();
        let described = descriptions(server, &names, &wanted)?;
        let all: Vec<Method> = wanted
            .into_iter()
            .zip(described)
            .map(|(name, (signatures, help))| Method {
                name,
                signatures,
                help,
            })
            .collect();
        if self.rust {
            return Ok(print(rust_module(server.server(), &all))?);
        }
        match self.output {
            ValueFormat::Text => all.iter().try_for_each(|method| print(method.text()))?,
            ValueFormat::Json => print(json_text(&all.iter().map(Method::json).collect()))?,
        }
        Ok(())
    }
}

//! The command `reparte`: a function published over XML-RPC on any number of machines,
//! from a shell. Thin over the crates; a file for each subcommand, and one folder,
//! `options`, for the flags that they share.

#![forbid(unsafe_code)]

mod arguments;
mod call;
mod console;
mod exit;
mod introspection;
mod json;
mod keys;
mod log;
mod methods;
mod options;
mod output;
mod run;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod signals;
mod status;

use std::process::ExitCode;

use clap::Parser;
use console::Console;

const EXIT_CODES: &str = "\
Exit codes:
  0        done
  1        the output can't be written
  2        bad argument, or a file named by one that can't be used
  3        a server can't start, or can't go on
  4        a server can't be reached, or the connection to it was lost; none is left
  5        the function answered with a fault; some task failed
  6        a signal ended the run before all tasks had
  7        the journal can't be used, or not any further
  8        the server refused the call, or what answered is no XML-RPC server
  130,143  ended by a second Ctrl-C or SIGTERM

The log goes to standard error; RUST_LOG=debug shows more of it.";

/// Functions published over XML-RPC on any number of machines: run them over many
/// tasks, publish any program, watch servers.
#[derive(Debug, Parser)]
#[command(name = "reparte", version, max_term_width = 85, after_help = EXIT_CODES)]
enum Command {
    Run(run::Run),
    #[cfg(unix)]
    Serve(serve::Serve),
    Status(status::Status),
    Call(call::Call),
    Methods(methods::Methods),
    Keys(keys::Keys),
}

impl Command {
    /// Whether the log has a line for each request that is answered.
    fn tells_of_requests(&self) -> bool {
        match self {
            #[cfg(unix)]
            Command::Serve(_) => true,
            _ => false,
        }
    }
}

fn main() -> ExitCode {
    let command = Command::parse();
    let console = Console::default();
    log::start(&console, command.tells_of_requests());
    exit::run(|| match command {
        Command::Run(run) => run.run(&console),
        #[cfg(unix)]
        Command::Serve(serve) => serve.run(),
        Command::Status(status) => status.run(),
        Command::Call(call) => call.run(),
        Command::Methods(methods) => methods.run(),
        Command::Keys(keys) => keys.run(),
    })
}

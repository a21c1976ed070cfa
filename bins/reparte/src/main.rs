//! The command `reparte`: functions published over XML-RPC on any number of machines, from a
//! shell.
//!
//! Each subcommand has a file, and a folder of the same name for its parts. `flags` has the
//! flags that subcommands share. Below the subcommands are [`page`], which shows a run, and
//! small modules of all; these import no subcommand.

#![forbid(unsafe_code)]

mod announcement;
mod call;
mod clock;
mod completions;
mod console;
mod examples;
mod exit;
#[cfg(feature = "factoring")]
mod factor;
mod flags;
mod introspection;
mod json;
mod keys;
mod man;
mod methods;
mod output;
mod output_file;
mod ownership;
mod page;
mod program;
mod progress_display;
#[cfg(all(test, unix))]
mod proportion;
mod random;
#[cfg(unix)]
mod remote;
mod run;
#[cfg(unix)]
mod serve;
mod shell;
mod status;
mod task_estimate;
mod terminal_size;
#[cfg(all(test, unix))]
mod test_folder;
#[cfg(unix)]
mod up;
mod usage_advice;
mod value_type;
#[cfg(feature = "redis")]
mod withdraw;

use std::process::ExitCode;

use crate::console::Console;
use crate::flags::client::ClientFlags;
use crate::flags::given::given;
#[cfg(unix)]
use crate::program::flags::ProgramFlags;
use crate::usage_advice::with_advice;
use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use cli_support::diagnostics;
use cli_support::exit::run;
use cli_support::logging::{self, AccessLine};

#[cfg(feature = "factoring")]
const FACTOR_EXAMPLES: &str = "\
Examples:
  reparte factor --local 2 1000000000000000000000000000000000000000000000000000001
  reparte factor --servers hosts.txt --token-file token < numbers.txt
  reparte factor 4/other:9000 localhost:9000 123456789012345678901 --output json";

const EXIT_CODES: &str = "\
Exit codes:
  0        done
  1        the output, or the file of --account, --failed or --report, can't be
           written
  2        bad argument, or a file or program named by one that can't be used
  3        a server can't start, or can't go on
  4        a server can't be reached, or the connection to it was lost; none is left
  5        the function answered with a fault; some task failed
  6        a signal ended the run before all tasks had
  7        the journal can't be used, or not any further
  8        the server refused the call, or what answered is no XML-RPC server
  130,143  ended by a second Ctrl-C or SIGTERM

Environment:
  RUST_LOG  what the log, on standard error, shows: warn unless told, debug for more";

/// Functions published over XML-RPC on any number of machines: run them over many
/// tasks, publish any program, watch servers.
///
/// A function with a small input and a long computation is published on each machine that
/// is to compute, and called from any other. Tokens and keys come in files. A password
/// in a URL, a server's or that of --proxy, is an argument, which others can read.
#[derive(Debug, Parser)]
#[command(
    name = "reparte",
    version,
    max_term_width = 85,
    after_help = EXIT_CODES,
    after_long_help = [examples::COMMAND, EXIT_CODES].join("\n\n"),
)]
enum Command {
    #[command(after_long_help = examples::of_run())]
    Run(Box<run::flags::RunCommand>),
    #[cfg(feature = "factoring")]
    #[command(after_long_help = FACTOR_EXAMPLES)]
    Factor(factor::flags::FactorCommand),
    #[cfg(unix)]
    Serve(serve::Serve),
    #[cfg(unix)]
    Up(Box<up::Up>),
    Status(status::Status),
    #[cfg(feature = "redis")]
    Withdraw(withdraw::Withdraw),
    Call(call::Call),
    Methods(methods::Methods),
    Keys(keys::Keys),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    /// Notes which flags of some groups were given: those of a program, which other machines are
    /// to have, and those of servers, of which there may be none.
    fn with_given_flags(mut self, matches: &clap::ArgMatches) -> Self {
        let Some((_, matches)) = matches.subcommand() else {
            return self;
        };
        match &mut self {
            Command::Run(run) => {
                #[cfg(unix)]
                {
                    run.given = given::<ProgramFlags>(matches);
                }
                run.given_for_servers = given::<ClientFlags>(matches);
            }
            #[cfg(unix)]
            Command::Up(up) => up.given = given::<ProgramFlags>(matches),
            _ => {}
        }
        self
    }

    /// Returns the filters of the log, to which `RUST_LOG` may add: a server logs each request
    /// that it answers.
    fn log_filters(&self) -> &'static str {
        match self {
            #[cfg(unix)]
            Command::Serve(_) => "warn,xmlrpc_server::access=info,program_output=info",
            _ => "warn",
        }
    }
}

fn main() -> ExitCode {
    #[cfg(unix)]
    if program::guard::is_guard() {
        return program::guard::run();
    }
    let matches = Command::command()
        .try_get_matches()
        .unwrap_or_else(|error| with_advice(error).exit());
    let command = Command::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let command = command.with_given_flags(&matches);
    let console = Console::default();
    diagnostics::start(console.clone());
    logging::start(command.log_filters(), AccessLine::TimeFirst, false);
    run(|| match command {
        Command::Run(run) => run.run(&console),
        #[cfg(feature = "factoring")]
        Command::Factor(factor) => factor.run(&console),
        #[cfg(unix)]
        Command::Serve(serve) => serve.run(),
        #[cfg(unix)]
        Command::Up(up) => up.run(&console),
        Command::Status(status) => status.run(),
        #[cfg(feature = "redis")]
        Command::Withdraw(withdraw) => withdraw.run(&console),
        Command::Call(call) => call.run(),
        Command::Methods(methods) => methods.run(),
        Command::Keys(keys) => keys.run(),
        Command::Completions(completions) => completions.run(Command::command()),
        Command::Man(man) => man.run(Command::command()),
    })
}

//! `reparte serve`: any program as a function.

mod init_process;
mod process;
mod process_groups;
mod program;
mod program_input;
mod program_io;
mod shutdown;

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use cli_support::listening::announce;
use xmlrpc_server::front::hyper;
use xmlrpc_server::{Context, Service};
use xmlrpc_wire::{Bytes, Fault, Value};

use crate::exit::Failure;
use crate::flags::seconds::seconds;
use crate::flags::server::ServerFlags;
use process::Limits;
use process_groups::ProcessGroups;
use program::Program;

/// Publishes a program as a function: each call starts it, without a shell
///
/// {} in its arguments is replaced by the call's argument; without any {}, the argument
/// comes on standard input: text with a line end, bytes as they are, an array a line for
/// each element. Standard output, less one line end, is the result, a string. A program
/// that fails is answered with a fault that has the end of its error output.
///
/// A call that is cancelled, late, or whose client has gone ends its program, with all
/// that this has started (its process group): SIGTERM, and SIGKILL two seconds later.
/// Ctrl-C or SIGTERM lets running calls finish, for --grace; a second one does not.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  reparte serve 9000 --function digits -- sh -c 'tr -cd 0-9 | wc -c'
  reparte serve 9001 --function primes --workers 4 -- factor -- {}
  reparte serve 0.0.0.0:9000 --function upper --token-file token -- tr a-z A-Z")]
pub(crate) struct Serve {
    /// PORT for programs of this machine; HOST:PORT, such as 0.0.0.0:9000, for others,
    /// with --token-file or --without-token. Port 0 lets the system choose
    #[arg(default_value = "127.0.0.1:9000")]
    address: String,
    /// The function's name
    #[arg(long, value_name = "NAME")]
    function: String,
    /// Calls answered at a time, up to 1024; one per core unless told
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// How long the program may run
    #[arg(long, value_name = "S", value_parser = seconds, default_value = "600")]
    max_seconds: Duration,
    /// How much it may print on standard output, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 4 * 1024 * 1024)]
    max_output: u64,
    /// The result is the output's bytes, whatever they are, and not a string
    #[arg(long)]
    base64: bool,
    /// The program and its arguments, after --
    #[arg(last = true, required = true, value_name = "PROGRAM [ARG|{}]")]
    program: Vec<OsString>,
    #[command(flatten)]
    server: ServerFlags,
}

impl Serve {
    pub(crate) fn run(self) -> Result<(), Failure> {
        if init_process::is_first() {
            return Err(init_process::run_below());
        }
        let program = Program::find(&self.program)?;
        let limits = Limits {
            time: self.max_seconds,
            output: self.max_output,
        };
        let process_groups = Arc::new(ProcessGroups::default());
        let mut service = Service::new();
        let help = help(&program, limits, self.base64);
        let result = if self.base64 { "base64" } else { "string" };
        let function = {
            let process_groups = Arc::clone(&process_groups);
            move |call: &Context, argument: Value| {
                let output = answer(&program, argument, limits, call, &process_groups)?;
                match self.base64 {
                    true => Ok(Value::from(Bytes(output))),
                    false => text(output).map(Value::String),
                }
            }
        };
        service
            .register(&self.function, function)
            .and_then(|service| service.signature(&self.function, &[result, "string"]))
            .and_then(|service| service.help(&self.function, help))
            .map_err(|error| Failure::argument(format_args!("--function: {error}")))?;
        let (listener, mut options) = self.server.listen(&self.address)?;
        if let Some(workers) = self.workers {
            options.workers = workers.into();
        }
        // What a call waits for its turn does not count as the program's time.
        options.deadline = options.deadline.saturating_add(self.max_seconds);
        let stop = shutdown::at_signal(&process_groups, options.grace)?;
        announce(&listener, options.tls.is_some()).map_err(Failure::server)?;
        let builder = hyper::Server::builder(listener, service);
        let server = builder.options(options).stop(stop).start();
        let served = server.and_then(hyper::Server::wait);
        process_groups.end();
        served.map_err(Failure::server)
    }
}

fn help(program: &Program, limits: Limits, bytes: bool) -> String {
    let result = if bytes {
        "the bytes of its output"
    } else {
        "its output"
    };
    format!(
        "Runs {program} with the argument {} and gives {result}, {} bytes at most, within {} s.",
        match program.takes_input() {
            true => "on its standard input",
            false => "in place of {}",
        },
        limits.output,
        limits.time.as_secs_f64()
    )
}

/// Runs the program for a call, and gives its output without the last line end.
fn answer(
    program: &Program,
    argument: Value,
    limits: Limits,
    call: &Context,
    process_groups: &ProcessGroups,
) -> Result<Vec<u8>, Fault> {
    let (command, input) = program.command(argument)?;
    let ended = process::run(command, input, limits, call, process_groups)
        .map_err(|trouble| Fault::application(trouble.to_string()))?;
    let told = ended.told;
    if !ended.status.success() {
        let told = match told.as_str() {
            "" => "it wrote no error output",
            told => &format!("its error output ends: {told}"),
        };
        return Err(Fault::application(format!(
            "the program failed ({}): {told}",
            ended.status
        )));
    }
    if !told.is_empty() {
        log::debug!("{}: its error output: {told:?}", call.method());
    }
    let mut output = ended.output;
    if output.last() == Some(&b'\n') {
        output.pop();
    }
    Ok(output)
}

/// Output as a string, if XML can carry it.
fn text(output: Vec<u8>) -> Result<String, Fault> {
    const REMEDY: &str = "start the server with --base64 to have it as bytes";
    let text = String::from_utf8(output)
        .map_err(|_| Fault::application(format!("the program's output is no UTF-8: {REMEDY}")))?;
    let fits = |c: char| !matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    match text.chars().find(|&c| !fits(c)) {
        None => Ok(text),
        Some(c) => Err(Fault::application(format!(
            "the program's output has the character U+{:04X}, which XML can't carry: {REMEDY}",
            u32::from(c)
        ))),
    }
}

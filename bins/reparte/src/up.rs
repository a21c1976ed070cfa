//! `reparte up`: servers on other machines, started by ssh.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use cli_support::exit::UNREACHABLE;
use cli_support::signals::at_signal;

use crate::console::Console;
use crate::exit::Failure;
use crate::flags::seconds::seconds;
use crate::program::flags::ProgramFlags;
use crate::remote::RemoteServers;
use crate::remote::flags::RemoteFlags;
use crate::remote::server::RemoteServer;
use crate::shell::quote;

/// Publishes a program on other machines, for as long as this command runs
///
/// Connects to each host by the ssh of this user, with its configuration, keys and agent, and
/// without asking for a password. Copies this command and the files of --with there, and starts a
/// server. Calls go through the same connection, to a Unix socket that no other user can open, so
/// that no firewall is in the way. A host that can't be used is told, and the others are used.
///
/// Ctrl-C ends the servers, once running calls have had 10 s, and removes what was copied. If the
/// connection to a host is lost, its server ends by itself, and another one is started as soon as
/// the host can be reached again.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  reparte up hosts.txt --function primes --with block.py -- python3 block.py {}
  reparte up hosts.txt --function upper --list servers.txt -- tr a-z A-Z")]
pub(crate) struct Up {
    /// The hosts in this file, one a line, as ssh knows them: maquina1, me@maquina1, or
    /// ssh://me@maquina1:2222. N/ before it is for N calls at a time; one per core unless told.
    /// A comment begins with #
    #[arg(value_name = "HOSTS")]
    hosts: PathBuf,
    /// The function's name
    #[arg(long, value_name = "NAME")]
    function: String,
    /// Keep the list of the servers that are up in this file, for `reparte run --servers`; it is
    /// removed at the end
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Stop the program once it has run for this long
    #[arg(long, value_name = "S", value_parser = seconds, default_value = "600")]
    max_seconds: Duration,
    #[command(flatten)]
    remote: RemoteFlags,
    #[command(flatten, next_help_heading = "Program")]
    program_flags: ProgramFlags,
    /// The program and its arguments, after --. It runs in the directory that has the files of
    /// --with
    #[arg(last = true, required = true, value_name = "PROGRAM [ARG|{}]")]
    program: Vec<OsString>,
    /// The flags of the program that were given, as words.
    #[arg(skip)]
    pub(crate) given: Vec<OsString>,
}

impl Up {
    pub(crate) fn run(self, console: &Console) -> Result<(), Failure> {
        // A mistake is told here, and not by each host.
        self.program_flags.keep()?;
        let mut flags = self.given;
        flags.push(format!("--max-seconds={}", self.max_seconds.as_secs_f64()).into());
        let server = RemoteServer {
            function: self.function.clone(),
            flags,
            program: self.program,
        };
        let list = self.list.as_deref();
        let servers = RemoteServers::start(&self.hosts, &self.remote, server, list, console)?;
        let (stop, remove) = (servers.stopper(), servers.remover());
        let told = console.clone();
        let first = move |_| {
            told.tell("stopping: running calls have 10 s; once more to end at once");
            stop();
        };
        let watched = remove.clone();
        at_signal(first, move || remove.remove())?;
        watched.end_watch();
        let (up, of) = servers.wait_for_all();
        if up == 0 {
            return Err(Failure::Silent(UNREACHABLE));
        }
        let list = quote(&servers.list().display().to_string(), "/._-+:@%");
        let function = quote(&self.function, "._-");
        console.tell(format_args!(
            "{up} of {of} hosts are up: reparte run --servers {list} --function {function}"
        ));
        servers.wait_for_stop();
        Ok(())
    }
}

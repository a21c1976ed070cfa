//! The flags of `reparte factor`.
//!
//! The comments of fields and variants are the text of `--help`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};
use cli_support::distinct_files::DistinctFiles;
use reparte::Options;

use crate::exit::Failure;
use crate::flags::client::ClientFlags;
use crate::flags::seconds::seconds;
use crate::flags::server_list::ServerList;
use crate::flags::whole_number::whole_number;

/// Factors numbers, each with all servers at a time
///
/// The servers are those of serv_processes and serv_lineal, or --local. Each number is
/// looked at for small factors first, with p - 1 and elliptic curves, and then sieved. The
/// servers do the sieving, in units of some seconds; this command collects what they find,
/// checks all of it, and computes the factors. A server may die, hang, or tell lies: its
/// work is done by the others. Ctrl-C or SIGTERM ends the command early.
#[derive(Debug, Args)]
pub(crate) struct FactorCommand {
    /// A number, as decimal digits, or a server: host:port, an http:// or https:// URL,
    /// unix:/socket, scgi://host:port or scgi+unix:/socket, and N/ before it, for N calls at a
    /// time. Without a number they are read from standard input
    #[arg(value_name = "NUMBER|SERVER")]
    words: Vec<String>,
    /// The servers in this file, one a line; what follows a # is a comment
    #[arg(long, value_name = "FILE")]
    servers: Option<PathBuf>,
    /// Send the token to the addresses of dns: names too. It travels unencrypted, and to whatever
    /// answers there, so only for a network that you trust
    #[arg(long, requires = "token")]
    token_in_clear: bool,
    /// Use N servers within this command too, each for a call at a time
    // Through a proxy they would be out of reach.
    #[arg(
        long,
        value_name = "N",
        value_parser = whole_number(1..=u8::MAX),
        allow_negative_numbers = true,
        conflicts_with = "proxy"
    )]
    pub(super) local: Option<u8>,

    /// Print the factors in this format
    #[arg(long, value_enum, default_value = "text", help_heading = "Results")]
    pub(super) output: OutputFormat,
    /// Keep in FILE what the servers find: the same command with the same FILE and numbers goes
    /// on where it was, however it ended
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) journal: Option<PathBuf>,
    /// Write who did what into FILE at the end, as JSON
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) account: Option<PathBuf>,
    /// Show the run as a live page at ADDRESS, a port of this machine or 127.0.0.1:8080
    #[arg(long, value_name = "ADDRESS", help_heading = "Results")]
    pub(super) page: Option<String>,
    /// Write that page into FILE at the end, as it is then
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) report: Option<PathBuf>,
    /// Tell of nothing but what goes wrong, and where the page is: no progress, no account
    #[arg(long, short, help_heading = "Results")]
    pub(super) quiet: bool,

    /// Compute with N threads what this command does itself; one per core unless told
    #[arg(long, value_name = "N", value_parser = whole_number(1..=1024_u16))]
    #[arg(allow_negative_numbers = true, help_heading = "Calls")]
    threads: Option<u16>,
    /// Make a call elsewhere once it has taken this long
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "600")]
    #[arg(allow_negative_numbers = true, help_heading = "Calls")]
    timeout: Duration,
    /// End once every server has been down for this long, after one has answered
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "600")]
    #[arg(allow_negative_numbers = true, help_heading = "Calls")]
    outage: Duration,
    /// Wait this long at the start for a server to answer
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "5")]
    #[arg(allow_negative_numbers = true, help_heading = "Calls")]
    wait_for_servers: Duration,

    #[command(flatten)]
    client: ClientFlags,
}

// The comments of the variants are the text of `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// A line `number: factor factor ...`, as factor(1) prints it
    Text,
    /// A line of JSON, with the certificate of each prime
    Json,
}

impl FactorCommand {
    /// Returns the words that are numbers: those of digits alone, which no server is.
    pub(super) fn numbers(&self) -> Vec<String> {
        self.words
            .iter()
            .filter(|word| is_number(word))
            .cloned()
            .collect()
    }

    /// Returns the servers, without those of `--local`.
    pub(super) fn server_list(&self) -> ServerList {
        let servers = self.words.iter().filter(|word| !is_number(word)).cloned();
        ServerList::new(servers.collect(), self.servers.clone(), self.token_in_clear)
    }

    /// Checks that no file is named for two purposes, one of which would overwrite the other.
    pub(super) fn check_files(&self) -> Result<(), Failure> {
        let mut files = DistinctFiles::default();
        if self.numbers().is_empty() {
            files.add_standard_input();
        }
        self.server_list().add_to(&mut files);
        self.client.add_to(&mut files);
        files.add_standard_outputs();
        files.add_output("--journal", self.journal.as_deref());
        files.add_output("--account", self.account.as_deref());
        files.add_output("--report", self.report.as_deref());
        Ok(files.check()?)
    }

    /// Returns the options of the HTTP client.
    pub(super) fn client_options(&self) -> Result<xmlrpc_client::Options, Failure> {
        self.client.options_for_calls_of(self.timeout)
    }

    /// Returns the options of the dispatcher.
    pub(super) fn options(&self) -> Options {
        let mut options = Options::default();
        // A free slot takes its next task from these, and doesn't wait for the collection.
        options.read_ahead = READ_AHEAD;
        options.outage = Some(self.outage);
        options.outage_before_answer = Some(self.wait_for_servers);
        options.time_limit = Some(self.timeout);
        // There is always other work: no part of it is done twice.
        options.hedge = false;
        options
    }

    /// Returns the number of threads for the work of the command itself.
    pub(super) fn threads(&self) -> usize {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.map_or(cores, usize::from)
    }
}

/// Tasks that wait for a slot. They are nothing until a call takes its part of the work.
const READ_AHEAD: usize = 64;

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

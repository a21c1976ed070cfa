//! `reparte status`: the state of servers, and their work.

mod probe;
#[cfg(feature = "redis")]
mod queues;
mod screen;
mod server_report;
mod status_json;
mod table;

use std::collections::HashSet;
#[cfg(feature = "redis")]
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use cli_support::exit::UNREACHABLE;
use cli_support::output::print;
use reparte::XmlRpc;
#[cfg(feature = "redis")]
use reparte_redis::Monitor;

use crate::exit::Failure;
use crate::flags::client::{ClientFlags, warn_of_clear_text};
#[cfg(feature = "redis")]
use crate::flags::engine::{Engine, failure};
use crate::flags::seconds::seconds;
use crate::flags::server_entry::destinations;
use crate::flags::server_list::ServerList;
use crate::flags::server_reader::ServerReader;
use crate::json::json_text;
use crate::status::probe::probe_all;
#[cfg(feature = "redis")]
use crate::status::queues::{queue_json, queue_table};
use crate::status::screen::Screen;
use crate::status::server_report::ServerReport;
use crate::status::status_json::status_json;
use crate::status::table::table;

/// Shows which servers are up, what they publish, and what they work on
///
/// A server that has no control protocol, such as Python's, is shown with what it tells.
/// The exit code is 0 if all servers are up, else 4.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  reparte status localhost:9000 --watch
  reparte status --servers hosts.txt --token-file token --json
  reparte status --engine redis://localhost")]
pub(crate) struct Status {
    #[command(flatten)]
    servers: ServerList,
    /// In place of servers, show the queues on this Redis or Valkey server: their tasks, workers
    /// and runs
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "URL")]
    #[arg(conflicts_with_all = ["server", "servers", "token_file", "keys", "proxy", "tls_cert"])]
    engine: Option<String>,
    /// The engine's password in this file, which only its owner may read (mode 0600); or the user
    /// and the password, on two lines
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "FILE", requires = "engine")]
    engine_login: Option<PathBuf>,
    /// Ask each second, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Print JSON: an array on one line, with an object for each server
    #[arg(long)]
    json: bool,
    /// Wait this long for a server's answer
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "2")]
    #[arg(allow_negative_numbers = true)]
    timeout: Duration,
    #[command(flatten)]
    client: ClientFlags,
}

/// The time between two probes of `--watch`.
const INTERVAL: Duration = Duration::from_secs(1);

impl Status {
    pub(crate) fn run(self) -> Result<(), Failure> {
        #[cfg(feature = "redis")]
        if let Some(url) = &self.engine {
            return self.show_queues(url);
        }
        let mut options = self.client.options()?;
        options.connect_timeout = self.timeout;
        options.response_timeout = self.timeout;
        let mut reader = ServerReader::new(&self.servers, None).warn_for(&options);
        let mut entries = reader.read()?;
        let mut servers = destinations(&entries, "reparte.status", &options)?;
        warn_of_clear_text(servers.iter().map(XmlRpc::proxy));
        self.servers.warn_if_writable(&options);
        let screen = Screen::new(self.watch && !self.json);
        let mut with_protocol = HashSet::new();
        loop {
            let began = Instant::now();
            let mut reports = probe_all(&servers, self.timeout);
            remember_protocol(&mut reports, &mut with_protocol);
            match self.json {
                true => print(json_text(&status_json(&reports)))?,
                false => screen.show(&table(&reports))?,
            }
            if !self.watch {
                return exit_code(&reports);
            }
            thread::sleep(INTERVAL.saturating_sub(began.elapsed()));
            match reader.read() {
                Ok(now) if now != entries => {
                    servers = destinations(&now, "reparte.status", &options)?;
                    entries = now;
                }
                // Those of before are shown while the list can't be read.
                Ok(_) | Err(_) => {}
            }
        }
    }

    #[cfg(feature = "redis")]
    fn show_queues(&self, url: &str) -> Result<(), Failure> {
        let login = self.engine_login.as_deref();
        let mut engine = Engine::read(url, login, self.client.ca.as_ref())?;
        engine.options.connect_timeout = self.timeout;
        let mut monitor = Monitor::new(engine.url, engine.options);
        let screen = Screen::new(self.watch && !self.json);
        loop {
            let began = Instant::now();
            match monitor.queues() {
                Ok(queues) if self.json => print(json_text(&queue_json(&queues)))?,
                Ok(queues) => screen.show(&queue_table(&queues))?,
                Err(error) if self.watch && error.is_transient() => log::warn!("{error}"),
                Err(error) => return Err(failure(&error)),
            }
            if !self.watch {
                return Ok(());
            }
            thread::sleep(INTERVAL.saturating_sub(began.elapsed()));
        }
    }
}

/// Notes which servers have answered with the control protocol, now or before.
fn remember_protocol(reports: &mut [ServerReport], with_protocol: &mut HashSet<String>) {
    for report in reports {
        if report.answer.as_ref().is_ok_and(|up| up.work.is_some()) {
            with_protocol.insert(report.server.clone());
        }
        report.has_protocol = with_protocol.contains(&report.server);
    }
}

fn exit_code(reports: &[ServerReport]) -> Result<(), Failure> {
    match reports.iter().all(|server| server.answer.is_ok()) {
        true => Ok(()),
        false => Err(Failure::Silent(UNREACHABLE)),
    }
}

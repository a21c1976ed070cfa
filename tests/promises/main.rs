//! The promises of `reparte`, tested with real processes and signals.
//!
//! docs/reliability.md has the promises, P1 to P10, and the figures. `PROMISES=full` runs the
//! large variants, which those come from.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]
#![allow(clippy::print_stderr, reason = "what was measured is for the reader")]

mod busy_slots;
#[path = "../common/mod.rs"]
mod common;
#[cfg(target_os = "linux")]
mod connection_share;
mod dead_and_hung_servers;
mod event_watch;
mod killed_client;
mod nap_server;
#[cfg(target_os = "linux")]
mod partition;
#[path = "../common/python_scripts.rs"]
mod python_scripts;
#[cfg(target_os = "linux")]
mod remote_server;
mod retries;
#[cfg(target_os = "linux")]
mod scale;
mod supervisor;
mod two_servers;
mod wrong_answers;

use reparte::{Event, Options, Repartidor, XmlRpc};

/// The arguments of the function `nap`: milliseconds, and the number that it returns.
type Nap = (i32, i32);

/// Returns whether the large variants run, not those of a quick test.
fn full() -> bool {
    std::env::var("PROMISES").is_ok_and(|value| value == "full")
}

/// Starts a dispatcher of `nap` over these servers.
fn repartidor(servers: &[&String], options: Options) -> Repartidor<Nap, i32> {
    Repartidor::builder()
        .destinos(XmlRpc::list(servers, "nap").unwrap())
        .options(options)
        .start()
        .unwrap()
}

/// Returns whether the event says that this server was put aside.
fn is_set_aside(event: &Event, of: &str) -> bool {
    matches!(event, Event::ServerSetAside { server, .. } if &**server == of)
}

//! `reparte run`: who is to blame for what goes wrong, over real sockets.
//!
//! One bad task costs no server, one bad machine costs no task, and a gap of the network costs
//! neither.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

#[path = "../common/mod.rs"]
mod common;
mod fixture;

mod bad_tasks;
mod broken_servers;
mod busy_servers;
mod forwarders;
mod gaps;
mod out_servers;
mod retries;
mod short_hosts;

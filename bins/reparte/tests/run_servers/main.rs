//! `reparte run`: servers that come, go, fail and hang, and a run that is cut short.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

#[path = "../common/mod.rs"]
mod common;

mod aliases;
mod hedges;
mod interrupts;
mod lost_servers;
mod retries;
mod secrets;
mod server_file;

use std::fs;

use common::reparte;
use test_support::{Running, TestDirectory};

/// Starts a run of these tasks.
fn start(files: &TestDirectory, tasks: &str, arguments: &[&str]) -> Running {
    let path = files.path("tasks");
    fs::write(&path, tasks).unwrap();
    let flags = [&["run", "--tasks", &*path], arguments].concat();
    Running::start(reparte(&flags))
}

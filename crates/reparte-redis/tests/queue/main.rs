//! Runs over a real redis-server, with workers in this process.
//!
//! Needs Debian's `redis-server`, `python3-redis` for a worker in Python, and `ruby-redis` and `ruby-xmlrpc` for
//! one in Ruby: `cargo test -p reparte-redis -- --ignored`.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod fixture;

mod cancel;
mod clock;
mod dead_runs;
mod ends;
mod full_server;
mod kept_runs;
mod kept_scripts;
mod kept_troubles;
mod large_calls;
mod lost_server;
mod lost_workers;
mod memory;
mod odd_input;
mod plain_runs;
mod python_workers;
mod ruby_workers;
mod scripts;
mod sentinel;
mod unfit_workers;
mod withdraw;
mod workers_apart;

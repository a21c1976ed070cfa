//! `--engine`: workers and runs that meet on a real redis-server.
//!
//! Needs Debian's `redis-server`: `cargo test -p reparte-cli --test engine -- --ignored`. The flags
//! are tested without it.

#![cfg(all(unix, feature = "redis"))]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

#[path = "../common/mod.rs"]
mod common;
mod fixture;

mod ends;
mod flags;
mod losses;
mod results;
mod status;

//! Other people's XML-RPC, alive: as clients of our servers, and as servers behind our
//! clients. `tests/peers/install` installs all of it, which takes a while, so `cargo test`
//! leaves these out and `cargo test --test peers -- --ignored` runs them; a peer that is
//! missing is a failure.
//!
//! `PYTHON2` and `PYTHON3` name the Pythons where they are not found by themselves.

#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

#[path = "../common/mod.rs"]
mod common;
mod keys;
mod our_server;
mod page;
#[allow(dead_code, reason = "its main is for those who run it as an example")]
#[path = "../../crates/xmlrpc-server/examples/private_ca.rs"]
mod private_ca;
mod python;
#[path = "../common/python_scripts.rs"]
mod python_scripts;
mod script;
mod their_clients;
mod their_servers;
#[allow(dead_code, reason = "its main is for those who run it as an example")]
#[path = "../../crates/xmlrpc-server/examples/validator1.rs"]
mod validator1;

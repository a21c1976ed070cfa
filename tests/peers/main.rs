//! Other people's XML-RPC programs, as clients of our servers and as servers of our clients.
//!
//! `tests/peers/install` installs all of them, which takes a while. So `cargo test` leaves
//! these tests out, and `cargo test --test peers -- --ignored` runs them. A missing peer is a
//! failure. The variables `PYTHON2` and `PYTHON3` name the Pythons if they are not found.

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
mod services;
mod their_clients;
mod their_servers;
#[allow(dead_code, reason = "its main is for those who run it as an example")]
#[path = "../../crates/xmlrpc-server/examples/validator1.rs"]
mod validator1;

//! Both fronts over real sockets: bytes written, bytes compared.
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

/// Makes a test of each front of each function that takes one.
macro_rules! on_both_fronts {
    ($($case:ident)*) => {
        mod tiny {
            $(#[test] fn $case() { super::$case(crate::server::Front::Tiny); })*
        }
        mod hyper {
            $(#[test] fn $case() { super::$case(crate::server::Front::Hyper); })*
        }
    };
}
mod access;
mod client;
mod coding;
mod control;
mod framing;
mod hostile;
mod hyper;
mod lifecycle;
mod log_lines;
mod mutated;
mod pages;
mod rpc;
#[cfg(unix)]
mod scarce;
mod server;
mod tiny;
#[cfg(unix)]
mod unix;

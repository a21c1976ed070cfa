//! Runs the built command as a person would, and gives it servers to call.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a module of every test file, each of which uses its part"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

pub mod foreign;
pub mod functions;
pub mod kept_worker;
pub mod named_pipe;
pub mod server;
pub mod sshd;
pub mod terminal;

use std::process::Command;

use rustix::process::Signal;
use test_support::{Ended, Running};

/// The command, without what the environment may tell it.
pub fn reparte(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reparte"));
    command.args(arguments);
    for variable in ["RUST_LOG", "RUST_LOG_STYLE", "RUST_BACKTRACE", "COLUMNS"] {
        command.env_remove(variable);
    }
    command
}

/// Runs the command to its end.
pub fn run(arguments: &[&str]) -> Ended {
    Running::start(reparte(arguments)).end()
}

/// Sends signals to a run: each after the first once the run has told of the one before.
pub fn signal_in_turn(run: &Running, signals: &[Signal]) {
    for (at, &signal) in signals.iter().enumerate() {
        match at {
            0 => run.signal(signal),
            _ => {
                run.line_after("stopping: makes no more calls");
                run.signal_again(signal);
            }
        }
    }
}

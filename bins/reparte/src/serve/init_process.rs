//! The server as the first process of a container.
//!
//! The first process is given those whose parents have ended, and has to take their ends,
//! or they stay in the table of processes for good. A server that took whatever ends would
//! take its own programs' from those who wait for them. So the first process starts the
//! server as its child, hands signals on to it, and takes the ends of all others.

use std::env;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{self, Command};
use std::thread;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, wait};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit::Failure;

/// Whether this is the first process.
pub(super) fn is_first() -> bool {
    process::id() == 1
}

/// Runs this command again as a child until that ends, and gives how it did.
pub(super) fn run_below() -> Failure {
    match below() {
        Ok(code) => Failure::Silent(code),
        Err(error) => Failure::server(format_args!(
            "can't run the server below the first process: {error}; give the container an init \
             process of its own, such as with podman's --init"
        )),
    }
}

fn below() -> io::Result<u8> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let server = Command::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        // In a group of its own, so that a terminal's Ctrl-C comes to it once, from here.
        .process_group(0)
        .spawn()?;
    let server = Pid::from_child(&server);
    thread::spawn(move || {
        for signal in signals.forever().filter_map(Signal::from_named_raw) {
            let _ = kill_process(server, signal);
        }
    });
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((ended, status))) if ended == server => return Ok(code(status)),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The exit code, as a shell has it.
fn code(status: WaitStatus) -> u8 {
    let signal = status.terminating_signal().map(|signal| 128 + signal);
    let code = status.exit_status().or(signal).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

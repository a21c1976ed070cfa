//! The server as the init process: the first process of a container.
//!
//! The init process becomes the parent of each process whose own parent has ended. It has to
//! wait for them, or they stay in the process table for ever (as zombies). But a server that
//! waits for any process takes the exit statuses of its own programs away from the threads
//! that wait for those. So the init process starts the server as its child, forwards signals
//! to it, and waits for all other processes.

use std::env;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{self, Command};
use std::thread;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, wait};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::exit::Failure;

/// Returns whether this process is the init process.
pub(crate) fn is_init() -> bool {
    process::id() == 1
}

/// Runs this command again as a child, and returns how the child ended.
pub(crate) fn run_as_child() -> Failure {
    match wait_for_child() {
        Ok(code) => Failure::Silent(code),
        Err(error) => Failure::server(format_args!(
            "can't run the server as a child of the init process: {error}; give the container \
             an init process of its own, such as with podman's --init"
        )),
    }
}

fn wait_for_child() -> io::Result<u8> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    let server = Command::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        // A terminal sends Ctrl-C to the whole foreground group. In a group of its own the
        // child gets it once: from here.
        .process_group(0)
        .spawn()?;
    let server = Pid::from_child(&server);
    let forward = move || {
        for signal in signals.forever().filter_map(Signal::from_named_raw) {
            let _ = kill_process(server, signal);
        }
    };
    thread::Builder::new().spawn(forward)?;
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((ended, status))) if ended == server => return Ok(exit_code(status)),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Returns the exit code that a shell has for a status.
fn exit_code(status: WaitStatus) -> u8 {
    let signal = status.terminating_signal().map(|signal| 128 + signal);
    let code = status.exit_status().or(signal).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

//! The end of a server with its standard input: whoever has started it holds the other end.

use std::io;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Timespec;
use rustix::process::{Signal, getpid, kill_process};

use crate::exit::Failure;

/// Stops the server as SIGTERM does once the standard input ends. It may also bring nothing for
/// `silence`, if that is given: the other end may be cut off.
pub(super) fn stop_at_end(silence: Option<Duration>) -> Result<(), Failure> {
    let watch = move || {
        let reason = wait_for_end(silence);
        log::warn!("{reason}: the server stops");
        // The signal is watched for already.
        let _ = kill_process(getpid(), Signal::TERM);
    };
    thread::Builder::new()
        .name("standard input".to_owned())
        .spawn(watch)
        .map(drop)
        .map_err(|error| Failure::server(format_args!("can't start a thread: {error}")))
}

fn wait_for_end(silence: Option<Duration>) -> &'static str {
    let stdin = io::stdin();
    let limit = silence.and_then(|silence| Timespec::try_from(silence).ok());
    let mut bytes = [0_u8; 1024];
    loop {
        let mut descriptors = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut descriptors, limit.as_ref()) {
            Ok(0) => return "the standard input is silent",
            Err(rustix::io::Errno::INTR) => continue,
            Ok(_) | Err(_) => {}
        }
        match rustix::io::read(&stdin, &mut bytes) {
            Ok(0) => return "the standard input has ended",
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return "the standard input can't be read",
            Ok(_) => {}
        }
    }
}

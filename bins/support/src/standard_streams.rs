//! Standard streams that were closed when the program was started.
//!
//! Rust's runtime opens /dev/null in the place of a closed stream before `main`, so that a later
//! file does not get its number. What is written there is lost without an error, and nothing in
//! `main` tells it from the /dev/null that Python's `DEVNULL` opens, also to read and write. So a
//! constructor looks before the runtime does.

use std::io;

/// Checks that standard output was open when the program was started.
///
/// # Errors
///
/// It was closed, as by the shell's `>&-`: what is printed would be lost.
pub fn check_output() -> io::Result<()> {
    check(is_output_closed(), "standard output is closed (>&-)")
}

/// Checks that standard input was open when the program was started.
///
/// # Errors
///
/// It was closed, as by the shell's `<&-`: there would seem to be no input.
pub fn check_input() -> io::Result<()> {
    check(is_input_closed(), "standard input is closed (<&-)")
}

fn check(is_closed: bool, text: &str) -> io::Result<()> {
    match is_closed {
        false => Ok(()),
        true => Err(io::Error::new(io::ErrorKind::NotConnected, text)),
    }
}

#[cfg(unix)]
mod at_the_start {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use rustix::io::fcntl_getfd;
    use rustix::stdio::{stdin, stdout};

    // Written before `main`, when there is one thread: relaxed access does.
    pub(super) static INPUT_CLOSED: AtomicBool = AtomicBool::new(false);
    pub(super) static OUTPUT_CLOSED: AtomicBool = AtomicBool::new(false);

    /// Notes which streams are closed. Runs before Rust's runtime is there, and needs nothing
    /// of it: a system call for each stream.
    #[ctor::ctor]
    fn note() {
        INPUT_CLOSED.store(fcntl_getfd(stdin()).is_err(), Relaxed);
        OUTPUT_CLOSED.store(fcntl_getfd(stdout()).is_err(), Relaxed);
    }
}

#[cfg(unix)]
fn is_input_closed() -> bool {
    at_the_start::INPUT_CLOSED.load(std::sync::atomic::Ordering::Relaxed)
}

#[cfg(unix)]
fn is_output_closed() -> bool {
    at_the_start::OUTPUT_CLOSED.load(std::sync::atomic::Ordering::Relaxed)
}

#[cfg(not(unix))]
fn is_input_closed() -> bool {
    false
}

#[cfg(not(unix))]
fn is_output_closed() -> bool {
    false
}

//! The message of a program that listens on a socket.

use crate::output::eprint;

/// Says on standard error where the program listens, as a URL.
pub fn announce(url: &str) {
    eprint(format_args!("listening on {url}"));
}

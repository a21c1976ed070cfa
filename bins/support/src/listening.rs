//! Checks and messages of a program that listens on a socket.

use std::io;
use std::net::TcpListener;

use crate::output::eprint;

/// Returns whether other machines can reach the listener: it is not on a loopback address.
///
/// # Errors
///
/// The system doesn't give the listener's address.
pub fn is_open(listener: &TcpListener) -> io::Result<bool> {
    Ok(!listener.local_addr()?.ip().is_loopback())
}

/// Says on standard error where the program listens, as a URL: `https` if `tls`.
///
/// # Errors
///
/// The system doesn't give the listener's address.
pub fn announce(listener: &TcpListener, tls: bool) -> io::Result<()> {
    let address = listener.local_addr()?;
    let scheme = if tls { "https" } else { "http" };
    eprint(format_args!("listening on {scheme}://{address}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_not_open() {
        for (address, open) in [("127.0.0.1:0", false), ("0.0.0.0:0", true)] {
            let listener = TcpListener::bind(address).expect("a free port");
            assert_eq!(is_open(&listener).expect("an address"), open, "{address}");
        }
    }
}

//! A tunnel to the server through an HTTP proxy (CONNECT; RFC 9110, 9.3.6).

use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::time::Duration;

use crate::http_proxy::HttpProxy;
use crate::transport::response_head::{HeadState, HeadTooLarge, ResponseHead};
use crate::transport::socket::is_transient;
use crate::transport::stream::Stream;

/// The most fields of a head that matter, or are malformed.
const MAX_FIELDS: usize = 64;
/// The size of a read, in bytes.
const PIECE: usize = 4 * 1024;

/// The request that opens a tunnel over a connection to the proxy.
#[derive(Clone)]
pub(super) struct Tunnel {
    /// Never shown: it may have a password in it.
    request: String,
}

/// The refusal of a proxy, inside an [`io::Error`].
#[derive(Debug)]
pub(super) struct TunnelRefused {
    /// The HTTP status of its response.
    pub(super) status: u16,
}

impl Tunnel {
    /// A tunnel to `server`, a `host:port`.
    pub(super) fn new(proxy: &HttpProxy, server: &str, user_agent: &str) -> Self {
        let mut request = format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n");
        if !user_agent.is_empty() {
            request += &format!("User-Agent: {user_agent}\r\n");
        }
        if let Some(credentials) = proxy.credentials() {
            request += &format!("Proxy-Authorization: {}\r\n", credentials.header());
        }
        request += "\r\n";
        Tunnel { request }
    }

    /// Makes a connection to the proxy into one to the server, as long as there is
    /// `time_left`.
    ///
    /// # Errors
    ///
    /// One that holds [`TunnelRefused`] where the proxy refuses.
    pub(super) fn open(
        &self,
        mut stream: &Stream,
        time_left: impl Fn() -> Duration,
    ) -> io::Result<()> {
        let time_left = || match time_left() {
            Duration::ZERO => Err(io::Error::new(
                ErrorKind::TimedOut,
                "the proxy has made no connection yet",
            )),
            time => Ok(time),
        };
        // It fits into the system's buffer of any new connection.
        stream.set_write_timeout(time_left()?)?;
        stream.write_all(self.request.as_bytes())?;
        let mut head = ResponseHead::default();
        let mut piece = [0; PIECE];
        loop {
            stream.set_read_timeout(time_left()?)?;
            let length = match stream.read(&mut piece) {
                Ok(0) => return Err(io::Error::other("the proxy hung up")),
                Ok(length) => length,
                Err(error) if is_transient(&error) => continue,
                Err(error) => return Err(error),
            };
            if let Some(outcome) = take(&mut head, &piece[..length]) {
                return outcome;
            }
        }
    }
}

/// Takes the next bytes of a proxy's response. Returns the outcome once the head is whole, or
/// can't be one.
fn take(head: &mut ResponseHead, mut bytes: &[u8]) -> Option<io::Result<()>> {
    loop {
        let (taken, state) = match head.take(bytes) {
            Ok(taken) => taken,
            Err(HeadTooLarge(limit)) => {
                return Some(Err(not_http(&format!("its head is larger than {limit}"))));
            }
        };
        bytes = bytes.get(taken..).unwrap_or_default();
        match state {
            HeadState::Partial => return None,
            HeadState::NotHttp => return Some(Err(not_http("it is no HTTP response"))),
            HeadState::Whole if head.is_interim() => *head = ResponseHead::default(),
            HeadState::Whole => return Some(outcome(&head.simplified(), bytes)),
        }
    }
}

/// Returns what a proxy's head means. `rest` came behind the head.
fn outcome(head: &[u8], rest: &[u8]) -> io::Result<()> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut headers);
    if let Err(error) = response.parse(head) {
        return Err(not_http(&error.to_string()));
    }
    match response.code {
        // After the head the server would speak, and it waits for a request.
        Some(200..=299) if !rest.is_empty() => Err(not_http("there is more than a head")),
        Some(200..=299) => Ok(()),
        Some(status) => Err(io::Error::other(TunnelRefused { status })),
        None => Err(not_http("it has no status")),
    }
}

fn not_http(reason: &str) -> io::Error {
    io::Error::other(format!(
        "the proxy's answer is not one to CONNECT: {reason}"
    ))
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel").finish_non_exhaustive()
    }
}

impl fmt::Display for TunnelRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy answered with HTTP status {}", self.status)
    }
}

impl std::error::Error for TunnelRefused {}

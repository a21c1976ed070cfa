//! A tunnel to the server through an HTTP proxy (CONNECT; RFC 9110, 9.3.6).

use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::time::Duration;

use crate::http_proxy::HttpProxy;
use crate::transport::socket::is_transient;
use crate::transport::stream::Stream;

/// The most bytes of the head of a proxy's response.
const MAX_HEAD_BYTES: usize = 12 * 1024;
/// The most headers of a proxy's response.
const MAX_HEADERS: usize = 64;

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
        let mut head = [0; MAX_HEAD_BYTES];
        let mut filled = 0;
        loop {
            stream.set_read_timeout(time_left()?)?;
            match stream.read(&mut head[filled..]) {
                Ok(0) if filled == head.len() => return Err(not_http("its head is too long")),
                Ok(0) => return Err(io::Error::other("the proxy hung up")),
                Ok(length) => filled += length,
                Err(error) if is_transient(&error) => continue,
                Err(error) => return Err(error),
            }
            if let Some(outcome) = read_response(&head[..filled]) {
                return outcome;
            }
        }
    }
}

/// Reads a proxy's response; `None` while its head is not whole.
fn read_response(bytes: &[u8]) -> Option<io::Result<()>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let head_bytes = match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return None,
        Err(error) => return Some(Err(not_http(&error.to_string()))),
    };
    Some(match response.code {
        // After the head the server would speak, and it waits for a request.
        Some(200..=299) if head_bytes < bytes.len() => Err(not_http("there is more than a head")),
        Some(200..=299) => Ok(()),
        code => {
            let status = code.unwrap_or_default();
            Err(io::Error::other(TunnelRefused { status }))
        }
    })
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

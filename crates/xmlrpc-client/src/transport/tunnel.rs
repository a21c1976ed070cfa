//! A way to the server through an HTTP proxy (CONNECT; RFC 9110, 9.3.6).

use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::HEAD;
use super::socket::is_passing;
use crate::HttpProxy;

/// The most headers of a proxy's answer.
const HEADERS: usize = 64;

/// What a proxy is asked for, over each connection to it.
#[derive(Clone)]
pub(super) struct Tunnel {
    /// Never shown: it may have a password in it.
    request: String,
}

/// The status of a proxy that makes no connection.
#[derive(Debug)]
pub(super) struct TunnelRefused(pub(super) u16);

impl Tunnel {
    /// To `server`, a `host:port`.
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

    /// Makes of a connection to the proxy one to the server, while there is time `left`. An
    /// error is [`TunnelRefused`] where the proxy refuses.
    pub(super) fn open(
        &self,
        mut stream: &TcpStream,
        left: impl Fn() -> Duration,
    ) -> io::Result<()> {
        let left = || match left() {
            Duration::ZERO => Err(io::Error::new(
                ErrorKind::TimedOut,
                "the proxy has made no connection yet",
            )),
            left => Ok(left),
        };
        // It fits the buffer of any new connection.
        stream.set_write_timeout(Some(left()?))?;
        stream.write_all(self.request.as_bytes())?;
        let mut head = [0; HEAD];
        let mut filled = 0;
        loop {
            stream.set_read_timeout(Some(left()?))?;
            match stream.read(&mut head[filled..]) {
                Ok(0) if filled == HEAD => return Err(not_http("its head is too long")),
                Ok(0) => return Err(io::Error::other("the proxy hung up")),
                Ok(length) => filled += length,
                Err(error) if is_passing(&error) => continue,
                Err(error) => return Err(error),
            }
            if let Some(outcome) = judge(&head[..filled]) {
                return outcome;
            }
        }
    }
}

/// What a proxy's answer says, once its head is whole.
fn judge(answer: &[u8]) -> Option<io::Result<()>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(answer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return None,
        Err(error) => return Some(Err(not_http(&error.to_string()))),
    };
    Some(match response.code {
        // Behind it the server speaks, which waits to be spoken to.
        Some(200..=299) if length < answer.len() => Err(not_http("there is more than a head")),
        Some(200..=299) => Ok(()),
        code => Err(io::Error::other(TunnelRefused(code.unwrap_or_default()))),
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
        write!(f, "the proxy answered with HTTP status {}", self.0)
    }
}

impl std::error::Error for TunnelRefused {}

//! The messages of errors.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use untrusted_text::OneLine;

use crate::error::{Error, HttpStatus, MalformedResponse};
use crate::phase::Phase;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::BadUrl { url, reason } => write!(
                f,
                "bad address \"{url}\": {reason}; write host:port, http://host:port/path, unix:/socket or scgi://host:port"
            ),
            Error::TlsUnsupported { url } => write!(
                f,
                "can't call \"{url}\": it was built without TLS; use http:// on a network that you trust"
            ),
            Error::DuplicateCredentials { url } => write!(
                f,
                "the address \"{url}\" has a user or password in it, and others were given beside it; leave one out"
            ),
            Error::BadOption { option, reason } => write!(f, "bad option {option}: {reason}"),
            Error::Unrepresentable(source) => {
                write!(f, "can't send the call: {}", one_line(source))
            }
            Error::HostNotFound { host, source } => write!(
                f,
                "host \"{host}\" not found ({}): check its spelling, or give its IP address",
                one_line(source)
            ),
            Error::Unreachable {
                server,
                proxy,
                source,
            } => unreachable(f, server, proxy.as_deref(), source),
            Error::ProxyRefused {
                server,
                proxy,
                status,
            } => proxy_refused(f, server, proxy, *status),
            // What rustls says to bytes that are no TLS.
            Error::Tls { server, reason } if reason.contains("InvalidContentType") => write!(
                f,
                "{server} does not speak TLS: call it by http://, or check the port"
            ),
            Error::Tls { server, reason } => write!(
                f,
                "no TLS with {server}: {}; check the authorities, the certificates and the name",
                OneLine::new(reason)
            ),
            Error::Interrupted {
                server,
                phase,
                source,
            } => write!(
                f,
                "connection to {server} lost while {phase} ({}): the call may have run",
                one_line(source)
            ),
            Error::TimedOut {
                server,
                phase,
                after,
            } => {
                write!(
                    f,
                    "timed out after {after:.1?} while {phase}, server {server}"
                )?;
                match phase {
                    Phase::Connect => Ok(()),
                    _ => f.write_str(": the call may have run, or still run"),
                }
            }
            Error::NotHttp { server, reason } => write!(
                f,
                "{server} does not answer in HTTP ({}): is it another service's port?",
                OneLine::new(reason)
            ),
            Error::OversizedHead { server, limit } => write!(
                f,
                "the head of {server}'s answer is beyond the limit of {limit}: is it an XML-RPC server?"
            ),
            Error::Http(http) => http.fmt(f),
            Error::Malformed(answer) => answer.fmt(f),
            Error::Mismatch(source) => write!(
                f,
                "the answer is not of the type that was asked for: {}",
                one_line(source)
            ),
            Error::Fault(fault) => {
                let message = OneLine::new(&fault.message).keep_end();
                write!(f, "fault {}: {message}", fault.code)
            }
            Error::Cancelled => f.write_str("the call was cancelled"),
            Error::NotScgi { server, reason } => write!(
                f,
                "{server} does not answer in SCGI ({reason}): is it another service's port?"
            ),
            Error::OtherProtocol { server, reason } => {
                write!(f, "{server} speaks another protocol: {reason}")
            }
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Error::Unrepresentable(source) | Error::Mismatch(source) => Some(source),
            Error::HostNotFound { source, .. }
            | Error::Unreachable { source, .. }
            | Error::Interrupted { source, .. } => Some(source),
            Error::Malformed(answer) => Some(&answer.source),
            Error::Fault(fault) => Some(fault),
            _ => None,
        }
    }
}

impl fmt::Display for HttpStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HttpStatus { server, path, .. } = self;
        write!(f, "{server} answered with HTTP status {}", self.status)?;
        match self.status {
            300..=399 => {
                f.write_str(": redirects are not followed")?;
                if let Some(location) = &self.location {
                    write!(f, "; call {location} instead, if you trust it")?;
                }
            }
            401 | 403 | 407 => f.write_str(": it does not take calls from this client")?,
            404 | 405 | 410 | 501 => write!(
                f,
                ": no XML-RPC service at {}; check the address and its path (/RPC2 by custom)",
                OneLine::new(path)
            )?,
            429 | 503 => {
                f.write_str(": it has no room just now")?;
                if let Some(delay) = self.retry_after {
                    write!(f, "; try again in {} s", delay.as_secs())?;
                }
            }
            _ => {}
        }
        if !self.excerpt.is_empty() {
            write!(f, "; its answer begins: {}", self.excerpt)?;
        }
        Ok(())
    }
}

impl fmt::Display for MalformedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MalformedResponse { server, source, .. } = self;
        if let xmlrpc_wire::Error::LimitExceeded { .. } = source {
            let source = one_line(source);
            return write!(
                f,
                "the answer of {server} is {source}; if it is to be trusted, raise the client's limit"
            );
        }
        write!(
            f,
            "{server} did not answer in XML-RPC: {}",
            one_line(source)
        )?;
        if self.excerpt.is_empty() {
            f.write_str("; its answer is empty")
        } else {
            write!(f, "; its answer begins: {}", self.excerpt)
        }
    }
}

fn unreachable(
    f: &mut fmt::Formatter<'_>,
    server: &str,
    proxy: Option<&str>,
    source: &io::Error,
) -> fmt::Result {
    let prefixes = ["unix:", "scgi+unix:"];
    if let Some(socket) = prefixes
        .iter()
        .find_map(|prefix| server.strip_prefix(prefix))
    {
        let reason = match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                "nothing listens there: start the server, or check the path".to_owned()
            }
            io::ErrorKind::PermissionDenied => {
                "its mode or owner, or those of its directory, keep this user out".to_owned()
            }
            io::ErrorKind::TimedOut => "it takes no more connections now".to_owned(),
            _ => one_line(source),
        };
        return write!(f, "can't connect to the Unix socket {socket}: {reason}");
    }
    match (source.kind(), proxy) {
        (io::ErrorKind::ConnectionRefused, None) => write!(
            f,
            "nothing listens at {server} (connection refused): start the server, or check the port"
        ),
        (io::ErrorKind::ConnectionRefused, Some(proxy)) => write!(
            f,
            "nothing listens at {proxy}, the proxy (connection refused): check its address"
        ),
        (io::ErrorKind::TimedOut, None) => write!(
            f,
            "no answer from {server} ({}): check the address, and that no firewall drops it",
            one_line(source)
        ),
        (_, None) => write!(f, "can't connect to {server}: {}", one_line(source)),
        (_, Some(proxy)) => write!(
            f,
            "can't connect to {server} through the proxy {proxy} ({}): check both addresses",
            one_line(source)
        ),
    }
}

fn proxy_refused(
    f: &mut fmt::Formatter<'_>,
    server: &str,
    proxy: &str,
    status: u16,
) -> fmt::Result {
    write!(
        f,
        "the proxy {proxy} made no connection to {server} (HTTP status {status}): "
    )?;
    f.write_str(match status {
        401 | 407 => "give it a user and password, as in http://user:password@host:port",
        403 => "have it allow CONNECT to that host and port",
        502..=504 => "it may not reach the server, or not know its name",
        _ => "check that it is an HTTP proxy, and takes CONNECT",
    })
}

/// Returns an error's text on one line, whatever the server put into it.
fn one_line(source: &dyn StdError) -> String {
    OneLine::new(&source.to_string()).to_string()
}

//! The one error type of this crate.

mod display;
mod kind;

use std::io;
use std::time::Duration;

use xmlrpc_wire::Fault;

pub use kind::ErrorKind;

use crate::option_name::OptionName;

/// Why a call brought no result.
///
/// Displays as one line that says what to do where something can be done, with text from
/// outside escaped and cut. [`kind`](Error::kind) says whether the call may have run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The server's address can't be read.
    #[non_exhaustive]
    BadUrl {
        /// The address, escaped and cut; without what may be a password.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The address asks for `https://`, and the crate was built without the feature `tls`.
    #[non_exhaustive]
    TlsUnsupported {
        /// The address, as in [`BadUrl`](Error::BadUrl).
        url: String,
    },
    /// The address has a user's name or password in it, and the
    /// [options](crate::Options::credentials) have others.
    #[non_exhaustive]
    DuplicateCredentials {
        /// The address, as in [`BadUrl`](Error::BadUrl).
        url: String,
    },
    /// One of the [`Options`](crate::Options) makes no sense.
    #[non_exhaustive]
    BadOption {
        /// The option.
        option: OptionName,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The method's name or an argument can't be written as XML-RPC; nothing was sent.
    Unrepresentable(xmlrpc_wire::Error),
    /// The server's name does not resolve; nothing was sent.
    #[non_exhaustive]
    HostNotFound {
        /// The name.
        host: String,
        /// What the system's resolver said.
        source: io::Error,
    },
    /// No connection was made, to the server or to the proxy: refused, no route, or no
    /// answer within [`connect_timeout`](crate::Options::connect_timeout); nothing was sent.
    #[non_exhaustive]
    Unreachable {
        /// The server, as `host:port`.
        server: String,
        /// The [proxy](crate::Options::proxy) through which it is called, as `host:port`.
        proxy: Option<String>,
        /// What connecting said, of the most telling of the host's addresses.
        source: io::Error,
    },
    /// The [proxy](crate::Options::proxy) answered, and made no connection to the server;
    /// nothing was sent to that.
    #[non_exhaustive]
    ProxyRefused {
        /// The server, as `host:port`.
        server: String,
        /// The proxy, as `host:port`.
        proxy: String,
        /// The HTTP status that it gave.
        status: u16,
    },
    /// The server and this client could not agree on TLS: no trust in a certificate, of the
    /// server or of the client, or no version in common. The call did not run.
    #[non_exhaustive]
    Tls {
        /// The server, as `host:port`.
        server: String,
        /// What rustls said.
        reason: String,
    },
    /// The connection was lost before the whole answer was there. The call may have run.
    #[non_exhaustive]
    Interrupted {
        /// The server, as `host:port`.
        server: String,
        /// During what.
        phase: Phase,
        /// What the connection said.
        source: io::Error,
    },
    /// A time-out of the [`Options`](crate::Options), or the attempt's
    /// [deadline](crate::Attempt::deadline), passed. The call may have run, or still run,
    /// unless the phase is [`Connect`](Phase::Connect).
    #[non_exhaustive]
    TimedOut {
        /// The server, as `host:port`.
        server: String,
        /// During what.
        phase: Phase,
        /// How long the attempt took in all.
        after: Duration,
    },
    /// What came is not HTTP/1.0 or 1.1.
    #[non_exhaustive]
    NotHttp {
        /// The server, as `host:port`.
        server: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server answered with another HTTP status than 200.
    Http(Box<HttpStatus>),
    /// The server's answer is not an XML-RPC answer, or is beyond the
    /// [limits](crate::Options::limits).
    Malformed(Box<MalformedResponse>),
    /// The answer is a value of another type than was asked for.
    Mismatch(xmlrpc_wire::Error),
    /// The server answered with a fault: the function's own error.
    Fault(Fault),
    /// The call was cancelled by a [`Canceller`](crate::Canceller). It may have run.
    Cancelled,
}

/// A part of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Looking up the server's name and connecting to it.
    Connect,
    /// Sending the request.
    Send,
    /// Waiting for the answer and reading it.
    Response,
}

/// An HTTP status that is not 200.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HttpStatus {
    /// The server, as `host:port`.
    pub server: String,
    /// The path that was posted to.
    pub path: String,
    /// The status code.
    pub status: u16,
    /// The beginning of the body, escaped and cut; empty where there is none.
    pub excerpt: String,
    /// The `Retry-After` header where it is a number of seconds, cut to one day. (Its
    /// other form, a date, is not read.)
    pub retry_after: Option<Duration>,
    /// The `Location` header, escaped and cut. It was not followed: see
    /// [`redirects`](crate::Options::redirects).
    pub location: Option<String>,
}

/// An answer with status 200 that is not XML-RPC.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MalformedResponse {
    /// The server, as `host:port`.
    pub server: String,
    /// What is wrong with it, and where. For a body that is too long it is
    /// [`LimitExceeded`](xmlrpc_wire::Error::LimitExceeded) of `bytes`.
    pub source: xmlrpc_wire::Error,
    /// The beginning of the body, escaped and cut.
    pub excerpt: String,
}

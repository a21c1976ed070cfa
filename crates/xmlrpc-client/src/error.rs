//! The error of a call.

mod classify;
mod display;
pub(crate) mod kind;

use std::io;
use std::time::Duration;

use xmlrpc_wire::Fault;

use crate::option_name::OptionName;
use crate::phase::Phase;

/// The reason why a call has no result.
///
/// It displays as one line. Where something can be done about it, the line says what. Text
/// from outside is escaped and cut. [`kind`](Error::kind) says whether the call may have
/// run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The server's address can't be read.
    #[non_exhaustive]
    BadUrl {
        /// The address, escaped and cut; without what may be a password.
        url: String,
        /// The reason why it can't be read.
        reason: &'static str,
    },
    /// The address begins with `https://`, and the crate was built without the feature
    /// `tls`.
    #[non_exhaustive]
    TlsUnsupported {
        /// The address, as in [`BadUrl`](Error::BadUrl).
        url: String,
    },
    /// The address has a user's name or password in it, and the
    /// [options](crate::Options::credentials) have credentials too.
    #[non_exhaustive]
    DuplicateCredentials {
        /// The address, as in [`BadUrl`](Error::BadUrl).
        url: String,
    },
    /// One of the [`Options`](crate::Options) can't be used.
    #[non_exhaustive]
    BadOption {
        /// The option.
        option: OptionName,
        /// The reason why it can't be used.
        reason: &'static str,
    },
    /// The method's name or an argument can't be written as XML-RPC. Nothing was sent.
    Unrepresentable(xmlrpc_wire::Error),
    /// The name of the server, or of its HTTP proxy, does not resolve. Nothing was sent.
    #[non_exhaustive]
    HostNotFound {
        /// The name.
        host: String,
        /// The resolver's error.
        source: io::Error,
    },
    /// No connection was made, to the server or to its HTTP proxy: refused, no route, or
    /// no answer within [`connect_timeout`](crate::Options::connect_timeout). Nothing was
    /// sent.
    #[non_exhaustive]
    Unreachable {
        /// The server, as `host:port`.
        server: String,
        /// The [HTTP proxy](crate::Options::proxy), if there is one, as `host:port`.
        proxy: Option<String>,
        /// The error of the address that says most: one that refuses, otherwise the first.
        source: io::Error,
    },
    /// The [HTTP proxy](crate::Options::proxy) answered, and made no connection to the
    /// server. Nothing was sent to the server.
    #[non_exhaustive]
    ProxyRefused {
        /// The server, as `host:port`.
        server: String,
        /// The HTTP proxy, as `host:port`.
        proxy: String,
        /// The HTTP status of the proxy's response.
        status: u16,
    },
    /// The server and the client could not agree on TLS: one does not trust the other's
    /// certificate, or there is no version in common. The call did not run.
    #[non_exhaustive]
    Tls {
        /// The server, as `host:port`.
        server: String,
        /// The error of rustls.
        reason: String,
    },
    /// The connection was lost before the whole response was there. The call may have run.
    #[non_exhaustive]
    Interrupted {
        /// The server, as `host:port`.
        server: String,
        /// The phase in which it was lost.
        phase: Phase,
        /// The connection's error.
        source: io::Error,
    },
    /// A time-out of the [`Options`](crate::Options), or the attempt's
    /// [deadline](crate::Attempt::deadline), passed. The call may have run, or still run,
    /// unless the phase is [`Connect`](Phase::Connect).
    #[non_exhaustive]
    TimedOut {
        /// The server, as `host:port`.
        server: String,
        /// The phase in which it passed.
        phase: Phase,
        /// The time that the call took in all.
        after: Duration,
    },
    /// The server's bytes are not HTTP/1.0 or 1.1.
    #[non_exhaustive]
    NotHttp {
        /// The server, as `host:port`.
        server: String,
        /// The first mistake in them.
        reason: String,
    },
    /// The head of the response is beyond a limit: 64 KiB, or 1,000 fields.
    #[non_exhaustive]
    OversizedHead {
        /// The server, as `host:port`.
        server: String,
        /// The limit, such as `64 KiB`.
        limit: &'static str,
    },
    /// The response has another HTTP status than 200, and is no fault.
    Http(Box<HttpStatus>),
    /// The response is not an XML-RPC document, or is beyond the
    /// [limits](crate::Options::limits).
    Malformed(Box<MalformedResponse>),
    /// The result is a value of another type than was asked for.
    Mismatch(xmlrpc_wire::Error),
    /// The server answered with a fault: the function's own error.
    Fault(Fault),
    /// The call was cancelled by a [`Canceller`](crate::Canceller). It may have run.
    Cancelled,
    /// The bytes of a server at an `scgi://` address are not an answer of SCGI.
    #[non_exhaustive]
    NotScgi {
        /// The server, as `host:port`.
        server: String,
        /// The first mistake in them.
        reason: &'static str,
    },
    /// The first bytes of the server are those of another protocol than the address has, such as
    /// TLS, SSH or SMTP: it speaks TLS and was called without, or another service has this port.
    /// The call did not run. Bytes of no known protocol are [`NotHttp`](Error::NotHttp) or
    /// [`NotScgi`](Error::NotScgi).
    #[non_exhaustive]
    OtherProtocol {
        /// The server, as `host:port`.
        server: String,
        /// The protocol, and the remedy.
        reason: &'static str,
    },
}

/// A response with another HTTP status than 200.
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

/// A response with the HTTP status 200 that is not XML-RPC.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MalformedResponse {
    /// The server, as `host:port`.
    pub server: String,
    /// The first mistake in the document, and its position. For a body that is too long it is
    /// [`LimitExceeded`](xmlrpc_wire::Error::LimitExceeded).
    pub source: xmlrpc_wire::Error,
    /// The beginning of the body, escaped and cut.
    pub excerpt: String,
}

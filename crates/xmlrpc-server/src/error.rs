//! The one error type of this crate.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use crate::escape::escaped;

/// Why a function could not be published, or a server could not start or go on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The name is empty, or has a character that the XML-RPC specification has no
    /// place for in a method's name.
    InvalidName {
        /// The name.
        name: String,
    },
    /// The name begins with `system.` or `reparte.`, which the server answers itself.
    ReservedName {
        /// The name.
        name: String,
    },
    /// A function is already published under the name.
    DuplicateName {
        /// The name.
        name: String,
    },
    /// No function is published under the name.
    UnknownName {
        /// The name.
        name: String,
    },
    /// The path is none that a resource can be published at.
    BadPath {
        /// The path.
        path: String,
        /// What is wrong with it, and what to do.
        reason: &'static str,
    },
    /// The address can be reached from other machines, and the front is not meant, or
    /// not told, to serve them.
    NotLoopback {
        /// The listener's address.
        address: SocketAddr,
        /// What to do about it.
        help: &'static str,
    },
    /// The text is no address to listen on.
    BadAddress {
        /// The text.
        address: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// The operating system refused to listen on the address.
    CantListen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The token is not one that can be used.
    BadToken {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A certificate or a key can't be used.
    BadTls {
        /// Which.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system refused what the server needs to start or to go on.
    System {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// The tiny front has met as many requests with a declared length beyond the limit
    /// as it can bear: each costs it a thread and two descriptors for good.
    TooManyOverlong {
        /// How many there were.
        count: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::InvalidName { name } if name.is_empty() => {
                f.write_str("a method's name can't be empty")
            }
            Error::InvalidName { name } => write!(
                f,
                "\"{}\" is not a method's name: use letters of ASCII, digits, and _ . : /",
                escaped(name)
            ),
            Error::ReservedName { name } => write!(
                f,
                "the method's name \"{}\" is reserved: the server itself answers system. and reparte.",
                escaped(name)
            ),
            Error::DuplicateName { name } => {
                write!(f, "a method \"{}\" is published already", escaped(name))
            }
            Error::UnknownName { name } => {
                write!(f, "no method \"{}\" is published", escaped(name))
            }
            Error::BadPath { path, reason } => {
                write!(
                    f,
                    "nothing can be published at \"{}\": {reason}",
                    escaped(path)
                )
            }
            Error::NotLoopback { address, help } => {
                write!(f, "{address} can be reached from other machines: {help}")
            }
            Error::BadAddress { address, reason } => {
                write!(f, "can't listen on \"{}\": {reason}", escaped(address))
            }
            Error::CantListen { address, source } => {
                let remedy = match source.kind() {
                    io::ErrorKind::AddrInUse => {
                        "another program listens there; end it, or choose another port"
                    }
                    io::ErrorKind::PermissionDenied => {
                        "ports below 1024 are reserved; choose another port"
                    }
                    io::ErrorKind::AddrNotAvailable => {
                        "this machine has no such address; give one of its own, or 127.0.0.1"
                    }
                    _ => "choose another address or port",
                };
                write!(f, "can't listen on {address} ({source}): {remedy}")
            }
            Error::BadToken { reason } => write!(f, "the token can't be used: {reason}"),
            Error::BadTls { what, reason } => {
                write!(f, "{what} can't be used: {}", escaped(reason))
            }
            Error::System { doing, source } => write!(f, "can't {doing}: {source}"),
            Error::TooManyOverlong { count } => write!(
                f,
                "gave up after {count} requests with a declared length beyond the limit, \
                 each of which holds a thread and two descriptors for good: start the \
                 server again, or use the hyper front"
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::CantListen { source, .. } | Error::System { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Returns what makes an [`Error::System`] of an I/O error: `doing` ends "can't ...".
#[cfg(any(feature = "tiny", feature = "hyper"))]
pub(crate) fn system(doing: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::System { doing, source }
}

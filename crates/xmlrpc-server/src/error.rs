//! The error type of this crate.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use xmlrpc_wire::Limits;

use crate::escape::escaped;

/// An error of publishing a function, or of starting or running a server.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The name is empty, or has a character that the XML-RPC specification does not allow
    /// in a method's name.
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
    /// No resource can be published at the path.
    BadPath {
        /// The path.
        path: String,
        /// The reason, with a remedy.
        reason: &'static str,
    },
    /// Other machines can reach the address, and the front can't, or may not, serve them.
    NotLoopback {
        /// The listener's address.
        address: SocketAddr,
        /// The remedy.
        help: &'static str,
    },
    /// The text is not an address to listen on.
    BadAddress {
        /// The text.
        address: String,
        /// The reason, with a remedy.
        reason: String,
    },
    /// The operating system refused to listen on the address.
    CantListen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The token can't be used.
    BadToken {
        /// The reason.
        reason: &'static str,
    },
    /// A certificate or a key can't be used.
    BadTls {
        /// The name of the certificate or key.
        what: &'static str,
        /// The reason.
        reason: String,
    },
    /// The operating system refused something that the server needs.
    System {
        /// The action that failed, after "can't".
        doing: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The tiny front has had too many requests with a declared length beyond the limit. No
    /// server makes this error since 0.2.0: such requests cost nothing that stays.
    TooManyOverlong {
        /// The number of such requests.
        count: usize,
    },
    /// The file of a private key can be read by others than its owner.
    ExposedKey,
    /// The server can't listen on the Unix socket.
    CantListenOnSocket {
        /// The socket's path.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::InvalidName { name } if name.is_empty() => {
                f.write_str("a method's name can't be empty")
            }
            Error::InvalidName { name } if name.len() > Limits::default().name => write!(
                f,
                "a method's name can't be longer than {} bytes: no call could name it",
                Limits::default().name
            ),
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
            Error::CantListenOnSocket { path, source } => {
                let remedy = match source.kind() {
                    io::ErrorKind::AddrInUse => {
                        "another program listens there; end it, or choose another path"
                    }
                    io::ErrorKind::AlreadyExists => {
                        "a file that is no socket is there; choose another path"
                    }
                    io::ErrorKind::NotFound => "make its directory first",
                    io::ErrorKind::PermissionDenied => {
                        "this user may not make it there, or not give it that owner; choose \
                         another directory or owner"
                    }
                    _ => "choose another path",
                };
                let path = path.display().to_string();
                write!(
                    f,
                    "can't listen on unix:{} ({source}): {remedy}",
                    escaped(&path)
                )
            }
            Error::BadToken { reason } => write!(f, "the token can't be used: {reason}"),
            Error::BadTls { what, reason } => {
                write!(f, "{what} can't be used: {}", escaped(reason))
            }
            Error::System { doing, source } => write!(f, "can't {doing}: {source}"),
            Error::ExposedKey => {
                f.write_str("the key's file is readable by group or others: chmod 600")
            }
            Error::TooManyOverlong { count } => write!(
                f,
                "gave up after {count} requests with a declared length beyond the limit: start \
                 the server again"
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::CantListen { source, .. }
            | Error::CantListenOnSocket { source, .. }
            | Error::System { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Returns a function that makes an [`Error::System`] of an I/O error. `doing` is the action
/// that failed, after "can't".
#[cfg(any(feature = "tiny", feature = "hyper"))]
pub(crate) fn system(doing: &'static str) -> impl FnOnce(io::Error) -> Error {
    move |source| Error::System { doing, source }
}

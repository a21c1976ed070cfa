//! The server that each host is to run.

use std::ffi::OsString;

/// A function, and the program behind it.
pub(crate) struct RemoteServer {
    pub(crate) function: String,
    /// Flags of `reparte serve`.
    pub(crate) flags: Vec<OsString>,
    pub(crate) program: Vec<OsString>,
}

//! Faults: the error that a server answers with.

use std::fmt;

/// A fault: what a server answers when a call fails.
///
/// The specification leaves the codes to the application. [`Fault::application`]
/// takes 1, as Python's servers do; the constants are those of the fault-interop
/// convention (Dan Libby, "Specification for Fault Code Interoperability", 2001).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// `faultCode`.
    pub code: i32,
    /// `faultString`.
    pub message: String,
}

impl Fault {
    /// The function itself failed; the code that Python's servers use.
    pub const APPLICATION: i32 = 1;
    /// The request is not well-formed XML.
    pub const NOT_WELL_FORMED: i32 = -32700;
    /// The request's character encoding is not supported.
    pub const UNSUPPORTED_ENCODING: i32 = -32701;
    /// The request is XML but not a method call, or is beyond a limit.
    pub const INVALID_REQUEST: i32 = -32600;
    /// The server publishes no such method.
    pub const METHOD_NOT_FOUND: i32 = -32601;
    /// The method does not take these arguments.
    pub const INVALID_PARAMS: i32 = -32602;
    /// The server failed while it answered.
    pub const INTERNAL: i32 = -32603;

    /// A fault with a code and a text.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Fault {
            code,
            message: message.into(),
        }
    }

    /// A fault of the function itself, code [`Fault::APPLICATION`].
    pub fn application(message: impl Into<String>) -> Self {
        Fault::new(Fault::APPLICATION, message)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fault {}: {}", self.code, self.message)
    }
}

impl std::error::Error for Fault {}

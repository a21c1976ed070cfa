//! Faults: the errors that travel as responses.

use std::fmt;

/// A fault: the response of a call that failed.
///
/// The specification leaves the codes to the application. [`Fault::application`] uses 1, as
/// Python's servers do. The other constants are codes of the fault-interop convention (Dan
/// Libby, "Specification for Fault Code Interoperability", 2001).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Fault {
    /// `faultCode`.
    pub code: i32,
    /// `faultString`.
    pub message: String,
}

impl Fault {
    /// The function itself failed. Python's servers use this code.
    pub const APPLICATION: i32 = 1;
    /// The request is not well-formed XML.
    pub const NOT_WELL_FORMED: i32 = -32700;
    /// The request's character encoding is not supported.
    pub const UNSUPPORTED_ENCODING: i32 = -32701;
    /// The request is XML but not a method call, or exceeds a limit.
    pub const INVALID_REQUEST: i32 = -32600;
    /// The server publishes no such method.
    pub const METHOD_NOT_FOUND: i32 = -32601;
    /// The method does not take these arguments.
    pub const INVALID_PARAMS: i32 = -32602;
    /// The server's host can't run the function at all, whatever the arguments. A code of our
    /// own, of the range that the convention leaves to implementations.
    pub const HOST_UNFIT: i32 = -32050;
    /// The server failed while it handled the call.
    pub const INTERNAL: i32 = -32603;

    /// Creates a fault with a code and a message.
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Fault {
            code,
            message: message.into(),
        }
    }

    /// Creates a fault of the function itself, with the code [`Fault::APPLICATION`].
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes of "Specification for Fault Code Interoperability" (Dan Libby, 2001);
    /// the code of the application is that of Python's servers, and the host's our own.
    #[test]
    fn each_code_is_that_of_its_convention() {
        for (code, number) in [
            (Fault::NOT_WELL_FORMED, -32700),
            (Fault::UNSUPPORTED_ENCODING, -32701),
            (Fault::INVALID_REQUEST, -32600),
            (Fault::METHOD_NOT_FOUND, -32601),
            (Fault::INVALID_PARAMS, -32602),
            (Fault::INTERNAL, -32603),
            (Fault::HOST_UNFIT, -32050),
            (Fault::APPLICATION, 1),
        ] {
            assert_eq!(code, number);
        }
    }

    #[test]
    fn a_fault_displays_its_code_and_message() {
        let fault = Fault::application("no");
        assert_eq!(fault, Fault::new(1, "no"));
        assert_eq!(fault.to_string(), "fault 1: no");
    }
}

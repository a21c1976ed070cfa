//! The faults that a service answers by itself, with the codes of the fault-interop
//! convention.

use std::any::Any;

use xmlrpc_wire::{Error, Fault};

use crate::escape::escaped;
use crate::panic_text::panic_text;

/// The log target of failures inside functions.
const LOG_TARGET: &str = "xmlrpc_server::service";

/// Returns the fault of a request that is not a call, or is beyond a limit.
pub(crate) fn unreadable(error: &Error) -> Fault {
    let code = match error {
        Error::NotWellFormed { .. } => Fault::NOT_WELL_FORMED,
        Error::UnsupportedEncoding { .. } => Fault::UNSUPPORTED_ENCODING,
        _ => Fault::INVALID_REQUEST,
    };
    Fault::new(code, error.to_string())
}

/// Returns the fault of a method that is not published.
///
/// The text is that of Python's SimpleXMLRPCServer.
pub(crate) fn unknown_method(method: &str) -> Fault {
    let text = format!("method \"{}\" is not supported", escaped(method));
    Fault::new(Fault::METHOD_NOT_FOUND, text)
}

/// Returns the fault of a method that does not take the given arguments.
pub(crate) fn bad_params(method: &str, error: &Error) -> Fault {
    let method = escaped(method);
    let text = match error {
        Error::WrongArity { .. } => format!("method \"{method}\" {error}"),
        _ => format!("method \"{method}\": {error}"),
    };
    Fault::new(Fault::INVALID_PARAMS, text)
}

/// Logs a panic inside a method, and returns the fault, which does not have its text.
pub(crate) fn panicked(method: &str, panic: &(dyn Any + Send)) -> Fault {
    let method = escaped(method);
    let text = escaped(panic_text(panic));
    log::error!(target: LOG_TARGET, "method \"{method}\" panicked: {text}");
    let text = format!("method \"{method}\" failed inside the server");
    Fault::new(Fault::INTERNAL, text)
}

/// Logs and returns the fault of a method whose result can't be sent.
pub(crate) fn unsendable(method: &str, error: &Error) -> Fault {
    let method = escaped(method);
    let text = error.to_string();
    log::error!(target: LOG_TARGET, "method \"{method}\": {}", escaped(&text));
    Fault::new(Fault::INTERNAL, format!("method \"{method}\": {text}"))
}

/// Returns the fault of a call that was cancelled while its function ran.
pub(crate) fn cancelled() -> Fault {
    let text = "the call was cancelled, or its deadline has passed";
    Fault::new(Fault::INTERNAL, text)
}

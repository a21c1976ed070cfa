//! The registry of functions, and requests to responses without any I/O.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use xmlrpc_wire::{
    Error as WireError, Fault, Limits, MethodCall, MethodResponse, Value, decode_call,
    encode_fault, encode_response,
};

use crate::control::Control;
use crate::text::Foreign;
use crate::{Error, Handler, builtin};

/// The functions that a server publishes, by name, and what answers their calls.
///
/// ```
/// use xmlrpc_server::Service;
///
/// let mut service = Service::new();
/// service.register("cuad", |n: i32| n * n)?;
///
/// let answer = service.answer(
///     b"<methodCall><methodName>cuad</methodName>
///       <params><param><value><int>7</int></value></param></params></methodCall>",
/// );
/// assert!(String::from_utf8_lossy(&answer).contains("<value><int>49</int></value>"));
/// # Ok::<(), xmlrpc_server::Error>(())
/// ```
#[derive(Default)]
pub struct Service {
    functions: BTreeMap<String, Function>,
    limits: Limits,
    control: Arc<Control>,
}

type Function = Box<dyn Fn(Vec<Value>) -> Result<MethodResponse, WireError> + Send + Sync>;

/// What [`Service::begin`] makes of a request.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// The document to answer with: of a method of the server itself, or a fault.
    Answer(Vec<u8>),
    /// The same, of a method of the control protocol: it is asked every second, and not
    /// worth a line in a log.
    Control(Vec<u8>),
    /// A call of a published function, for [`Service::run`].
    Call(MethodCall),
}

impl Service {
    /// A service that publishes nothing yet, with the limits' defaults.
    pub fn new() -> Self {
        Service::default()
    }

    /// Publishes `handler` as `name`, and gives the service back for the next one.
    ///
    /// A `Result` that the handler returns becomes a value or a fault. A panic in it
    /// becomes a fault (code -32603), is logged, and the server goes on; a program
    /// built with `panic = "abort"` ends.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidName`] for an empty name or one with anything but ASCII letters,
    /// digits and `_ . : /` (the specification's set), [`Error::ReservedName`] for one
    /// that begins with `system.` or `reparte.`, and [`Error::DuplicateName`] for one
    /// that is taken: a function is never replaced.
    pub fn register<Args>(
        &mut self,
        name: &str,
        handler: impl Handler<Args>,
    ) -> Result<&mut Self, Error> {
        let owned = || name.to_owned();
        if name.is_empty() || !name.bytes().all(is_name_byte) {
            return Err(Error::InvalidName { name: owned() });
        }
        if builtin::is_reserved(name) {
            return Err(Error::ReservedName { name: owned() });
        }
        if self.functions.contains_key(name) {
            return Err(Error::DuplicateName { name: owned() });
        }
        let function = move |params| handler.invoke(params);
        self.functions.insert(owned(), Box::new(function));
        Ok(self)
    }

    /// What a request may hold at most.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Sets what a request may hold at most.
    ///
    /// The fronts refuse a body above `limits.bytes` from its declared length alone.
    pub fn set_limits(&mut self, limits: Limits) -> &mut Self {
        self.limits = limits;
        self
    }

    /// Answers a request: the document of a call in, the document of its value or
    /// fault out. Runs the function in the calling thread.
    ///
    /// Faults have the codes of the fault-interop convention, as the constants of
    /// [`Fault`]; what a function's own fault has is its own affair.
    pub fn answer(&self, request: &[u8]) -> Vec<u8> {
        match self.begin(request) {
            Step::Answer(document) | Step::Control(document) => document,
            Step::Call(call) => self.run(call),
        }
    }

    /// Reads a request, and answers all that needs no function: `system.*`, and
    /// faults for what can't be read or is not published.
    ///
    /// Takes time in proportion to the request; a server with workers can call it in
    /// the thread that reads, and hand over the calls.
    pub fn begin(&self, request: &[u8]) -> Step {
        let call = match decode_call(request, &self.limits) {
            Ok(call) => call,
            Err(error) => return Step::Answer(encode_fault(&unreadable(&error))),
        };
        let call = match builtin::answer(self, call) {
            Ok(answer) => {
                let document = document(&answer.method, answer.response);
                return match builtin::is_control(&answer.method) {
                    true => Step::Control(document),
                    false => Step::Answer(document),
                };
            }
            Err(call) => call,
        };
        if !self.functions.contains_key(&call.method) {
            return Step::Answer(encode_fault(&unknown(&call.method)));
        }
        Step::Call(call)
    }

    /// Runs a call in the calling thread and gives the document of its answer.
    pub fn run(&self, call: MethodCall) -> Vec<u8> {
        let Some(function) = self.functions.get(&call.method) else {
            return encode_fault(&unknown(&call.method));
        };
        let MethodCall { method, params, .. } = call;
        // The answer is made inside: what a function returns may panic as it converts.
        let answered = catch_unwind(AssertUnwindSafe(|| match function(params) {
            Ok(response) => document(&method, response),
            Err(error) => encode_fault(&refused(&method, &error)),
        }));
        answered.unwrap_or_else(|panic| {
            log::error!(
                "method \"{}\" panicked: {}",
                Foreign(&method),
                Foreign(panic_text(&*panic))
            );
            let text = format!("method \"{}\" failed inside the server", Foreign(&method));
            encode_fault(&Fault::new(Fault::INTERNAL, text))
        })
    }

    /// The answer to a call that was cancelled, or too late, before it ran.
    #[cfg(any(feature = "tiny", feature = "hyper"))]
    pub(crate) fn cancelled(&self) -> Vec<u8> {
        encode_fault(&Fault::new(
            Fault::INTERNAL,
            "cancelled before it ran, or too late to run",
        ))
    }

    /// The calls at hand.
    pub(crate) fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// The names of the published functions, sorted, without the server's own.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("functions", &self.functions.keys())
            .field("limits", &self.limits)
            .finish()
    }
}

/// The fault of a method that does not take the arguments it was given.
pub(crate) fn refused(method: &str, error: &WireError) -> Fault {
    let method = Foreign(method);
    let text = match error {
        WireError::WrongArity { .. } => format!("method \"{method}\" {error}"),
        _ => format!("method \"{method}\": {error}"),
    };
    Fault::new(Fault::INVALID_PARAMS, text)
}

/// The fault of a request that is no call, or is beyond a limit.
fn unreadable(error: &WireError) -> Fault {
    let code = match error {
        WireError::NotWellFormed { .. } => Fault::NOT_WELL_FORMED,
        WireError::UnsupportedEncoding { .. } => Fault::UNSUPPORTED_ENCODING,
        _ => Fault::INVALID_REQUEST,
    };
    Fault::new(code, error.to_string())
}

/// The text is that of Python's SimpleXMLRPCServer.
fn unknown(method: &str) -> Fault {
    let text = format!("method \"{}\" is not supported", Foreign(method));
    Fault::new(Fault::METHOD_NOT_FOUND, text)
}

fn document(method: &str, response: MethodResponse) -> Vec<u8> {
    let fault = match response.map(|value| encode_response(&value)) {
        Ok(Ok(document)) => return document,
        Ok(Err(error)) => {
            log::error!(
                "method \"{}\": {}",
                Foreign(method),
                Foreign(&error.to_string())
            );
            let text = format!("method \"{}\": {error}", Foreign(method));
            Fault::new(Fault::INTERNAL, text)
        }
        Err(fault) => fault,
    };
    encode_fault(&fault)
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    match panic.downcast_ref::<&'static str>() {
        Some(text) => text,
        None => panic
            .downcast_ref::<String>()
            .map_or("with what is not text", String::as_str),
    }
}

/// The XML-RPC specification, on `methodName`.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'/')
}

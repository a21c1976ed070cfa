//! The registry of functions, and requests to responses without any I/O.

use std::any::Any;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use xmlrpc_wire::{
    Error as WireError, Fault, Limits, MethodCall, MethodResponse, Value, decode_call,
    encode_fault, encode_response,
};

use crate::builtin::Told;
use crate::control::{self, AtHand, Control};
use crate::escape::escaped;
use crate::handler::InvokeError;
use crate::resource::Resources;
use crate::signature::signature;
use crate::{Context, Error, Handler, Resource, builtin, docpage, multicall};

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
pub struct Service {
    functions: BTreeMap<String, Published>,
    limits: Limits,
    control: Arc<Control>,
    resources: Resources,
}

struct Published {
    function: Function,
    help: String,
    signature: Option<Vec<&'static str>>,
}

type Function =
    Box<dyn Fn(&Context, Vec<Value>) -> Result<MethodResponse, InvokeError> + Send + Sync>;

/// What [`Service::begin`] makes of a request.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// The document to answer with: of a method of the server itself, or a fault.
    Answer(Vec<u8>),
    /// The same, of a method of the control protocol (`reparte.*`): a watcher's question,
    /// which comes every second and is no call to log.
    Control(Vec<u8>),
    /// A call of a published function, for [`Service::run`].
    Call(MethodCall),
}

impl Service {
    /// A service that publishes nothing yet, with the limits' defaults.
    pub fn new() -> Self {
        Service {
            functions: BTreeMap::new(),
            limits: Limits::default(),
            control: Arc::new(Control::new()),
            resources: Resources::default(),
        }
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
        let signature = signature(&handler.types());
        let function = move |context: &Context, params| handler.invoke(context, params);
        let published = Published {
            function: Box::new(function),
            help: String::new(),
            signature,
        };
        self.publish(name.to_owned(), published)?;
        Ok(self)
    }

    /// Says what a published function is, to `system.methodHelp` and the page that the
    /// hyper front shows: plain text.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownName`].
    pub fn help(&mut self, name: &str, text: impl Into<String>) -> Result<&mut Self, Error> {
        self.published(name)?.help = text.into();
        Ok(self)
    }

    /// Sets a function's signature, its result's type first, by the names that XML-RPC
    /// has for types. Without it, it is what the function's Rust types say, or open where
    /// one of them has no one name, as [`Value`] or a type of your own.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownName`].
    pub fn signature(&mut self, name: &str, types: &[&'static str]) -> Result<&mut Self, Error> {
        self.published(name)?.signature = Some(types.to_vec());
        Ok(self)
    }

    /// Publishes the functions of another service, each name after `prefix` and a dot.
    /// The limits stay those of this one.
    ///
    /// ```
    /// # use xmlrpc_server::Service;
    /// let mut sums = Service::new();
    /// sums.register("add", |a: i32, b: i32| a + b)?;
    /// let mut service = Service::new();
    /// service.group("sums", sums)?;
    /// assert_eq!(service.names().collect::<Vec<_>>(), ["sums.add"]);
    /// # Ok::<(), xmlrpc_server::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`register`](Service::register), for the first name that can't be had;
    /// those before it are published.
    pub fn group(&mut self, prefix: &str, group: Service) -> Result<&mut Self, Error> {
        for (name, published) in group.functions {
            self.publish(format!("{prefix}.{name}"), published)?;
        }
        Ok(self)
    }

    fn publish(&mut self, name: String, published: Published) -> Result<(), Error> {
        if name.is_empty() || !name.bytes().all(is_name_byte) {
            return Err(Error::InvalidName { name });
        }
        if builtin::is_reserved(&name) {
            return Err(Error::ReservedName { name });
        }
        match self.functions.entry(name) {
            Entry::Occupied(taken) => Err(Error::DuplicateName {
                name: taken.key().clone(),
            }),
            Entry::Vacant(free) => {
                free.insert(published);
                Ok(())
            }
        }
    }

    fn published(&mut self, name: &str) -> Result<&mut Published, Error> {
        let unknown = || Error::UnknownName {
            name: name.to_owned(),
        };
        self.functions.get_mut(name).ok_or_else(unknown)
    }

    /// An HTML page that documents the published functions, with figures of what the
    /// service does just now. It needs no script and loads nothing.
    pub fn page(&self) -> String {
        docpage::page(self)
    }

    /// Publishes what `give` returns at `path`, to be had with GET from the hyper front: a
    /// page of one's own, or the files and data of one. At `/` it stands in the place of
    /// [`page`](Service::page), which `/RPC2` keeps. `give` is told the query, what follows
    /// the `?`, as it came.
    ///
    /// The rule is the one of the server's own page: who may call may read, nobody keeps a
    /// copy, and a browser lets the page use what else is published here and nothing from
    /// elsewhere, with no script or style within its text. To read is all that can be done:
    /// a POST is a call.
    ///
    /// `give` runs in the thread that speaks with all clients: it has to be quick. A panic
    /// in it is logged and answered with 500.
    ///
    /// ```
    /// use xmlrpc_server::{Resource, Service};
    ///
    /// let mut service = Service::new();
    /// service.resource("/", |_| Resource::new("text/html", "<!DOCTYPE html><title>Here</title>"))?;
    /// # Ok::<(), xmlrpc_server::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::BadPath`], where the path is taken, is one of the server's own, or has a
    /// character besides ASCII letters, digits and `/ - . _ ~`.
    pub fn resource(
        &mut self,
        path: &str,
        give: impl Fn(&str) -> Resource + Send + Sync + 'static,
    ) -> Result<&mut Self, Error> {
        self.resources.publish(path, Box::new(give))?;
        Ok(self)
    }

    /// The figures in Prometheus' text format, version 0.0.4.
    pub fn metrics(&self) -> String {
        docpage::metrics(self)
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
        self.answer_in(Context::new(), request)
    }

    /// Answers a request, as [`answer`](Service::answer) does, and tells the function
    /// what is known of it.
    pub fn answer_in(&self, context: Context, request: &[u8]) -> Vec<u8> {
        match self.begin(request) {
            Step::Answer(document) | Step::Control(document) => document,
            Step::Call(call) => self.run_in(context, call),
        }
    }

    /// Reads a request, and answers all that needs no function: `system.*`, `reparte.*`,
    /// and faults for what can't be read or is not published.
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
                let is_control = control::is_part(&answer.method);
                let document = document(&answer.method, answer.response);
                return match is_control {
                    true => Step::Control(document),
                    false => Step::Answer(document),
                };
            }
            Err(call) => call,
        };
        if !self.functions.contains_key(&call.method) && call.method != multicall::NAME {
            return Step::Answer(encode_fault(&unknown(&call.method)));
        }
        Step::Call(call)
    }

    /// Runs a call in the calling thread and gives the document of its answer.
    pub fn run(&self, call: MethodCall) -> Vec<u8> {
        self.run_in(Context::new(), call)
    }

    /// Runs a call, as [`run`](Service::run) does, and tells the function what is known
    /// of it. While it runs, `reparte.status` lists it and `reparte.cancel` finds it.
    pub fn run_in(&self, context: Context, call: MethodCall) -> Vec<u8> {
        let at_hand = self.control.enter(context.clone(), None::<fn()>);
        self.perform(&at_hand, context, call)
    }

    /// Runs a call that has been entered, and gives the document of its answer.
    pub(crate) fn perform(&self, at_hand: &AtHand, context: Context, call: MethodCall) -> Vec<u8> {
        let MethodCall { method, params, .. } = call;
        let context = context.with_method(method);
        at_hand.runs(&context);
        let response = self.call(&context, params);
        self.control.count(&response);
        document(context.method(), response)
    }

    /// Calls the function that the context names.
    pub(crate) fn call(&self, context: &Context, params: Vec<Value>) -> MethodResponse {
        let method = context.method();
        if method == multicall::NAME {
            return multicall::run(self, context, params);
        }
        let function = &self
            .functions
            .get(method)
            .ok_or_else(|| unknown(method))?
            .function;
        // What a function returns is converted inside: that may panic as well.
        let answered = catch_unwind(AssertUnwindSafe(|| function(context, params)));
        let response = answered.map_err(|panic| {
            log::error!(
                "method \"{}\" panicked: {}",
                escaped(method),
                escaped(panic_text(&*panic))
            );
            let text = format!("method \"{}\" failed inside the server", escaped(method));
            Fault::new(Fault::INTERNAL, text)
        })?;
        if let Err(InvokeError::Params(error)) = &response {
            return Err(refused(method, error));
        }
        // It may have left its work half done.
        if context.is_cancelled() {
            let text = "the call was cancelled, or its deadline has passed";
            return Err(Fault::new(Fault::INTERNAL, text));
        }
        response.unwrap_or_else(|error| Err(unsendable(method, error.source())))
    }

    /// What is told of a published function.
    pub(crate) fn told(&self, name: &str) -> Option<Told<'_>> {
        let published = self.functions.get(name)?;
        Some((&published.help, published.signature.as_deref()))
    }

    /// What is published besides functions.
    #[cfg(feature = "hyper")]
    pub(crate) fn resources(&self) -> &Resources {
        &self.resources
    }

    /// What the service knows of its work.
    pub(crate) fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// The names of the published functions, sorted, without the server's own.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(String::as_str)
    }
}

impl Default for Service {
    fn default() -> Self {
        Service::new()
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
    let method = escaped(method);
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
pub(crate) fn unknown(method: &str) -> Fault {
    let text = format!("method \"{}\" is not supported", escaped(method));
    Fault::new(Fault::METHOD_NOT_FOUND, text)
}

/// Logs and returns the fault of a method whose result can't be sent.
fn unsendable(method: &str, error: &WireError) -> Fault {
    let method = escaped(method);
    log::error!("method \"{method}\": {}", escaped(&error.to_string()));
    Fault::new(Fault::INTERNAL, format!("method \"{method}\": {error}"))
}

fn document(method: &str, response: MethodResponse) -> Vec<u8> {
    let fault = match response.map(|value| encode_response(&value)) {
        Ok(Ok(document)) => return document,
        Ok(Err(error)) => unsendable(method, &error),
        Err(fault) => fault,
    };
    encode_fault(&fault)
}

pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
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

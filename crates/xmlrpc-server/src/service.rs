//! A service: published functions, and requests to responses without any I/O.

use std::fmt;
use std::sync::Arc;

use xmlrpc_wire::{
    Decoder, Dialect, IntoResponse, Limits, MethodCall, MethodResponse, Value, encode_fault,
};

use crate::builtin;
use crate::call_table::{CallEntry, CallTable};
use crate::context::Context;
use crate::docpage;
use crate::error::Error;
use crate::faults;
use crate::handler::Handler;
use crate::multicall;
use crate::registry::Registry;
use crate::resource::{Resource, Resources};
use crate::shown_dialect;

mod identity;

/// The functions that a server publishes, by name, and the answers to their calls.
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
    registry: Registry,
    limits: Limits,
    dialect: Dialect,
    calls: Arc<CallTable>,
    resources: Resources,
}

/// The next step of a request that [`Service::begin`] has read.
#[derive(Debug)]
#[non_exhaustive]
pub enum Step {
    /// An answer to send: of a method of the server itself, or a fault.
    Answer(Vec<u8>),
    /// An answer to send, of a method of the control protocol (`reparte.*`). A dispatcher
    /// asks every second, so that a log of calls had better leave it out.
    Control(Vec<u8>),
    /// A call of a published function, for [`Service::run`].
    Call(MethodCall),
}

impl Service {
    /// Returns a service that publishes nothing yet, with the default limits.
    pub fn new() -> Self {
        Service {
            registry: Registry::default(),
            limits: Limits::default(),
            dialect: Dialect::default(),
            calls: Arc::new(CallTable::new()),
            resources: Resources::default(),
        }
    }

    /// Publishes `handler` as `name`. Returns the service, for the next one.
    ///
    /// A `Result` that the handler returns becomes a value or a fault. A panic in it
    /// becomes a fault (code -32603) and is logged, and the server goes on; a program
    /// built with `panic = "abort"` ends.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidName`] for an empty name, one of more than 1,024 bytes, which no peer
    /// with the default limits reads, or one with anything but ASCII letters, digits and
    /// `_ . : /` (the specification's set), [`Error::ReservedName`] for one
    /// that begins with `system.` or `reparte.`, and [`Error::DuplicateName`] for one
    /// that is taken: a function is never replaced.
    pub fn register<Args>(
        &mut self,
        name: &str,
        handler: impl Handler<Args>,
    ) -> Result<&mut Self, Error> {
        self.registry.register(name, handler)?;
        Ok(self)
    }

    /// Publishes a function that takes all arguments of a call, however many. It has no signature
    /// until [`signature`](Service::signature) sets one.
    ///
    /// ```
    /// # use xmlrpc_server::{Context, Service, Value};
    /// let mut service = Service::new();
    /// service.register_variadic("count", |_: &Context, all: Vec<Value>| all.len() as i32)?;
    /// # Ok::<(), xmlrpc_server::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`register`](Service::register).
    pub fn register_variadic<R: IntoResponse>(
        &mut self,
        name: &str,
        function: impl Fn(&Context, Vec<Value>) -> R + Send + Sync + 'static,
    ) -> Result<&mut Self, Error> {
        self.registry.register_variadic(name, function)?;
        Ok(self)
    }

    /// Sets the help of a published function, as plain text: `system.methodHelp` and the
    /// page of the hyper front show it.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownName`].
    pub fn help(&mut self, name: &str, text: impl Into<String>) -> Result<&mut Self, Error> {
        self.registry.set_help(name, text.into())?;
        Ok(self)
    }

    /// Sets the signature of a published function: XML-RPC's names of the types, the
    /// result's first.
    ///
    /// Without it, the signature is that of the function's Rust types; it is open if one
    /// of them has no single XML-RPC type, as [`Value`] or a type of your own.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownName`].
    pub fn signature(&mut self, name: &str, types: &[&'static str]) -> Result<&mut Self, Error> {
        self.registry.set_signature(name, types)?;
        Ok(self)
    }

    /// Publishes the functions of another service, each name after `prefix` and a dot.
    /// The limits of this service apply to them; those of the other are dropped, as are its
    /// resources.
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
    /// Those of [`register`](Service::register), for the first name that can't be
    /// published; the names before it are.
    pub fn group(&mut self, prefix: &str, group: Service) -> Result<&mut Self, Error> {
        self.registry.register_group(prefix, group.registry)?;
        Ok(self)
    }

    /// Publishes what `give` returns at `path`, for GET on the hyper front: a page of your
    /// own, or its files and data. At `/` it replaces [`page`](Service::page), which stays
    /// at `/RPC2`. `give` gets the query, which is the text after `?`, undecoded.
    ///
    /// The rules are those of the server's own page. Whoever may call may read. Nothing
    /// keeps a copy. A browser lets the page use what else is published here and nothing
    /// from elsewhere, and runs no script and applies no style that is inside the page. A
    /// resource can only be read: a POST is a call.
    ///
    /// `give` runs on a thread that speaks with all clients: it has to be quick. A panic
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
    /// [`Error::BadPath`] if the path is taken, is one of the server's own, or has a
    /// character other than ASCII letters, digits and `/ - . _ ~`.
    pub fn resource(
        &mut self,
        path: &str,
        give: impl Fn(&str) -> Resource + Send + Sync + 'static,
    ) -> Result<&mut Self, Error> {
        self.resources.publish(path, Box::new(give))?;
        Ok(self)
    }

    /// Returns the names of the published functions, sorted, without the server's own.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.registry.names()
    }

    /// Returns an HTML page that documents the published functions and shows the figures
    /// of this moment. It needs no script and loads nothing.
    pub fn page(&self) -> String {
        let published = self.registry.documentations();
        docpage::render(&self.calls.metrics(), published, builtin::documentations())
    }

    /// Returns the figures of this moment in Prometheus' text format, version 0.0.4.
    pub fn metrics(&self) -> String {
        self.calls.metrics().to_prometheus()
    }

    /// Returns the limits on a request.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Sets the limits on a request.
    ///
    /// The fronts refuse a body above `limits.bytes` by its declared length alone.
    pub fn set_limits(&mut self, limits: Limits) -> &mut Self {
        self.limits = limits;
        self
    }

    /// Returns the dialect of answers.
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Sets the dialect of answers: the extensions that clients read. [`Dialect::python`] by
    /// default.
    ///
    /// A client reads what it writes: an answer may use the extensions that its call has used,
    /// and is in Apache's dialect if the root element of its call declares Apache's extensions.
    pub fn set_dialect(&mut self, dialect: Dialect) -> &mut Self {
        self.dialect = dialect;
        self
    }

    /// Answers a request: takes the document of a call, and returns the document of its
    /// value or fault. Runs the function in the calling thread.
    ///
    /// The server's own faults have the codes of the fault-interop convention, which are
    /// constants of [`Fault`](xmlrpc_wire::Fault); a function chooses its own.
    pub fn answer(&self, request: &[u8]) -> Vec<u8> {
        self.answer_in(Context::new(), request)
    }

    /// Answers a request as [`answer`](Service::answer) does, with a context for the
    /// function.
    pub fn answer_in(&self, context: Context, request: &[u8]) -> Vec<u8> {
        match self.begin(request) {
            Step::Answer(document) | Step::Control(document) => document,
            Step::Call(call) => self.run_in(self.in_dialect(context, request), call),
        }
    }

    /// Returns the context with the dialect that the document of its call shows, if any.
    pub(crate) fn in_dialect(&self, context: Context, request: &[u8]) -> Context {
        match shown_dialect::of_root(request) {
            Some(dialect) => context.with_dialect(dialect),
            None => context,
        }
    }

    /// Reads a request, and answers it if that needs no function: `system.*`, `reparte.*`,
    /// and faults for what can't be read or is not published.
    ///
    /// Takes time in proportion to the request. A server with worker threads can call it on
    /// the thread that reads, and hand over the calls.
    pub fn begin(&self, request: &[u8]) -> Step {
        self.begin_as(None, request)
    }

    /// Reads a request as [`begin`](Service::begin) does, in the charset that its
    /// `Content-Type` names, if it names one.
    ///
    /// A byte order mark outweighs that charset, and it outweighs the XML declaration
    /// (RFC 7303).
    pub fn begin_as(&self, content_type: Option<&str>, request: &[u8]) -> Step {
        let decoder = Decoder::new(&self.limits).content_type(content_type.unwrap_or_default());
        let call = match decoder.decode_call(request) {
            Ok(call) => call,
            Err(error) => return Step::Answer(encode_fault(&faults::unreadable(&error))),
        };
        let call = match builtin::answer(&self.registry, &self.calls, call) {
            Ok(answer) => {
                let dialect = shown_dialect::of_root(request);
                let dialect = dialect.as_ref().unwrap_or(&self.dialect);
                let document = document(dialect, &answer.method, answer.response);
                return match answer.is_control {
                    true => Step::Control(document),
                    false => Step::Answer(document),
                };
            }
            Err(call) => call,
        };
        if !self.registry.contains(&call.method) && call.method != builtin::MULTICALL {
            return Step::Answer(encode_fault(&faults::unknown_method(&call.method)));
        }
        Step::Call(call)
    }

    /// Runs a call in the calling thread, and returns the document of its answer.
    pub fn run(&self, call: MethodCall) -> Vec<u8> {
        self.run_in(Context::new(), call)
    }

    /// Runs a call as [`run`](Service::run) does, with a context for the function. While it
    /// runs, `reparte.status` lists it and `reparte.cancel` finds it.
    pub fn run_in(&self, context: Context, call: MethodCall) -> Vec<u8> {
        let entry = self.calls.enter(context.clone(), None::<fn()>);
        self.run_entered(&entry, context, call)
    }

    /// Runs a call that has its entry in the call table, and returns the document of its
    /// answer.
    pub(crate) fn run_entered(
        &self,
        entry: &CallEntry,
        context: Context,
        call: MethodCall,
    ) -> Vec<u8> {
        let MethodCall { method, params, .. } = call;
        let context = context.with_method(method);
        entry.set_running(&context);
        let dialect = context.dialect().unwrap_or(&self.dialect).clone();
        let dialect = shown_dialect::extended(dialect, &params);
        let response = self.call(&context, params);
        self.calls.count_ended(response.is_err());
        document(&dialect, context.method(), response)
    }

    /// Calls the function that the context names.
    fn call(&self, context: &Context, params: Vec<Value>) -> MethodResponse {
        if context.method() != builtin::MULTICALL {
            return self.registry.call(context, params);
        }
        multicall::run(
            context,
            params,
            self.limits.bytes,
            |call| match builtin::answer(&self.registry, &self.calls, call) {
                Ok(answer) => answer.response,
                Err(MethodCall { method, params, .. }) => {
                    let context = context.clone().with_method(method).with_own_refusal();
                    self.registry.call(&context, params)
                }
            },
        )
    }

    /// Returns the published resources.
    #[cfg(feature = "hyper")]
    pub(crate) fn resources(&self) -> &Resources {
        &self.resources
    }

    /// Returns the calls in progress.
    #[cfg(any(feature = "tiny", feature = "hyper"))]
    pub(crate) fn calls(&self) -> &Arc<CallTable> {
        &self.calls
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
            .field("functions", &self.registry.names().collect::<Vec<_>>())
            .field("limits", &self.limits)
            .finish()
    }
}

/// Returns the document of a response; of a fault if the value can't be encoded.
fn document(dialect: &Dialect, method: &str, response: MethodResponse) -> Vec<u8> {
    let fault = match response.map(|value| dialect.encode_response(&value)) {
        Ok(Ok(document)) => return document,
        Ok(Err(error)) => faults::unsendable(method, &error),
        Err(fault) => fault,
    };
    encode_fault(&fault)
}

#[cfg(test)]
mod tests;

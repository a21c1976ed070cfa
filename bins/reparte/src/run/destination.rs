//! A destination of a run: the function on one XML-RPC server or an engine, or a program of this
//! machine.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reparte::{Call, CallError, CallId, Destino, ErrorKind, Status, XmlRpc};
#[cfg(feature = "redis")]
use reparte_redis::RedisQueue;
#[cfg(feature = "redis")]
use xmlrpc_client::Fault;
use xmlrpc_client::Value;

use crate::json::to_text;
use crate::run::call_result::CallResult;
#[cfg(unix)]
use crate::run::local_program::LocalProgram;
use crate::run::result_check::ResultCheck;
use crate::run::task::Task;

/// A function on an XML-RPC server or an engine, or a program of this machine, which takes a
/// [`Task`] and gives a [`CallResult`].
pub(super) struct Destination {
    inner: Inner,
    name: Arc<str>,
    check: Option<Arc<ResultCheck>>,
}

/// A place with the types that it has here.
type AnyDestino = dyn Destino<Vec<Value>, Value>;

/// The place that computes.
enum Inner {
    /// A place, and the limit of its calls where it keeps that of the call.
    Any(Box<AnyDestino>, Option<Duration>),
    #[cfg(feature = "redis")]
    Queue(RedisQueue),
}

impl Inner {
    fn destino(&self) -> &AnyDestino {
        match self {
            Inner::Any(destino, _) => &**destino,
            #[cfg(feature = "redis")]
            Inner::Queue(queue) => queue,
        }
    }
}

impl Destination {
    /// Returns a server, whose results pass the check before they count. Its calls have this limit.
    pub(super) fn server(server: XmlRpc, check: Option<Arc<ResultCheck>>, limit: Duration) -> Self {
        Self::new(Inner::Any(Box::new(server), Some(limit)), check)
    }

    /// Returns a program, whose results pass the check before they count. It has a limit of its own.
    #[cfg(unix)]
    pub(super) fn program(program: LocalProgram, check: Option<Arc<ResultCheck>>) -> Self {
        Self::new(Inner::Any(Box::new(program), None), check)
    }

    /// Returns the function's queue on an engine, whose results pass the check before they count.
    #[cfg(feature = "redis")]
    pub(super) fn queue(queue: RedisQueue, check: Option<Arc<ResultCheck>>) -> Self {
        Self::new(Inner::Queue(queue), check)
    }

    fn new(inner: Inner, check: Option<Arc<ResultCheck>>) -> Self {
        Destination {
            name: inner.destino().name().into(),
            inner,
            check,
        }
    }

    /// Returns the failure of a call whose result the check rejects. A wrong result puts out its
    /// server: on an engine, all workers for one of them. There it is a fault of the task.
    #[cfg(feature = "redis")]
    fn rejection(&self, worker: &str, error: CallError) -> CallError {
        match (&self.inner, error.kind()) {
            (Inner::Queue(_), ErrorKind::Wrong) => {
                let text = format!("a wrong result of {worker}: {}", error.message());
                CallError::fault(Fault::APPLICATION, text)
            }
            _ => error,
        }
    }

    /// Makes a call. Returns the name of the place, or of the worker on a queue, too.
    fn answer(&self, arguments: &Vec<Value>, call: &Call) -> Result<(Value, Arc<str>), CallError> {
        match &self.inner {
            Inner::Any(destino, limit) => {
                let call = call.clone();
                let call = match limit.and_then(|limit| Instant::now().checked_add(limit)) {
                    Some(deadline) => call.with_deadline(deadline),
                    None => call,
                };
                let value = destino.call(arguments, &call)?;
                Ok((value, Arc::clone(&self.name)))
            }
            #[cfg(feature = "redis")]
            Inner::Queue(queue) => {
                let (value, worker) = queue.call_with_worker(arguments, call)?;
                Ok((value, worker.into()))
            }
        }
    }
}

impl Destino<Arc<Task>, CallResult> for Destination {
    fn name(&self) -> &str {
        &self.name
    }

    fn slots(&self) -> usize {
        self.inner.destino().slots()
    }

    fn learns_slots(&self) -> bool {
        self.inner.destino().learns_slots()
    }

    fn has_status(&self) -> bool {
        self.inner.destino().has_status()
    }

    fn status(&self) -> Result<Option<Status>, CallError> {
        self.inner.destino().status()
    }

    fn call(&self, task: &Arc<Task>, call: &Call) -> Result<CallResult, CallError> {
        let arguments = task
            .arguments()
            .map_err(|reason| CallError::new(ErrorKind::Unsendable, reason))?;
        let attempts = task.count_call();
        let began = Instant::now();
        let (value, server) = self.answer(arguments, call)?;
        let time = began.elapsed();
        if let Some(check) = &self.check {
            let checked = check.check(&task.input, &to_text(&value), call);
            #[cfg(feature = "redis")]
            let checked = checked.map_err(|error| self.rejection(&server, error));
            checked?;
        }
        Ok(CallResult {
            value,
            server,
            time,
            attempts,
        })
    }

    fn cancel(&self, call: CallId) {
        self.inner.destino().cancel(call);
    }
}

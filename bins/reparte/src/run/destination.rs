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
use crate::run::answer_form::AnswerForm;
use crate::run::call_result::CallResult;
#[cfg(unix)]
use crate::run::local_program::{self, LocalProgram};
use crate::run::result_check::ResultCheck;
use crate::run::task::Task;

/// A function on an XML-RPC server or an engine, or a program of this machine, which takes a
/// [`Task`] and gives a [`CallResult`].
pub(super) struct Destination {
    inner: Inner,
    name: Arc<str>,
    rules: ResultRules,
}

/// The rules for the results of all places.
#[derive(Debug, Clone, Default)]
pub(super) struct ResultRules {
    pub(super) form: AnswerForm,
    /// The check that a result passes before it counts.
    pub(super) check: Option<Arc<ResultCheck>>,
}

/// A result, with the name of the place or of the worker on a queue.
struct Answer {
    value: Value,
    errors: Option<String>,
    server: Arc<str>,
}

/// A place with the types that it has here.
type AnyDestino = dyn Destino<Vec<Value>, Value>;

/// The place that computes.
enum Inner {
    /// A server, and the limit of its calls.
    Server(Box<AnyDestino>, Duration),
    #[cfg(unix)]
    Program(LocalProgram),
    #[cfg(feature = "redis")]
    Queue(RedisQueue),
}

impl Inner {
    /// Returns the place. `None` for a program of this machine.
    fn destino(&self) -> Option<&AnyDestino> {
        match self {
            Inner::Server(destino, _) => Some(&**destino),
            #[cfg(unix)]
            Inner::Program(_) => None,
            #[cfg(feature = "redis")]
            Inner::Queue(queue) => Some(queue),
        }
    }

    fn name(&self) -> &str {
        match self {
            #[cfg(unix)]
            Inner::Program(_) => local_program::NAME,
            _ => self.destino().map_or("", |destino| destino.name()),
        }
    }

    fn slots(&self) -> usize {
        match self {
            #[cfg(unix)]
            Inner::Program(program) => program.slots(),
            _ => self.destino().map_or(1, |destino| destino.slots()),
        }
    }
}

impl Destination {
    /// Returns a server, whose results pass the check before they count. Its calls have this limit.
    pub(super) fn server(server: XmlRpc, rules: ResultRules, limit: Duration) -> Self {
        Self::new(Inner::Server(Box::new(server), limit), rules)
    }

    /// Returns a program, whose results pass the check before they count. It has a limit of its own.
    #[cfg(unix)]
    pub(super) fn program(program: LocalProgram, rules: ResultRules) -> Self {
        Self::new(Inner::Program(program), rules)
    }

    /// Returns the function's queue on an engine, whose results pass the check before they count.
    #[cfg(feature = "redis")]
    pub(super) fn queue(queue: RedisQueue, rules: ResultRules) -> Self {
        Self::new(Inner::Queue(queue), rules)
    }

    fn new(inner: Inner, rules: ResultRules) -> Self {
        Destination {
            name: inner.name().into(),
            inner,
            rules,
        }
    }

    /// Returns the failure of a call whose result the check rejects. A wrong result puts out its
    /// server. On an engine it is a fault, which another worker confirms, or which counts against
    /// this one.
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
    fn answer(
        &self,
        task: &Task,
        arguments: &Vec<Value>,
        attempt: u32,
        call: &Call,
    ) -> Result<Answer, CallError> {
        let (answer, server) = match &self.inner {
            #[cfg(unix)]
            Inner::Program(program) => {
                let answer = program.call(task, arguments, attempt, call)?;
                return Ok(Answer {
                    value: answer.value,
                    errors: self.rules.form.has_errors.then_some(answer.errors),
                    server: Arc::clone(&self.name),
                });
            }
            Inner::Server(destino, limit) => {
                let call = call.clone();
                let call = match Instant::now().checked_add(*limit) {
                    Some(deadline) => call.with_deadline(deadline),
                    None => call,
                };
                let value = destino.call(arguments, &call)?;
                (value, Arc::clone(&self.name))
            }
            #[cfg(feature = "redis")]
            Inner::Queue(queue) => {
                let (value, worker) = queue.call_with_worker(arguments, call)?;
                (value, worker.into())
            }
        };
        let (value, errors) = self.rules.form.read(answer)?;
        Ok(Answer {
            value,
            errors,
            server,
        })
    }
}

impl Destination {
    /// Makes a call, whose result passes the check.
    fn checked_answer(
        &self,
        task: &Task,
        arguments: &Vec<Value>,
        attempt: u32,
        call: &Call,
    ) -> Result<Answer, CallError> {
        let answer = self.answer(task, arguments, attempt, call)?;
        if let Some(check) = &self.rules.check {
            let checked = check.check(&task.input, &to_text(&answer.value), call);
            #[cfg(feature = "redis")]
            let checked = checked.map_err(|error| self.rejection(&answer.server, error));
            checked?;
        }
        Ok(answer)
    }
}

impl Destino<Arc<Task>, CallResult> for Destination {
    fn name(&self) -> &str {
        &self.name
    }

    fn slots(&self) -> usize {
        self.inner.slots()
    }

    fn learns_slots(&self) -> bool {
        let destino = self.inner.destino();
        destino.is_some_and(|destino| destino.learns_slots())
    }

    fn has_status(&self) -> bool {
        let destino = self.inner.destino();
        destino.is_some_and(|destino| destino.has_status())
    }

    fn has_workers(&self) -> bool {
        let destino = self.inner.destino();
        destino.is_some_and(|destino| destino.has_workers())
    }

    fn status(&self) -> Result<Option<Status>, CallError> {
        let destino = self.inner.destino();
        destino.map_or(Ok(None), |destino| destino.status())
    }

    fn call(&self, task: &Arc<Task>, call: &Call) -> Result<CallResult, CallError> {
        let arguments = task
            .arguments()
            .map_err(|reason| CallError::new(ErrorKind::Unsendable, reason))?;
        let attempts = task.count_call();
        let began = Instant::now();
        let answered = self.checked_answer(task, arguments, attempts, call);
        let time = began.elapsed();
        let answer = answered.inspect_err(|_| task.note_failure(time))?;
        Ok(CallResult {
            value: answer.value,
            server: answer.server,
            time,
            attempts,
            errors: answer.errors,
        })
    }

    fn settle(&self, call: &Call) {
        if let Some(destino) = self.inner.destino() {
            destino.settle(call);
        }
    }

    fn cancel(&self, call: CallId) {
        if let Some(destino) = self.inner.destino() {
            destino.cancel(call);
        }
    }
}

//! A destination of a run: the function on one XML-RPC server, or a program of this machine.

use std::sync::Arc;
use std::time::Instant;

use reparte::{Call, CallError, CallId, Destino, ErrorKind, Status};
use xmlrpc_client::Value;

use crate::json::to_text;
use crate::run::call_result::CallResult;
use crate::run::result_check::ResultCheck;
use crate::run::task::Task;

/// A function on an XML-RPC server, or a program of this machine, which takes a [`Task`] and gives
/// a [`CallResult`].
pub(super) struct Destination {
    inner: Box<dyn Destino<Vec<Value>, Value>>,
    name: Arc<str>,
    check: Option<Arc<ResultCheck>>,
}

impl Destination {
    /// Returns the destination, whose results pass the check before they count.
    pub(super) fn new(
        inner: impl Destino<Vec<Value>, Value> + 'static,
        check: Option<Arc<ResultCheck>>,
    ) -> Self {
        Destination {
            name: inner.name().into(),
            inner: Box::new(inner),
            check,
        }
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
        self.inner.learns_slots()
    }

    fn has_status(&self) -> bool {
        self.inner.has_status()
    }

    fn status(&self) -> Result<Option<Status>, CallError> {
        self.inner.status()
    }

    fn call(&self, task: &Arc<Task>, call: &Call) -> Result<CallResult, CallError> {
        let arguments = task
            .arguments()
            .map_err(|reason| CallError::new(ErrorKind::Unsendable, reason))?;
        let attempts = task.count_call();
        let began = Instant::now();
        let value = self.inner.call(arguments, call)?;
        let time = began.elapsed();
        if let Some(check) = &self.check {
            check.check(&task.input, &to_text(&value), call)?;
        }
        Ok(CallResult {
            value,
            server: Arc::clone(&self.name),
            time,
            attempts,
        })
    }

    fn cancel(&self, call: CallId) {
        self.inner.cancel(call);
    }
}

//! A server of a run.

use std::sync::Arc;
use std::time::Instant;

use reparte::{Call, CallError, CallId, Destino, ErrorKind, Status, XmlRpc};
use xmlrpc_client::{Options, Value};

use super::{CallResult, Task};
use crate::exit::Failure;
use crate::options::Servers;

/// A function on an XML-RPC server, which takes a [`Task`] and gives an [`CallResult`].
#[derive(Debug)]
pub(super) struct Destination {
    server: XmlRpc,
    name: Arc<str>,
}

/// What tells one server of a list from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerKey {
    pub(super) name: Arc<str>,
    /// None where the server is asked for them.
    slots: Option<usize>,
}

/// What is underneath, with the types that it has here.
type Inner = dyn Destino<Vec<Value>, Value>;

impl Destination {
    /// `function` on all servers that are named.
    pub(super) fn all(
        servers: &Servers,
        function: &str,
        options: &Options,
    ) -> Result<Vec<Self>, Failure> {
        let servers = servers.list(function, options)?.into_iter();
        Ok(servers.map(Destination::new).collect())
    }

    fn new(server: XmlRpc) -> Self {
        let inner: &Inner = &server;
        Destination {
            name: inner.name().into(),
            server,
        }
    }

    pub(super) fn key(&self) -> ServerKey {
        let inner = self.inner();
        ServerKey {
            name: Arc::clone(&self.name),
            slots: (!inner.learns_slots()).then(|| inner.slots()),
        }
    }

    fn inner(&self) -> &Inner {
        &self.server
    }
}

impl Destino<Arc<Task>, CallResult> for Destination {
    fn name(&self) -> &str {
        &self.name
    }

    fn slots(&self) -> usize {
        self.inner().slots()
    }

    fn learns_slots(&self) -> bool {
        self.inner().learns_slots()
    }

    fn has_status(&self) -> bool {
        self.inner().has_status()
    }

    fn status(&self) -> Result<Option<Status>, CallError> {
        self.inner().status()
    }

    fn call(&self, task: &Arc<Task>, call: &Call) -> Result<CallResult, CallError> {
        let arguments = task.arguments();
        let arguments = arguments.map_err(|why| CallError::new(ErrorKind::Unsendable, why))?;
        let attempts = task.count_call();
        let began = Instant::now();
        let value = self.inner().call(arguments, call)?;
        Ok(CallResult {
            value,
            server: Arc::clone(&self.name),
            time: began.elapsed(),
            attempts,
        })
    }

    fn cancel(&self, call: CallId) {
        self.inner().cancel(call);
    }
}

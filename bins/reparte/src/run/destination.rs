//! A destination of a run: the function on one XML-RPC server.

use std::sync::Arc;
use std::time::Instant;

use reparte::{Call, CallError, CallId, Destino, ErrorKind, Status, XmlRpc};
use xmlrpc_client::{Options, ServerProxy, Value};

use crate::exit::Failure;
use crate::flags::server_list::ServerList;
use crate::json::to_text;
use crate::run::call_result::CallResult;
use crate::run::result_check::ResultCheck;
use crate::run::task::Task;

/// A function on an XML-RPC server, which takes a [`Task`] and gives a [`CallResult`].
#[derive(Debug)]
pub(super) struct Destination {
    server: XmlRpc,
    name: Arc<str>,
    check: Option<Arc<ResultCheck>>,
}

/// The properties that all destinations of a run share.
#[derive(Debug)]
pub(super) struct DestinationSetup {
    pub(super) function: String,
    pub(super) client: Options,
    /// The check that a result passes before it counts.
    pub(super) check: Option<Arc<ResultCheck>>,
}

/// [`XmlRpc`] with the types that it has here: it implements [`Destino`] for many.
type XmlRpcDestino = dyn Destino<Vec<Value>, Value>;

impl Destination {
    /// Returns the function on all servers that the flags name.
    pub(super) fn all(
        servers: &ServerList,
        setup: &DestinationSetup,
    ) -> Result<Vec<Self>, Failure> {
        let servers = servers.list(&setup.function, &setup.client)?.into_iter();
        let destination = |server: XmlRpc| {
            let destino: &XmlRpcDestino = &server;
            Destination {
                name: destino.name().into(),
                server,
                check: setup.check.clone(),
            }
        };
        Ok(servers.map(destination).collect())
    }

    pub(super) fn proxy(&self) -> &ServerProxy {
        self.server.proxy()
    }

    fn destino(&self) -> &XmlRpcDestino {
        &self.server
    }
}

impl Destino<Arc<Task>, CallResult> for Destination {
    fn name(&self) -> &str {
        &self.name
    }

    fn slots(&self) -> usize {
        self.destino().slots()
    }

    fn learns_slots(&self) -> bool {
        self.destino().learns_slots()
    }

    fn has_status(&self) -> bool {
        self.destino().has_status()
    }

    fn status(&self) -> Result<Option<Status>, CallError> {
        self.destino().status()
    }

    fn call(&self, task: &Arc<Task>, call: &Call) -> Result<CallResult, CallError> {
        let arguments = task
            .arguments()
            .map_err(|reason| CallError::new(ErrorKind::Unsendable, reason))?;
        let attempts = task.count_call();
        let began = Instant::now();
        let value = self.destino().call(arguments, call)?;
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
        self.destino().cancel(call);
    }
}

//! The messages to the executor.

use std::sync::Arc;

use crossbeam_channel::Sender;

use crate::destino::{Call, Destino, Status, WorkerEvent};
use crate::error::Error;
use crate::error::call::CallError;
use crate::error::journal::JournalError;
use crate::events::Observer;
use crate::ids::{CallId, ServerId, TaskId};

/// A message to the executor: from a slot, a status thread, a handle, or the dispatcher.
pub(crate) enum Message<A, R> {
    /// A worker has begun to work on a call, was lost with it, or can't do it.
    WorkerNoted { call: CallId, event: WorkerEvent },
    /// A call has returned.
    CallReturned(ReturnedCall<R>),
    /// A status request has returned; `None` if the server does not report a status.
    StatusReturned {
        server: ServerId,
        outcome: Result<Option<Status>, CallError>,
    },
    /// The journal can't be used any longer.
    JournalFailed(Arc<JournalError>),
    /// The caller no longer wants this task's result.
    CancelTask(TaskId),
    /// The caller no longer wants the result of any task sent so far.
    CancelAllTasks,
    /// The caller adds a server, and waits for `reply`.
    AddServer {
        destino: Arc<dyn Destino<A, R>>,
        reply: Sender<Result<(), Error>>,
    },
    /// The caller removes a server.
    RemoveServer(ServerId),
    /// The caller drops a server.
    DropServer(ServerId),
    /// The caller observes the run.
    AddObserver(Observer),
    /// The results that the caller has not been given fill its window no longer.
    WindowOpened,
    /// No more tasks will be sent.
    CloseInput,
    /// No more calls are to be started.
    Drain,
    /// Nobody wants the results any longer.
    Abandon,
}

/// A call that has returned.
pub(crate) struct ReturnedCall<R> {
    pub(crate) server: ServerId,
    pub(crate) task: TaskId,
    pub(crate) call: Call,
    /// The result, with its size in bytes.
    pub(crate) outcome: Result<(R, usize), CallError>,
}

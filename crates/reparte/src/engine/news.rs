//! What reaches the engine besides tasks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::events::Observer;
use crate::ids::ServerId;
use crate::slot::Returned;
use crate::{CallError, Destino, Error, JournalError, Status, TaskId};

/// Something for the engine to look at.
pub(crate) enum News<A, R> {
    /// A call has returned.
    Returned(Returned<R>),
    /// A server has said how it is, or has not.
    Probed {
        server: ServerId,
        outcome: Result<Option<Status>, CallError>,
    },
    /// A handle asks for something.
    Asked(Request<A, R>),
    /// The journal can't be used any further.
    JournalFailed(Arc<JournalError>),
}

/// What a handle can ask for, or the dispatcher itself.
pub(crate) enum Request<A, R> {
    Cancel(TaskId),
    CancelAll,
    Join(Joining<A, R>),
    Leave(ServerId),
    Observe(Observer),
    /// No more tasks will come.
    Close,
    /// No more calls are to be made.
    Stop,
    /// Nobody wants the results any more.
    Abandon,
}

/// A server that is to join.
pub(crate) struct Joining<A, R> {
    pub(crate) destino: Arc<dyn Destino<A, R>>,
    /// Where it is told what came of it.
    pub(crate) answer: Sender<Result<(), Error>>,
}

/// Asks one server how it is, whenever told to, until the engine is gone.
pub(crate) fn probe<A, R>(
    server: ServerId,
    destino: &dyn Destino<A, R>,
    questions: &Receiver<()>,
    tell: impl Fn(News<A, R>) -> bool,
) {
    for () in questions {
        let outcome = catch_unwind(AssertUnwindSafe(|| destino.status()));
        let outcome = outcome.unwrap_or_else(|panic| Err(CallError::panicked(panic.as_ref())));
        if !tell(News::Probed { server, outcome }) {
            return;
        }
    }
}

//! The thread that asks one server for its status.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::Receiver;

use crate::destino::Destino;
use crate::engine::message::Message;
use crate::error::call::CallError;
use crate::ids::ServerId;

/// Asks a server for its status, once for each request, until there are no more or the run
/// has ended.
pub(super) fn ask_status<A, R>(
    server: ServerId,
    destino: &dyn Destino<A, R>,
    requests: &Receiver<()>,
    send: impl Fn(Message<A, R>) -> bool,
) {
    for () in requests {
        let outcome = catch_unwind(AssertUnwindSafe(|| destino.status()));
        let outcome = outcome.unwrap_or_else(|panic| Err(CallError::panicked(panic.as_ref())));
        if !send(Message::StatusReturned { server, outcome }) {
            return;
        }
    }
}

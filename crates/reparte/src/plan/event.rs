//! The events that the plan is given.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::{CallId, ServerId, TaskId};

/// Something that has happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A task was sent. Task numbers are unique in a run. Tasks of a higher
    /// cost start first.
    TaskSent { task: TaskId, cost: u64 },
    /// No more tasks will be sent.
    InputClosed,
    /// A worker has been at work on a call for this long. A call has its worker before it
    /// returns, if that is known.
    CallBegan {
        call: CallId,
        worker: ServerId,
        at_work: Duration,
    },
    /// A worker was lost while it was at work on a call. The destination gives that to another one.
    WorkerLost { call: CallId, worker: ServerId },
    /// A worker can't do the task of a call, which its destination has given to others.
    WorkerUnfit { call: CallId, worker: ServerId },
    /// A call has returned, and its slot is free.
    CallReturned {
        call: CallId,
        outcome: Result<(), ErrorKind>,
    },
    /// A probe has returned. `None` means that the server accepts connections
    /// but does not report its status.
    ProbeReturned {
        server: ServerId,
        outcome: Result<Option<ServerStatus>, ErrorKind>,
    },
    /// A server or a worker was added. They are numbered in the order of addition.
    ServerAdded { config: ServerConfig },
    /// A server or a worker was removed: it gets no more calls. Calls in flight go on.
    ServerRemoved { server: ServerId },
    /// A server was dropped: it gets no more calls, and its calls in flight are made again
    /// elsewhere.
    ServerDropped { server: ServerId },
    /// The caller no longer wants this task's result.
    TaskCancelled { task: TaskId },
    /// The caller wants no more calls. Calls in flight go on, and the run ends
    /// with the last of them.
    DrainRequested,
    /// The caller no longer wants any result.
    Abandoned,
    /// The journal can't be written, or belongs to another run.
    JournalFailed,
    /// The results that the caller has not been given fill its window, or do so no longer.
    WindowChanged { is_full: bool },
    /// The time that [`Plan::next_timer`](super::Plan::next_timer) returned
    /// has come.
    TimerFired,
}

/// The properties of a server that are known before its first call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServerConfig {
    /// Number of calls at a time, at least 1.
    pub(crate) slots: usize,
    /// `slots` is a guess, which the number in the server's status replaces.
    pub(crate) learns_slots: bool,
    /// The server can be probed.
    pub(crate) has_status: bool,
    /// The server is used only once no other server is left.
    pub(crate) reserve: bool,
    pub(crate) role: Role,
}

/// The part that a server has in the making of calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    /// It runs the calls that it takes.
    #[default]
    Server,
    /// It gives them to its workers, and notes when one begins.
    Host,
    /// It runs calls of this host, and has no slots of its own.
    Worker(ServerId),
}

impl Role {
    /// Returns the host of a worker.
    pub(crate) fn host(self) -> Option<ServerId> {
        match self {
            Self::Worker(host) => Some(host),
            Self::Server | Self::Host => None,
        }
    }
}

/// A server's report about itself, the answer to a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServerStatus {
    /// A number that changes with each start of the server's process.
    pub(crate) instance: u64,
    /// Number of calls that the server takes at a time; 0 if it doesn't say.
    pub(crate) slots: usize,
    /// The time after which it ends, if it says so.
    pub(crate) time_left: Option<Duration>,
}

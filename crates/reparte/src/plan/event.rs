//! What the plan is told, and what it asks for.

use std::time::Duration;

use crate::ids::ServerId;
use crate::{CallId, ErrorKind, TaskId};

/// Something that has happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A task was sent. Each has a number of its own.
    Sent { task: TaskId },
    /// No more tasks will be sent.
    Closed,
    /// A call has returned, and its slot can take another.
    Ended {
        call: CallId,
        outcome: Result<(), ErrorKind>,
    },
    /// Nobody wants the results any more.
    Abandoned,
    /// The time that [`next_wake`](super::Plan::next_wake) gave has come.
    Woken,
}

/// Something that the plan asks its shell to do or to note. The plan takes it
/// for done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Make this call of the task on a slot of the server, which is free.
    Start {
        task: TaskId,
        call: CallId,
        server: ServerId,
        /// The task has been called before.
        retry: bool,
    },
    /// Make the call return soon; what it brings is thrown away.
    Cancel { call: CallId, server: ServerId },
    /// What the call brought is the task's result. Follows that call's end.
    Deliver { task: TaskId, server: ServerId },
    /// The call's error is the task's end. Follows that call's end.
    Fail { task: TaskId, why: Failure },
    /// The server gets no calls until `until`, and then one for a trial.
    SetAside {
        server: ServerId,
        until: Duration,
        why: Aside,
    },
    /// The server answered, and is in use again.
    TakeBack { server: ServerId },
    /// The server is not asked again.
    PutOut { server: ServerId },
    /// The run is over. Nothing but [`Event::Ended`] may follow, and it
    /// changes nothing.
    End(End),
}

/// Why a task failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// By an answer that no other server would better.
    Answered,
    /// By too many calls that may have run.
    GivenUp,
}

/// Why a server is put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aside {
    /// It was up, and failed.
    Died,
    /// It was being tried, and failed again.
    StillDown,
    /// It said that it was busy.
    Busy,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// No more tasks will be sent, and each has its answer.
    Completed,
    /// Every server has been down for this long, with tasks to do.
    Outage { after: Duration },
    /// Every server is out for good.
    NoServers,
    /// Nobody wanted the results any more.
    Abandoned,
}

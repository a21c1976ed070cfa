//! What the plan is told, and what it asks for.

use std::time::Duration;

use crate::ids::ServerId;
use crate::{CallId, ErrorKind, TaskId};

/// Something that has happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    /// A task was sent. Each has a number of its own; those of a higher cost
    /// go first.
    Sent { task: TaskId, cost: u64 },
    /// No more tasks will be sent.
    Closed,
    /// A call has returned, and its slot can take another.
    Ended {
        call: CallId,
        outcome: Result<(), ErrorKind>,
    },
    /// What came of asking a server how it is: none if it can be reached and
    /// tells nothing of itself.
    Probed {
        server: ServerId,
        outcome: Result<Option<Pulse>, ErrorKind>,
    },
    /// A further server can be used; servers are numbered as they come.
    Joined { site: Site },
    /// A server is to get no more calls. Those in flight go on.
    Left { server: ServerId },
    /// Nobody wants this task's result any more.
    Cancelled { task: TaskId },
    /// No more calls are to be made. Those in flight go on, and the run ends
    /// with them.
    Stopped,
    /// Nobody wants the results any more.
    Abandoned,
    /// The journal can't be written, or is of another run.
    JournalFailed,
    /// The time that [`next_wake`](super::Plan::next_wake) gave has come.
    Woken,
}

/// What is known of a server beforehand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) slots: usize,
    /// The slots are a guess: its own word on them counts.
    pub(crate) learns_slots: bool,
    /// It can be asked how it is.
    pub(crate) has_status: bool,
    /// It is used once no other is left.
    pub(crate) reserve: bool,
}

/// A server's word on itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pulse {
    /// Another one after each start.
    pub(crate) instance: u64,
    pub(crate) slots: usize,
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
        why: Why,
    },
    /// Make the call return soon; what it brings is thrown away.
    Cancel { call: CallId, server: ServerId },
    /// The same, since the call is taken for lost.
    Lose {
        task: TaskId,
        call: CallId,
        server: ServerId,
        why: Loss,
    },
    /// Ask the server how it is; never while the last answer is awaited.
    Probe { server: ServerId },
    /// What the call brought is the task's result. Follows that call's end.
    Deliver {
        task: TaskId,
        server: ServerId,
        hedges: Hedges,
    },
    /// The task has ended without a result, by the error of the call whose end
    /// this follows if it failed by one.
    Fail {
        task: TaskId,
        why: Failure,
        hedges: Hedges,
    },
    /// The server gets no calls until `until`, and then is probed or gets one
    /// for a trial.
    SetAside {
        server: ServerId,
        until: Duration,
        why: Aside,
    },
    /// The server answered, and is in use again.
    TakeBack { server: ServerId },
    /// No other server is left: this one, kept for that, is in use.
    FallBack { server: ServerId },
    /// The server is not asked again.
    PutOut { server: ServerId },
    /// The server has said how many calls it takes at a time.
    Resize { server: ServerId, slots: usize },
    /// The run is over. Nothing but [`Event::Ended`] may follow, and it
    /// changes nothing.
    End(End),
}

/// Why a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It is the task's first.
    First,
    /// An earlier one has failed, or is doubted.
    Again,
    /// The task takes long, and the slot has nothing else to do.
    Hedge,
}

/// Why a call is taken for lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// It has taken longer than it may.
    Overrun,
    /// Its server has been started anew.
    Restarted,
}

/// The calls that were made of a task as hedges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hedges {
    pub(crate) made: u32,
    /// One of them brought the answer.
    pub(crate) won: bool,
}

/// Why a task failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// By an answer that no other server would better.
    Answered,
    /// By too many calls that may have run.
    GivenUp,
    /// By the deaths of servers that it was aboard of.
    Poison,
    /// On request.
    Cancelled,
}

/// Why a server is put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aside {
    /// It was up, and failed.
    Died,
    /// It was up, and says nothing any more.
    Hung,
    /// It was being tried, and failed again.
    StillDown,
    /// It said that it was busy.
    Busy,
    /// It fails whatever it is given, at once and again and again.
    Quarantined,
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
    /// It was stopped, and the calls that were in flight have ended.
    Stopped,
    /// Nobody wanted the results any more.
    Abandoned,
    /// Results could not be kept.
    JournalFailed,
}

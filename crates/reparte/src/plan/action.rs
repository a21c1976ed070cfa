//! The actions that the plan asks its caller to carry out.

use std::time::Duration;

use crate::ids::{CallId, ServerId, TaskId};

/// Something to do or to record. The plan counts it as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Make this call of the task on a free slot of the server.
    StartCall {
        task: TaskId,
        call: CallId,
        server: ServerId,
        reason: CallReason,
    },
    /// Make the call return soon. Its outcome is discarded.
    CancelCall { call: CallId, server: ServerId },
    /// Cancel the call, and record it as a failed call of its task.
    LoseCall {
        task: TaskId,
        call: CallId,
        server: ServerId,
        reason: LossReason,
    },
    /// Ask the server for its status. Never asked for while the outcome of
    /// the server's last probe is awaited.
    ProbeServer { server: ServerId },
    /// Deliver the outcome of the call that has just returned as the task's
    /// result.
    DeliverResult {
        task: TaskId,
        server: ServerId,
        hedges: Hedges,
    },
    /// The task has ended without a result. If a failed call is the reason,
    /// that call has just returned or been lost.
    FailTask {
        task: TaskId,
        reason: TaskFailure,
        hedges: Hedges,
    },
    /// The server gets no calls until `until`. Then it is probed, or gets one
    /// call as a trial.
    SetAside {
        server: ServerId,
        until: Duration,
        reason: AsideReason,
    },
    /// The server's time aside is over, so that it is asked once more before the
    /// run ends.
    AskAgain { server: ServerId },
    /// The server has answered, and is in use again.
    TakeBack { server: ServerId },
    /// No other server is left: this reserve server is in use from now on.
    UseReserve { server: ServerId },
    /// The server gets no more calls in this run.
    MarkOut { server: ServerId },
    /// The server has reported how many calls it takes at a time.
    SetSlots { server: ServerId, slots: usize },
    /// Several instances answer at the server's address.
    NoteInstances { server: ServerId },
    /// The server gets no calls, since the median of them would not end in the time that it has
    /// left; or it does again.
    SetEnding { server: ServerId, is_ending: bool },
    /// The server gets no calls while another one is the same instance. It was up, or set aside.
    SetAlias { server: ServerId, of: ServerId },
    /// Tasks have waited for some seconds, and no server takes a call. `limit`: the
    /// time at which the run ends if that lasts.
    StartWaiting {
        cause: WaitCause,
        /// The time at which the wait began.
        since: Duration,
        limit: Option<Duration>,
    },
    /// The wait is over.
    StopWaiting,
    /// The run is over. Later events, if any, change nothing.
    EndRun(RunEnd),
}

/// The reason for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallReason {
    /// The task's first call.
    First,
    /// An earlier call of the task failed, or its server no longer responds.
    Retry,
    /// The task is slow, and the slot had nothing else to do.
    Hedge,
}

/// The reason why no server takes a call while tasks wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitCause {
    /// Every server is down, or its answers are of no use.
    Outage,
    /// Some server says that it is busy, and none takes calls:
    /// [`RunSummary::wait_reason`](crate::RunSummary::wait_reason) says what the others are.
    Busy,
    /// The tasks that are left have failed, and no server that takes calls is to have them now:
    /// another one is to confirm the failures.
    SecondOpinion,
    /// Some server has not enough [time left](crate::Status::time_left) for a call, and none takes
    /// calls.
    TimeLeft,
    /// No more calls are started, and those in flight are on servers that do not answer now.
    LastCalls,
}

impl WaitCause {
    /// Returns who waits for what, in words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Outage | Self::Busy | Self::TimeLeft => "waits for a server",
            Self::SecondOpinion => "the tasks that are left wait for another server",
            Self::LastCalls => "waits for the last calls",
        }
    }

    /// Returns what such a wait ends if it lasts for too long, in words.
    #[must_use]
    pub fn end_text(self) -> &'static str {
        match self {
            Self::Outage | Self::Busy | Self::TimeLeft | Self::LastCalls => "the run ends",
            Self::SecondOpinion => "these tasks end",
        }
    }
}

/// The reason for which a call counts as lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LossReason {
    /// It has run for longer than the time limit.
    TimeLimit,
    /// Its server has been restarted.
    ServerRestarted,
}

/// The hedges of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hedges {
    /// Number of calls made as hedges.
    pub(crate) made: u32,
    /// A hedge brought the result.
    pub(crate) won: bool,
}

/// The reason for which a task has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskFailure {
    /// A call gave an answer that is the task's own: another server would give it too, or
    /// none is left to ask.
    Permanent,
    /// Too many calls that may have run brought nothing.
    GivenUp,
    /// Servers died while they ran it.
    Poison,
    /// The caller cancelled it.
    Cancelled,
}

/// The reason for which a server is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsideReason {
    /// It was in use, and failed.
    Died,
    /// It was in use, and no longer responds.
    Hung,
    /// It was set aside already, and failed again.
    StillDown,
    /// It answered that it is busy.
    Busy,
    /// Its calls fail, and others' succeed, or several of its own in a row.
    Suspected,
    /// It takes no call of this client.
    Refused,
    /// It was set aside already, and has answered in a way that is of no use.
    Failing,
    /// Its time is over, by its own word, and it no longer responds.
    Ended,
}

/// The end of a run, by its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunEnd {
    /// No more tasks will be sent, and every task has ended.
    Completed,
    /// No server was alive for this long, with tasks to do.
    Outage { after: Duration },
    /// Every server is out.
    NoServers,
    /// The caller wanted no more calls, and those in flight have ended.
    Drained,
    /// Enough tasks had failed that no more calls were wanted, and those in flight
    /// have ended.
    Halted,
    /// The caller no longer wanted any result.
    Abandoned,
    /// Results could not be written to the journal.
    JournalFailed,
}

//! The scripts of the protocol, which docs/engine.md describes.

use std::sync::Arc;
use std::time::Duration;

use crate::sending::Sending;

/// Returns the milliseconds of a time.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A script. The server executes it in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Announce,
    Begin,
    Cancel,
    Check,
    Close,
    Collect,
    Commit,
    Deposit,
    Detach,
    Discard,
    Feed,
    Fetch,
    Hold,
    Index,
    Leave,
    Open,
    Read,
    Release,
    Renew,
    Submit,
    Take,
    Unfit,
    Unhold,
    Withdraw,
}

impl Script {
    /// All scripts, in the order of their numbers.
    pub(crate) const ALL: [Script; 24] = [
        Self::Announce,
        Self::Begin,
        Self::Cancel,
        Self::Check,
        Self::Close,
        Self::Collect,
        Self::Commit,
        Self::Deposit,
        Self::Detach,
        Self::Discard,
        Self::Feed,
        Self::Fetch,
        Self::Hold,
        Self::Index,
        Self::Leave,
        Self::Open,
        Self::Read,
        Self::Release,
        Self::Renew,
        Self::Submit,
        Self::Take,
        Self::Unfit,
        Self::Unhold,
        Self::Withdraw,
    ];

    /// Returns the script's text.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Announce => include_str!("scripts/announce.lua"),
            Self::Begin => include_str!("scripts/begin.lua"),
            Self::Cancel => include_str!("scripts/cancel.lua"),
            Self::Check => include_str!("scripts/check.lua"),
            Self::Close => include_str!("scripts/close.lua"),
            Self::Collect => include_str!("scripts/collect.lua"),
            Self::Commit => include_str!("scripts/commit.lua"),
            Self::Deposit => include_str!("scripts/deposit.lua"),
            Self::Detach => include_str!("scripts/detach.lua"),
            Self::Discard => include_str!("scripts/discard.lua"),
            Self::Feed => include_str!("scripts/feed.lua"),
            Self::Fetch => include_str!("scripts/fetch.lua"),
            Self::Hold => include_str!("scripts/hold.lua"),
            Self::Index => include_str!("scripts/index.lua"),
            Self::Leave => include_str!("scripts/leave.lua"),
            Self::Open => include_str!("scripts/open.lua"),
            Self::Read => include_str!("scripts/read.lua"),
            Self::Release => include_str!("scripts/release.lua"),
            Self::Renew => include_str!("scripts/renew.lua"),
            Self::Submit => include_str!("scripts/submit.lua"),
            Self::Take => include_str!("scripts/take.lua"),
            Self::Unfit => include_str!("scripts/unfit.lua"),
            Self::Unhold => include_str!("scripts/unhold.lua"),
            Self::Withdraw => include_str!("scripts/withdraw.lua"),
        }
    }

    /// Returns true for the scripts that are called again while the server refuses them. One that a later
    /// call stands for is not: a worker's would pile up on a server that is full for hours.
    pub(crate) fn lasts(self) -> bool {
        !matches!(self, Self::Begin)
    }

    /// Returns which scripts go before others: those that keep what a worker has, leases first.
    pub(crate) fn urgency(self) -> Urgency {
        match self {
            Self::Renew => Urgency::Lease,
            Self::Commit => Urgency::Result,
            _ => Urgency::Other,
        }
    }
}

/// The urgency of a script. The calls of one urgency are made in their order, but for those that have
/// failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    Lease,
    Result,
    Other,
}

impl Urgency {
    /// All of them, the most urgent one first.
    pub(crate) const ALL: [Self; 3] = [Self::Lease, Self::Result, Self::Other];
}

/// A call of a script.
#[derive(Clone, Debug)]
pub(crate) struct ScriptCall {
    pub(crate) script: Script,
    pub(crate) keys: Vec<String>,
    pub(crate) arguments: Vec<Vec<u8>>,
    /// None for a call that is never withdrawn.
    sending: Option<Arc<Sending>>,
}

impl ScriptCall {
    pub(crate) fn new(script: Script, keys: impl IntoIterator<Item = String>) -> Self {
        Self {
            script,
            keys: keys.into_iter().collect(),
            arguments: Vec::new(),
            sending: None,
        }
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, argument: impl Into<Vec<u8>>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds a number.
    pub(crate) fn number(self, number: impl Into<u64>) -> Self {
        self.arg(number.into().to_string())
    }

    /// Adds arguments.
    pub(crate) fn args<I: Into<Vec<u8>>>(mut self, arguments: impl IntoIterator<Item = I>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets what tells whether it was sent, and withdraws it before.
    pub(crate) fn sending(self, sending: Arc<Sending>) -> Self {
        Self {
            sending: Some(sending),
            ..self
        }
    }

    /// Notes that it is sent. Returns false if it is withdrawn.
    pub(crate) fn begin_sending(&self) -> bool {
        self.sending.as_ref().is_none_or(|sending| sending.begin())
    }

    /// Notes that the server has replied that it does not execute it. After a lost reply that says
    /// nothing of the first time.
    pub(crate) fn note_refused(&self) {
        let was_lost = self.arguments.get(4).is_some_and(|lost| lost == b"1");
        if let Some(sending) = self.sending.as_ref().filter(|_| !was_lost) {
            sending.note_refused();
        }
    }

    /// Notes that a reply was lost: the script may have been executed, and is called again. SUBMIT
    /// has to know that, or it would add a task again that is done already.
    pub(crate) fn note_lost_reply(&mut self) {
        if self.script == Script::Submit
            && let Some(was_lost) = self.arguments.get_mut(4)
        {
            *was_lost = b"1".to_vec();
        }
    }

    /// Returns the length of the call, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.arguments.iter().map(Vec::len).sum::<usize>() + 256
    }
}

//! One virtual server.

use std::time::Duration;

use crate::plan::event::{ServerConfig, ServerStatus};
use crate::plan::random::SplitMix;
use crate::{CallId, ErrorKind};

/// How long the client waits for a word on the server's health.
pub(super) const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long it tries to connect before.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1500);
/// When a connection is refused.
const SOON: Duration = Duration::from_millis(1);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// It says how it is.
    Ours,
    /// It can be reached.
    Foreign,
    /// It takes calls, and that is all.
    Bare,
}

#[derive(Clone, Debug)]
pub(super) struct Virtual {
    pub(super) kind: Kind,
    pub(super) site: ServerConfig,
    /// The slots that it says it has.
    true_slots: usize,
    pub(super) alive: bool,
    pub(super) hung: bool,
    pub(super) refuses: bool,
    /// Its answers are none.
    pub(super) lies: bool,
    /// Its calls can't be cancelled.
    pub(super) deaf: bool,
    pub(super) instance: u64,
    /// How long it takes to find that it is dead: a reset, or a time-out.
    pub(super) unreachable_after: Duration,
    /// Calls that would have ended while it hung.
    pub(super) frozen: Vec<CallId>,
    /// The question that it has not answered.
    pub(super) question: Option<u64>,
    /// Since when it hangs or is well, and whether it was known then.
    pub(super) since: Duration,
    pub(super) known: bool,
}

impl Virtual {
    pub(super) fn new(slots: usize, all_ours: bool, refusals: bool, random: &mut SplitMix) -> Self {
        let kinds = [Kind::Ours, Kind::Ours, Kind::Foreign, Kind::Bare];
        let kind = match all_ours {
            true => Kind::Ours,
            false => kinds[random.below(4) as usize],
        };
        let learns_slots = kind == Kind::Ours && random.below(2) == 0;
        Self {
            kind,
            site: ServerConfig {
                slots,
                learns_slots,
                has_status: kind != Kind::Bare,
                reserve: false,
            },
            true_slots: slots + random.below(3) as usize,
            alive: true,
            hung: false,
            refuses: refusals && random.below(2) == 0,
            lies: false,
            deaf: kind == Kind::Bare && random.below(2) == 0,
            instance: 0,
            unreachable_after: [SOON, SOON, CONNECT_TIMEOUT][random.below(3) as usize],
            frozen: Vec::new(),
            question: None,
            since: Duration::ZERO,
            known: false,
        }
    }

    /// One that is kept in reserve, and can't be asked.
    pub(super) fn in_reserve(random: &mut SplitMix) -> Self {
        let there = Self::new(1, false, false, random);
        Self {
            kind: Kind::Bare,
            site: ServerConfig {
                slots: 1,
                learns_slots: false,
                has_status: false,
                reserve: true,
            },
            ..there
        }
    }

    /// Whether its machine may be gone with it when it is down.
    pub(super) fn may_take_its_machine(&mut self, may: bool) {
        if !may {
            self.unreachable_after = SOON;
        }
    }

    /// What is said of it while it is down: its machine may be as well.
    pub(super) fn absence(&self) -> ErrorKind {
        match self.unreachable_after < CONNECT_TIMEOUT {
            true => ErrorKind::Unreachable,
            false => ErrorKind::Unanswered,
        }
    }

    /// What it answers to a question now.
    pub(super) fn pulse(&self) -> Result<Option<ServerStatus>, ErrorKind> {
        match self.kind {
            _ if !self.alive => Err(self.absence()),
            Kind::Ours if self.hung => Err(ErrorKind::TimedOut),
            Kind::Ours => Ok(Some(ServerStatus {
                instance: self.instance,
                slots: self.true_slots,
            })),
            Kind::Foreign | Kind::Bare => Ok(None),
        }
    }
}

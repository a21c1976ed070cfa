//! The way in which a server is set aside.

use std::time::Duration;

use crate::plan::action::AsideReason;
use crate::plan::failures::ServerFailure;

/// The way in which a server is set aside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    pub(super) reason: AsideReason,
    /// It is alive all the same.
    pub(super) answers: bool,
    /// Shortest time.
    pub(super) at_least: Duration,
}

impl Pause {
    pub(super) fn new(reason: AsideReason) -> Self {
        Self {
            reason,
            answers: false,
            at_least: Duration::ZERO,
        }
    }
}

impl From<ServerFailure> for Pause {
    fn from(failure: ServerFailure) -> Self {
        Self {
            reason: failure.reason,
            answers: failure.answers,
            at_least: failure.at_least,
        }
    }
}

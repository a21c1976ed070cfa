//! The protocol level of a server: what its answers to probes have shown.
//!
//! | level | event | new level |
//! | --- | --- | --- |
//! | `Unknown` | it does not answer in time | `Silent` |
//! | `Unknown`, `Silent`, `ConnectOnly` | it reports its status | `Status` |
//! | `Unknown`, `Silent`, `Status` | it accepts the connection and reports nothing | `ConnectOnly` |
//! | any | it, or a proxy in its place, answers by an error | the same |
//! | `Silent` | it does not answer in time | `Silent`, one probe more |
//! | `Status` | it reports another instance | `Status`, of that instance |

use crate::error::call::ErrorKind;
use crate::plan::action::AsideReason;

/// The protocol level of one server. The module's table has its transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// It has not answered a probe yet.
    Unknown,
    /// It has left this many probes unanswered, though it may answer calls.
    Silent(u8),
    /// It accepts connections, and reports nothing.
    ConnectOnly,
    /// It reports its status.
    Status { instance: u64 },
}

impl Protocol {
    /// Returns whether the server is probed only when a call takes long.
    pub(super) fn is_probed_on_demand(self) -> bool {
        matches!(self, Self::ConnectOnly | Self::Silent(_))
    }

    /// Returns the instance in the server's last status.
    pub(super) fn instance(self) -> Option<u64> {
        match self {
            Self::Status { instance } => Some(instance),
            Self::Unknown | Self::Silent(_) | Self::ConnectOnly => None,
        }
    }

    /// Returns the level after an answer is overdue, or `None` if the server
    /// hangs. At first it does not: it may compute and accept connections in one
    /// thread.
    pub(super) fn after_overdue(self) -> Option<Self> {
        match self {
            Self::Unknown => Some(Self::Silent(1)),
            Self::Silent(probes) => Some(Self::Silent(probes.saturating_add(1))),
            Self::ConnectOnly | Self::Status { .. } => None,
        }
    }

    /// Returns why the server is set aside if it is in use and a probe fails, and
    /// whether its calls may be lost then. Otherwise they are about to end.
    /// Returns `None` if the server may be occupied by a call. `has_calls`: it has some, beside
    /// which it may close other connections.
    pub(super) fn silence(self, kind: ErrorKind, has_calls: bool) -> Option<(AsideReason, bool)> {
        match (self, kind) {
            (Self::Unknown | Self::Silent(_), ErrorKind::TimedOut) => None,
            (Self::ConnectOnly | Self::Silent(_), ErrorKind::Interrupted) if has_calls => None,
            (_, ErrorKind::Unanswered) => Some((AsideReason::Hung, true)),
            (Self::Status { .. }, ErrorKind::TimedOut) => Some((AsideReason::Hung, true)),
            (Self::Status { .. } | Self::Unknown, _) => Some((AsideReason::Died, false)),
            (Self::ConnectOnly | Self::Silent(_), _) => Some((AsideReason::Died, true)),
        }
    }
}

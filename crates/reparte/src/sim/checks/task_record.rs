//! An open task as the checks know it, from events and actions alone.

use std::collections::BTreeSet;

use crate::ids::{CallId, ServerId};

/// The record of one task without a result.
#[derive(Default)]
pub(super) struct TaskRecord {
    /// Its calls in flight that are not cancelled.
    pub(super) calls: BTreeSet<CallId>,
    /// It has had a call.
    pub(super) called: bool,
    /// The server of the call that failed last.
    pub(super) failed_by: Option<ServerId>,
    /// Number of calls that may have run and brought nothing.
    pub(super) attempts: u32,
    /// Number of servers that died while they ran it.
    pub(super) deaths: u32,
    /// Number of servers that seem to have died while they ran it.
    pub(super) breaks: u32,
    /// Its next call is paid for: its last one may have run.
    pub(super) costs: bool,
}

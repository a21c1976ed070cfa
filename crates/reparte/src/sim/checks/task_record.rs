//! An open task as the checks know it, from events and actions alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::call::ErrorKind;
use crate::ids::{CallId, ServerId};

/// The record of one task without a result.
#[derive(Debug, Default)]
pub(super) struct TaskRecord {
    /// Its calls in flight that are not cancelled.
    pub(super) calls: BTreeSet<CallId>,
    /// Its calls that were made as hedges.
    pub(super) hedge_calls: BTreeSet<CallId>,
    /// It has had a call.
    pub(super) called: bool,
    /// The servers that have lost its calls.
    pub(super) lost_by: BTreeSet<ServerId>,
    /// The servers with which it has a case, and how the last call there failed.
    pub(super) cases: BTreeMap<ServerId, ErrorKind>,
    /// Number of contested failures.
    pub(super) contested: u32,
    /// Number of calls that may have run and brought nothing, hedges excepted.
    pub(super) attempts: u32,
    /// Number of those that count in any case: contested failures of suspected servers
    /// don't.
    pub(super) firm_attempts: u32,
    /// Number of calls made as hedges.
    pub(super) hedges: u32,
    /// Number of servers that died while they ran it.
    pub(super) deaths: u32,
    /// Number of servers that seem to have died while they ran it.
    pub(super) breaks: u32,
    /// Its last call may have run.
    pub(super) costs: bool,
    /// Its last call was lost: the next one is paid for if that may have run.
    pub(super) lost: bool,
}

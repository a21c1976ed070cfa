//! The standing of the servers: how far their failures are believed.
//!
//! Evidence about a server comes from different tasks. A contested failure opens
//! a case between a task and a server (`cases.rs`); this part counts for each
//! server how its cases end.
//!
//! | standing | condition |
//! | --- | --- |
//! | proven | it has given results, and has no strike |
//! | good | it is proven, and no case is open since its last result |
//! | well | it is proven, other servers have confirmed two of its faults (or two of its passed time limits), and each that was believed unchecked was followed by a result or a confirmed failure |
//! | suspected | it has two strikes, too many cases are open without a result since, or three calls in a row were answered by a proxy whose server is away |
//!
//! | event | change |
//! | --- | --- |
//! | a result | no case is open; ten in a row take a strike back; a suspected server keeps one strike at most |
//! | a case opens | one more is open |
//! | its case is confirmed by another server | the case is closed, and a confirmation more |
//! | the task of its case succeeds elsewhere, and the failure was no 502 or 504 | a strike |
//!
//! Too many are [`OPEN_CASES`], and more if good servers have had long streaks of
//! failures themselves: twice the longest streak of one without a strike that ended with
//! a result. So a
//! function that fails for most arguments makes no server suspected. Answers of a proxy
//! whose server is away are in no such streak: a gap says nothing of the function.
//!
//! While every server that may give answers has [`FAULTS_EVERYWHERE`] open cases,
//! all of them faults, the function is broken everywhere: no server is suspected,
//! and faults are believed, until some server gives a result.

use std::collections::BTreeSet;

use crate::error::call::ErrorKind;
use crate::ids::{CallId, ServerId, TaskId};
use crate::plan::cases;

/// Number of open cases without a result that make a server suspected.
const OPEN_CASES: u32 = 3;
/// Number of open cases of each of several servers, all of them faults, with which
/// the function is broken everywhere.
const FAULTS_EVERYWHERE: u32 = 8;
/// Number of strikes that make a server suspected.
const STRIKES: u32 = 2;
/// Number of results in a row that take a strike back.
const CLEAN: u32 = 10;
/// Number of confirmed failures with which a server stands well.
const CONFIRMATIONS: u32 = 2;

/// The standing of every server.
#[derive(Debug, Default)]
pub(super) struct Standing {
    servers: Vec<ServerStanding>,
    good: BTreeSet<ServerId>,
    /// The longest streak of open cases of a server without a strike that ended with a
    /// result.
    innocent: u32,
    /// Every server that may give answers is suspected by its faults.
    faults_everywhere: bool,
}

#[derive(Debug, Default)]
struct ServerStanding {
    results: u64,
    /// The latest call, in order of starting, that has given a result.
    last_result: Option<CallId>,
    /// It has answered a call, even if by a failure.
    has_answered: bool,
    strikes: u32,
    /// Number of results since its last strike or case.
    clean: u32,
    /// Number of confirmed faults, and of confirmed time limits that passed at work.
    confirmations: [u32; 2],
    /// A fault was believed unchecked since its last result or confirmed failure.
    unchecked: bool,
    /// Number of open cases since its last result.
    open: u32,
    /// Number of these that opened by the answer of a proxy whose server is away.
    by_proxy: u32,
    /// The failures of tasks with an open case, beyond the first, since its last result.
    again: u32,
    /// All of these are faults.
    only_faults: bool,
    /// Number of its last failures that were answers of a proxy whose server is away, without
    /// a result or another failure in between.
    away: u32,
    /// The task for which it had no function, or which it forbade, before it
    /// had answered any call.
    not_found: Option<TaskId>,
}

/// Returns the place of a kind of failure in the counts of confirmed ones. Only what
/// the function says itself is ever believed.
fn confirmation(kind: ErrorKind) -> Option<usize> {
    match kind {
        ErrorKind::Fault { .. } => Some(0),
        ErrorKind::Overran => Some(1),
        _ => None,
    }
}

impl ServerStanding {
    fn is_proven(&self) -> bool {
        self.results > 0 && self.strikes == 0
    }

    fn is_good(&self) -> bool {
        self.is_proven() && self.open == 0
    }

    /// Counts a failure among the last ones in a row that were a proxy's.
    fn count_away(&mut self, kind: ErrorKind) {
        self.away = match cases::is_by_proxy(kind) {
            true => self.away + 1,
            false => 0,
        };
    }
}

impl Standing {
    /// Adds a server of which nothing is known.
    pub(super) fn add_server(&mut self) {
        self.servers.push(ServerStanding::default());
    }

    /// Returns whether the server has given results, and has no strike.
    pub(super) fn is_proven(&self, server: ServerId) -> bool {
        self.get(server).is_proven()
    }

    /// Returns whether a fault of the server is believed though no other server
    /// has confirmed it.
    pub(super) fn stands_well(&self, server: ServerId, kind: ErrorKind) -> bool {
        let server = self.get(server);
        let confirmed = confirmation(kind).map(|index| server.confirmations[index]);
        let is_enough = confirmed.is_some_and(|confirmed| confirmed >= CONFIRMATIONS);
        server.is_proven() && is_enough && !server.unchecked
    }

    /// Returns whether the server's calls fail while others' succeed, or too many
    /// in a row.
    pub(super) fn is_suspected(&self, server: ServerId) -> bool {
        let believed = self.faults_everywhere && self.get(server).only_faults;
        self.has_failed_too_often(server) && !believed
    }

    /// Returns whether the server would be suspected if faults were not believed.
    pub(super) fn is_suspected_by_faults(&self, server: ServerId) -> bool {
        self.get(server).only_faults && self.has_failed_too_often(server)
    }

    /// Returns whether the server has given nothing but faults for so long that the
    /// function may be broken everywhere. Sooner if it `is_lone`. Where too few tasks are
    /// open, those that it fails again on trial count.
    pub(super) fn gives_only_faults(&self, id: ServerId, is_lone: bool) -> bool {
        let least = match is_lone {
            true => self.most_open(),
            false => self.most_open().max(FAULTS_EVERYWHERE),
        };
        let server = self.get(id);
        server.only_faults
            && (server.open >= least || server.again >= least && self.has_failed_too_often(id))
    }

    /// Returns the good servers.
    pub(super) fn good(&self) -> impl Iterator<Item = ServerId> {
        self.good.iter().copied()
    }

    /// Returns whether faults are believed, since every server gives nothing else.
    pub(super) fn faults_everywhere(&self) -> bool {
        self.faults_everywhere
    }

    /// Records that every server gives nothing but faults.
    pub(super) fn believe_faults(&mut self) {
        self.faults_everywhere = true;
    }

    /// Returns the number of results of the server: the epoch of a case.
    pub(super) fn results(&self, server: ServerId) -> u64 {
        self.get(server).results
    }

    /// Returns whether the server has given the result of this call or a later one.
    pub(super) fn has_result_from(&self, server: ServerId, call: CallId) -> bool {
        self.get(server).last_result >= Some(call)
    }

    /// Returns whether the server has answered a call, even if by a failure.
    pub(super) fn has_answered(&self, server: ServerId) -> bool {
        self.get(server).has_answered
    }

    /// Records the result of a call. Returns whether other servers may have changed
    /// between suspected and not.
    pub(super) fn result(&mut self, server: ServerId, call: CallId) -> bool {
        let most_open = self.most_open();
        let streak = self.get(server);
        if streak.strikes == 0 {
            let streak = streak.open.saturating_sub(streak.by_proxy);
            self.innocent = self.innocent.max(streak);
        }
        let believed = std::mem::take(&mut self.faults_everywhere);
        let changed = believed || self.most_open() > most_open;
        let known = &mut self.servers[server.index()];
        known.last_result = known.last_result.max(Some(call));
        if known.open == 0 && known.strikes == 0 && known.results > 0 {
            // The usual case: nothing else changes.
            known.results += 1;
            known.unchecked = false;
            known.again = 0;
            known.away = 0;
            return changed;
        }
        self.edit(server, |server| {
            server.results += 1;
            server.has_answered = true;
            server.open = 0;
            server.by_proxy = 0;
            server.again = 0;
            server.away = 0;
            server.unchecked = false;
            server.strikes = server.strikes.min(STRIKES - 1);
            server.clean += 1;
            if server.clean >= CLEAN {
                server.clean = 0;
                server.strikes = server.strikes.saturating_sub(1);
            }
        });
        changed
    }

    /// Records that the server has failed a task again whose case is open.
    pub(super) fn failed_again(&mut self, server: ServerId, kind: ErrorKind) {
        let server = &mut self.servers[server.index()];
        server.only_faults &= cases::is_fault(kind);
        server.count_away(kind);
        server.again += 1;
    }

    /// Records that the server has answered a call, even if by a failure.
    pub(super) fn answered(&mut self, server: ServerId) {
        self.servers[server.index()].has_answered = true;
    }

    /// Records that a case between a task and the server opens.
    pub(super) fn case_opened(&mut self, server: ServerId, kind: ErrorKind) {
        let (is_fault, is_by_proxy) = (cases::is_fault(kind), cases::is_by_proxy(kind));
        self.edit(server, |server| {
            server.by_proxy += u32::from(is_by_proxy);
            server.only_faults = is_fault && (server.open == 0 || server.only_faults);
            server.count_away(kind);
            server.open += 1;
            server.clean = 0;
        });
    }

    /// Records that another server has failed the same task in the same way.
    /// `epoch`: the server's number of results when its case opened.
    pub(super) fn confirmed(&mut self, server: ServerId, epoch: u64, kind: ErrorKind) {
        self.edit(server, |server| {
            if let Some(index) = confirmation(kind) {
                server.confirmations[index] += 1;
            }
            server.unchecked = false;
        });
        self.close_case(server, epoch);
    }

    /// Records that a fault of the server is believed unchecked.
    pub(super) fn believed(&mut self, server: ServerId, epoch: u64) {
        self.edit(server, |server| server.unchecked = true);
        self.close_case(server, epoch);
    }

    /// Records that a case with the server says nothing about it.
    pub(super) fn close_case(&mut self, server: ServerId, epoch: u64) {
        self.edit(server, |server| {
            if server.results == epoch {
                server.open = server.open.saturating_sub(1);
                server.away = server.away.saturating_sub(1);
            }
        });
    }

    /// Records that a task that the server has failed succeeds elsewhere.
    pub(super) fn strike(&mut self, server: ServerId) {
        self.edit(server, |server| {
            server.strikes += 1;
            server.clean = 0;
        });
    }

    /// Records that the server has no such function, or forbids the call, before
    /// it has answered any. Returns whether it has done so to another task.
    pub(super) fn not_found(&mut self, server: ServerId, task: TaskId) -> bool {
        let known = &mut self.servers[server.index()].not_found;
        known.replace(task).is_some_and(|before| before != task)
    }

    fn has_failed_too_often(&self, server: ServerId) -> bool {
        let server = self.get(server);
        // A proxy without its server shows it by every call, of few tasks too.
        let is_away = server.away >= OPEN_CASES;
        is_away || server.strikes >= STRIKES || server.open >= self.most_open()
    }

    fn most_open(&self) -> u32 {
        OPEN_CASES.max(self.innocent.saturating_mul(2))
    }

    fn get(&self, server: ServerId) -> &ServerStanding {
        &self.servers[server.index()]
    }

    /// Changes a server, and keeps the set of good ones in step.
    fn edit(&mut self, id: ServerId, change: impl FnOnce(&mut ServerStanding)) {
        let server = &mut self.servers[id.index()];
        change(server);
        match server.is_good() {
            true => self.good.insert(id),
            false => self.good.remove(&id),
        };
    }
}

#[cfg(test)]
mod tests;

//! The suspects: tasks that may kill the servers that run them.
//!
//! A task is on record from the first death of a server that was running it.
//! At the second death it is a suspect: it runs again only in isolation, when
//! nothing else waits or runs. If a third death, or a later one, is met in
//! isolation, it is poison.
//!
//! A connection that breaks is a death, unless the server says otherwise. A
//! server that had reported its instance before the call began is asked for it
//! again: the death is unconfirmed until its next status, and struck from the
//! record if that shows the same instance.
//!
//! | suspicion | event | new suspicion |
//! | --- | --- | --- |
//! | `None` | second death | `Suspect` |
//! | `Suspect` | third or later death, one of them in isolation, and some are unconfirmed | `Unconfirmed` |
//! | `Suspect` | third or later death, one of them in isolation, and all are confirmed | `Poison` |
//! | `Unconfirmed` | the open deaths are confirmed | `Poison` |
//! | `Suspect`, `Unconfirmed` | an unconfirmed death is struck from the record | `None` or `Suspect`, by the deaths left |
//!
//! `Poison` is final: the task fails.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::{ServerId, TaskId};

/// Number of deaths that make a task a suspect.
const SUSPECT: usize = 2;
/// Number of deaths, one of them in isolation, that make a task poison.
const POISON: usize = 3;

/// The suspicion that a task kills its servers, the weakest first. The module's
/// table has its transitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Suspicion {
    /// It runs beside other tasks.
    None,
    /// It runs in isolation.
    Suspect,
    /// It waits: it is poison if its last server has died.
    Unconfirmed,
    /// It fails.
    Poison,
}

/// The records of the tasks whose servers died.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// Only open tasks with at least one death, and those whose deaths have all
    /// been struck.
    records: BTreeMap<TaskId, Record>,
    /// In the order of breaking. Their tasks may have ended since.
    unconfirmed: Vec<UnconfirmedDeath>,
}

#[derive(Debug, Default)]
struct Record {
    /// The servers that died while they ran the task, in order; a server
    /// appears once for each death.
    deaths: Vec<ServerId>,
    /// Number of these that are unconfirmed.
    unconfirmed: usize,
    /// Number of these that it met in isolation.
    isolated: usize,
    /// Time of the last one.
    last: Duration,
}

/// A call whose connection broke, on a server that can say that it lives.
#[derive(Clone, Copy, Debug)]
struct UnconfirmedDeath {
    task: TaskId,
    server: ServerId,
    /// Time at which the connection broke.
    at: Duration,
    /// The server's instance before the call began.
    instance: u64,
    /// The task ran in isolation.
    isolated: bool,
}

impl Record {
    fn add(&mut self, server: ServerId, isolated: bool, now: Duration) {
        self.deaths.push(server);
        self.last = now;
        self.isolated += usize::from(isolated);
    }

    fn suspicion(&self) -> Suspicion {
        match self.deaths.len() {
            POISON.. if self.isolated > 0 && self.unconfirmed > 0 => Suspicion::Unconfirmed,
            POISON.. if self.isolated > 0 => Suspicion::Poison,
            SUSPECT.. => Suspicion::Suspect,
            _ => Suspicion::None,
        }
    }
}

impl Suspects {
    /// Returns how likely it is that the task kills its servers.
    pub(super) fn suspicion(&self, task: TaskId) -> Suspicion {
        self.records
            .get(&task)
            .map_or(Suspicion::None, Record::suspicion)
    }

    /// Returns the servers that died while they ran the task.
    pub(super) fn deaths(&self, task: TaskId) -> &[ServerId] {
        self.records.get(&task).map_or(&[], |record| &record.deaths)
    }

    /// Returns when the last server died while it ran the task.
    pub(super) fn last_death_at(&self, task: TaskId) -> Option<Duration> {
        self.records.get(&task).map(|record| record.last)
    }

    /// Records that the server died while it ran the task, in isolation or not.
    pub(super) fn server_died(
        &mut self,
        task: TaskId,
        server: ServerId,
        isolated: bool,
        now: Duration,
    ) {
        self.records
            .entry(task)
            .or_default()
            .add(server, isolated, now);
    }

    /// Records that the connection broke while the server ran the task, in
    /// isolation or not. The death is unconfirmed if the server's `instance` before the call is known.
    pub(super) fn connection_broke(
        &mut self,
        task: TaskId,
        server: ServerId,
        isolated: bool,
        instance: Option<u64>,
        now: Duration,
    ) {
        let record = self.records.entry(task).or_default();
        record.add(server, isolated, now);
        if let Some(instance) = instance {
            record.unconfirmed += 1;
            self.unconfirmed.push(UnconfirmedDeath {
                task,
                server,
                at: now,
                instance,
                isolated,
            });
        }
    }

    /// Settles one unconfirmed death on the server, and returns its task. To be
    /// called until it returns `None`, once a probe sent at `asked_at` has
    /// returned, with the `instance` that the server has reported, if any.
    ///
    /// Without an instance, a connection that broke before the probe was sent
    /// is a death.
    pub(super) fn settle_death(
        &mut self,
        server: ServerId,
        asked_at: Duration,
        instance: Option<u64>,
    ) -> Option<TaskId> {
        loop {
            let settled = |death: &UnconfirmedDeath| {
                death.server == server
                    && (death.at <= asked_at || instance.is_some_and(|now| now != death.instance))
            };
            let at = self.unconfirmed.iter().position(settled)?;
            let death = self.unconfirmed.remove(at);
            let Some(record) = self.records.get_mut(&death.task) else {
                continue;
            };
            record.unconfirmed -= 1;
            if instance == Some(death.instance)
                && let Some(at) = record.deaths.iter().position(|&by| by == server)
            {
                record.deaths.remove(at);
                record.isolated -= usize::from(death.isolated);
            }
            return Some(death.task);
        }
    }

    /// Drops the record of a task that has ended.
    pub(super) fn forget(&mut self, task: TaskId) {
        self.records.remove(&task);
    }
}

#[cfg(test)]
mod tests;

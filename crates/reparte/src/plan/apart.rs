//! Tasks that were aboard when servers died: they wait until they can do no
//! harm to others, and are given up at the third death.

use std::time::Duration;

use super::Plan;
use super::server::Break;
use super::tasks::Task;
use crate::TaskId;
use crate::ids::ServerId;
use crate::plan::action::{CallReason, TaskFailure};

/// At so many deaths a task is kept from the others.
const SUSPECT: usize = 2;
/// At so many, the last of which it has met alone, it is poison.
const POISON: usize = 3;
/// How long nothing else has run when a task starts alone, while more may be
/// sent: a task whose sender waits for a slot is there sooner.
const QUIET: Duration = Duration::from_millis(20);

/// How likely it is that a task kills its servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guilt {
    None,
    /// It is to run alone.
    Suspect,
    /// It would be poison if it were known that its last server has died.
    Unsure,
    Poison,
}

impl Guilt {
    pub(super) fn of(task: &Task) -> Self {
        match task.deaths.len() {
            POISON.. if task.ran_apart && task.unsure > 0 => Self::Unsure,
            POISON.. if task.ran_apart => Self::Poison,
            SUSPECT.. => Self::Suspect,
            _ => Self::None,
        }
    }
}

impl Plan {
    /// The task was aboard when its server died.
    pub(super) fn aboard_at_death(&mut self, task: TaskId, server: ServerId) {
        if let Some(task) = self.tasks.get_mut(task) {
            task.deaths.push(server);
        }
    }

    /// The task was aboard when its connection broke: a death, unless the
    /// server, which had said which instance it is before the call `started`,
    /// says that it still is that one when it is asked next.
    pub(super) fn aboard_at_break(&mut self, task: TaskId, server: ServerId, started: Duration) {
        self.aboard_at_death(task, server);
        let there = self.servers.get(server);
        if let Some(instance) = there.instance()
            && there.pulses.since <= started
            && let Some(aboard) = self.tasks.get_mut(task)
        {
            aboard.unsure += 1;
            let at = self.now;
            let broken = Break { task, at, instance };
            self.servers
                .edit(server, |server| server.breaks.push(broken));
        }
    }

    /// A server was `asked` which instance it is, and has said, or has not.
    pub(super) fn settle_breaks(&mut self, server: ServerId, asked: Duration, said: Option<u64>) {
        if self.servers.get(server).breaks.is_empty() {
            return;
        }
        let is_known = |broken: &mut Break| {
            broken.at <= asked || said.is_some_and(|instance| instance != broken.instance)
        };
        let known: Vec<Break> = self.servers.edit(server, |server| {
            server.breaks.extract_if(.., is_known).collect()
        });
        for broken in known {
            let Some(task) = self.tasks.get_mut(broken.task) else {
                continue;
            };
            task.unsure -= 1;
            if said == Some(broken.instance)
                && let Some(at) = task.deaths.iter().position(|&by| by == server)
            {
                task.deaths.remove(at);
            }
            let (guilt, waits) = (Guilt::of(task), task.waits_apart());
            match guilt {
                Guilt::Poison if waits => self.fail(broken.task, TaskFailure::Poison),
                Guilt::None if waits => self.requeue(broken.task, server, true),
                _ => self.mark_alone(broken.task),
            }
        }
    }

    /// Starts a task that is to run alone, if nothing else waits or runs.
    pub(super) fn place_apart(&mut self) {
        let ready = |&(_, task): &(TaskId, &Task)| Guilt::of(task) == Guilt::Suspect;
        let next = self.tasks.apart().find(ready);
        let busy = self.tasks.waiting() + self.calls.steady + self.calls.trials > 0;
        let Some((task, suspect)) = next.filter(|_| !busy) else {
            self.quiet_since = None;
            return;
        };
        let Some(server) = self.servers.pick_apart(&suspect.deaths) else {
            return;
        };
        let quiet_at = *self.quiet_since.get_or_insert(self.now) + QUIET;
        if !self.closed && quiet_at > self.now {
            self.apart_at = Some(quiet_at);
            return;
        }
        self.quiet_since = None;
        self.tasks.dequeue(task);
        self.seat(task, server, CallReason::Retry, true);
    }
}

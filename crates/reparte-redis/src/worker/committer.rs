//! The end of the work on a task: it is committed, discarded or given back.

use std::sync::Arc;
use std::time::Duration;

use xmlrpc_server::Fault;
use xmlrpc_wire::encode_fault;

use crate::error::Error;
use crate::kind::{AnswerKind, UNFIT};
use crate::reply;
use crate::script::{Script, ScriptCall};
use crate::worker::job::Job;
use crate::worker::running::Running;
use crate::worker::tenure::{Tenure, rest_after_unfit};

/// Commits results. A task stays the worker's until that has succeeded.
#[derive(Clone, Debug)]
pub(crate) struct Committer {
    pub(crate) tenure: Tenure,
    pub(crate) running: Arc<Running>,
    pub(crate) lease: Duration,
}

/// The longest reason that a worker is unfit for a task, in characters.
const LONGEST_REASON: usize = 300;

impl Committer {
    /// Commits a result.
    pub(crate) fn commit(&self, mut job: Job, kind: AnswerKind, answer: Vec<u8>, millis: u64) {
        let tries = job.lost.len().saturating_add(1);
        let id = job.id.clone();
        // Its work is over.
        job.call = Vec::new();
        let again = (self.clone(), job.clone());
        let queue = &self.tenure.keys;
        let of_detached = [queue.of_run(&job.run).backlog(), queue.detached()];
        let keys = self.keys(&job).into_iter().chain(of_detached);
        let call = ScriptCall::new(Script::Commit, keys)
            .arg(job.id)
            .arg(job.run)
            .arg(job.n)
            .arg(kind.name())
            .arg(answer)
            .arg(self.tenure.worker.as_bytes())
            .number(millis)
            .arg(tries.to_string());
        let (running, tenure) = (Arc::clone(&self.running), self.tenure.clone());
        self.tenure.commands.send(call, move |committed| {
            match committed.map(|reply| reply::number(&reply)) {
                Ok(Some(1)) => {}
                Ok(_) => log::debug!("the result of {id} is not wanted any more"),
                Err(error @ Error::TooLarge { .. }) => {
                    log::warn!("the result of {id} becomes a fault: {error}");
                    let (committer, job) = again;
                    let fault = Fault::application(format!("the result is too large: {error}"));
                    return committer.commit(job, kind, encode_fault(&fault), millis);
                }
                Err(error) => {
                    log::error!("the result of {id} is lost: {error}");
                    // The worker has not died of it.
                    tenure.release([id.clone()]);
                }
            }
            running.remove(&id);
        });
    }

    /// Removes a task that nobody waits for.
    pub(crate) fn discard(&self, job: Job) {
        let id = job.id.clone();
        let call = ScriptCall::new(Script::Discard, self.keys(&job))
            .arg(job.id)
            .arg(job.run)
            .arg(job.n);
        let (running, tenure) = (Arc::clone(&self.running), self.tenure.clone());
        self.tenure.commands.send(call, move |discarded| {
            if !matches!(discarded, Ok(redis::Value::Int(1))) {
                // Its client has come back, perhaps.
                tenure.release([id.clone()]);
            }
            running.remove(&id);
        });
    }

    /// Gives a task back that the worker has no room for at the moment.
    pub(crate) fn give_back(&self, id: String) {
        self.running.remove(&id);
        self.tenure.release([id]);
    }

    /// Gives a task back that the worker is unfit for; or commits a fault, if several workers are,
    /// or all that there are.
    pub(crate) fn give_back_unfit(&self, job: Job, reason: &str) {
        // Others that leave tasks to this worker see first that they wait in vain.
        let announcement = self.tenure.announcement(&self.running, self.lease);
        self.tenure.commands.send(announcement, |_| {});
        let reason: String = reason.chars().take(LONGEST_REASON).collect();
        let keys = &self.tenure.keys;
        let call = ScriptCall::new(Script::Unfit, [keys.tasks(), keys.unfit(), keys.workers()])
            .arg(self.tenure.worker.as_bytes())
            .arg(job.id.as_bytes())
            .arg(reason)
            .number(rest_after_unfit(self.lease));
        let committer = self.clone();
        let ids = [job.id.clone()];
        self.tenure.releasing.begin(&ids);
        self.tenure.commands.send(call, move |given_back| {
            committer.tenure.releasing.end(&ids);
            match given_back.map(reply::text) {
                Ok(Some(lines)) if !lines.is_empty() => {
                    let message = format!("no worker can do the task: {}", unfit_workers(&lines));
                    let answer = encode_fault(&Fault::new(UNFIT, message));
                    return committer.commit(job, AnswerKind::Unfit, answer, 0);
                }
                Ok(_) => {}
                Err(error) => {
                    log::warn!("a task is not given back, and waits for its lease's end: {error}");
                }
            }
            committer.running.remove(&job.id);
        });
    }

    /// Returns the keys of DISCARD, which are the first ones of COMMIT.
    fn keys(&self, job: &Job) -> [String; 5] {
        let keys = self.tenure.keys.of_run(&job.run);
        let queue = &keys.queue;
        [
            queue.tasks(),
            keys.results(),
            keys.open(),
            queue.lost(),
            queue.unfit(),
        ]
    }
}

/// Returns the workers of the lines of UNFIT, with their reasons.
fn unfit_workers(lines: &str) -> String {
    let line = |line: &str| {
        let mut fields = line.splitn(3, '\t');
        let (worker, _, reason) = (fields.next()?, fields.next()?, fields.next()?);
        Some(format!("{worker}: {reason}"))
    };
    let workers: Vec<String> = lines.lines().filter_map(line).collect();
    workers.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfit_workers_are_named_with_their_reasons() {
        let lines = "a\t17\tno program\nb\t18\tno\tfile\nodd\n";
        assert_eq!(unfit_workers(lines), "a: no program; b: no\tfile");
    }
}

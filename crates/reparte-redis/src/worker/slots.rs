//! The slots: threads that work on one task at a time, and commit its result.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use xmlrpc_server::{Context, Fault, Service};
use xmlrpc_wire::{Limits, decode_response, encode_fault};

use crate::kind::{AnswerKind, LOST, MOST_LOST};
use crate::reply;
use crate::script::{Script, ScriptCall};
use crate::worker::job::Job;
use crate::worker::running::Running;
use crate::worker::tenure::Tenure;

/// A task for a slot.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) job: Job,
    pub(crate) context: Context,
    /// False if the task's run is dead: the task is removed, and not begun.
    pub(crate) is_alive: bool,
}

/// The state that all slots share.
#[derive(Debug)]
pub(crate) struct Slots {
    pub(crate) service: Service,
    pub(crate) tenure: Tenure,
    pub(crate) running: Arc<Running>,
    pub(crate) work: Mutex<Receiver<Work>>,
}

/// The bytes of an answer in which a fault begins.
const HEAD: usize = 256;

impl Slots {
    /// Works on tasks until there are no more.
    pub(crate) fn run(&self) {
        loop {
            let next = self
                .work
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .recv();
            let Ok(work) = next else { return };
            self.finish(work);
            self.running.free_slot();
        }
    }

    fn finish(&self, work: Work) {
        let Work {
            job,
            context,
            is_alive,
        } = work;
        if !is_alive {
            return self.commit(job, AnswerKind::Answer, Vec::new(), 0);
        }
        if job.lost.len() >= MOST_LOST {
            let message = format!(
                "the task was at work on {} workers that died: {}",
                job.lost.len(),
                job.lost.join(", ")
            );
            log::warn!("{message}");
            let answer = encode_fault(&Fault::new(LOST, message));
            return self.commit(job, AnswerKind::Lost, answer, 0);
        }
        let began = Instant::now();
        let answer = self.service.answer_in(context.clone(), &job.call);
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if !self.running.has(&job.id) {
            // Cancelled, or taken by another.
            return;
        }
        if context.is_refused() || is_unfit(&answer) {
            self.running.pause();
            self.running.remove(&job.id);
            self.tenure.release([job.id]);
            return;
        }
        let is_late = context.time_left().is_some_and(|left| left.is_zero());
        if !is_late {
            self.running.note_answer();
        }
        let kind = match is_late && is_fault(&answer) {
            true => AnswerKind::Overran,
            false => AnswerKind::Answer,
        };
        self.commit(job, kind, answer, millis);
    }

    /// Commits a result. The task stays the worker's until that has succeeded.
    fn commit(&self, job: Job, kind: AnswerKind, answer: Vec<u8>, millis: u64) {
        let keys = self.tenure.keys.of_run(&job.run);
        let keys = [
            keys.queue.tasks(),
            keys.results(),
            keys.open(),
            keys.queue.lost(),
        ];
        let tries = job.lost.len().saturating_add(1);
        let call = ScriptCall::new(Script::Commit, keys)
            .arg(job.id.as_bytes())
            .arg(job.run)
            .arg(job.n)
            .arg(kind.name())
            .arg(answer)
            .arg(self.tenure.worker.as_bytes())
            .number(millis)
            .arg(tries.to_string());
        let (running, id) = (Arc::clone(&self.running), job.id);
        self.tenure.commands.send(call, move |committed| {
            match committed.map(|reply| reply::number(&reply)) {
                Ok(Some(1)) => {}
                Ok(_) => log::debug!("the result of {id} is not wanted any more"),
                Err(error) => log::error!("the result of {id} is lost: {error}"),
            }
            running.remove(&id);
        });
    }
}

fn is_fault(answer: &[u8]) -> bool {
    let head = answer.get(..HEAD).unwrap_or(answer);
    head.windows(7).any(|part| part == b"<fault>")
}

/// Returns true for the fault of a host that can't do such work at all.
fn is_unfit(answer: &[u8]) -> bool {
    if !is_fault(answer) {
        return false;
    }
    let Ok(Err(fault)) = decode_response(answer, &Limits::default()) else {
        return false;
    };
    let is_unfit = matches!(fault.code, Fault::HOST_UNFIT | Fault::METHOD_NOT_FOUND);
    if is_unfit {
        log::error!(
            "this worker can't do its work and pauses: {}",
            untrusted_text::OneLine::new(&fault.message)
        );
    }
    is_unfit
}

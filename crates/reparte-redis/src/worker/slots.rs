//! The slots: threads that work on one task at a time.

use std::sync::mpsc::Receiver;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use untrusted_text::OneLine;
use xmlrpc_server::{Context, Fault, Service};
use xmlrpc_wire::{Limits, decode_response, encode_fault};

use crate::kind::{AnswerKind, LOST, MOST_LOST};
use crate::script::millis;
use crate::worker::committer::Committer;
use crate::worker::job::Job;

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
    pub(crate) committer: Committer,
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
            self.committer.running.free_slot();
        }
    }

    fn finish(&self, work: Work) {
        let Work {
            job,
            context,
            is_alive,
        } = work;
        let committer = &self.committer;
        if !is_alive {
            return committer.discard(job);
        }
        if job.lost.len() >= MOST_LOST {
            let message = format!(
                "the task was at work on {} workers that died: {}",
                job.lost.len(),
                job.lost.join(", ")
            );
            log::warn!("{}", OneLine::new(&message));
            let answer = encode_fault(&Fault::new(LOST, message));
            return committer.commit(job, AnswerKind::Lost, answer, 0);
        }
        let began = Instant::now();
        let answer = self.service.answer_in(context.clone(), &job.call);
        let millis = millis(began.elapsed());
        if !committer.running.has(&job.id) {
            // Cancelled, or taken by another.
            return;
        }
        if context.is_refused() {
            committer.running.pause();
            return committer.give_back(job.id);
        }
        if let Some(reason) = unfitness(&answer) {
            committer.running.note_unfit();
            committer.running.pause();
            return committer.give_back_unfit(job, &reason);
        }
        let is_late = context.time_left().is_some_and(|left| left.is_zero());
        if !is_late {
            committer.running.note_answer();
        }
        let kind = match is_late && is_fault(&answer) {
            true => AnswerKind::Overran,
            false => AnswerKind::Answer,
        };
        committer.commit(job, kind, answer, millis);
    }
}

fn is_fault(answer: &[u8]) -> bool {
    let head = answer.get(..HEAD).unwrap_or(answer);
    head.windows(7).any(|part| part == b"<fault>")
}

/// Returns the reason for which the host can't do such work at all, if its fault says so.
fn unfitness(answer: &[u8]) -> Option<String> {
    if !is_fault(answer) {
        return None;
    }
    let Ok(Err(fault)) = decode_response(answer, &Limits::default()) else {
        return None;
    };
    if !matches!(fault.code, Fault::HOST_UNFIT | Fault::METHOD_NOT_FOUND) {
        return None;
    }
    let reason = OneLine::new(&fault.message).to_string();
    log::error!("this worker can't do its work and pauses: {reason}");
    Some(reason)
}

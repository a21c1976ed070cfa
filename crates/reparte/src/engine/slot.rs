//! A slot: a thread that makes one call at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::destino::{Call, Destino};
use crate::engine::acceptance::{Acceptance, Rejection};
use crate::engine::message::{Message, ReturnedCall};
use crate::error::call::{CallError, ErrorKind};
use crate::ids::{ServerId, TaskId};

/// A call to make.
pub(super) struct Job<A> {
    pub(super) task: TaskId,
    pub(super) call: Call,
    pub(super) args: Arc<A>,
}

/// Makes the calls of one slot, until there are no more or the run has ended. The slots of a
/// server share its channel of jobs.
pub(super) fn make_calls<A, R>(
    server: ServerId,
    destino: &dyn Destino<A, R>,
    jobs: &Receiver<Job<A>>,
    acceptance: &Acceptance<A, R>,
    send: impl Fn(Message<A, R>) -> bool,
) {
    for Job { task, call, args } in jobs {
        // A destination that panicked is called again: its state is its own concern, and the
        // plan sets it aside like any other that failed.
        let made = catch_unwind(AssertUnwindSafe(|| {
            if call.is_cancelled() {
                let why = "cancelled before it began";
                return Err(CallError::new(ErrorKind::Cancelled, why).into());
            }
            let result = destino.call(&args, &call)?;
            let result = acceptance.accept(task, &args, result)?;
            let bytes = acceptance.bytes_of(&result);
            Ok((result, bytes))
        }));
        // Before the message: the caller may have the result right after it, and then expects
        // the arguments to be dropped.
        drop(args);
        let is_kept = !matches!(made, Ok(Err(Rejection::JournalFailed(_))));
        if is_kept && catch_unwind(AssertUnwindSafe(|| destino.settle(&call))).is_err() {
            log::error!("{}: settling a call panicked", destino.name());
        }
        let outcome = match made {
            Ok(Ok(measured)) => Ok(measured),
            Ok(Err(Rejection::CallFailed(error))) => Err(error),
            Ok(Err(Rejection::JournalFailed(error))) => {
                let why = CallError::new(ErrorKind::Cancelled, error.to_string());
                // This ends the run, so that the call's own end has no effect.
                let _ = send(Message::JournalFailed(error));
                Err(why)
            }
            Err(panic) => Err(CallError::panicked(panic.as_ref())),
        };
        let returned = ReturnedCall {
            server,
            task,
            call,
            outcome,
        };
        if !send(Message::CallReturned(returned)) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::unbounded;

    use super::*;
    use crate::destino::from_fn::from_fn;
    use crate::ids::CallId;

    #[test]
    fn a_call_cancelled_before_it_begins_is_not_made() {
        let (jobs, to_do) = unbounded();
        let (back, returned) = unbounded();
        for (number, cancelled) in [(0, true), (1, false)] {
            let call = Call::new(CallId::new(number));
            if cancelled {
                call.cancel();
            }
            let task = TaskId::new(number);
            let args = Arc::new(number);
            jobs.send(Job { task, call, args }).unwrap();
        }
        drop(jobs);
        let double = from_fn("a", |n: &u64| Ok(2 * n));
        let acceptance = Acceptance {
            verify: None,
            journal: None,
            result_bytes: None,
        };
        make_calls(ServerId::new(0), &double, &to_do, &acceptance, |message| {
            back.send(message).is_ok()
        });
        let outcomes: Vec<_> = returned
            .try_iter()
            .map(|message| match message {
                Message::CallReturned(returned) => match returned.outcome {
                    Ok((result, _)) => Ok(result),
                    Err(error) => Err(error.kind()),
                },
                _ => panic!("a slot only returns calls"),
            })
            .collect();
        assert_eq!(outcomes, [Err(ErrorKind::Cancelled), Ok(2)]);
    }
}

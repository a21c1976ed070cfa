//! A slot: a thread that makes one call at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::engine::{Checks, News, Unfit};
use crate::ids::ServerId;
use crate::{Call, CallError, Destino, ErrorKind, TaskId};

/// A call to make.
pub(crate) struct Job<A> {
    pub(crate) task: TaskId,
    pub(crate) call: Call,
    pub(crate) args: Arc<A>,
}

/// A call that has returned.
pub(crate) struct Returned<R> {
    pub(crate) server: ServerId,
    pub(crate) task: TaskId,
    pub(crate) call: Call,
    pub(crate) outcome: Result<R, CallError>,
}

/// Makes the calls of one slot, until the engine is gone or has no more. The
/// slots of a server share its `jobs`.
pub(crate) fn run<A, R>(
    server: ServerId,
    destino: &dyn Destino<A, R>,
    jobs: &Receiver<Job<A>>,
    checks: &Checks<A, R>,
    tell: impl Fn(News<A, R>) -> bool,
) {
    for Job { task, call, args } in jobs {
        // A destination that panicked is used again: its state is its own
        // affair, and the plan puts it aside like any other that failed.
        let made = catch_unwind(AssertUnwindSafe(|| {
            if call.is_cancelled() {
                let why = "cancelled before it began";
                return Err(CallError::new(ErrorKind::Cancelled, why).into());
            }
            let result = destino.call(&args, &call)?;
            checks.pass(task, &args, result)
        }));
        drop(args);
        let outcome = match made {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(Unfit::Call(error))) => Err(error),
            Ok(Err(Unfit::Journal(error))) => {
                let why = CallError::new(ErrorKind::Cancelled, error.to_string());
                // It ends the run: the call's own end comes to nothing.
                let _ = tell(News::JournalFailed(error));
                Err(why)
            }
            Err(panic) => Err(CallError::panicked(panic.as_ref())),
        };
        let back = Returned {
            server,
            task,
            call,
            outcome,
        };
        if !tell(News::Returned(back)) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::unbounded;

    use super::*;
    use crate::{CallId, from_fn};

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
        run(
            ServerId::new(0),
            &double,
            &to_do,
            &Checks::default(),
            |news| back.send(news).is_ok(),
        );
        let outcomes: Vec<_> = returned
            .try_iter()
            .map(|news| match news {
                News::Returned(returned) => returned.outcome.map_err(|error| error.kind()),
                _ => panic!("a slot only returns calls"),
            })
            .collect();
        assert_eq!(outcomes, [Err(ErrorKind::Cancelled), Ok(2)]);
    }
}

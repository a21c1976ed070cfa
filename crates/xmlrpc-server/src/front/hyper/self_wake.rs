//! Polling of a future that wakes itself, without its task's being scheduled anew.
//!
//! hyper wakes itself at every request with a body, which goes from one end of a connection
//! to the other within one task. A runtime of several threads would take that for work to be
//! shared, and wake another thread.
//!
//! The flag `is_polling` tells a wake-up from inside the poll from one that comes from
//! elsewhere:
//!
//! | `is_polling` | a wake-up | is seen |
//! | --- | --- | --- |
//! | true | sets `is_woken` | by the loop after the poll, which polls again |
//! | false | sets `is_woken`, and wakes the task | at the task's next poll |
//!
//! A wake-up from another thread during the poll may read `is_polling` as true and come
//! after the loop has ended its last poll. It is not lost: `is_woken` is set before
//! `is_polling` is read, and read after `is_polling` is cleared. All four are `SeqCst`, so
//! that they have one order for both threads.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The most polls in a row, after which other tasks have their turn.
const MAX_POLLS: usize = 8;

/// Returns the output of a future that may wake itself.
pub(crate) async fn poll_self_waking<F: Future>(mut future: Pin<Box<F>>) -> F::Output {
    let self_waker = Arc::new(SelfWaker::default());
    let waker = Waker::from(Arc::clone(&self_waker));
    poll_fn(|context| {
        self_waker.set_task(context.waker());
        for _ in 0..MAX_POLLS {
            self_waker.is_woken.store(false, SeqCst);
            self_waker.is_polling.store(true, SeqCst);
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            self_waker.is_polling.store(false, SeqCst);
            if polled.is_ready() || !self_waker.is_woken.load(SeqCst) {
                return polled;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

/// The waker that the future gets in place of its task's.
#[derive(Default)]
struct SelfWaker {
    is_polling: AtomicBool,
    is_woken: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl SelfWaker {
    fn set_task(&self, waker: &Waker) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *task {
            Some(known) => known.clone_from(waker),
            None => *task = Some(waker.clone()),
        }
    }
}

impl Wake for SelfWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, SeqCst);
        if !self.is_polling.load(SeqCst) {
            let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(task) = &*task {
                task.wake_by_ref();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::atomic::AtomicUsize;

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    #[test]
    fn the_task_is_woken_from_outside_alone_or_by_a_future_that_never_rests() {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let task = Waker::from(Arc::clone(&count));
        let woken = || count.0.load(SeqCst);
        let kept: Mutex<Option<Waker>> = Mutex::new(None);
        let polls = AtomicUsize::new(0);
        let mut future = pin!(poll_self_waking(Box::pin(poll_fn(
            |context: &mut Context<'_>| {
                *kept.lock().unwrap() = Some(context.waker().clone());
                match polls.fetch_add(1, SeqCst) {
                    3 => return Poll::Pending,
                    20 => return Poll::Ready(7),
                    _ => context.waker().wake_by_ref(),
                }
                Poll::Pending
            }
        ))));
        let mut context = Context::from_waker(&task);
        assert_eq!(future.as_mut().poll(&mut context), Poll::Pending);
        assert_eq!((polls.load(SeqCst), woken()), (4, 0));
        kept.lock().unwrap().take().unwrap().wake();
        assert_eq!(woken(), 1);
        assert_eq!(future.as_mut().poll(&mut context), Poll::Pending);
        assert_eq!((polls.load(SeqCst), woken()), (12, 2));
        assert_eq!(future.as_mut().poll(&mut context), Poll::Pending);
        assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(7));
    }
}

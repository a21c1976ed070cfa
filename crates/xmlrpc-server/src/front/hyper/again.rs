//! A future that wakes itself is polled again at once.
//!
//! hyper does so at every request with a body, which goes from a connection's one end to
//! its other within one task. A runtime of several threads would take that for work to be
//! shared, and wake another of them.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Polls in a row, after which others have their turn.
const POLLS: usize = 8;

/// The output of a future that may wake itself.
pub(super) async fn again<F: Future>(mut future: Pin<Box<F>>) -> F::Output {
    let alarm = Arc::new(Alarm::default());
    let waker = Waker::from(Arc::clone(&alarm));
    poll_fn(|context| {
        alarm.pass_on_to(context.waker());
        for _ in 0..POLLS {
            alarm.rang.store(false, SeqCst);
            alarm.is_polling.store(true, SeqCst);
            let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
            alarm.is_polling.store(false, SeqCst);
            if polled.is_ready() || !alarm.rang.load(SeqCst) {
                return polled;
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

#[derive(Default)]
struct Alarm {
    is_polling: AtomicBool,
    rang: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl Alarm {
    fn pass_on_to(&self, waker: &Waker) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *task {
            Some(known) => known.clone_from(waker),
            None => *task = Some(waker.clone()),
        }
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rang.store(true, SeqCst);
        // While it is polled, that is seen after the poll.
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
        let mut future = pin!(again(Box::pin(poll_fn(|context: &mut Context<'_>| {
            *kept.lock().unwrap() = Some(context.waker().clone());
            match polls.fetch_add(1, SeqCst) {
                3 => return Poll::Pending,
                20 => return Poll::Ready(7),
                _ => context.waker().wake_by_ref(),
            }
            Poll::Pending
        }))));
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

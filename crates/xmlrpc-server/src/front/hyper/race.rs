//! Two futures, of which the first to complete ends the other.
//!
//! Both are taken pinned: a future that is passed on by value takes its size again in each
//! function that it passes through, and there is one for each connection.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::sync::watch;

/// Returns the output of `future`, or `None` if `signal` completes first.
pub(crate) async fn run_until<S, F: Future>(
    mut signal: Pin<&mut impl Future<Output = S>>,
    mut future: Pin<&mut F>,
) -> Option<F::Output> {
    poll_fn(|context| match signal.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => future.as_mut().poll(context).map(Some),
    })
    .await
}

/// Returns the output of `future`, or `None` if the server is stopped first.
pub(crate) async fn run_until_stopped<F: Future>(
    stopping: &mut watch::Receiver<bool>,
    future: Pin<&mut F>,
) -> Option<F::Output> {
    run_until(pin!(stopping.wait_for(|stopped| *stopped)), future).await
}

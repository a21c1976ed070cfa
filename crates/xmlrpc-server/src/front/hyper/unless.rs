//! Two futures, of which the first ends the other.
//!
//! They are given as pinned: a future that is handed on by value takes its room once more
//! with each hand, and connections have many.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;

use tokio::sync::watch;

/// The future's output, unless there is the sign before it.
pub(super) async fn unless<S, F: Future>(
    mut sign: Pin<&mut impl Future<Output = S>>,
    mut future: Pin<&mut F>,
) -> Option<F::Output> {
    poll_fn(|context| match sign.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => future.as_mut().poll(context).map(Some),
    })
    .await
}

/// The future's output, unless the stop comes first.
pub(super) async fn unless_stopped<F: Future>(
    stopping: &mut watch::Receiver<bool>,
    future: Pin<&mut F>,
) -> Option<F::Output> {
    unless(pin!(stopping.wait_for(|stopped| *stopped)), future).await
}

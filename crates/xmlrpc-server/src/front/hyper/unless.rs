//! Two futures, of which the first ends the other.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tokio::sync::watch;

/// The future's output, unless there is the sign before it.
pub(super) async fn unless<S, F: Future>(
    sign: impl Future<Output = S>,
    future: F,
) -> Option<F::Output> {
    let (mut sign, mut future) = (pin!(sign), pin!(future));
    poll_fn(|context| match sign.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => future.as_mut().poll(context).map(Some),
    })
    .await
}

/// The future's output, unless the stop comes first.
pub(super) async fn unless_stopped<F: Future>(
    stopping: &mut watch::Receiver<bool>,
    future: F,
) -> Option<F::Output> {
    unless(stopping.wait_for(|stopped| *stopped), future).await
}

//! The loop that takes connections, and the end of it all.

use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};

use super::super::throttle::Throttle;
use super::super::{descriptors, system};
use super::Options;
use super::connection::{self, Shared};
use super::pool::Entry;
use crate::{Error, Service, Stop};

/// Descriptors that connections leave to the rest of the process, or half of them if
/// there are few.
const RESERVE: usize = 64;

/// How long to leave a listener alone that has no descriptor or memory to accept with:
/// the next try would fail at once, and again.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts and serves until the stop, then waits for the connections to end, at most
/// for the grace.
pub(super) async fn run(
    listener: std::net::TcpListener,
    service: Arc<Service>,
    pool: Entry,
    options: &Options,
    stop: &Stop,
) -> Result<(), Error> {
    let listener = TcpListener::from_std(listener).map_err(system("set up the listener"))?;
    let (stopped, mut stopping) = watch::channel(false);
    let _hook = stop.hook(move || {
        stopped.send_replace(true);
    });
    let cap = cap(options.connections, descriptors::limit());
    let places = Arc::new(Semaphore::new(cap as usize));
    let shared = Arc::new(Shared {
        service,
        pool,
        head_timeout: options.head_timeout,
        body_timeout: options.body_timeout,
        deadline: options.deadline,
    });
    let mut throttle = Throttle::default();
    loop {
        let place = unless_stopped(&mut stopping, Arc::clone(&places).acquire_owned());
        let Some(Ok(place)) = place.await else {
            break;
        };
        match unless_stopped(&mut stopping, listener.accept()).await {
            None => break,
            Some(Ok((stream, peer))) => {
                let (shared, stopping) = (Arc::clone(&shared), stopping.clone());
                tokio::spawn(async move {
                    connection::serve(stream, peer, shared, stopping).await;
                    drop(place);
                });
            }
            Some(Err(error)) => {
                throttle.accept_failed(&error);
                if !is_of_one_connection(&error) {
                    let _ = unless_stopped(&mut stopping, sleep(PAUSE)).await;
                }
            }
        }
    }
    drop(listener);
    // Every place given back is every connection ended; or the time is up.
    let _ = timeout(options.grace, places.acquire_many(cap)).await;
    Ok(())
}

/// The future's output, unless the stop comes first.
pub(super) async fn unless_stopped<F: Future>(
    stopping: &mut watch::Receiver<bool>,
    future: F,
) -> Option<F::Output> {
    let mut stopped = pin!(stopping.wait_for(|stopped| *stopped));
    let mut future = pin!(future);
    poll_fn(|context| {
        if stopped.as_mut().poll(context).is_ready() {
            return Poll::Ready(None);
        }
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// How many connections there may be: what is asked for, and no more than leaves the
/// reserve.
fn cap(asked: usize, descriptors: Option<usize>) -> u32 {
    let room = descriptors.map_or(usize::MAX, |all| all - RESERVE.min(all / 2));
    u32::try_from(asked.min(room).max(1)).unwrap_or(u32::MAX)
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_to_the_rest_of_the_process() {
        for (asked, descriptors, expected) in [
            (10_000, Some(1024), 960),
            (10_000, Some(20_000), 10_000),
            (10_000, Some(64), 32),
            (10_000, None, 10_000),
            (0, Some(1024), 1),
            (usize::MAX, None, u32::MAX),
        ] {
            assert_eq!(cap(asked, descriptors), expected, "{asked} {descriptors:?}");
        }
    }
}

//! Reading of request bodies, within limits on size and time.

use std::time::Duration;

use ::hyper::body::{Body, Bytes, Incoming};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use crate::front::body_buffer::BodyBuffer;
use crate::front::refusal::Refusal;

/// The most bytes of a refused body that are read and dropped. A client that still writes
/// when the connection closes finds a broken pipe instead of the answer.
const MAX_DRAINED: usize = 64 * 1024 * 1024;

/// The longest time for which a refused body is read.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// The longest pause of a refused body.
const DRAIN_PAUSE: Duration = Duration::from_millis(250);

/// Reads a whole body into a buffer, if it has room there, keeps its pace and comes within `time`.
pub(crate) async fn read(
    body: &mut Incoming,
    buffer: &mut BodyBuffer,
    time: Duration,
) -> Result<(), Refusal> {
    let deadline = Instant::now().checked_add(time);
    loop {
        let check = Instant::from_std(buffer.next_check());
        let wake = deadline.map_or(check, |deadline| deadline.min(check));
        match timeout_at(wake, next(body)).await {
            Ok(data) => match data? {
                Some(data) => buffer.push(&data)?,
                None => return Ok(()),
            },
            Err(_) if deadline.is_some_and(|deadline| Instant::now() >= deadline) => {
                return Err(Refusal::TOO_SLOW);
            }
            Err(_) => buffer.check_pace(Instant::now().into_std())?,
        }
    }
}

/// Returns the length that a body declares: none if it comes in chunks.
pub(crate) fn declared_length(body: &Incoming) -> Option<usize> {
    let length = body.size_hint().exact()?;
    Some(usize::try_from(length).unwrap_or(usize::MAX))
}

/// Reads and drops a body, within limits. Returns whether it has come to its end.
pub(crate) async fn drain(body: &mut Incoming) -> bool {
    let deadline = Instant::now() + DRAIN_TIMEOUT;
    let mut left = MAX_DRAINED;
    while !body.is_end_stream() {
        let pause = deadline.min(Instant::now() + DRAIN_PAUSE);
        match timeout_at(pause, next(body)).await {
            Ok(Ok(None)) => return true,
            Ok(Ok(Some(data))) if data.len() <= left => left -= data.len(),
            _ => return false,
        }
    }
    true
}

/// Returns the next piece of data, which is empty for trailers; `None` at the end.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Refusal> {
    match body.frame().await {
        None => Ok(None),
        Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
        Some(Err(_)) => Err(Refusal::INCOMPLETE),
    }
}

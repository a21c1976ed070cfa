//! Reading bodies, and reading them away.

use std::time::Duration;

use ::hyper::body::{Body, Bytes, Incoming};
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::super::head::Refusal;

/// What is read away of a refused body at most, in bytes. A client that still writes
/// when the connection closes finds a broken pipe instead of the answer.
const DRAINED: usize = 64 * 1024 * 1024;

/// How long a refused body is read away at most.
const DRAIN_TIME: Duration = Duration::from_secs(1);

/// How long a refused body may pause before it is given up.
const DRAIN_PAUSE: Duration = Duration::from_millis(250);

/// Room that is made ahead for a body, in bytes, whatever length it declares.
const ROOM: usize = 64 * 1024;

/// The whole body, if it has no more than `limit` bytes and comes within `time`.
pub(super) async fn read(
    body: &mut Incoming,
    limit: usize,
    time: Duration,
) -> Result<Vec<u8>, Refusal> {
    timeout(time, collect(body, limit))
        .await
        .unwrap_or(Err(Refusal::TooSlow))
}

async fn collect(body: &mut Incoming, limit: usize) -> Result<Vec<u8>, Refusal> {
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(declared.min(ROOM));
    while let Some(data) = next(body).await? {
        if data.len() > limit - bytes.len() {
            return Err(Refusal::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// Reads a body away, within bounds, and tells whether it has come to its end.
pub(super) async fn drain(body: &mut Incoming) -> bool {
    let deadline = Instant::now() + DRAIN_TIME;
    let mut left = DRAINED;
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

/// The next piece of data; empty for a piece that is not data, but trailers.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Refusal> {
    match body.frame().await {
        None => Ok(None),
        Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
        Some(Err(_)) => Err(Refusal::Incomplete),
    }
}

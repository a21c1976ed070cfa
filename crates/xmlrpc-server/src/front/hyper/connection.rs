//! One connection: its requests, one after the other.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ::hyper::body::{Bytes, Incoming};
use ::hyper::header::{
    CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HeaderName, HeaderValue, TRANSFER_ENCODING,
};
use ::hyper::http::request::Parts;
use ::hyper::server::conn::http1;
use ::hyper::service::service_fn;
use ::hyper::{Request, Response, StatusCode, Version};
use http_body_util::Full;
use hyper_util::rt::{TokioIo, TokioTimer};
use log::Level;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{timeout, timeout_at};

use super::super::access;
use super::super::head::{Refusal, judge};
use super::super::request;
use super::accept::unless_stopped;
use super::body;
use super::pool::{Entry, Work};
use crate::{Context, Service, Step};

/// Bytes that a head may have, and that are read ahead of a body; no client of ours
/// sends 1 KiB.
const HEAD: usize = 64 * 1024;

/// Requests of no more bytes are read in the front, where `system.*` and faults need
/// no worker. A hostile document takes some 140 ms per MiB to read, and meanwhile
/// nobody else is served: longer ones go to a worker as they are.
const READ_HERE: usize = 16 * 1024;

/// After a stop, what a connection gets that has no call at hand: it may have the last
/// bytes of a request to read, or of an answer to write.
const LAST_BYTES: Duration = Duration::from_secs(1);

/// What all connections share.
pub(super) struct Shared {
    pub(super) service: Arc<Service>,
    pub(super) pool: Entry,
    pub(super) head_timeout: Duration,
    pub(super) body_timeout: Duration,
    pub(super) deadline: Duration,
}

/// Serves one connection to its end.
pub(super) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    shared: Arc<Shared>,
    mut stopping: watch::Receiver<bool>,
) {
    // An answer is written in one piece or a few; none of them is to wait for an
    // acknowledgement. If it can't be set, it is only slower.
    let _ = stream.set_nodelay(true);
    // The state and the buffers for HTTP take some 9 KiB: not for a client that says
    // nothing.
    let mut first = [0];
    let spoken = timeout(shared.head_timeout, stream.peek(&mut first));
    if let Some(Ok(Ok(1))) = unless_stopped(&mut stopping, spoken).await {
        Box::pin(speak(stream, peer, shared, stopping)).await;
    }
}

/// Speaks HTTP on a connection.
async fn speak(
    stream: TcpStream,
    peer: SocketAddr,
    shared: Arc<Shared>,
    mut stopping: watch::Receiver<bool>,
) {
    let is_busy = Arc::new(AtomicBool::new(false));
    let head_timeout = shared.head_timeout;
    let service = service_fn(|request| {
        let (shared, is_busy) = (Arc::clone(&shared), Arc::clone(&is_busy));
        async move { Ok::<_, Infallible>(answer(request, peer, &shared, &is_busy).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_timeout)
            .max_header_size(HEAD)
            .max_buf_size(HEAD)
            .serve_connection(TokioIo::new(stream), service)
    );
    let ended = match unless_stopped(&mut stopping, connection.as_mut()).await {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            match timeout(LAST_BYTES, connection.as_mut()).await {
                Ok(ended) => ended,
                Err(_) if is_busy.load(Ordering::Relaxed) => connection.await,
                Err(_) => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        log::debug!("{peer}: {error}");
    }
}

/// Answers one request, and logs it.
async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    shared: &Shared,
    is_busy: &AtomicBool,
) -> Response<Full<Bytes>> {
    let (head, mut body) = request.into_parts();
    let mut level = access::LEVEL;
    let received = receive(&head, &mut body, shared).await;
    is_busy.store(true, Ordering::Relaxed);
    let answered = match received {
        Ok(request) => call(request, context(&head, peer, shared), shared, &mut level).await,
        Err(refusal) => Err(refusal),
    };
    is_busy.store(false, Ordering::Relaxed);
    let response = match answered {
        Ok(document) => xml(document),
        Err(refusal) => {
            // To read the body of a client that waits for leave to send it would be to
            // give the leave.
            let is_whole = !head.headers.contains_key(EXPECT) && body::drain(&mut body).await;
            refused(refusal, is_whole)
        }
    };
    let target = head
        .uri
        .path_and_query()
        .map_or("", |target| target.as_str());
    let version = match head.version {
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    };
    let status = response.status().as_u16();
    access::log(
        level,
        peer.ip(),
        head.method.as_str(),
        target,
        version,
        status,
    );
    response
}

/// The body of a request that is to be answered.
async fn receive(head: &Parts, body: &mut Incoming, shared: &Shared) -> Result<Vec<u8>, Refusal> {
    let limit = shared.service.limits().bytes;
    let lengths = head.headers.get_all(CONTENT_LENGTH);
    judge(
        head.method.as_str(),
        head.uri.path(),
        lengths.iter().map(HeaderValue::as_bytes),
        head.headers.contains_key(TRANSFER_ENCODING),
        limit,
    )?;
    body::read(body, limit, shared.body_timeout).await
}

/// What is known of a call before it is read.
fn context(head: &Parts, peer: SocketAddr, shared: &Shared) -> Context {
    let value = |name| head.headers.get(name).map(HeaderValue::as_bytes);
    let time = request::time(value(request::DEADLINE)).unwrap_or(shared.deadline);
    let context = Context::new().with_peer(peer);
    let context = match request::id(value(request::CALL)) {
        Some(id) => context.with_id(id),
        None => context,
    };
    match Instant::now().checked_add(time) {
        Some(at) => context.with_deadline(at),
        None => context,
    }
}

/// The document that answers a request.
async fn call(
    request: Vec<u8>,
    context: Context,
    shared: &Shared,
    level: &mut Level,
) -> Result<Vec<u8>, Refusal> {
    let work = if request.len() <= READ_HERE {
        match shared.service.begin(&request) {
            Step::Answer(document) => return Ok(document),
            Step::Control(document) => {
                *level = Level::Debug;
                return Ok(document);
            }
            Step::Call(call) => Work::Call(call),
        }
    } else {
        Work::Request(request)
    };
    let awaited = Awaited(context);
    let answer = shared.pool.submit(work, awaited.0.clone());
    let answer = answer.ok_or(Refusal::Busy)?;
    let outcome = match awaited.0.deadline() {
        Some(at) => timeout_at(at.into(), answer).await,
        None => Ok(answer.await),
    };
    outcome
        .map_err(|_| Refusal::Late)?
        .unwrap_or(Err(Refusal::Failed))
}

/// A call whose answer is awaited until this is dropped: with the answer, at the
/// deadline, or with the connection, when the client goes.
struct Awaited(Context);

impl Drop for Awaited {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

fn xml(document: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(document));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}

/// The answer to a request that is not carried out; `is_whole` tells that its body has
/// been read, and that the connection can go on.
fn refused(refusal: Refusal, is_whole: bool) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(refusal.text()));
    *response.status_mut() =
        StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    if let Some((name, value)) = refusal.header() {
        let name = HeaderName::from_bytes(name.as_bytes());
        headers.insert(
            name.expect("every name of a refusal's header is one"),
            HeaderValue::from_static(value),
        );
    }
    if !is_whole {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

//! One request, from its head to its answer.

use std::net::SocketAddr;
use std::time::Instant;

use ::hyper::body::{Bytes, Incoming};
use ::hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, HeaderValue,
    ORIGIN, TRANSFER_ENCODING,
};
use ::hyper::http::request::Parts;
use ::hyper::{Request, Response, Version};
use http_body_util::Full;

use super::super::gate::{Papers, judge_type};
use super::super::head::{Refusal, judge};
use super::super::{access, request};
use super::connection::{Ends, Shared};
use super::packing::{self, Document};
use super::places::Guest;
use super::pool::{Outcome, Work};
use super::response::{Control, close_after, refused, xml};
use super::{body, credentials, pages};
use crate::{Context, Step};

/// Requests of no more bytes are read in the front, where `system.*` and faults need
/// no worker. A hostile document takes some 140 ms per MiB to read, and meanwhile
/// nobody else is served: longer ones go to a worker as they are.
const READ_HERE: usize = 16 * 1024;

/// Answers one request, and logs it.
pub(super) async fn answer(
    request: Request<Incoming>,
    ends: Ends,
    shared: &Shared,
    guest: &Guest<'_>,
) -> Response<Full<Bytes>> {
    guest.has_request();
    let (head, mut body) = request.into_parts();
    let answered = match admit(&head, ends, shared) {
        Err(refusal) => Err(refusal),
        Ok(()) => match pages::get(&head, &body, &shared.service) {
            Some(page) => page,
            None => match receive(&head, &mut body, shared).await {
                Ok(request) => {
                    guest.set_call(true);
                    let asked = head.headers.get(ACCEPT_ENCODING);
                    let packs = packing::is_asked_for(asked.map(HeaderValue::as_bytes));
                    let context = context(&head, ends.peer, shared);
                    let called = call(request, context, packs, shared).await;
                    guest.set_call(false);
                    called.map(xml)
                }
                Err(refusal) => Err(refusal),
            },
        },
    };
    let mut response = match answered {
        Ok(response) => response,
        Err(refusal) => {
            shared.service.calls().count_refused();
            // To read the body of a client that waits for leave to send it would be to
            // give the leave.
            let is_whole = !head.headers.contains_key(EXPECT) && body::drain(&mut body).await;
            refused(refusal, is_whole)
        }
    };
    // Nobody has looked for the end of a body in chunks but hyper: see `strict`.
    if head.headers.contains_key(TRANSFER_ENCODING) || shared.places.are_full() {
        close_after(&mut response);
    }
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
        ends.peer.ip(),
        head.method.as_str(),
        target,
        version,
        status,
        response.extensions().get::<Control>().is_some(),
    );
    guest.has_answer();
    response
}

/// Judges who asks.
fn admit(head: &Parts, ends: Ends, shared: &Shared) -> Result<(), Refusal> {
    let value = |name| head.headers.get(name).map(HeaderValue::as_bytes);
    if let Some(token) = &shared.token
        && !pages::is_health(head)
    {
        credentials::judge(token, value(AUTHORIZATION))?;
    }
    shared.gate.judge(&papers(head), ends.here)
}

fn papers(head: &Parts) -> Papers<'_> {
    let value = |name| head.headers.get(name).map(HeaderValue::as_bytes);
    let named = head.uri.authority().map(|name| name.as_str().as_bytes());
    Papers {
        content_type: value(CONTENT_TYPE),
        origin: value(ORIGIN),
        host: named.or_else(|| value(HOST)),
    }
}

/// The body of a call that is to be answered.
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
    judge_type(&papers(head))?;
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
async fn call(request: Vec<u8>, context: Context, packs: bool, shared: &Shared) -> Outcome {
    let work = if request.len() <= READ_HERE {
        match shared.service.begin(&request) {
            Step::Answer(document) => return Ok(Document::plain(document)),
            Step::Control(document) => return Ok(Document::control(document)),
            Step::Call(call) => Work::Call(call),
        }
    } else {
        Work::Request(request)
    };
    let awaited = Awaited(context);
    shared.pool.run(work, awaited.0.clone(), packs).await
}

/// A call whose answer is awaited until this is dropped: with the answer, at the
/// deadline, or with the connection, when the client goes.
struct Awaited(Context);

impl Drop for Awaited {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

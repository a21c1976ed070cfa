//! One request, from its head to its response.

use std::time::{Duration, Instant};

use ::hyper::body::{Bytes, Incoming};
use ::hyper::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST,
    HeaderValue, ORIGIN, TRANSFER_ENCODING,
};
use ::hyper::http::request::Parts;
use ::hyper::{Request, Response, Version};
use http_body_util::Full;
use tokio::time::sleep;

use crate::context::Context;
use crate::front::access_log::log_request;
use crate::front::body_buffer::BodyBuffer;
use crate::front::content_coding::ContentCoding;
use crate::front::control_headers::{CALL_ID, DEADLINE_MS, read_call_id, read_deadline};
use crate::front::cross_site::{SiteHeaders, check_content_type};
use crate::front::hyper::authorization::check_token;
use crate::front::hyper::body;
use crate::front::hyper::compression::{Document, accepts_gzip};
use crate::front::hyper::connection_limit::TrackedConnection;
use crate::front::hyper::get;
use crate::front::hyper::response::{LogAtDebug, close_after, refused, xml};
use crate::front::hyper::shared::{Endpoints, Shared};
use crate::front::hyper::workers::Work;
use crate::front::memory_budget::MemoryShare;
use crate::front::peer::Peer;
use crate::front::refusal::Refusal;
use crate::front::request_body::RequestBody;
use crate::front::request_head::{check_head, check_host};
use crate::service::Step;

/// The longest request that is decoded on a thread of the front, where `system.*` and faults
/// need no worker. A hostile document takes some 140 ms per MiB to decode, and nobody else is
/// served meanwhile: a longer one goes to a worker as it is.
const MAX_DECODED_HERE: usize = 16 * 1024;

/// The time for which the answer to a wrong token waits, from a peer that is refused too often.
const GUESS_DELAY: Duration = Duration::from_secs(1);

/// Answers one request, and logs it.
pub(crate) async fn answer(
    request: Request<Incoming>,
    endpoints: Endpoints,
    shared: &Shared,
    connection: &TrackedConnection<'_>,
) -> Response<Full<Bytes>> {
    connection.mark_busy();
    let (head, mut body) = request.into_parts();
    let is_1_1 = head.version != Version::HTTP_10;
    let checked = check_host(is_1_1, head.headers.contains_key(HOST))
        .and_then(|()| check_access(&head, endpoints, shared));
    let answered = match checked {
        Err(refusal) => Err(refusal),
        Ok(()) => match get::answer(&head, &body, &shared.service) {
            Some(page) => page,
            None => match read_call(&head, &mut body, shared).await {
                Ok((request, share)) => {
                    connection.set_in_call(true);
                    let accepted = head.headers.get(ACCEPT_ENCODING);
                    let accepts_gzip = accepts_gzip(accepted.map(HeaderValue::as_bytes));
                    let context = context(&head, endpoints.peer, shared);
                    let called = call(request, share, context, accepts_gzip, shared).await;
                    connection.set_in_call(false);
                    called.map(xml)
                }
                Err(refusal) => Err(refusal),
            },
        },
    };
    let mut is_logged = true;
    let mut response = match answered {
        Ok(response) => response,
        Err(refusal) => {
            shared.service.calls().count_refused();
            is_logged = admit(&refusal, endpoints, shared).await;
            // A client that waits for "100 Continue" would get it if its body were read.
            let is_body_read = !head.headers.contains_key(EXPECT) && body::drain(&mut body).await;
            refused(&refusal, is_body_read)
        }
    };
    // Only hyper has looked for the end of a body in chunks: see `checked_stream`.
    if head.headers.contains_key(TRANSFER_ENCODING) || shared.connection_limit.is_full() {
        close_after(&mut response);
    }
    if is_logged {
        log(&head, endpoints, &response);
    }
    connection.mark_answered();
    response
}

/// Returns whether a refusal has a line in the log. The answer to a guess of the token waits
/// if its peer has been refused too often.
async fn admit(refusal: &Refusal, endpoints: Endpoints, shared: &Shared) -> bool {
    let peer = endpoints.peer;
    let is_within = shared.refusal_throttle.admit(peer, Instant::now());
    // Whoever waits keeps a place, which another may need.
    let can_wait = *refusal == Refusal::UNAUTHORIZED && !shared.connection_limit.is_full();
    if !is_within && can_wait {
        sleep(GUESS_DELAY).await;
    }
    is_within
}

fn log(head: &Parts, endpoints: Endpoints, response: &Response<Full<Bytes>>) {
    let target = head.uri.path_and_query();
    let version = match head.version {
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    };
    log_request(
        endpoints.peer,
        head.method.as_str(),
        target.map_or("", |target| target.as_str()),
        version,
        response.status().as_u16(),
        response.extensions().get::<LogAtDebug>().is_some(),
    );
}

/// Checks that the client may call, and that no page of another site does.
fn check_access(head: &Parts, endpoints: Endpoints, shared: &Shared) -> Result<(), Refusal> {
    if let Some(token) = &shared.token
        && !get::is_health(head)
    {
        let authorization = head.headers.get(AUTHORIZATION);
        check_token(token, authorization.map(HeaderValue::as_bytes))?;
    }
    shared
        .cross_site
        .check(&site_headers(head), endpoints.local)
}

fn site_headers(head: &Parts) -> SiteHeaders<'_> {
    let value = |name| head.headers.get(name).map(HeaderValue::as_bytes);
    // The authority of the target counts if there is one (RFC 9112, section 3.2.2).
    let authority = head.uri.authority().map(|name| name.as_str().as_bytes());
    SiteHeaders {
        content_type: value(CONTENT_TYPE),
        origin: value(ORIGIN),
        host: authority.or_else(|| value(HOST)),
    }
}

/// Checks the head of a call, and reads its body as far as that has its share of the memory.
async fn read_call(
    head: &Parts,
    body: &mut Incoming,
    shared: &Shared,
) -> Result<(RequestBody, MemoryShare), Refusal> {
    let max_bytes = shared.service.limits().bytes;
    let lengths = head.headers.get_all(CONTENT_LENGTH);
    check_head(
        head.method.as_str(),
        head.uri.path(),
        lengths.iter().map(HeaderValue::as_bytes),
        head.headers.contains_key(TRANSFER_ENCODING),
        max_bytes,
    )?;
    let site = site_headers(head);
    check_content_type(&site)?;
    let codings = head.headers.get_all(CONTENT_ENCODING);
    let coding = ContentCoding::named(codings.iter().map(HeaderValue::as_bytes))?;
    // What a coding hides may be as long as the limit.
    let is_plain = coding == ContentCoding::Identity;
    let hidden = if is_plain { 0 } else { max_bytes };
    let declared = body::declared_length(body).unwrap_or(max_bytes);
    let mut buffer = BodyBuffer::new(&shared.memory, declared, 1, hidden)?;
    body::read(body, &mut buffer, shared.body_timeout).await?;
    let (bytes, share) = buffer.finish()?;
    Ok((RequestBody::new(bytes, coding, site.content_type), share))
}

/// Returns the context of a call, from its head.
fn context(head: &Parts, peer: Peer, shared: &Shared) -> Context {
    let value = |name| head.headers.get(name).map(HeaderValue::as_bytes);
    let time = read_deadline(value(DEADLINE_MS)).unwrap_or(shared.deadline);
    let context = peer.in_context(Context::new());
    let context = match read_call_id(value(CALL_ID)) {
        Some(id) => context.with_id(id),
        None => context,
    };
    match Instant::now().checked_add(time) {
        Some(at) => context.with_deadline(at),
        None => context,
    }
}

/// Returns the document that answers a request.
async fn call(
    request: RequestBody,
    mut share: MemoryShare,
    mut context: Context,
    accepts_gzip: bool,
    shared: &Shared,
) -> Result<Document, Refusal> {
    let request = request.unpacked_if_short(MAX_DECODED_HERE)?;
    let is_plain = request.coding == ContentCoding::Identity;
    if is_plain {
        // A coding hides no more than this.
        share.shrink_to(request.bytes.len());
    }
    let work = if is_plain && request.bytes.len() <= MAX_DECODED_HERE {
        let content_type = request.content_type.as_deref();
        match shared.service.begin_as(content_type, &request.bytes) {
            Step::Answer(document) => return Ok(Document::plain(document)),
            Step::Control(document) => return Ok(Document::control(document)),
            Step::Call(call) => {
                context = shared.service.in_dialect(context, &request.bytes);
                Work::Call(call)
            }
        }
    } else {
        Work::Request(request)
    };
    let awaited = Awaited(context);
    let context = awaited.0.clone();
    shared.workers.run(work, share, context, accepts_gzip).await
}

/// A call whose answer is awaited. The drop of this cancels the call: with the answer, at the
/// deadline, or with the connection, when the client disconnects.
struct Awaited(Context);

impl Drop for Awaited {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

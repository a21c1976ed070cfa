//! The answers to the requests that tiny_http has read.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Instant;

use tiny_http::{HTTPVersion, Request};

use crate::context::Context;
use crate::front::access_log::log_request;
use crate::front::body_framing::BodyFraming;
use crate::front::content_coding::ContentCoding;
use crate::front::control_headers::{CALL_ID, DEADLINE_MS, read_call_id, read_deadline};
use crate::front::cross_site::{CrossSitePolicy, SiteHeaders, check_content_type};
use crate::front::memory_budget::MemoryBudget;
use crate::front::refusal::Refusal;
use crate::front::refusal_throttle::RefusalThrottle;
use crate::front::request_body::RequestBody;
use crate::front::request_head::{check_head, check_host};
use crate::front::tiny::exchange::{Exchange, Exchanges, Progress};
use crate::front::tiny::forwarded_head::EXCHANGE;
use crate::front::tiny::receivers::RequestHandler;
use crate::front::tiny::request_line::authority_and_path;
use crate::front::tiny::response::Response;
use crate::front::tiny::workers::Workers;
use crate::service::{Service, Step};

/// The answer to a right head whose client waits with the body.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The part of a front that answers requests.
pub(crate) struct Responder {
    pub(crate) service: Arc<Service>,
    pub(crate) exchanges: Exchanges,
    pub(crate) refusal_throttle: RefusalThrottle,
    cross_site: CrossSitePolicy,
    workers: Workers,
    pub(crate) memory: Arc<MemoryBudget>,
}

/// The result of a request: an answer, or none yet if the head is right and the body is awaited.
enum Reply {
    Answer(Response),
    AwaitBody,
}

impl Responder {
    pub(crate) fn new(service: Arc<Service>, workers: usize, memory: usize) -> Self {
        let least = service.limits().bytes.saturating_mul(4);
        Responder {
            memory: MemoryBudget::new(memory, least),
            service,
            exchanges: Exchanges::default(),
            refusal_throttle: RefusalThrottle::default(),
            cross_site: CrossSitePolicy::new(&[], false),
            workers: Workers::new(workers.max(1)),
        }
    }

    /// Returns the exchange of a request, and notes that it has been taken.
    fn take(&self, request: &Request) -> Option<Arc<Exchange>> {
        // tiny_http answers 500 to what is dropped. No client of the relay's comes here.
        let number = value(request, EXCHANGE)?.parse().ok()?;
        self.exchanges.take(number)
    }

    fn refuse_exchange(&self, request: Request, exchange: &Exchange, refusal: &Refusal) {
        self.service.calls().count_refused();
        let peer = exchange.peer;
        let is_logged = self.refusal_throttle.admit(peer, Instant::now());
        let response = Response::refused(refusal);
        respond(request, exchange, response, is_logged);
    }

    fn reply(&self, request: &mut Request, exchange: &Exchange) -> Result<Reply, Refusal> {
        let (length, coding) = self.check(request, exchange)?;
        if !exchange.has_body {
            return Ok(Reply::AwaitBody);
        }
        let bytes = read_body(request, length)?;
        let content_type = value(request, "Content-Type").map(str::as_bytes);
        let body = RequestBody::new(bytes, coding, content_type);
        let body = body.unpacked(self.service.limits().bytes)?;
        self.call(request, exchange, body).map(Reply::Answer)
    }

    /// Checks the head of a call, and returns the length and the coding of its body.
    fn check(
        &self,
        request: &Request,
        exchange: &Exchange,
    ) -> Result<(u64, ContentCoding), Refusal> {
        let (authority, path) = authority_and_path(request.url());
        let host = value(request, "Host");
        check_host(*request.http_version() == HTTPVersion(1, 1), host.is_some())?;
        let site = SiteHeaders {
            content_type: value(request, "Content-Type").map(str::as_bytes),
            origin: value(request, "Origin").map(str::as_bytes),
            // The authority of the target counts if there is one (RFC 9112, section 3.2.2).
            host: authority.or(host).map(str::as_bytes),
        };
        self.cross_site.check(&site, exchange.local)?;
        let length = match exchange.framing {
            BodyFraming::Length(length) => Some(length.to_string()),
            BodyFraming::Undeclared | BodyFraming::Chunked => None,
        };
        let framing = check_head(
            request.method().as_str(),
            path,
            length.as_ref().map(|length| length.as_bytes()),
            exchange.framing == BodyFraming::Chunked,
            self.service.limits().bytes,
        )?;
        check_content_type(&site)?;
        let coding = ContentCoding::named(values(request, "Content-Encoding").map(str::as_bytes))?;
        match framing {
            BodyFraming::Length(length) => Ok((length, coding)),
            BodyFraming::Undeclared | BodyFraming::Chunked => Err(Refusal::LENGTH_REQUIRED),
        }
    }

    fn call(
        &self,
        request: &Request,
        exchange: &Exchange,
        body: RequestBody,
    ) -> Result<Response, Refusal> {
        let step = self
            .service
            .begin_as(body.content_type.as_deref(), &body.bytes);
        let (document, is_control) = match step {
            Step::Answer(document) => (document, false),
            Step::Control(document) => (document, true),
            Step::Call(call) => {
                let context = context(request, exchange);
                let context = self.service.in_dialect(context, &body.bytes);
                let known = context.clone().with_method(call.method.clone());
                let entry = self.service.calls().enter(known, None::<fn()>);
                let _slot = self.workers.acquire_slot();
                // The request's own share is less than half of the least budget.
                let _share = self.memory.begin(0).ok_or(Refusal::NO_MEMORY)?;
                let document = self.service.run_entered(&entry, context, call);
                // Before the next function begins.
                return Ok(Response::document(document, false).with_share(&self.memory));
            }
        };
        Ok(Response::document(document, is_control))
    }
}

impl RequestHandler for Responder {
    fn answer(&self, mut request: Request) {
        let Some(exchange) = self.take(&request) else {
            return;
        };
        match self.reply(&mut request, &exchange) {
            Ok(Reply::Answer(response)) => {
                respond(request, &exchange, response, true);
            }
            Ok(Reply::AwaitBody) => {
                exchange.set_answer(Progress::AwaitsBody, CONTINUE.len());
                write(request, [CONTINUE, b""]);
            }
            Err(refusal) => self.refuse_exchange(request, &exchange, &refusal),
        }
    }

    fn refuse(&self, request: Request) {
        if let Some(exchange) = self.take(&request) {
            self.refuse_exchange(request, &exchange, &Refusal::NOT_TAKEN);
        }
    }
}

/// Writes an answer, and logs it if it `is_logged`.
fn respond(request: Request, exchange: &Exchange, response: Response, is_logged: bool) {
    let version = format!("HTTP/{}", request.http_version());
    let method = request.method().as_str();
    if is_logged {
        log_request(
            exchange.peer,
            method,
            request.url(),
            &version,
            response.status,
            response.is_control,
        );
    }
    let option = if exchange.is_last {
        "close"
    } else {
        "keep-alive"
    };
    let pieces = response.pieces(&version, option, method != "HEAD");
    exchange.set_answer(Progress::Answered, pieces.len());
    write(request, pieces.each());
}

/// Writes the bytes of an answer: `respond` of tiny_http would decide by itself whether the
/// client keeps its connection.
fn write(request: Request, pieces: [&[u8]; 2]) {
    let mut writer = request.into_writer();
    // A failed write means that the client has gone.
    let _ = pieces
        .iter()
        .try_for_each(|piece| writer.write_all(piece))
        .and_then(|()| writer.flush());
}

fn read_body(request: &mut Request, length: u64) -> Result<Vec<u8>, Refusal> {
    let expected = usize::try_from(length).unwrap_or(usize::MAX);
    // The relay has all of it.
    let mut body = Vec::with_capacity(expected);
    match request.as_reader().take(length).read_to_end(&mut body) {
        Ok(read) if read == expected => Ok(body),
        _ => Err(Refusal::INCOMPLETE),
    }
}

/// Returns the values of all fields of this name, in their order.
fn values<'a>(request: &'a Request, name: &'static str) -> impl Iterator<Item = &'a str> {
    let headers = request.headers().iter();
    headers
        .filter(move |header| header.field.equiv(name))
        .map(|header| header.value.as_str())
}

/// Returns the value of the first field of this name.
fn value<'a>(request: &'a Request, name: &'static str) -> Option<&'a str> {
    values(request, name).next()
}

/// Returns the context of a call, from its head. This front does not notice when a client
/// disconnects: only the deadline and `reparte.cancel` cancel the call.
fn context(request: &Request, exchange: &Exchange) -> Context {
    let bytes = |name| value(request, name).map(str::as_bytes);
    let time = read_deadline(bytes(DEADLINE_MS));
    let mut context = exchange.peer.in_context(Context::new());
    if let Some(id) = read_call_id(bytes(CALL_ID)) {
        context = context.with_id(id);
    }
    match time.and_then(|time| Instant::now().checked_add(time)) {
        Some(at) => context.with_deadline(at),
        None => context,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use tiny_http::{Header, TestRequest};

    use super::*;
    use crate::front::peer::Peer;

    #[test]
    fn a_request_without_a_thread_is_refused_and_counted() {
        let responder = Responder::new(Arc::new(Service::new()), 1, 0);
        let local = Ipv4Addr::LOCALHOST;
        let peer = Peer::Address(SocketAddr::from((local, 1)));
        let exchange = Exchange::new(peer, local.into(), BodyFraming::Undeclared, true, false);
        let entered = responder.exchanges.enter(exchange);
        let number = entered.number.to_string();
        let header = Header::from_bytes(EXCHANGE, number).unwrap();
        responder.refuse(TestRequest::new().with_header(header).into());
        assert_eq!(entered.exchange.progress(), Progress::Answered);
        assert_eq!(responder.service.calls().metrics().refused, 1);
    }

    #[test]
    fn a_body_has_its_length() {
        let read = |length| {
            let mut request = Request::from(TestRequest::new().with_body("abc"));
            read_body(&mut request, length)
        };
        assert_eq!(read(2).unwrap(), b"ab");
        assert_eq!(read(3).unwrap(), b"abc");
        assert_eq!(read(4), Err(Refusal::INCOMPLETE));
    }
}

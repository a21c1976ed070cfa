//! One connection: its requests, one after the other.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use crate::context::Context;
use crate::front::access_log::log_request;
use crate::front::body_framing::BodyFraming;
use crate::front::content_coding::ContentCoding;
use crate::front::control_headers::{CALL_ID, DEADLINE_MS, read_call_id, read_deadline};
use crate::front::cross_site::{CrossSitePolicy, SiteHeaders, check_content_type};
use crate::front::raw_head;
use crate::front::refusal::Refusal;
use crate::front::request_body::RequestBody;
use crate::front::request_head::{check_head, check_host};
use crate::front::tiny::connections::Connection;
use crate::front::tiny::options::Options;
use crate::front::tiny::parsed_head::ParsedHead;
use crate::front::tiny::response::{Response, write};
use crate::front::tiny::socket_reader::SocketReader;
use crate::front::tiny::workers::Workers;
use crate::service::{Service, Step};

/// The state that all connections of a server share.
pub(crate) struct Shared {
    service: Arc<Service>,
    cross_site: CrossSitePolicy,
    workers: Workers,
    options: Options,
}

impl Shared {
    pub(crate) fn new(service: Arc<Service>, options: Options) -> Self {
        Shared {
            service,
            cross_site: CrossSitePolicy::new(&[], false),
            workers: Workers::new(options.workers.max(1)),
            options,
        }
    }
}

/// Serves one connection to its end.
pub(crate) fn serve_connection(connection: &Connection, peer: SocketAddr, shared: &Shared) {
    let stream = &*connection.stream;
    // The address of a connection that its peer has reset may be gone already.
    let Ok(local) = stream.local_addr() else {
        return;
    };
    // If this fails, answers are only slower.
    let _ = stream.set_nodelay(true);
    let mut requests = Requests {
        connection,
        reader: SocketReader::new(stream),
        peer,
        local: local.ip(),
        shared,
    };
    while connection.set_idle() && requests.serve_next().is_some() {}
}

/// The requests of one connection.
struct Requests<'a> {
    connection: &'a Connection,
    reader: SocketReader<'a>,
    peer: SocketAddr,
    local: IpAddr,
    shared: &'a Shared,
}

impl Requests<'_> {
    /// Reads a request and answers it. Returns `None` if it was the last one.
    fn serve_next(&mut self) -> Option<()> {
        let connection = self.connection;
        let read = self.reader.read_head(self.shared.options.head_timeout, || {
            connection.set_reading()
        });
        let parsed = read.and_then(|head| match head {
            None => Ok(None),
            Some(head) => {
                let framing = raw_head::request_framing(&head)?;
                Ok(Some((ParsedHead::parse(&head)?, framing)))
            }
        });
        let (head, framing) = match parsed {
            Ok(parsed) => parsed?,
            // What is not HTTP gets no line in the access log.
            Err(refusal) => {
                self.shared.service.calls().count_refused();
                let response = Response::refused(&refusal);
                self.write(&response.bytes("HTTP/1.1", "close", true))?;
                self.reader.linger();
                return None;
            }
        };
        if let BodyFraming::Length(length) = framing.body {
            self.reader.set_body(length);
        }
        let answered = match self.read_call(&head) {
            // The stop has come first: the request is left without an answer.
            Ok(_) if !connection.set_in_call() => return None,
            Ok(body) => self.call(&head, body),
            Err(refusal) => Err(refusal),
        };
        let (response, is_body_read) = match answered {
            Ok(response) => (response, true),
            Err(refusal) => {
                self.shared.service.calls().count_refused();
                // A client that waits for "100 Continue" sends no body unless it gets that.
                let is_body_read = framing.body != BodyFraming::Chunked
                    && !(expects_continue(&head) && self.reader.awaits_body())
                    && self.reader.drain();
                (Response::refused(&refusal), is_body_read)
            }
        };
        let is_last = !is_body_read || framing.is_last || connection.is_unwanted();
        log_request(
            self.peer.ip(),
            &head.method,
            &head.target,
            head.version(),
            response.status,
            response.is_control,
        );
        let option = if is_last { "close" } else { "keep-alive" };
        let bytes = response.bytes(head.version(), option, head.method != "HEAD");
        // A failed write means that the client has gone, and needs nothing more.
        self.write(&bytes)?;
        if !is_body_read {
            self.reader.linger();
        }
        (!is_last).then_some(())
    }

    fn write(&self, bytes: &[u8]) -> Option<()> {
        let time = self.shared.options.write_timeout;
        write(&self.connection.stream, bytes, time).ok()
    }

    /// Checks the head of a call, and reads its body.
    fn read_call(&mut self, head: &ParsedHead) -> Result<RequestBody, Refusal> {
        let max_bytes = self.shared.service.limits().bytes;
        let (authority, path) = head.authority_and_path();
        check_host(head.is_1_1, head.value("Host").is_some())?;
        let site = SiteHeaders {
            content_type: head.value("Content-Type"),
            origin: head.value("Origin"),
            // The authority of the target counts if there is one (RFC 9112, section 3.2.2).
            host: authority.map(str::as_bytes).or_else(|| head.value("Host")),
        };
        self.shared.cross_site.check(&site, self.local)?;
        let framing = check_head(
            &head.method,
            path,
            head.values("Content-Length"),
            head.value("Transfer-Encoding").is_some(),
            max_bytes,
        )?;
        check_content_type(&site)?;
        let coding = ContentCoding::named(head.values("Content-Encoding"))?;
        if framing == BodyFraming::Chunked {
            return Err(Refusal::LENGTH_REQUIRED);
        }
        if expects_continue(head) && self.reader.awaits_body() {
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                .ok_or(Refusal::INCOMPLETE)?;
        }
        let bytes = self.reader.read_body(self.shared.options.body_timeout)?;
        Ok(RequestBody::new(bytes, coding, site.content_type))
    }

    fn call(&self, head: &ParsedHead, body: RequestBody) -> Result<Response, Refusal> {
        let service = &self.shared.service;
        let body = body.unpacked(service.limits().bytes)?;
        let step = service.begin_as(body.content_type.as_deref(), &body.bytes);
        let (document, is_control) = match step {
            Step::Answer(document) => (document, false),
            Step::Control(document) => (document, true),
            Step::Call(call) => {
                let context = service.in_dialect(context(head, self.peer), &body.bytes);
                let known = context.clone().with_method(call.method.clone());
                let entry = service.calls().enter(known, None::<fn()>);
                let _slot = self.shared.workers.acquire_slot();
                (service.run_entered(&entry, context, call), false)
            }
        };
        Ok(Response::document(document, is_control))
    }
}

/// Returns whether the client waits for "100 Continue" before it sends the body. HTTP/1.0 does
/// not have that (RFC 9110, section 10.1.1).
fn expects_continue(head: &ParsedHead) -> bool {
    head.is_1_1 && head.lists("Expect", "100-continue")
}

/// Returns the context of a call, from its head. This front does not notice when a client
/// disconnects: only the deadline and `reparte.cancel` cancel the call.
fn context(head: &ParsedHead, peer: SocketAddr) -> Context {
    let time = read_deadline(head.value(DEADLINE_MS));
    let mut context = Context::new().with_peer(peer);
    if let Some(id) = read_call_id(head.value(CALL_ID)) {
        context = context.with_id(id);
    }
    match time.and_then(|time| Instant::now().checked_add(time)) {
        Some(at) => context.with_deadline(at),
        None => context,
    }
}

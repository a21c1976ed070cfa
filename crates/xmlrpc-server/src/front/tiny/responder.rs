//! What is done with one request.

use std::io::{self, Read, Write};
use std::mem;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crossbeam_channel::bounded;
use tiny_http::{Header, Request, Response, StatusCode};

use super::super::gate::{Gate, Papers, judge_type};
use super::super::head::{Body, Refusal, judge};
use super::super::{access, descriptors, request};
use super::workers::Workers;
use crate::{Context, Service, Step};

/// Requests with a declared length beyond the limit that are borne at most: each holds
/// a thread and two descriptors for good.
const OVERLONG: usize = 64;

/// The highest limit on a body's bytes, whatever the service's: tiny_http may allocate
/// as many at once.
const HIGHEST_LIMIT: usize = 1 << 30;

/// Room that is made ahead for a body, in bytes, whatever length it declares.
const ROOM: usize = 64 * 1024;

/// Answers requests.
pub(super) struct Responder {
    service: Arc<Service>,
    limit: usize,
    gate: Gate,
    pub(super) workers: Workers,
    /// Requests taken, of any kind.
    taken: AtomicUsize,
    overlong: AtomicUsize,
    overlong_cap: usize,
    is_closed: AtomicBool,
}

/// The responder can bear no more requests with a declared length beyond the limit.
pub(super) struct TooManyOverlong(pub(super) usize);

impl Responder {
    pub(super) fn new(service: Arc<Service>, workers: usize) -> Self {
        let descriptors = descriptors::limit().unwrap_or(usize::MAX);
        Responder {
            limit: service.limits().bytes.min(HIGHEST_LIMIT),
            service,
            gate: Gate::new(&[], false),
            workers: Workers::new(workers.max(1)),
            taken: AtomicUsize::new(0),
            overlong: AtomicUsize::new(0),
            overlong_cap: OVERLONG.min(descriptors / 8).max(1),
            is_closed: AtomicBool::new(false),
        }
    }

    /// From now on requests are left without an answer.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Answers a request in a thread of its own: a client that sends its body or reads
    /// its answer slowly holds up nobody else.
    pub(super) fn take(self: &Arc<Self>, request: Request) -> Result<(), TooManyOverlong> {
        self.taken.fetch_add(1, Ordering::Relaxed);
        if self.is_closed() {
            mem::forget(request);
            return Ok(());
        }
        if request
            .body_length()
            .is_some_and(|length| length > self.limit)
        {
            return self.forget(request);
        }
        // Handed over once the thread is there: a failed spawn would drop it.
        let (hand_over, handed) = bounded(1);
        let responder = Arc::clone(self);
        let spawned = thread::Builder::new()
            .name("xmlrpc-request".to_owned())
            .spawn(move || handed.iter().for_each(|request| responder.answer(request)));
        match spawned {
            // The channel has room, and the thread waits.
            Ok(_) => drop(hand_over.send(request)),
            Err(_) => self.answer(request),
        }
        Ok(())
    }

    fn answer(&self, mut request: Request) {
        let mut is_control = false;
        let (status, reply, _at_hand) = match self.read(&mut request) {
            Ok(body) => {
                let at_hand = self.workers.begin();
                let document = self.call(&body, context(&request), &mut is_control);
                (
                    200,
                    reply(200, "OK", "Content-Type: text/xml\r\n", &document),
                    Some(at_hand),
                )
            }
            Err(refusal) => {
                let status = refusal.status();
                let text = refusal.text().as_bytes();
                (
                    status,
                    reply(status, refusal.reason(), &headers(refusal), text),
                    None,
                )
            }
        };
        log(&request, status, is_control);
        // `respond` would answer in the client's version of HTTP, 1.1, and the client
        // would keep its connection, which holds a thread. One that has gone gets no
        // answer, and there is no more to do for it.
        let mut writer = request.into_writer();
        let _ = writer.write_all(&reply).and_then(|()| writer.flush());
    }

    fn call(&self, body: &[u8], context: Context, is_control: &mut bool) -> Vec<u8> {
        match self.service.begin(body) {
            Step::Answer(document) => document,
            Step::Control(document) => {
                *is_control = true;
                document
            }
            Step::Call(call) => {
                let known = context.clone().with_method(call.method.clone());
                let at_hand = self.service.calls().enter(known, None::<fn()>);
                let _slot = self.workers.slot();
                self.service.run_entered(&at_hand, context, call)
            }
        }
    }

    fn read(&self, request: &mut Request) -> Result<Vec<u8>, Refusal> {
        let length = match self.judge(request)? {
            Body::Sized(length) => length,
            Body::Chunked => return Err(Refusal::LengthRequired),
        };
        let mut body = Vec::with_capacity(length.min(ROOM));
        let mut reader = request.as_reader().take(length as u64);
        match reader.read_to_end(&mut body) {
            Ok(read) if read == length => Ok(body),
            _ => Err(Refusal::Incomplete),
        }
    }

    fn judge(&self, request: &Request) -> Result<Body, Refusal> {
        let values = |name| {
            let headers = request.headers().iter();
            headers
                .filter(move |header| header.field.equiv(name))
                .map(|header| header.value.as_str().as_bytes())
        };
        let method = request.method().as_str();
        let papers = Papers {
            content_type: values("Content-Type").next(),
            origin: values("Origin").next(),
            host: values("Host").next(),
        };
        self.gate.judge(&papers, IpAddr::V4(Ipv4Addr::LOCALHOST))?;
        let is_chunked = values("Transfer-Encoding").next().is_some();
        let body = judge(
            method,
            request.url(),
            values("Content-Length"),
            is_chunked,
            self.limit,
        )?;
        judge_type(&papers)?;
        Ok(body)
    }

    /// Refuses a request that declares more than the limit, and never drops it: its
    /// destructor allocates all that is missing of the body at once, which aborts the
    /// process (tiny-http issue 252); `respond` and `into_writer` run it too.
    fn forget(&self, request: Request) -> Result<(), TooManyOverlong> {
        let refusal = self.judge(&request).err().unwrap_or(Refusal::TooLarge);
        log(&request, refusal.status(), false);
        // The one way to write without the destructor is `upgrade`, which lets nothing
        // say where the answer ends: what does goes within another header's value.
        let framing = format!("{}Connection: close\r\nContent-Length: 0", headers(refusal));
        let mut response = Response::new(
            StatusCode(refusal.status()),
            Vec::new(),
            io::empty(),
            None,
            None,
        );
        if let Some((name, value)) = framing.split_once(": ")
            && let Ok(header) = Header::from_bytes(name, value)
        {
            response.add_header(header);
        }
        mem::forget(request.upgrade("HTTP/1.0", response));
        let count = self.overlong.fetch_add(1, Ordering::SeqCst) + 1;
        if count >= self.overlong_cap {
            return Err(TooManyOverlong(count));
        }
        Ok(())
    }
}

/// What is known of a call before it is read. Nobody sees here whether its client has
/// gone, so that only its deadline and `reparte.cancel` end it.
fn context(request: &Request) -> Context {
    let value = |name| {
        let mut headers = request.headers().iter();
        let header = headers.find(|header| header.field.equiv(name));
        header.map(|header| header.value.as_str().as_bytes())
    };
    let time = request::time(value(request::DEADLINE));
    let mut context = Context::new();
    if let Some(peer) = request.remote_addr() {
        context = context.with_peer(*peer);
    }
    if let Some(id) = request::id(value(request::CALL)) {
        context = context.with_id(id);
    }
    match time.and_then(|time| Instant::now().checked_add(time)) {
        Some(at) => context.with_deadline(at),
        None => context,
    }
}

/// An answer, to be written in one piece: in several, the last would wait for the
/// client's acknowledgement of those before.
fn reply(status: u16, reason: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.0 {status} {reason}\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// The header lines of a refusal.
fn headers(refusal: Refusal) -> String {
    let mut lines = String::from("Content-Type: text/plain\r\n");
    if let Some((name, value)) = refusal.header() {
        lines.push_str(&format!("{name}: {value}\r\n"));
    }
    lines
}

fn log(request: &Request, status: u16, is_control: bool) {
    let peer = request.remote_addr().map(|address| address.ip());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let version = format!("HTTP/{}", request.http_version());
    access::log(
        peer,
        request.method().as_str(),
        request.url(),
        &version,
        status,
        is_control,
    );
}

//! The answers to requests of tiny_http, each in a thread of its own.

use std::io::{self, Read, Write};
use std::mem;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crossbeam_channel::bounded;
use tiny_http::{Header, Request, Response, StatusCode};

use crate::context::Context;
use crate::front::access_log::log_request;
use crate::front::body_framing::BodyFraming;
use crate::front::control_headers::{CALL_ID, DEADLINE_MS, read_call_id, read_deadline};
use crate::front::cross_site::{CrossSitePolicy, SiteHeaders, check_content_type};
use crate::front::descriptor_limit::descriptor_limit;
use crate::front::refusal::Refusal;
use crate::front::request_head::check_head;
use crate::front::tiny::workers::Workers;
use crate::service::{Service, Step};

/// The most requests with a declared length beyond the limit: each holds a thread and two
/// descriptors until the process ends.
const MAX_OVERLONG: usize = 64;

/// The highest limit on a body, in bytes, whatever the service's: tiny_http may allocate as
/// many at once.
const HIGHEST_LIMIT: usize = 1 << 30;

/// The most bytes that are reserved for a body before it comes, whatever length it declares.
const MAX_RESERVED: usize = 64 * 1024;

/// The part of a front that answers requests.
pub(crate) struct Responder {
    service: Arc<Service>,
    /// The limit on a body, in bytes.
    max_bytes: usize,
    cross_site: CrossSitePolicy,
    pub(crate) workers: Workers,
    /// The number of requests that have come, of any kind. The probe reads it, and orders
    /// nothing by it: `Relaxed` is enough.
    taken: AtomicUsize,
    /// The number of requests that declared more than the limit.
    overlong: AtomicUsize,
    /// The number of such requests at which the front ends.
    max_overlong: usize,
    /// After the stop, requests are left without an answer.
    is_closed: AtomicBool,
}

/// The error of one request too many with a declared length beyond the limit: how many there
/// were.
pub(crate) struct TooManyOverlong(pub(crate) usize);

impl Responder {
    pub(crate) fn new(service: Arc<Service>, workers: usize) -> Self {
        let descriptors = descriptor_limit().unwrap_or(usize::MAX);
        Responder {
            max_bytes: service.limits().bytes.min(HIGHEST_LIMIT),
            service,
            cross_site: CrossSitePolicy::new(&[], false),
            workers: Workers::new(workers.max(1)),
            taken: AtomicUsize::new(0),
            overlong: AtomicUsize::new(0),
            max_overlong: MAX_OVERLONG.min(descriptors / 8).max(1),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Leaves all further requests without an answer.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Returns the number of requests that have come.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Answers a request in a thread of its own, so that a client that sends its body or
    /// reads its answer slowly holds up no other.
    ///
    /// # Errors
    ///
    /// This is one overlong request too many.
    pub(crate) fn take(self: &Arc<Self>, request: Request) -> Result<(), TooManyOverlong> {
        self.taken.fetch_add(1, Ordering::Relaxed);
        if self.is_closed() {
            // Its drop may abort the process: see `refuse_overlong`.
            mem::forget(request);
            return Ok(());
        }
        if request
            .body_length()
            .is_some_and(|length| length > self.max_bytes)
        {
            return self.refuse_overlong(request);
        }
        // The request is handed over once there is a thread: a failed spawn would drop it.
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
        let (status, reply, _in_progress) = match self.read(&mut request) {
            Ok(body) => {
                let in_progress = self.workers.begin_call();
                let document = self.call(&body, context(&request), &mut is_control);
                (
                    200,
                    reply(200, "OK", "Content-Type: text/xml\r\n", &document),
                    Some(in_progress),
                )
            }
            Err(refusal) => {
                let (status, text) = (refusal.status, refusal.text.as_bytes());
                (
                    status,
                    reply(status, reason(status), &headers(&refusal), text),
                    None,
                )
            }
        };
        log(&request, status, is_control);
        // `respond` would answer in the client's version of HTTP, 1.1, and the client would
        // keep its connection, which holds a thread. A failed write means that the client
        // has gone, and needs nothing more.
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
                let entry = self.service.calls().enter(known, None::<fn()>);
                let _slot = self.workers.acquire_slot();
                self.service.run_entered(&entry, context, call)
            }
        }
    }

    fn read(&self, request: &mut Request) -> Result<Vec<u8>, Refusal> {
        let BodyFraming::Length(length) = self.check(request)? else {
            return Err(Refusal::LENGTH_REQUIRED);
        };
        let expected = usize::try_from(length).unwrap_or(usize::MAX);
        let mut body = Vec::with_capacity(expected.min(MAX_RESERVED));
        match request.as_reader().take(length).read_to_end(&mut body) {
            Ok(read) if read == expected => Ok(body),
            _ => Err(Refusal::INCOMPLETE),
        }
    }

    /// Checks the head of a request, and returns the framing of its body.
    fn check(&self, request: &Request) -> Result<BodyFraming, Refusal> {
        let values = |name| {
            let headers = request.headers().iter();
            headers
                .filter(move |header| header.field.equiv(name))
                .map(|header| header.value.as_str().as_bytes())
        };
        let method = request.method().as_str();
        let site = SiteHeaders {
            content_type: values("Content-Type").next(),
            origin: values("Origin").next(),
            host: values("Host").next(),
        };
        self.cross_site
            .check(&site, IpAddr::V4(Ipv4Addr::LOCALHOST))?;
        let has_transfer_encoding = values("Transfer-Encoding").next().is_some();
        let framing = check_head(
            method,
            request.url(),
            values("Content-Length"),
            has_transfer_encoding,
            self.max_bytes,
        )?;
        check_content_type(&site)?;
        Ok(framing)
    }

    /// Refuses a request that declares more than the limit, and never drops it. Its
    /// destructor allocates all the bytes that are missing of the body at once, which aborts
    /// the process (tiny-http issue 252); `respond` and `into_writer` run it too.
    fn refuse_overlong(&self, request: Request) -> Result<(), TooManyOverlong> {
        let refusal = self.check(&request).err().unwrap_or(Refusal::TOO_LARGE);
        log(&request, refusal.status, false);
        // The only way to write without the destructor is `upgrade`, which drops headers that
        // say where the answer ends: they go within the value of another header.
        let framing = format!(
            "{}Connection: close\r\nContent-Length: 0",
            headers(&refusal)
        );
        let mut response = Response::new(
            StatusCode(refusal.status),
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
        if count >= self.max_overlong {
            return Err(TooManyOverlong(count));
        }
        Ok(())
    }
}

/// Returns the context of a call, from its head. This front does not notice when a client
/// disconnects: only the deadline and `reparte.cancel` cancel the call.
fn context(request: &Request) -> Context {
    let value = |name| {
        let mut headers = request.headers().iter();
        let header = headers.find(|header| header.field.equiv(name));
        header.map(|header| header.value.as_str().as_bytes())
    };
    let time = read_deadline(value(DEADLINE_MS));
    let mut context = Context::new();
    if let Some(peer) = request.remote_addr() {
        context = context.with_peer(*peer);
    }
    if let Some(id) = read_call_id(value(CALL_ID)) {
        context = context.with_id(id);
    }
    match time.and_then(|time| Instant::now().checked_add(time)) {
        Some(at) => context.with_deadline(at),
        None => context,
    }
}

/// Returns the bytes of an answer. They are written in one piece: of several, the last would
/// wait for the client's acknowledgement of those before.
fn reply(status: u16, reason: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.0 {status} {reason}\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Returns the reason phrase of a refusal's status.
fn reason(status: u16) -> &'static str {
    match status {
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        _ => "Bad Request",
    }
}

/// Returns the header lines of a refusal.
fn headers(refusal: &Refusal) -> String {
    let mut lines = String::from("Content-Type: text/plain\r\n");
    if let Some((name, value)) = refusal.header {
        lines.push_str(&format!("{name}: {value}\r\n"));
    }
    lines
}

fn log(request: &Request, status: u16, is_control: bool) {
    let peer = request.remote_addr().map(|address| address.ip());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let version = format!("HTTP/{}", request.http_version());
    log_request(
        peer,
        request.method().as_str(),
        request.url(),
        &version,
        status,
        is_control,
    );
}

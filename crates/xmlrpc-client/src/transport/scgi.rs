//! SCGI to one server: a connection for each call, which the server closes behind its answer.

mod answer_head;
mod request_head;

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Instant;

use log::debug;
use ureq::Error as UreqError;
use ureq::unversioned::transport::{NextTimeout, Transport as _};

use crate::abort_handle::AbortHandle;
use crate::abort_handle::shutdown_slot::ShutdownSlot;
use crate::error::Error;
use crate::progress::CallProgress;
use crate::request::Request;
use crate::response::{EXCERPT_TIMEOUT, MAX_EXCERPT_BYTES, Response};
use crate::transport::endpoint::Endpoint;
use crate::transport::response_head::HeadTooLarge;
use crate::transport::scgi::answer_head::{AnswerHead, HeadError};
use crate::transport::scgi::request_head::RequestHead;
use crate::transport::socket::Socket;
use crate::transport::socket_connector::SocketConnector;

/// A connection for one call.
#[derive(Debug)]
pub(super) struct ScgiConnection {
    endpoint: Arc<Endpoint>,
    /// Shared with the socket.
    progress: Arc<CallProgress>,
    shutdown: Arc<ShutdownSlot>,
}

impl ScgiConnection {
    pub(super) fn new(endpoint: &Arc<Endpoint>) -> Self {
        ScgiConnection {
            endpoint: Arc::clone(endpoint),
            progress: Arc::new(CallProgress::new(&endpoint.options)),
            shutdown: Arc::default(),
        }
    }

    pub(super) fn abort_handle(&self) -> AbortHandle {
        AbortHandle::of_slot(&self.shutdown, self.progress.response_has_begun())
    }

    /// Posts a request, once, and reads the response.
    pub(super) fn post(&self, request: &Request<'_>) -> Result<Response, Error> {
        let exchange = |deadline| self.exchange(request, deadline);
        self.endpoint.call(&self.progress, request, exchange)
    }

    fn exchange(&self, request: &Request<'_>, deadline: Instant) -> Result<Response, UreqError> {
        let mut socket = self.connect()?;
        let head = self.request_head(request, deadline);
        send(&mut socket, &head.netstring())?;
        send(&mut socket, request.body)?;
        let head = receive_head(&mut socket)?;
        #[cfg(feature = "cookies")]
        if let Some(jar) = &self.endpoint.cookies {
            jar.keep(head.cookies.iter().map(String::as_str));
        }
        let status = head.status();
        let limit = self.endpoint.options.limits.bytes;
        let mut body = Vec::new();
        if status == 200 {
            // One byte more than the limit, so that decoding refuses it.
            receive_body(&mut socket, &head, limit.saturating_add(1), &mut body)?;
        } else {
            self.progress.shorten_phase(EXCERPT_TIMEOUT);
            let limit = limit.min(MAX_EXCERPT_BYTES);
            if let Err(error) = receive_body(&mut socket, &head, limit, &mut body) {
                debug!("{}: no whole excerpt: {error}", self.endpoint.server);
            }
        }
        Ok(Response {
            status,
            retry_after: head.retry_after,
            location: head.location,
            content_type: head.content_type,
            body,
        })
    }

    fn connect(&self) -> Result<Socket, UreqError> {
        let Endpoint { route, options, .. } = &*self.endpoint;
        let addresses = route.lookup(self.progress.time_left());
        let addresses = addresses.map_err(|error| UreqError::Other(Box::new(error)))?;
        let connector = SocketConnector::new(
            route.clone(),
            options.tcp_keepalive,
            Arc::clone(&self.progress),
        );
        connector.open(&addresses, |handle| {
            self.shutdown.register(handle).map_err(UreqError::Io)
        })
    }

    /// Returns the fields of a request: those that nginx passes on by default, as far as a client
    /// knows them.
    fn request_head(&self, request: &Request<'_>, deadline: Instant) -> RequestHead {
        let Endpoint {
            url, uri, options, ..
        } = &*self.endpoint;
        let (document, query) = url.path.split_once('?').unwrap_or((&url.path, ""));
        let host = uri.authority().map_or("", |authority| authority.as_str());
        let mut head = RequestHead::new(request.body.len())
            .field("REQUEST_METHOD", "POST")
            .field("REQUEST_URI", &url.path)
            .field("DOCUMENT_URI", document)
            .field("QUERY_STRING", query)
            .field("SERVER_PROTOCOL", "HTTP/1.1")
            .field("CONTENT_TYPE", "text/xml")
            .header("Host", host);
        if !options.user_agent.is_empty() {
            head = head.header("User-Agent", &options.user_agent);
        }
        self.endpoint
            .fold_headers(request, deadline, head, RequestHead::header)
    }
}

/// The time-out that ureq would add to those of the call's progress: none.
fn no_timeout() -> NextTimeout {
    NextTimeout::default()
}

/// Hands bytes to the socket, which writes them in large pieces.
fn send(socket: &mut Socket, mut bytes: &[u8]) -> Result<(), UreqError> {
    while !bytes.is_empty() {
        let output = socket.buffers().output();
        let (piece, rest) = bytes.split_at(bytes.len().min(output.len()));
        output[..piece.len()].copy_from_slice(piece);
        socket.transmit_output(piece.len(), no_timeout())?;
        bytes = rest;
    }
    Ok(())
}

/// Waits for more input. Returns whether some came before the end of the connection.
fn receive(socket: &mut Socket) -> Result<bool, UreqError> {
    socket.await_input(no_timeout())
}

fn receive_head(socket: &mut Socket) -> Result<AnswerHead, UreqError> {
    let mut head = AnswerHead::default();
    loop {
        if !receive(socket)? {
            let protocol = head.other_protocol();
            return Err(protocol.map_or_else(hung_up, |told| UreqError::Other(Box::new(told))));
        }
        let buffers = socket.buffers();
        let taken = head.take(buffers.input());
        let (bytes, is_whole) = taken.map_err(|error| {
            UreqError::Other(match error {
                HeadError::TooLarge(limit) => Box::new(HeadTooLarge(limit)),
                HeadError::NotScgi(reason) => Box::new(NotScgi(reason)),
                HeadError::OtherProtocol(protocol) => Box::new(protocol),
            })
        })?;
        buffers.input_consume(bytes);
        if is_whole {
            return Ok(head);
        }
    }
}

/// Reads a body as far as `limit`. It ends after its length, or with the connection if it has
/// none.
fn receive_body(
    socket: &mut Socket,
    head: &AnswerHead,
    limit: usize,
    body: &mut Vec<u8>,
) -> Result<(), UreqError> {
    let length = head.content_length.map(|length| length.min(limit as u64));
    let end = length.map_or(limit, |length| length as usize);
    loop {
        let buffers = socket.buffers();
        let input = buffers.input();
        let piece = &input[..input.len().min(end - body.len())];
        body.extend_from_slice(piece);
        let taken = piece.len();
        buffers.input_consume(taken);
        if body.len() == end {
            return Ok(());
        }
        if !receive(socket)? {
            return match head.content_length {
                Some(_) => Err(hung_up()),
                None => Ok(()),
            };
        }
    }
}

/// Returns the error of a connection that ended too early.
fn hung_up() -> UreqError {
    let message = "the server closed the connection before the end of its answer";
    io::Error::new(ErrorKind::UnexpectedEof, message).into()
}

/// An answer that is not one of SCGI, inside an error of ureq's.
#[derive(Debug)]
pub(super) struct NotScgi(pub(super) &'static str);

impl fmt::Display for NotScgi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NotScgi {}

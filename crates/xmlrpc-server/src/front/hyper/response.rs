//! HTTP responses to calls.

use ::hyper::body::Bytes;
use ::hyper::header::{ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use ::hyper::{Response, StatusCode};
use http_body_util::Full;

use crate::front::hyper::compression::Document;
use crate::front::memory_budget::MemoryShare;
use crate::front::refusal::Refusal;

/// The mark of a response whose line in the access log is of level debug: of a watcher's
/// question, which is not a call.
#[derive(Clone)]
pub(crate) struct LogAtDebug;

/// The bytes of an answer. Once they are written, they are dropped, and their share is given back.
struct SharedAnswer {
    bytes: Vec<u8>,
    _share: MemoryShare,
}

impl AsRef<[u8]> for SharedAnswer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Returns the response with the document of a call's answer.
pub(crate) fn xml(document: Document) -> Response<Full<Bytes>> {
    let bytes = match document.share {
        None => Bytes::from(document.bytes),
        Some(share) => Bytes::from_owner(SharedAnswer {
            bytes: document.bytes,
            _share: share,
        }),
    };
    let mut response = Response::new(Full::from(bytes));
    let headers = response.headers_mut();
    if document.is_gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    if document.is_control {
        response.extensions_mut().insert(LogAtDebug);
    }
    response
}

/// Returns the response with a refusal. The connection can go on if the request's body has
/// been read to its end.
pub(crate) fn refused(refusal: &Refusal, is_body_read: bool) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(refusal.text));
    *response.status_mut() =
        StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    if let Some((name, value)) = refusal.header {
        let name = HeaderName::from_bytes(name.as_bytes());
        headers.insert(
            name.expect("every name of a refusal's header is one"),
            HeaderValue::from_static(value),
        );
    }
    // This front has pages, which the constant that both fronts share does not know.
    if *refusal == Refusal::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    }
    if !is_body_read {
        close_after(&mut response);
    }
    response
}

/// Makes a response the last one of its connection.
pub(crate) fn close_after(response: &mut Response<Full<Bytes>>) {
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
}

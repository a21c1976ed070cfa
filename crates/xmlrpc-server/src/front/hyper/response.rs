//! What is answered, as HTTP.

use ::hyper::body::Bytes;
use ::hyper::header::{ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue};
use ::hyper::{Response, StatusCode};
use http_body_util::Full;

use super::super::head::Refusal;
use super::packing::Document;

/// The document of a call's answer.
pub(super) fn xml(document: Document) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(document.bytes));
    let headers = response.headers_mut();
    if document.is_packed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    if document.is_control {
        response.extensions_mut().insert(Control);
    }
    response
}

/// Marks the answer to a method of the control protocol.
#[derive(Clone)]
pub(super) struct Control;

/// The answer to a request that is not carried out; `is_whole` tells that its body has
/// been read, and that the connection can go on.
pub(super) fn refused(refusal: Refusal, is_whole: bool) -> Response<Full<Bytes>> {
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
    if refusal == Refusal::MethodNotAllowed {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    }
    if !is_whole {
        close_after(&mut response);
    }
    response
}

/// Makes an answer the last one of its connection.
pub(super) fn close_after(response: &mut Response<Full<Bytes>>) {
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
}

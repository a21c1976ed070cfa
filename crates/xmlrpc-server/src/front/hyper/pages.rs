//! What is answered to GET.
//!
//! The rule: `/health` tells nothing but that the server is there, and does so without a
//! token; the page and the figures are for who may call.

use ::hyper::body::{Body as _, Bytes, Incoming};
use ::hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use ::hyper::http::request::Parts;
use ::hyper::{Method, Response};
use http_body_util::Full;

use crate::Service;

const HEALTH: &str = "/health";

/// Whether it is asked only if the server is there.
pub(super) fn is_health(head: &Parts) -> bool {
    is_get(head) && head.uri.path() == HEALTH
}

/// The page that is asked for; `None` where none is. To ask takes no body.
pub(super) fn get(
    head: &Parts,
    body: &Incoming,
    service: &Service,
) -> Option<Response<Full<Bytes>>> {
    if !is_get(head) || !body.is_end_stream() {
        return None;
    }
    let (content_type, text) = match head.uri.path() {
        "/" | "/RPC2" => ("text/html; charset=utf-8", service.page()),
        HEALTH => ("text/plain", "ok\n".to_owned()),
        "/metrics" => (
            "text/plain; version=0.0.4; charset=utf-8",
            service.metrics(),
        ),
        _ => return None,
    };
    let mut response = Response::new(Full::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    Some(response)
}

fn is_get(head: &Parts) -> bool {
    head.method == Method::GET || head.method == Method::HEAD
}

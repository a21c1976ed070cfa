//! What is answered to GET.
//!
//! The rule: `/health` tells nothing but that the server is there, and does so without a
//! token; the page, the figures and what else the service publishes are for who may call.

use ::hyper::body::{Body as _, Bytes, Incoming};
use ::hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use ::hyper::http::request::Parts;
use ::hyper::{Method, Response};
use http_body_util::Full;

use super::super::head::Refusal;
use super::response::Control;
use crate::escape::escaped;
use crate::panic_text::panic_text;
use crate::{Resource, Service};

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
) -> Option<Result<Response<Full<Bytes>>, Refusal>> {
    if !is_get(head) || !body.is_end_stream() {
        return None;
    }
    let path = head.uri.path();
    let query = head.uri.query().unwrap_or_default();
    match service.resources().get(path, query) {
        Some(Ok(resource)) => return Some(Ok(published(resource))),
        Some(Err(panic)) => {
            log::error!(
                "what is published at {path} panicked: {}",
                escaped(panic_text(&*panic))
            );
            return Some(Err(Refusal::Failed));
        }
        None => {}
    }
    let (content_type, text) = match path {
        "/" | "/RPC2" => ("text/html; charset=utf-8", service.page()),
        HEALTH => ("text/plain", "ok\n".to_owned()),
        "/metrics" => (
            "text/plain; version=0.0.4; charset=utf-8",
            service.metrics(),
        ),
        _ => return None,
    };
    Some(Ok(page(content_type, text.into(), OWN)))
}

/// The policy of the server's own page, which has a style and nothing else.
const OWN: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// The policy of others: they use what is published beside them. Images may be in the text.
const PUBLISHED: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// To look on is no call to log, as with the control protocol.
fn published(resource: Resource) -> Response<Full<Bytes>> {
    let mut response = page(resource.content_type, resource.body.into(), PUBLISHED);
    response.extensions_mut().insert(Control);
    response
}

fn page(content_type: &'static str, body: Bytes, policy: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn is_get(head: &Parts) -> bool {
    head.method == Method::GET || head.method == Method::HEAD
}

//! Answers to GET: the page, the figures, the health, and the service's resources.
//!
//! `/health` tells only that the server is there, and needs no token. All else is for whoever
//! may call.

use ::hyper::body::{Body as _, Bytes, Incoming};
use ::hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use ::hyper::http::request::Parts;
use ::hyper::{Method, Response};
use http_body_util::Full;

use crate::escape::escaped;
use crate::front::hyper::response::LogAtDebug;
use crate::front::refusal::Refusal;
use crate::panic_text::panic_text;
use crate::resource::Resource;
use crate::service::Service;

const HEALTH: &str = "/health";

/// The policy of the server's own page, which has a style and nothing else.
const OWN_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// The policy of resources, which use each other. Images may be within the text.
const RESOURCE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Returns whether a request asks for nothing but `/health`.
pub(crate) fn is_health(head: &Parts) -> bool {
    is_get(head) && head.uri.path() == HEALTH
}

/// Answers a GET or HEAD without a body, if there is anything at its path.
pub(crate) fn answer(
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
        Some(Ok(resource)) => return Some(Ok(resource_response(resource))),
        Some(Err(panic)) => {
            log::error!(
                "what is published at {path} panicked: {}",
                escaped(panic_text(&*panic))
            );
            return Some(Err(Refusal::FAILED));
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
    Some(Ok(response(content_type, text.into(), OWN_POLICY)))
}

fn resource_response(resource: Resource) -> Response<Full<Bytes>> {
    let (content_type, body) = (resource.content_type, resource.body.into());
    let mut response = response(content_type, body, RESOURCE_POLICY);
    response.extensions_mut().insert(LogAtDebug);
    response
}

fn response(
    content_type: &'static str,
    body: Bytes,
    policy: &'static str,
) -> Response<Full<Bytes>> {
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

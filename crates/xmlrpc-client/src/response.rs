//! An HTTP response, and the result or error that it stands for.

use std::time::Duration;

use untrusted_text::{OneLine, excerpt};
use xmlrpc_wire::{Decoder, Error as WireError, Limits, MethodResponse, Value};

use crate::error::{Error, HttpStatus, MalformedResponse};

/// The longest `Retry-After` that is passed on: one day.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The most bytes that are read of a body whose status is not 200. A fault of this size is read
/// whole.
pub(crate) const MAX_EXCERPT_BYTES: usize = 64 * 1024;
/// The longest time for which such a body is read.
pub(crate) const EXCERPT_TIMEOUT: Duration = Duration::from_secs(2);

/// The parts of an HTTP response that matter to a call.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) content_type: Option<String>,
    /// Cut, or empty, where the status is not 200. One byte longer than the limit where
    /// the server's is longer than that, so that decoding refuses it.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// Returns the call's value, or the error that the response stands for. `server` and
    /// `path` go into errors.
    pub(crate) fn decode(&self, server: &str, path: &str, limits: &Limits) -> Result<Value, Error> {
        if self.status != 200 {
            if self.may_be_fault()
                && let Ok(Err(fault)) = self.document(limits)
            {
                return Err(Error::Fault(fault));
            }
            let status = self.http_status(server, path);
            return Err(match asks_for_tls(&status) {
                true => Error::OtherProtocol {
                    server: server.to_owned(),
                    reason: "it asks for TLS; call it by https://",
                },
                false => Error::Http(Box::new(status)),
            });
        }
        match self.document(limits) {
            Ok(result) => result.map_err(Error::Fault),
            Err(source) => Err(Error::Malformed(Box::new(MalformedResponse {
                server: server.to_owned(),
                source,
                excerpt: excerpt(&self.body),
            }))),
        }
    }

    /// Returns whether the body may be the function's fault, which some servers send with the
    /// status of an error. The other statuses say what to do about the call.
    fn may_be_fault(&self) -> bool {
        matches!(self.status, 400..=599)
            && !matches!(self.status, 401 | 403 | 407 | 429 | 502..=504)
    }

    fn document(&self, limits: &Limits) -> Result<MethodResponse, WireError> {
        let content_type = self.content_type.as_deref().unwrap_or_default();
        let decoder = Decoder::new(limits).content_type(content_type);
        decoder.decode_response(&self.body)
    }

    fn http_status(&self, server: &str, path: &str) -> HttpStatus {
        let seconds = |text: &String| text.trim().parse().ok().map(Duration::from_secs);
        let retry_after = self.retry_after.as_ref().and_then(seconds);
        let location = self.location.as_ref();
        HttpStatus {
            server: server.to_owned(),
            path: path.to_owned(),
            status: self.status,
            excerpt: excerpt(&self.body),
            retry_after: retry_after.map(|delay| delay.min(MAX_RETRY_AFTER)),
            location: location.map(|text| OneLine::new(text).to_string()),
        }
    }
}

/// Returns true for the answer of nginx, Apache, Go or Tomcat to a request without TLS on a port
/// for TLS.
fn asks_for_tls(status: &HttpStatus) -> bool {
    const TEXTS: [&str; 4] = [
        "plain HTTP request was sent to HTTPS port",
        "speaking plain HTTP to an SSL-enabled server port",
        "sent an HTTP request to an HTTPS server",
        "combination of host and port requires TLS",
    ];
    status.status == 400 && TEXTS.iter().any(|text| status.excerpt.contains(text))
}

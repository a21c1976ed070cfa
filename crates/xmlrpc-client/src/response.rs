//! An HTTP response, and the result or error that it stands for.

use std::time::Duration;

use untrusted_text::{OneLine, excerpt};
use xmlrpc_wire::{Limits, Value, decode_response};

use crate::error::{Error, HttpStatus, MalformedResponse};

/// The longest `Retry-After` that is passed on: one day.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The parts of an HTTP response that matter to a call.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) location: Option<String>,
    /// Cut, or empty, where the status is not 200. One byte longer than the limit where
    /// the server's is longer than that, so that decoding refuses it.
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// Returns the call's value, or the error that the response stands for. `server` and
    /// `path` go into errors.
    pub(crate) fn decode(&self, server: &str, path: &str, limits: &Limits) -> Result<Value, Error> {
        if self.status != 200 {
            return Err(Error::Http(Box::new(self.http_status(server, path))));
        }
        match decode_response(&self.body, limits) {
            Ok(result) => result.map_err(Error::Fault),
            Err(source) => Err(Error::Malformed(Box::new(MalformedResponse {
                server: server.to_owned(),
                source,
                excerpt: excerpt(&self.body),
            }))),
        }
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

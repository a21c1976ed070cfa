//! The bytes of answers.

use std::sync::Arc;

use crate::front::memory_budget::{MemoryBudget, MemoryShare};
use crate::front::refusal::Refusal;

/// The longest answer that is written in one piece with its head. Shorter ones hold no share of
/// the memory.
const MAX_ONE_PIECE: usize = 4 * 1024;

/// The bytes of an answer, with its share of the memory.
#[derive(Debug)]
pub(crate) struct Pieces {
    begin: Vec<u8>,
    body: Vec<u8>,
    _share: Option<MemoryShare>,
}

impl Pieces {
    pub(crate) fn len(&self) -> usize {
        self.begin.len() + self.body.len()
    }

    /// Returns the head with a short body, and the body of a long answer.
    pub(crate) fn each(&self) -> [&[u8]; 2] {
        [&self.begin, &self.body]
    }
}

/// An answer, before it is known whether it is the last one of its connection.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The lines of its header, each with its end.
    headers: String,
    body: Vec<u8>,
    /// The share of the server's memory that a long answer holds until it is written.
    share: Option<MemoryShare>,
    /// It answers a method of the control protocol.
    pub(crate) is_control: bool,
}

impl Response {
    /// Returns the answer to a call.
    pub(crate) fn document(body: Vec<u8>, is_control: bool) -> Self {
        Response {
            status: 200,
            headers: "Content-Type: text/xml\r\n".to_owned(),
            body,
            share: None,
            is_control,
        }
    }

    /// Returns the answer with its share of the memory, which is none for a short one.
    pub(crate) fn with_share(mut self, memory: &Arc<MemoryBudget>) -> Self {
        if self.body.len() > MAX_ONE_PIECE {
            self.body.shrink_to_fit();
        }
        let bytes = self.body.capacity();
        match bytes > MAX_ONE_PIECE {
            true => self.share = Some(memory.charge(bytes)),
            false => memory.expect(0),
        }
        self
    }

    pub(crate) fn refused(refusal: &Refusal) -> Self {
        let mut headers = String::from("Content-Type: text/plain\r\n");
        if let Some((name, value)) = refusal.header {
            headers.push_str(&format!("{name}: {value}\r\n"));
        }
        Response {
            status: refusal.status,
            headers,
            body: refusal.text.into(),
            share: None,
            is_control: false,
        }
    }

    /// Returns the answer in one piece, or in two if it is long: a copy would take its length
    /// again. The answer to `HEAD` has no body, but its length.
    pub(crate) fn pieces(mut self, version: &str, connection: &str, has_body: bool) -> Pieces {
        let is_long = has_body && self.body.len() > MAX_ONE_PIECE;
        let length = self.body.len();
        let (body, share) = match is_long {
            true => (std::mem::take(&mut self.body), self.share.take()),
            false => (Vec::new(), None),
        };
        Pieces {
            begin: self.begin(version, connection, length, has_body),
            body,
            _share: share,
        }
    }

    /// Returns the answer in one piece. To `HEAD` it is without its body, but with its length.
    pub(crate) fn bytes(self, version: &str, connection: &str, has_body: bool) -> Vec<u8> {
        let length = self.body.len();
        self.begin(version, connection, length, has_body)
    }

    /// Returns the head, and what there is of the body.
    fn begin(self, version: &str, connection: &str, length: usize, has_body: bool) -> Vec<u8> {
        let (status, headers) = (self.status, &self.headers);
        let reason = reason(status);
        let head = format!(
            "{version} {status} {reason}\r\n{headers}Connection: {connection}\r\nContent-Length: {length}\r\n\r\n"
        );
        match has_body {
            true => [head.as_bytes(), &self.body].concat(),
            false => head.into_bytes(),
        }
    }
}

/// Returns the reason phrase of a status.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Bad Request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_what_becomes_of_the_connection() {
        let head = "HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\nConnection: close\r\nContent-Length: 4\r\n\r\n";
        for (has_body, expected) in [(true, format!("{head}<?xm")), (false, head.to_owned())] {
            let response = Response::document(b"<?xm".to_vec(), true);
            assert!(response.is_control);
            let bytes = response.bytes("HTTP/1.0", "close", has_body);
            assert_eq!(bytes, expected.as_bytes());
        }
    }

    #[test]
    fn a_long_answer_is_written_without_a_copy() {
        let memory = MemoryBudget::new(1 << 20, 0);
        for length in [MAX_ONE_PIECE, MAX_ONE_PIECE + 1] {
            let body = vec![b'a'; length];
            let response = || Response::document(body.clone(), false).with_share(&memory);
            for has_body in [true, false] {
                let pieces = response().pieces("HTTP/1.1", "close", has_body);
                let expected = response().bytes("HTTP/1.1", "close", has_body);
                assert_eq!(pieces.each().concat(), expected);
                assert_eq!(pieces.len(), expected.len());
                let is_copied = pieces.body.is_empty();
                assert_eq!(is_copied, !has_body || length == MAX_ONE_PIECE);
            }
        }
    }

    #[test]
    fn a_refusal_says_why() {
        for (refusal, begin) in [
            (Refusal::NOT_HTTP, "HTTP/1.1 400 Bad Request\r\n"),
            (Refusal::LENGTH_REQUIRED, "HTTP/1.1 411 Length Required\r\n"),
            (Refusal::TOO_LARGE, "HTTP/1.1 413 Content Too Large\r\n"),
            (
                Refusal::CONTENT_CODING,
                "HTTP/1.1 415 Unsupported Media Type\r\n",
            ),
            (Refusal::TOO_SLOW, "HTTP/1.1 408 Request Timeout\r\n"),
            (
                Refusal::HEAD_TOO_LARGE,
                "HTTP/1.1 431 Request Header Fields Too Large\r\n",
            ),
            (Refusal::NOT_TAKEN, "HTTP/1.1 503 Service Unavailable\r\n"),
            (
                Refusal::VERSION,
                "HTTP/1.1 505 HTTP Version Not Supported\r\n",
            ),
        ] {
            let response = Response::refused(&refusal);
            assert!(!response.is_control);
            let answer = response.bytes("HTTP/1.1", "keep-alive", true);
            let answer = String::from_utf8(answer).unwrap();
            assert!(answer.starts_with(begin), "{answer}");
            assert!(
                answer.ends_with(&format!("\r\n\r\n{}", refusal.text)),
                "{answer}"
            );
            if let Some((name, value)) = refusal.header {
                assert!(
                    answer.contains(&format!("\r\n{name}: {value}\r\n")),
                    "{answer}"
                );
            }
        }
        assert!(Refusal::CONTENT_CODING.header.is_some());
    }

    #[test]
    fn statuses_have_their_phrases() {
        for (status, phrase) in [
            (200, "OK"),
            (403, "Forbidden"),
            (404, "Not Found"),
            (405, "Method Not Allowed"),
        ] {
            assert_eq!(reason(status), phrase);
        }
    }
}

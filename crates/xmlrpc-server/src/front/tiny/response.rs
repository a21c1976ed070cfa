//! The bytes of answers.

use crate::front::refusal::Refusal;

/// An answer, before it is known whether it is the last one of its connection.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// The lines of its header, each with its end.
    headers: String,
    body: Vec<u8>,
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
            is_control,
        }
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
            is_control: false,
        }
    }

    /// Returns the answer without its body, but with its length: to `HEAD`.
    pub(crate) fn bytes(self, version: &str, connection: &str, has_body: bool) -> Vec<u8> {
        let (status, length, headers) = (self.status, self.body.len(), &self.headers);
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

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

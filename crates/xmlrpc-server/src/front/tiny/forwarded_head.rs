//! The head that tiny_http is given in place of the one that has come.
//!
//! It has the request line, the fields that the responder reads, and the number of the exchange.

use crate::front::control_headers::{CALL_ID, DEADLINE_MS};
use crate::front::refusal::Refusal;

/// The name of the field that holds the number of the exchange. A client's own is dropped.
pub(crate) const EXCHANGE: &str = "Tiny-Exchange";

/// The fields that the responder reads, and that are passed on with the head alone, too.
const FORWARDED: [&str; 6] = [
    "Host",
    "Origin",
    "Content-Type",
    "Content-Encoding",
    CALL_ID,
    DEADLINE_MS,
];

/// Returns whether a line of a head is passed on with the body, or with the head alone.
///
/// Without the body, tiny_http must not wait for it.
fn is_forwarded(name: &[u8], has_body: bool) -> bool {
    let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    FORWARDED.iter().any(|other| is(other)) || (has_body && is("Content-Length"))
}

/// Checks the fields of a whole head, so that tiny_http reads those that are passed on as the
/// relay does, and refuses none.
///
/// # Errors
///
/// A line has no name, or a name that is no token (RFC 9110, section 5.6.2). Or a field that is
/// passed on has a value outside ASCII.
pub(crate) fn check_fields(head: &[u8]) -> Result<(), Refusal> {
    for line in lines(head).skip(1) {
        match name_and_value(line) {
            Some((name, value)) if is_token(name) => {
                if is_forwarded(name, true) && !value.is_ascii() {
                    return Err(Refusal::NOT_HTTP);
                }
            }
            _ => return Err(Refusal::NOT_HTTP),
        }
    }
    Ok(())
}

/// Returns whether some bytes are a token: the name of a field or of a method.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    let is_mark = |byte: &u8| b"!#$%&'*+-.^_`|~".contains(byte);
    !bytes.is_empty()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}

/// Returns the head that tiny_http is given, of a whole head whose fields have been checked.
///
/// The connection to tiny_http goes on behind it, whatever becomes of the client's.
pub(crate) fn forwarded_head(head: &[u8], exchange: u64, has_body: bool) -> Vec<u8> {
    let mut forwarded = Vec::with_capacity(head.len() + 64);
    for (number, line) in lines(head).enumerate() {
        let name = name_and_value(line).map_or(&b""[..], |(name, _)| name);
        if number == 0 || is_forwarded(name, has_body) {
            forwarded.extend_from_slice(line);
            forwarded.extend_from_slice(b"\r\n");
        }
    }
    let own = format!("Connection: keep-alive\r\n{EXCHANGE}: {exchange}\r\n\r\n");
    forwarded.extend_from_slice(own.as_bytes());
    forwarded
}

/// Returns what a head expects (RFC 9110, section 10.1.1), if it has the field.
pub(crate) fn expectation(head: &[u8]) -> Option<&[u8]> {
    let mut fields = lines(head).skip(1).filter_map(name_and_value);
    let (_, value) = fields.find(|(name, _)| name.eq_ignore_ascii_case(b"Expect"))?;
    Some(value)
}

/// Returns the lines of a whole head, without the empty one.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = head.split(|b| *b == b'\n');
    lines
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
}

fn name_and_value(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|b| *b == b':')?;
    Some((&line[..colon], line[colon + 1..].trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_that_are_read_are_passed_on() {
        let head = b"POST /RPC2 HTTP/1.1\r\nHOST: h:1\r\ncontent-length: 7\r\nCONNECTION: keep-alive\r\nexpect: 100-continue\r\nTiny-Exchange: 1\r\ntiny-exchange: 2\r\nA: b:c\r\n\r\n";
        assert_eq!(check_fields(head), Ok(()));
        for (has_body, length) in [(true, "content-length: 7\r\n"), (false, "")] {
            let forwarded = String::from_utf8(forwarded_head(head, 40, has_body)).unwrap();
            let expected = format!(
                "POST /RPC2 HTTP/1.1\r\nHOST: h:1\r\n{length}Connection: keep-alive\r\nTiny-Exchange: 40\r\n\r\n"
            );
            assert_eq!(forwarded, expected);
        }
        assert_eq!(expectation(head), Some(&b"100-continue"[..]));
        assert_eq!(expectation(b"GET / HTTP/1.1\r\nA: Expect: b\r\n\r\n"), None);
    }

    #[test]
    fn fields_that_two_readers_could_name_differently_are_refused() {
        for (line, is_right) in [
            (&b"X-User: Jos\xe9"[..], true),
            (b"A:", true),
            (b"Host: caf\xc3\xa9", false),
            (b"\x0bTiny-Exchange: 41", false),
            (b"Tiny-Exchange : 41", false),
            (b"\x0cHost: h", false),
            (b"no colon", false),
            (b": empty", false),
            (b"N\xf1: b", false),
        ] {
            let head = [b"POST / HTTP/1.1\r\n", line, b"\r\n\r\n"].concat();
            assert_eq!(check_fields(&head).is_ok(), is_right, "{line:?}");
        }
    }
}

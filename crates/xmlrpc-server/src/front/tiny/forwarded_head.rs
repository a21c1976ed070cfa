//! The head that tiny_http is given in place of the one that has come.
//!
//! The lines are those of the client, but for a few that are between it and the relay.

use std::str;

/// The name of the field that holds the number of the exchange. A client's own is dropped.
pub(crate) const EXCHANGE: &str = "Tiny-Exchange";

/// Returns whether a line of a head is passed on with the body, or with the head alone.
///
/// Each exchange is a connection of its own. Without the body, tiny_http must not wait for it.
fn is_forwarded(name: &[u8], has_body: bool) -> bool {
    let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    !(is(EXCHANGE) || is("Connection") || is("Expect") || is("Transfer-Encoding"))
        && (has_body || !is("Content-Length"))
}

/// Returns the head that tiny_http is given, of a whole head that can be read in one way only.
pub(crate) fn forwarded_head(head: &[u8], exchange: u64, has_body: bool) -> Vec<u8> {
    let mut forwarded = Vec::with_capacity(head.len() + 64);
    for (number, line) in lines(head).enumerate() {
        let name = name_and_value(line).map_or(&b""[..], |(name, _)| name);
        if number == 0 || is_forwarded(name, has_body) {
            forwarded.extend_from_slice(line);
            forwarded.extend_from_slice(b"\r\n");
        }
    }
    let own = format!("Connection: close\r\n{EXCHANGE}: {exchange}\r\n\r\n");
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
    Some((line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_between_the_client_and_the_relay_are_not_passed_on() {
        let head = b"POST /RPC2 HTTP/1.1\r\nHost: h\r\ncontent-length: 7\r\nCONNECTION: keep-alive\r\nexpect: 100-continue\r\nTiny-Exchange: 1\r\ntiny-exchange : 2\r\nA: b:c\r\n\r\n";
        for (has_body, length) in [(true, "content-length: 7\r\n"), (false, "")] {
            let forwarded = String::from_utf8(forwarded_head(head, 40, has_body)).unwrap();
            let expected = format!(
                "POST /RPC2 HTTP/1.1\r\nHost: h\r\n{length}A: b:c\r\nConnection: close\r\nTiny-Exchange: 40\r\n\r\n"
            );
            assert_eq!(forwarded, expected);
        }
        assert_eq!(expectation(head), Some(&b"100-continue"[..]));
        assert_eq!(expectation(b"GET / HTTP/1.1\r\nA: Expect: b\r\n\r\n"), None);
    }
}

//! The raw head of a request: its end, and the framing of the body that follows.
//!
//! HTTP libraries let pass what two readers could read in two ways (request smuggling): a second
//! length, a length beside chunks, bare line ends, continued lines. Such a head is ambiguous,
//! and is refused.

use crate::front::body_framing::{AmbiguousFraming, BodyFraming, FramingHeaders};
#[cfg(feature = "tiny")]
use crate::front::refusal::Refusal;

/// The most bytes of a head, and of what is read ahead of a body. No client of ours sends 1
/// KiB.
pub(crate) const MAX_HEAD: usize = 64 * 1024;

/// The error of a head that could be read in two ways.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AmbiguousHead;

impl From<AmbiguousFraming> for AmbiguousHead {
    fn from(_: AmbiguousFraming) -> Self {
        AmbiguousHead
    }
}

/// The most empty lines before a request. RFC 9112, section 2.2, asks a server to skip one;
/// old clients send one behind a body.
const MAX_EMPTY_LINES: usize = 8;

/// Returns the number of bytes that whole empty lines take at the beginning of `bytes`.
/// `before` counts the empty lines since the last request, and is kept up to date.
///
/// # Errors
///
/// There are too many: nobody means them, and each would be work without a limit.
pub(crate) fn skip_empty_lines(bytes: &[u8], before: &mut usize) -> Result<usize, AmbiguousHead> {
    let mut length = 0;
    while bytes[length..].starts_with(b"\r\n") {
        length += 2;
        *before += 1;
        if *before > MAX_EMPTY_LINES {
            return Err(AmbiguousHead);
        }
    }
    Ok(length)
}

#[cfg(feature = "tiny")]
impl From<AmbiguousHead> for Refusal {
    fn from(_: AmbiguousHead) -> Self {
        Refusal::AMBIGUOUS_HEAD
    }
}

/// Looks for the end of a head, in bytes that begin with it, and of which the first `seen`
/// have been looked at. Returns its length, including the empty line, if that is there.
///
/// Looks at each byte once, if `seen` is the length of the last call's `bytes`.
///
/// # Errors
///
/// There is a NUL, or a line end that is not CR LF.
pub(crate) fn find_end(bytes: &[u8], seen: usize) -> Result<Option<usize>, AmbiguousHead> {
    for at in seen..bytes.len() {
        match bytes[at] {
            0 => return Err(AmbiguousHead),
            b'\n' if at == 0 || bytes[at - 1] != b'\r' => return Err(AmbiguousHead),
            b'\n' if at >= 3 && bytes[at - 2] == b'\n' => return Ok(Some(at + 1)),
            b'\n' => {}
            _ if at > 0 && bytes[at - 1] == b'\r' => return Err(AmbiguousHead),
            _ => {}
        }
    }
    Ok(None)
}

/// The end of a request, as its head declares it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestFraming {
    pub(crate) body: BodyFraming,
    /// The client sends no further request: it says `Connection: close`, or speaks HTTP/1.0
    /// without `keep-alive`.
    pub(crate) is_last: bool,
}

/// Returns the framing of the request that begins with this whole head.
///
/// # Errors
///
/// The body has two ends, or none that is known here; a line goes on with the one before; or
/// there are two `Host`s.
pub(crate) fn request_framing(head: &[u8]) -> Result<RequestFraming, AmbiguousHead> {
    let mut framing = FramingHeaders::default();
    let (mut is_chunked, mut has_host) = (false, false);
    let (mut is_closed, mut is_kept) = (false, false);
    let mut lines = head
        .split(|b| *b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let is_1_0 = lines
        .next()
        .is_some_and(|line| line.ends_with(b" HTTP/1.0"));
    for line in lines {
        // A continued line, which HTTP/1.0 allowed.
        if line.first().is_some_and(u8::is_ascii_whitespace) {
            return Err(AmbiguousHead);
        }
        let Some(colon) = line.iter().position(|b| *b == b':') else {
            continue;
        };
        let (name, value) = (&line[..colon], trim_blanks(&line[colon + 1..]));
        if name.eq_ignore_ascii_case(b"content-length") {
            framing.add_content_length(value)?;
        } else if name.eq_ignore_ascii_case(b"host") {
            // With two names for one server, only one of them would be checked.
            if std::mem::replace(&mut has_host, true) {
                return Err(AmbiguousHead);
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(AmbiguousHead);
            }
            is_chunked = true;
            framing.add_transfer_encoding();
        } else if name.eq_ignore_ascii_case(b"connection") {
            is_closed |= lists(value, b"close");
            is_kept |= lists(value, b"keep-alive");
        }
    }
    Ok(RequestFraming {
        body: framing.framing()?,
        is_last: is_closed || (is_1_0 && !is_kept),
    })
}

/// Returns a field's value without the blanks around it: spaces and tabs alone (RFC 9110, section
/// 5.6.3). A form feed, which ASCII counts as white space, is a part of it.
fn trim_blanks(value: &[u8]) -> &[u8] {
    let is_other = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let begin = value.iter().position(is_other).unwrap_or(value.len());
    let end = value.iter().rposition(is_other).map_or(begin, |at| at + 1);
    &value[begin..end]
}

/// Returns whether a field's list names an option, in any case.
fn lists(value: &[u8], option: &[u8]) -> bool {
    let mut options = value.split(|b| *b == b',');
    options.any(|own| own.trim_ascii().eq_ignore_ascii_case(option))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_at_its_empty_line() {
        for (bytes, expected) in [
            ("", Ok(None)),
            ("POST / HTTP/1.1\r\nA: b\r\n", Ok(None)),
            ("POST / HTTP/1.1\r\nA: b\r\n\r", Ok(None)),
            ("POST / HTTP/1.1\r\nA: b\r\n\r\n", Ok(Some(25))),
            ("POST / HTTP/1.1\r\n\r\n<xml>", Ok(Some(19))),
            ("POST / HTTP/1.1\nA: b\n\n", Err(AmbiguousHead)),
            ("POST / HTTP/1.1\r\nA: b\n\r\n", Err(AmbiguousHead)),
            ("POST / HTTP/1.1\r\nA: b\rc\r\n", Err(AmbiguousHead)),
            ("POST / HTTP/1.1\r\nA: \0\r\n", Err(AmbiguousHead)),
            ("\n", Err(AmbiguousHead)),
        ] {
            for seen in 0..bytes.len().min(4) {
                let found = find_end(bytes.as_bytes(), seen);
                assert!(found == expected || seen > 0, "{bytes:?}: {found:?}");
            }
            let mut found = Ok(None);
            for length in 1..=bytes.len() {
                found = find_end(&bytes.as_bytes()[..length], length - 1);
                if found != Ok(None) {
                    break;
                }
            }
            assert_eq!(found, expected, "{bytes:?} byte by byte");
        }
    }

    #[test]
    fn empty_lines_are_skipped_up_to_a_limit() {
        for (bytes, before, expected) in [
            ("", 0, Ok(0)),
            ("\r", 0, Ok(0)),
            ("\n", 0, Ok(0)),
            ("\r\n", 7, Ok(2)),
            ("\r\n\r\nGET", 0, Ok(4)),
            ("\r\n\r", 0, Ok(2)),
            ("\r\n", 8, Err(AmbiguousHead)),
            ("GET\r\n\r\n", 8, Ok(0)),
        ] {
            let found = skip_empty_lines(bytes.as_bytes(), &mut { before });
            assert_eq!(found, expected, "{bytes:?} after {before}");
        }
        let many = "\r\n".repeat(9);
        let mut before = 0;
        assert!(skip_empty_lines(many.as_bytes(), &mut before).is_err());
    }

    #[test]
    fn a_body_has_one_end() {
        for (headers, expected) in [
            ("", Ok(BodyFraming::Undeclared)),
            ("Content-Length: 7\r\n", Ok(BodyFraming::Length(7))),
            ("CONTENT-LENGTH:7 \r\n", Ok(BodyFraming::Length(7))),
            (
                "Content-Length: 18446744073709551616\r\n",
                Ok(BodyFraming::Length(u64::MAX)),
            ),
            ("Transfer-Encoding: Chunked\r\n", Ok(BodyFraming::Chunked)),
            (
                "Content-Length: 7\r\nContent-Length: 7\r\n",
                Err(AmbiguousHead),
            ),
            ("Content-Length: 7, 7\r\n", Err(AmbiguousHead)),
            ("Content-Length: \t7 \r\n", Ok(BodyFraming::Length(7))),
            ("Content-Length: 7\u{c}\r\n", Err(AmbiguousHead)),
            ("Content-Length:\u{c}7\r\n", Err(AmbiguousHead)),
            ("Transfer-Encoding: chunked\u{c}\r\n", Err(AmbiguousHead)),
            ("Content-Length: +7\r\n", Err(AmbiguousHead)),
            ("Content-Length: -7\r\n", Err(AmbiguousHead)),
            ("Content-Length:\r\n", Err(AmbiguousHead)),
            (
                "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n",
                Err(AmbiguousHead),
            ),
            ("Transfer-Encoding: gzip, chunked\r\n", Err(AmbiguousHead)),
            ("Transfer-Encoding: identity\r\n", Err(AmbiguousHead)),
            (
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                Err(AmbiguousHead),
            ),
            ("A: b\r\n c\r\n", Err(AmbiguousHead)),
            ("Host: a\r\nHost: a\r\n", Err(AmbiguousHead)),
        ] {
            let head = format!("POST / HTTP/1.1\r\n{headers}\r\n");
            let found = request_framing(head.as_bytes()).map(|framing| framing.body);
            assert_eq!(found, expected, "{headers:?}");
        }
    }

    #[test]
    fn a_request_says_whether_it_is_the_last_one() {
        for (rest, is_last) in [
            ("1.1\r\n", false),
            ("1.1\r\nConnection: Close\r\n", true),
            ("1.1\r\nConnection: te, close\r\n", true),
            ("1.1\r\nConnection: closed\r\n", false),
            ("1.1\r\nconnection: te\r\nconnection: close\r\n", true),
            ("1.0\r\n", true),
            ("1.0\r\nConnection: Keep-Alive\r\n", false),
            ("1.0\r\nConnection: keep-alive, close\r\n", true),
        ] {
            let head = format!("POST / HTTP/{rest}\r\n");
            let framing = request_framing(head.as_bytes()).unwrap();
            assert_eq!(framing.is_last, is_last, "{rest:?}");
        }
    }
}

//! Where a request ends, from its raw head: what hyper lets pass and two readers could
//! read in two ways (request smuggling).

/// How the body that follows a head is framed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes.
    Sized(u64),
    /// In chunks.
    Chunked,
}

/// A head that is not to be read at all.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ambiguous;

/// Looks for the end of a head in bytes of which those up to `seen` have been looked at:
/// its length with the empty line, if that is there.
pub(super) fn end(bytes: &[u8], seen: usize) -> Result<Option<usize>, Ambiguous> {
    for at in seen..bytes.len() {
        match bytes[at] {
            0 => return Err(Ambiguous),
            b'\n' if at == 0 || bytes[at - 1] != b'\r' => return Err(Ambiguous),
            b'\n' if at >= 3 && bytes[at - 2] == b'\n' && has_text(&bytes[..at - 2]) => {
                return Ok(Some(at + 1));
            }
            b'\n' => {}
            _ if at > 0 && bytes[at - 1] == b'\r' => return Err(Ambiguous),
            _ => {}
        }
    }
    Ok(None)
}

/// Judges a whole head.
pub(super) fn judge(head: &[u8]) -> Result<Framing, Ambiguous> {
    let mut length = None;
    let mut is_chunked = false;
    let mut has_host = false;
    let lines = head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end);
    for line in lines.skip_while(|line| line.is_empty()).skip(1) {
        // A line that goes on with the one before, as HTTP/1.0 had it.
        if line.first().is_some_and(u8::is_ascii_whitespace) {
            return Err(Ambiguous);
        }
        let Some(colon) = line.iter().position(|b| *b == b':') else {
            continue;
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            if length.replace(number(value)?).is_some() {
                return Err(Ambiguous);
            }
        } else if name.eq_ignore_ascii_case(b"host") {
            // Two names for one server: it would be judged by one of them.
            if std::mem::replace(&mut has_host, true) {
                return Err(Ambiguous);
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if is_chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err(Ambiguous);
            }
            is_chunked = true;
        }
    }
    match (length, is_chunked) {
        (Some(_), true) => Err(Ambiguous),
        (length, false) => Ok(Framing::Sized(length.unwrap_or(0))),
        (None, true) => Ok(Framing::Chunked),
    }
}

/// A number of digits alone; one that does not fit is the largest there is.
fn number(value: &[u8]) -> Result<u64, Ambiguous> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Ambiguous);
    }
    let digits = std::str::from_utf8(value).map_err(|_| Ambiguous)?;
    Ok(digits.parse().unwrap_or(u64::MAX))
}

/// Whether there is more than the empty lines that may come before a request.
fn has_text(bytes: &[u8]) -> bool {
    bytes.iter().any(|b| !matches!(b, b'\r' | b'\n'))
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
            ("\r\n\r\nGET / HTTP/1.1\r\n\r\n", Ok(Some(22))),
            ("\r\n\r\n\r\n", Ok(None)),
            ("POST / HTTP/1.1\nA: b\n\n", Err(Ambiguous)),
            ("POST / HTTP/1.1\r\nA: b\n\r\n", Err(Ambiguous)),
            ("POST / HTTP/1.1\r\nA: b\rc\r\n", Err(Ambiguous)),
            ("POST / HTTP/1.1\r\nA: \0\r\n", Err(Ambiguous)),
            ("\n", Err(Ambiguous)),
        ] {
            for seen in 0..bytes.len().min(4) {
                let found = end(bytes.as_bytes(), seen);
                assert!(found == expected || seen > 0, "{bytes:?}: {found:?}");
            }
            let mut found = Ok(None);
            for length in 1..=bytes.len() {
                found = end(&bytes.as_bytes()[..length], length - 1);
                if found != Ok(None) {
                    break;
                }
            }
            assert_eq!(found, expected, "{bytes:?} byte by byte");
        }
    }

    #[test]
    fn a_body_has_one_end() {
        for (headers, expected) in [
            ("", Ok(Framing::Sized(0))),
            ("Content-Length: 7\r\n", Ok(Framing::Sized(7))),
            ("CONTENT-LENGTH:7 \r\n", Ok(Framing::Sized(7))),
            (
                "Content-Length: 18446744073709551616\r\n",
                Ok(Framing::Sized(u64::MAX)),
            ),
            ("Transfer-Encoding: Chunked\r\n", Ok(Framing::Chunked)),
            ("Content-Length: 7\r\nContent-Length: 7\r\n", Err(Ambiguous)),
            ("Content-Length: 7, 7\r\n", Err(Ambiguous)),
            ("Content-Length: +7\r\n", Err(Ambiguous)),
            ("Content-Length: -7\r\n", Err(Ambiguous)),
            ("Content-Length:\r\n", Err(Ambiguous)),
            (
                "Content-Length: 7\r\nTransfer-Encoding: chunked\r\n",
                Err(Ambiguous),
            ),
            ("Transfer-Encoding: gzip, chunked\r\n", Err(Ambiguous)),
            ("Transfer-Encoding: identity\r\n", Err(Ambiguous)),
            (
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                Err(Ambiguous),
            ),
            ("A: b\r\n c\r\n", Err(Ambiguous)),
            ("Host: a\r\nHost: a\r\n", Err(Ambiguous)),
        ] {
            let head = format!("POST / HTTP/1.1\r\n{headers}\r\n");
            assert_eq!(judge(head.as_bytes()), expected, "{headers:?}");
            let after_lines = format!("\r\n\r\n{head}");
            assert_eq!(judge(after_lines.as_bytes()), expected, "{headers:?}");
        }
    }
}

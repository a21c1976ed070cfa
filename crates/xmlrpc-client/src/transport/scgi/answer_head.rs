//! The head of an SCGI answer (RFC 3875, section 6), read strictly.

use crate::transport::other_protocol::OtherProtocol;

/// The most bytes of a head.
const MAX_BYTES: usize = 64 * 1024;
/// The most fields of a head.
const MAX_FIELDS: usize = 1000;

/// A head that is read piece by piece. Each byte is looked at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct AnswerHead {
    /// The number of the length's bytes. `None` if the body ends with the connection.
    pub(super) content_length: Option<u64>,
    pub(super) content_type: Option<String>,
    pub(super) location: Option<String>,
    pub(super) retry_after: Option<String>,
    /// The values of `Set-Cookie`.
    pub(super) cookies: Vec<String>,
    status: Option<u16>,
    /// The bytes of the line that is not whole yet.
    line: Vec<u8>,
    /// The numbers of bytes and of fields so far.
    bytes: usize,
    fields: usize,
}

/// The reason why a head can't be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeadError {
    /// It is beyond a limit.
    TooLarge(&'static str),
    /// It is not a head of SCGI.
    NotScgi(&'static str),
    /// Its first line is of another protocol.
    OtherProtocol(OtherProtocol),
}

impl AnswerHead {
    /// Takes the bytes of the head from the beginning of `bytes`. Returns their number, and
    /// whether the head is whole.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(usize, bool), HeadError> {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            let end = rest.iter().position(|byte| *byte == b'\n');
            let piece = &rest[..end.map_or(rest.len(), |end| end + 1)];
            taken += piece.len();
            self.bytes += piece.len();
            if self.bytes > MAX_BYTES {
                return Err(HeadError::TooLarge("64 KiB"));
            }
            self.line.extend_from_slice(piece);
            if end.is_none() {
                break;
            }
            let line = std::mem::take(&mut self.line);
            let line = line.strip_suffix(b"\n").unwrap_or(&line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                return match self.status.is_none()
                    && self.content_type.is_none()
                    && self.location.is_none()
                {
                    true => Err(HeadError::NotScgi(
                        "its head has no Status, Content-Type or Location",
                    )),
                    false => Ok((taken, true)),
                };
            }
            self.fields += 1;
            if self.fields > MAX_FIELDS {
                return Err(HeadError::TooLarge("1000 fields"));
            }
            if self.fields == 1
                && let Some(protocol) = OtherProtocol::of(line)
            {
                return Err(HeadError::OtherProtocol(protocol));
            }
            self.take_field(line).map_err(HeadError::NotScgi)?;
        }
        Ok((taken, false))
    }

    /// Returns the protocol that the first bytes tell, if the connection has ended before a whole line.
    pub(super) fn other_protocol(&self) -> Option<OtherProtocol> {
        OtherProtocol::of(&self.line).filter(|_| self.fields == 0)
    }

    /// Returns the HTTP status. Without one, a location is a redirect, and all else a success.
    pub(super) fn status(&self) -> u16 {
        let default = if self.location.is_some() { 302 } else { 200 };
        self.status.unwrap_or(default)
    }

    fn take_field(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err("a line of its head has no colon");
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        let is_token =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        let is_text = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
        if name.is_empty() || !name.iter().all(is_token) {
            return Err("a field of its head has a bad name");
        }
        if !value.iter().all(is_text) {
            return Err("a field of its head has a control character");
        }
        let text = || String::from_utf8_lossy(value).into_owned();
        match name.to_ascii_lowercase().as_slice() {
            b"status" => set(&mut self.status, status(value)?),
            b"content-length" => set(&mut self.content_length, length(value)?),
            b"content-type" => set(&mut self.content_type, text()),
            b"location" => set(&mut self.location, text()),
            b"retry-after" => set(&mut self.retry_after, text()),
            b"set-cookie" => {
                self.cookies.push(text());
                Ok(())
            }
            b"content-encoding" if !value.eq_ignore_ascii_case(b"identity") => {
                Err("its body has a Content-Encoding, which was not asked for")
            }
            b"transfer-encoding" => Err("its body has a Transfer-Encoding, which SCGI lacks"),
            _ => Ok(()),
        }
    }
}

/// Sets what a head has once.
fn set<T>(field: &mut Option<T>, value: T) -> Result<(), &'static str> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err("a field of its head stands there twice"),
    }
}

/// Reads a status: three digits, and a reason after a space.
fn status(value: &[u8]) -> Result<u16, &'static str> {
    let (digits, rest) = value.split_at_checked(3).unwrap_or_default();
    let is_end = rest.first().is_none_or(|byte| *byte == b' ');
    let number = std::str::from_utf8(digits).ok();
    let number = number.and_then(|digits| digits.parse().ok());
    let status = number.filter(|status| is_end && (200..600).contains(status));
    status.ok_or("its Status is not a number from 200 to 599")
}

fn length(value: &[u8]) -> Result<u64, &'static str> {
    let digits = std::str::from_utf8(value).ok();
    let digits = digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = digits.and_then(|text| text.parse().ok());
    length.ok_or("its Content-Length is not a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a head from bytes that come `step` at a time. Returns the number of its bytes too;
    /// `None` if it is not whole.
    fn read(bytes: &[u8], step: usize) -> Result<Option<(AnswerHead, usize)>, HeadError> {
        let (mut head, mut at) = (AnswerHead::default(), 0);
        for piece in bytes.chunks(step) {
            let (taken, is_whole) = head.take(piece)?;
            at += taken;
            if is_whole {
                return Ok(Some((head, at)));
            }
        }
        Ok(None)
    }

    #[test]
    fn a_head_is_read_however_it_comes() {
        for (raw, status, length, content_type) in [
            (
                "Status: 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 7\r\n\r\n",
                200,
                Some(7),
                Some("text/xml"),
            ),
            ("content-type:text/xml\n\n", 200, None, Some("text/xml")),
            ("STATUS:503\r\nX-A: b\r\n\r\n", 503, None, None),
            (
                "Status: 200 \r\nContent-Length: 007\n\n",
                200,
                Some(7),
                None,
            ),
            ("Location: http://a/\r\n\r\n", 302, None, None),
            (
                "Status: 301 x\r\nLocation: /y\r\nContent-Encoding: Identity\r\n\r\n",
                301,
                None,
                None,
            ),
        ] {
            let bytes = [raw.as_bytes(), b"<body>\n\n"].concat();
            for step in [1, 2, 3, 7, 1000] {
                let (head, taken) = read(&bytes, step).unwrap().unwrap();
                assert_eq!(taken, raw.len(), "{raw}");
                assert_eq!(head.status(), status, "{raw}");
                assert_eq!(head.content_length, length, "{raw}");
                assert_eq!(head.content_type.as_deref(), content_type, "{raw}");
            }
            let partial = &raw.as_bytes()[..raw.len() - 1];
            assert_eq!(read(partial, 5).unwrap(), None);
        }
    }

    #[test]
    fn the_fields_of_use_are_kept() {
        let raw = "Status: 503 x\r\nRetry-After: 7\r\nSet-Cookie: a=b\r\nLocation: \t/x y \r\n\
                   Set-Cookie: c=d; Path=/\r\n\r\n";
        let (head, _) = read(raw.as_bytes(), 9).unwrap().unwrap();
        assert_eq!(head.retry_after.as_deref(), Some("7"));
        assert_eq!(head.location.as_deref(), Some("/x y"));
        assert_eq!(head.cookies, ["a=b", "c=d; Path=/"]);
    }

    #[test]
    fn other_heads_are_refused_with_the_reason() {
        for (raw, reason) in [
            ("\r\n", "no Status"),
            ("X: y\r\n\r\n", "no Status"),
            ("<methodResponse>\n", "no colon"),
            ("Status: 200\r\n folded\r\n", "no colon"),
            ("Status: 200\r\n folded: x\r\n", "bad name"),
            (": x\r\n", "bad name"),
            ("Status : 200\r\n", "bad name"),
            ("X: a\rb\r\n", "control character"),
            ("X: a\0b\r\n", "control character"),
            ("Status: 200\r\nStatus: 200\r\n", "twice"),
            ("Content-Length: 1\r\ncontent-length: 1\r\n", "twice"),
            ("Content-Type: a\r\nContent-Type: a\r\n", "twice"),
            ("Status:\r\n", "Status"),
            ("Status: 20\r\n", "Status"),
            ("Status: 2000\r\n", "Status"),
            ("Status: 200OK\r\n", "Status"),
            ("Status: 100 Continue\r\n", "Status"),
            ("Status: 600\r\n", "Status"),
            ("Status: OK\r\n", "Status"),
            ("Content-Length:\r\n", "Content-Length"),
            ("Content-Length: -1\r\n", "Content-Length"),
            ("Content-Length: +1\r\n", "Content-Length"),
            ("Content-Length: 1, 1\r\n", "Content-Length"),
            ("Content-Length: 18446744073709551616\r\n", "Content-Length"),
            ("Transfer-Encoding: chunked\r\n", "Transfer-Encoding"),
            ("Content-Encoding: gzip\r\n", "Content-Encoding"),
        ] {
            for step in [1, 4, 1000] {
                match read(raw.as_bytes(), step) {
                    Err(HeadError::NotScgi(found)) => {
                        assert!(found.contains(reason), "{raw}: {found}")
                    }
                    other => panic!("{raw}: {other:?}"),
                }
            }
        }
    }

    #[test]
    fn other_protocols_are_told_from_bad_heads() {
        for line in ["HTTP/1.1 200 OK", "HTTP/1.1 400 No: x", "SSH-2.0-x", "+OK"] {
            let found = read(format!("{line}\r\n").as_bytes(), 3).unwrap_err();
            assert!(
                matches!(found, HeadError::OtherProtocol(_)),
                "{line}: {found:?}"
            );
        }
    }

    #[test]
    fn the_limits_are_named() {
        let fields = |count| format!("{}\r\n", "Set-Cookie: b\r\n".repeat(count));
        let long = |length| format!("Status: 200 {}\r\n\r\n", "x".repeat(length));
        for (raw, limit) in [
            (format!("Status: 200\r\n{}", fields(MAX_FIELDS - 1)), None),
            (
                format!("Status: 200\r\n{}", fields(MAX_FIELDS)),
                Some("1000 fields"),
            ),
            (long(MAX_BYTES - 100), None),
            (long(MAX_BYTES), Some("64 KiB")),
            ("x".repeat(MAX_BYTES + 1), Some("64 KiB")),
        ] {
            for step in [1000, 100_000] {
                let error = read(raw.as_bytes(), step).err();
                assert_eq!(error, limit.map(HeadError::TooLarge));
            }
        }
    }
}

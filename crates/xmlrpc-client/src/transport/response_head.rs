//! The head of a response, made simple for ureq.
//!
//! ureq knows neither folded fields nor a 100 with fields, and has room for 128 fields. So the
//! head is read here first. ureq gets its status line and the few fields that matter to a
//! call, each on one line. Whatever looks wrong is passed on as it is, for ureq to refuse.

use std::fmt;

/// The most bytes of a head, with the empty lines before it.
pub(super) const MAX_BYTES: usize = 64 * 1024;
/// The most fields of a head.
const MAX_FIELDS: usize = 1000;

/// The bytes of a usual head, for which room is made at once.
const USUAL_BYTES: usize = 512;

/// The beginning of every head.
const START: &[u8] = b"HTTP/1.";

/// The fields that matter to ureq or to this crate.
const KEPT: [&[u8]; 8] = [
    b"connection",
    b"content-encoding",
    b"content-length",
    b"content-type",
    b"location",
    b"retry-after",
    b"set-cookie",
    b"transfer-encoding",
];

/// A head that is read piece by piece. Each byte is looked at once.
#[derive(Debug, Default)]
pub(super) struct ResponseHead {
    /// The bytes so far, from the status line on.
    raw: Vec<u8>,
    /// The number of bytes in the current line.
    line_bytes: usize,
    /// The number of whole lines.
    lines: usize,
    /// The bytes of the empty lines before the status line.
    skipped: usize,
}

/// The progress of a head.
#[derive(Debug, PartialEq)]
pub(super) enum HeadState {
    /// More bytes are needed.
    Partial,
    /// The head is whole.
    Whole,
    /// The bytes are not the head of a response.
    NotHttp,
}

/// A head beyond a limit, inside an error of ureq's.
#[derive(Debug)]
pub(super) struct HeadTooLarge(pub(super) &'static str);

impl ResponseHead {
    /// Takes the bytes of the head from the beginning of `bytes`, and returns their number.
    ///
    /// # Errors
    ///
    /// [`HeadTooLarge`] for a head beyond a limit.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(usize, HeadState), HeadTooLarge> {
        if self.raw.is_empty() {
            self.raw.reserve(bytes.len().min(USUAL_BYTES));
        }
        let mut taken = 0;
        while let Some(line) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            let end = line.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(line.len(), |end| end + 1);
            taken += length;
            self.raw.extend_from_slice(&line[..length]);
            self.line_bytes += length;
            if self.raw.len() + self.skipped > MAX_BYTES {
                return Err(HeadTooLarge("64 KiB"));
            }
            if end.is_none() {
                break;
            }
            let is_empty = self.raw.ends_with(b"\r\n") && self.line_bytes == 2;
            let is_empty = is_empty || self.line_bytes == 1;
            self.line_bytes = 0;
            match (is_empty, self.lines) {
                (true, 0) => {
                    self.skipped += self.raw.len();
                    self.raw.clear();
                    continue;
                }
                (true, _) => return Ok((taken, HeadState::Whole)),
                // The status line is one of them.
                (false, lines) if lines > MAX_FIELDS => return Err(HeadTooLarge("1000 fields")),
                (false, _) => self.lines += 1,
            }
            if !self.starts_well() {
                return Ok((taken, HeadState::NotHttp));
            }
        }
        match self.starts_well() {
            true => Ok((taken, HeadState::Partial)),
            false => Ok((taken, HeadState::NotHttp)),
        }
    }

    fn starts_well(&self) -> bool {
        let seen = self.raw.len().min(START.len());
        let first = &self.raw[..seen];
        // One byte of TLS does not tell it.
        first == &START[..seen] || matches!(first, b"\r" | [0x15 | 0x16])
    }

    /// Returns true if the first bytes are of some version of HTTP.
    pub(super) fn is_http(&self) -> bool {
        self.raw.starts_with(b"HTTP/")
    }

    /// Returns the bytes so far, from the status line on.
    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Returns whether the head is of an interim response (RFC 9110, section 15.2): the
    /// response itself is still to come.
    pub(super) fn is_interim(&self) -> bool {
        match self.raw.get(8..13) {
            Some([b' ', b'1', tens, ones, end]) => {
                let is_number = tens.is_ascii_digit() && ones.is_ascii_digit();
                let is_upgrade = (tens, ones) == (&b'0', &b'1');
                is_number && !is_upgrade && !end.is_ascii_digit()
            }
            _ => false,
        }
    }

    /// Returns the bytes as they came.
    pub(super) fn into_raw(self) -> Vec<u8> {
        self.raw
    }

    /// Returns the head for ureq: the status line, the fields that matter, and an empty line.
    pub(super) fn simplified(&self) -> Vec<u8> {
        let lines = self.raw.split_inclusive(|byte| *byte == b'\n');
        let mut lines = lines.map(line).peekable();
        let mut head = Vec::with_capacity(256);
        head.extend_from_slice(lines.next().unwrap_or_default());
        head.extend_from_slice(b"\r\n");
        let is_fold = |line: &&[u8]| matches!(line, [b' ' | b'\t', ..]);
        while let Some(line) = lines.next() {
            if line.is_empty() || !lines.peek().is_some_and(is_fold) {
                push_field(&mut head, line);
                continue;
            }
            let mut field = line.to_vec();
            while let Some(fold) = lines.next_if(is_fold) {
                // A fold stands for a space (RFC 9112, section 5.2).
                let kept = field.trim_ascii_end().len();
                field.truncate(kept);
                field.push(b' ');
                field.extend_from_slice(fold.trim_ascii());
            }
            push_field(&mut head, &field);
        }
        head.extend_from_slice(b"\r\n");
        head
    }
}

/// Returns a line without its end.
fn line(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Appends a field that matters, or is malformed.
fn push_field(head: &mut Vec<u8>, field: &[u8]) {
    if field.is_empty() {
        return;
    }
    match well_formed(field) {
        Some((name, _)) if !KEPT.iter().any(|kept| name.eq_ignore_ascii_case(kept)) => return,
        // The old name of gzip (RFC 9110, section 8.4.1.3).
        Some((name, value))
            if name.eq_ignore_ascii_case(b"content-encoding")
                && value.trim_ascii().eq_ignore_ascii_case(b"x-gzip") =>
        {
            head.extend_from_slice(b"content-encoding: gzip");
        }
        _ => head.extend_from_slice(field),
    }
    head.extend_from_slice(b"\r\n");
}

/// Returns the name and the value of a field without a mistake.
fn well_formed(field: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = field.iter().position(|byte| *byte == b':')?;
    let (name, value) = (&field[..colon], &field[colon + 1..]);
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let is_text = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
    let is_good = !name.is_empty() && name.iter().all(is_token) && value.iter().all(is_text);
    is_good.then_some((name, value))
}

impl fmt::Display for HeadTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the head is beyond the limit of {}", self.0)
    }
}

impl std::error::Error for HeadTooLarge {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a head from bytes that come `step` at a time.
    fn read(bytes: &[u8], step: usize) -> (ResponseHead, usize, HeadState) {
        let (mut head, mut at) = (ResponseHead::default(), 0);
        for chunk in bytes.chunks(step) {
            let (taken, state) = head.take(chunk).unwrap();
            at += taken;
            if state != HeadState::Partial {
                return (head, at, state);
            }
        }
        (head, at, HeadState::Partial)
    }

    #[test]
    fn a_head_is_simplified_however_it_comes() {
        for (raw, simple) in [
            (
                "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\nX-A: b\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
            ),
            (
                "\r\n\nHTTP/1.0 200\nTransfer-Encoding: chunked\n\n",
                "HTTP/1.0 200\r\nTransfer-Encoding: chunked\r\n\r\n",
            ),
            (
                "HTTP/1.1 200 OK\r\nX: \r\n\tdefault-src 'self';\r\n  img-src *\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\r\n",
            ),
            (
                "HTTP/1.1 200 OK\r\nLocation: a \r\n\t b\r\n c\r\nRetry-After:\r\n 7\r\n\r\n",
                "HTTP/1.1 200 OK\r\nLocation: a b c\r\nRetry-After: 7\r\n\r\n",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Encoding: X-GZIP\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n",
            ),
            // What is wrong stays, and ureq refuses it.
            (
                "HTTP/1.1 200 OK\r\n folded\r\nno colon\r\nX: a\0b\r\n: c\r\nX : d\r\n\r\n",
                "HTTP/1.1 200 OK\r\n folded\r\nno colon\r\nX: a\0b\r\n: c\r\nX : d\r\n\r\n",
            ),
        ] {
            let body = b"body\n\n";
            let bytes = [raw.as_bytes(), body].concat();
            for step in [1, 2, 3, 7, 1000] {
                let (head, taken, state) = read(&bytes, step);
                assert_eq!((taken, state), (raw.len(), HeadState::Whole), "{raw}");
                let simplified = String::from_utf8(head.simplified()).unwrap();
                assert_eq!(simplified, simple);
            }
        }
    }

    #[test]
    fn an_interim_head_is_told_by_its_status() {
        for (status, expected) in [
            ("100 Continue", true),
            ("103 Early Hints", true),
            ("199 ", true),
            ("100\r", true),
            ("101 Switching Protocols", false),
            ("200 OK", false),
            ("1000 Odd", false),
            ("1x0 Odd", false),
        ] {
            let (head, ..) = read(format!("HTTP/1.1 {status}\r\nA: b\r\n\r\n").as_bytes(), 9);
            assert_eq!(head.is_interim(), expected, "{status}");
        }
    }

    #[test]
    fn other_protocols_are_seen_at_once() {
        for bytes in [
            "SSH-2.0-x\r\n",
            "S",
            "HTTX",
            "HTTP/2 200\r\n",
            "\r\nx",
            "<html>",
        ] {
            let (head, _, state) = read(bytes.as_bytes(), 1);
            assert_eq!(state, HeadState::NotHttp, "{bytes:?}");
            assert!(bytes.as_bytes().windows(1).count() >= head.into_raw().len());
        }
        assert_eq!(read(b"HTTP/", 1).2, HeadState::Partial);
        assert_eq!(read(b"\r\n\r", 1).2, HeadState::Partial);
    }

    #[test]
    fn the_limits_are_named() {
        let take = |bytes: &[u8]| ResponseHead::default().take(bytes).map(|(_, state)| state);
        let fields = |count| format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(count));
        let long = |length| format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(length));
        let empty = "\r\n".repeat(MAX_BYTES / 2 + 1);
        for (bytes, limit) in [
            (fields(MAX_FIELDS), None),
            (fields(MAX_FIELDS + 1), Some("1000 fields")),
            (long(MAX_BYTES - 100), None),
            (long(MAX_BYTES), Some("64 KiB")),
            (empty, Some("64 KiB")),
        ] {
            let error = take(bytes.as_bytes()).err();
            assert_eq!(error.map(|error| error.0), limit);
        }
    }
}

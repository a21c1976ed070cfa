//! The first line of a request, and the target in it.

use std::str;

use crate::front::refusal::Refusal;
use crate::front::tiny::forwarded_head::is_token;

/// The first line of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a str,
    /// The target, as it came.
    pub(crate) target: &'a str,
    /// `HTTP/1.1` or `HTTP/1.0`.
    pub(crate) version: &'a str,
}

impl<'a> RequestLine<'a> {
    /// Reads the first line of a whole head.
    ///
    /// # Errors
    ///
    /// It is no request of HTTP, or of another version than 1.0 and 1.1.
    pub(crate) fn of(head: &'a [u8]) -> Result<Self, Refusal> {
        let line = head.split(|b| *b == b'\r').next().unwrap_or_default();
        let line = str::from_utf8(line).map_err(|_| Refusal::NOT_HTTP)?;
        let mut parts = line.split(' ');
        let (Some(method), Some(target), Some(version), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::NOT_HTTP);
        };
        match version {
            _ if !is_token(method.as_bytes()) || !is_target(target) => Err(Refusal::NOT_HTTP),
            "HTTP/1.0" | "HTTP/1.1" => Ok(RequestLine {
                method,
                target,
                version,
            }),
            _ if version.starts_with("HTTP/") => Err(Refusal::VERSION),
            _ => Err(Refusal::NOT_HTTP),
        }
    }

    pub(crate) fn is_1_1(&self) -> bool {
        self.version == "HTTP/1.1"
    }
}

fn is_target(target: &str) -> bool {
    !target.is_empty() && target.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Returns the authority that a target names, and its path. A client that takes the server for
/// a proxy sends `http://localhost:9000/RPC2` (absolute form: RFC 9112, section 3.2.2).
pub(crate) fn authority_and_path(target: &str) -> (Option<&str>, &str) {
    let Some((scheme, rest)) = target.split_once("://") else {
        return (None, target);
    };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return (None, target);
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    match rest.split_at(end) {
        (authority, path) if path.starts_with('/') => (Some(authority), path),
        (authority, _) => (Some(authority), "/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_of_http_1_or_refused() {
        for (head, expected) in [
            ("garbage\r\n\r\n", Err(400)),
            ("POST\r\n\r\n", Err(400)),
            ("POST /RPC2\r\n\r\n", Err(400)),
            ("POST  /RPC2 HTTP/1.1\r\n\r\n", Err(400)),
            (" /RPC2 HTTP/1.1\r\n\r\n", Err(400)),
            ("POST / HTTP/1.1 \r\n\r\n", Err(400)),
            ("\u{b}POST / HTTP/1.1\r\n\r\n", Err(400)),
            ("POST /ñ HTTP/1.1\r\n\r\n", Err(400)),
            ("POST /\u{7f} HTTP/1.1\r\n\r\n", Err(400)),
            ("POST / SPDY/1.1\r\n\r\n", Err(400)),
            ("POST / HTTP/9.9\r\n\r\n", Err(505)),
            ("PRI * HTTP/2.0\r\n\r\n", Err(505)),
            ("POST / HTTP/1.1\r\na: b\r\n\r\n", Ok(("POST", "/", true))),
            ("GET /a%20b HTTP/1.0\r\n\r\n", Ok(("GET", "/a%20b", false))),
        ] {
            let found = RequestLine::of(head.as_bytes());
            let found = found
                .map(|line| (line.method, line.target, line.is_1_1()))
                .map_err(|refusal| refusal.status);
            assert_eq!(found, expected, "{head:?}");
        }
        assert!(RequestLine::of(b"POST /\xf1 HTTP/1.1\r\n\r\n").is_err());
    }

    #[test]
    fn a_target_may_name_the_authority() {
        for (target, authority, path) in [
            ("/RPC2?a", None, "/RPC2?a"),
            ("*", None, "*"),
            (
                "http://localhost:9000/RPC2",
                Some("localhost:9000"),
                "/RPC2",
            ),
            ("HTTP://localhost", Some("localhost"), "/"),
            ("http://localhost?a=/b", Some("localhost"), "/"),
            ("https://h/a://b", Some("h"), "/a://b"),
            ("ftp://h/RPC2", None, "ftp://h/RPC2"),
        ] {
            assert_eq!(authority_and_path(target), (authority, path), "{target}");
        }
    }
}

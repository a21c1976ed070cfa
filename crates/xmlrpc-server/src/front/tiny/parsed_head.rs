//! A request's head, as httparse reads it.

use std::str;

use httparse::{EMPTY_HEADER, Error, Request, Status};

use crate::front::refusal::Refusal;

/// The most header fields of a head.
const MAX_HEADERS: usize = 128;

/// The head of a request.
#[derive(Debug)]
pub(crate) struct ParsedHead {
    pub(crate) method: String,
    /// The target, as it came.
    pub(crate) target: String,
    /// The version is HTTP/1.1, and not HTTP/1.0.
    pub(crate) is_1_1: bool,
    headers: Vec<(String, Vec<u8>)>,
}

impl ParsedHead {
    /// Reads a whole head.
    ///
    /// # Errors
    ///
    /// It is no head of HTTP/1.0 or 1.1, or has too many fields.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        let mut headers = [EMPTY_HEADER; MAX_HEADERS];
        let mut request = Request::new(&mut headers);
        match request.parse(bytes) {
            Ok(Status::Complete(_)) => {}
            Err(Error::Version) => return Err(Refusal::VERSION),
            Err(Error::TooManyHeaders) => return Err(Refusal::HEAD_TOO_LARGE),
            Ok(Status::Partial) | Err(_) => return Err(Refusal::NOT_HTTP),
        }
        let (Some(method), Some(target), Some(version)) =
            (request.method, request.path, request.version)
        else {
            return Err(Refusal::NOT_HTTP);
        };
        let headers = request.headers.iter();
        Ok(ParsedHead {
            method: method.to_owned(),
            target: target.to_owned(),
            is_1_1: version == 1,
            headers: headers
                .map(|header| (header.name.to_owned(), header.value.to_vec()))
                .collect(),
        })
    }

    /// Returns the values of all fields of this name, in their order.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> + use<'_> {
        let name = name.to_owned();
        let headers = self.headers.iter();
        headers
            .filter(move |(own, _)| own.eq_ignore_ascii_case(&name))
            .map(|(_, value)| value.as_slice())
    }

    /// Returns the value of the first field of this name.
    pub(crate) fn value(&self, name: &str) -> Option<&[u8]> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(own, _)| own.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// Returns the authority that the target names, and its path. A client that takes the
    /// server for a proxy sends `http://localhost:9000/RPC2` (absolute form: RFC 9112, section
    /// 3.2.2).
    pub(crate) fn authority_and_path(&self) -> (Option<&str>, &str) {
        let target = self.target.as_str();
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

    /// Returns whether a field's list names an option, in any case.
    pub(crate) fn lists(&self, name: &str, option: &str) -> bool {
        let mut options = self
            .values(name)
            .flat_map(|value| value.split(|b| *b == b','));
        options.any(|own| own.trim_ascii().eq_ignore_ascii_case(option.as_bytes()))
    }

    /// Returns the version's text.
    pub(crate) fn version(&self) -> &'static str {
        match self.is_1_1 {
            true => "HTTP/1.1",
            false => "HTTP/1.0",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<ParsedHead, u16> {
        ParsedHead::parse(text.as_bytes()).map_err(|refusal| refusal.status)
    }

    #[test]
    fn a_head_is_http_or_refused() {
        let fields = "a: b\r\n".repeat(129);
        for (text, status) in [
            ("garbage\r\n\r\n", 400),
            ("POST\r\n\r\n", 400),
            ("POST /RPC2\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nno colon\r\n\r\n", 400),
            ("POST / HTTP/9.9\r\n\r\n", 505),
            ("PRI * HTTP/2.0\r\n\r\n", 505),
            (&format!("POST / HTTP/1.1\r\n{fields}\r\n"), 431),
        ] {
            assert_eq!(parsed(text).unwrap_err(), status, "{text:?}");
        }
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
            let head = parsed(&format!("POST {target} HTTP/1.1\r\n\r\n")).unwrap();
            assert_eq!(head.authority_and_path(), (authority, path), "{target}");
        }
    }
}

//! Headers of the caller's own.

use std::fmt;

use crate::error::Error;
use crate::option_name::OptionName;

/// The headers that the client sets by itself, or by another option.
const OF_THE_CLIENT: [&str; 17] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "reparte-call",
    "reparte-deadline-ms",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// The reason for which no header can carry a text.
pub(crate) const NOT_PRINTABLE: &str = "a header takes printable ASCII only";

/// Headers that every request of a proxy has beside the client's own.
///
/// Their values are never shown in messages, since one may be a secret. A redirect to another
/// scheme, host or port does not take them along.
///
/// ```
/// # use xmlrpc_client::{Error, Headers, Options, ServerProxy};
/// let mut options = Options::default();
/// options.headers = Headers::from_iter([("X-Api-Key", "correct-horse-battery")]);
/// let server = ServerProxy::builder("localhost:9000")
///     .options(options)
///     .build()?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// Adds a header. One of the same name stays, and is sent too.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Checks that each can be sent, and is not one of the client's own.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let bad = |reason| {
            let option = OptionName::Headers;
            Err(Error::BadOption { option, reason })
        };
        for (name, value) in &self.0 {
            if name.is_empty() || !name.bytes().all(is_of_a_name) {
                return bad("a header's name takes letters, digits and !#$%&'*+-.^_`|~ only");
            }
            if !value.split('\t').all(is_printable_ascii) {
                return bad(NOT_PRINTABLE);
            }
            let name = name.to_ascii_lowercase();
            if OF_THE_CLIENT.contains(&name.as_str()) {
                return bad("one is set by the client, or by an option of its own");
            }
        }
        Ok(())
    }

    /// Returns whether one has this name, in small letters.
    #[cfg(feature = "cookies")]
    pub(crate) fn has(&self, name: &str) -> bool {
        self.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(headers: I) -> Self {
        let headers = headers.into_iter();
        Headers(headers.map(|(n, v)| (n.into(), v.into())).collect())
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|(name, _)| (name, "***")))
            .finish()
    }
}

/// Returns whether the text is printable ASCII: all that a header can carry but tabs.
pub(crate) fn is_printable_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Returns whether a header's name may have this byte (RFC 9110, section 5.6.2).
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_break_a_request_are_refused() {
        for (name, value) in [
            ("", "x"),
            ("a b", "x"),
            ("a:", "x"),
            ("a\r\nb", "x"),
            ("ñ", "x"),
            ("X-Key", "a\r\nb: c"),
            ("X-Key", "\u{7f}"),
            ("X-Key", "ñ"),
            ("Content-Length", "0"),
            ("HOST", "x"),
            ("authorization", "x"),
            ("Transfer-Encoding", "chunked"),
        ] {
            let error = Headers::from_iter([(name, value)]).check().unwrap_err();
            let option = OptionName::Headers;
            assert!(
                matches!(error, Error::BadOption { option: o, .. } if o == option),
                "{name}: {value}"
            );
        }
        let good = [("X-Key", "a\tb"), ("cookie", ""), ("x!", "~")];
        Headers::from_iter(good).check().unwrap();
    }

    #[test]
    fn values_are_not_shown() {
        let shown = format!("{:?}", Headers::from_iter([("X-Key", "secret")]));
        assert_eq!(shown, r#"{"X-Key": "***"}"#);
    }
}

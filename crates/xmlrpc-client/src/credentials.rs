//! The credentials of a caller.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The value of a call's `Authorization` header. It is never shown in messages.
///
/// Without TLS, anyone who can read the network can read it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials(String);

impl Credentials {
    /// Returns a token's credentials, as `Bearer` (RFC 6750). Servers of xmlrpc-server ask
    /// for these.
    pub fn token(token: &str) -> Self {
        Credentials(format!("Bearer {token}"))
    }

    /// Returns the credentials of a user's name and password, as `Basic` (RFC 7617).
    pub fn basic(user: &str, password: &str) -> Self {
        Credentials(format!(
            "Basic {}",
            STANDARD.encode(format!("{user}:{password}"))
        ))
    }

    /// Returns the credentials that stand before the @ of an address, percent-encoded or
    /// not; `None` if they can't be decoded.
    pub(crate) fn from_url(text: &str) -> Option<Self> {
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        Some(Credentials::basic(
            &percent_decoded(user)?,
            &percent_decoded(password)?,
        ))
    }

    /// Returns the header's value.
    pub(crate) fn header(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(***)")
    }
}

/// Decodes percent-encoded text; `None` where a `%` has no two digits after it or the text
/// is not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next()?.as_bytes());
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        if !code.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_them_percent_encoded() {
        for (text, user, password) in [
            ("me:secret", "me", "secret"),
            ("me", "me", ""),
            (":secret", "", "secret"),
            ("me:a:b", "me", "a:b"),
            ("m%40e:s%3Aecret%C3%B1", "m@e", "s:ecretñ"),
        ] {
            let expected = Credentials::basic(user, password);
            assert_eq!(Credentials::from_url(text), Some(expected), "{text}");
        }
        for text in ["me:%4", "me:%zz", "%ff:x", "me:%+1"] {
            assert_eq!(Credentials::from_url(text), None, "{text}");
        }
        let shown = format!("{:?}", Credentials::token("secret"));
        assert!(!shown.contains("secret"));
    }
}

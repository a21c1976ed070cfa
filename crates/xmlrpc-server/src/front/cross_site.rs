//! Checks against cross-site requests: web pages that use what their browser can reach.
//!
//! - A page can have a form posted to any server without asking that server first, but not
//!   with the Content-Type of a call (the Fetch standard's "CORS-safelisted" types).
//! - A request that the browser asks about first has an `Origin`.
//! - A page whose own name resolves to our address (DNS rebinding) is of the same origin as
//!   we are; but its requests have its name as `Host`.

use std::net::{IpAddr, Ipv6Addr};
use std::str;

use crate::front::refusal::Refusal;

/// The headers that tell where a request comes from.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct SiteHeaders<'a> {
    pub(crate) content_type: Option<&'a [u8]>,
    pub(crate) origin: Option<&'a [u8]>,
    pub(crate) host: Option<&'a [u8]>,
}

/// The names that a front answers to.
#[derive(Debug)]
pub(crate) struct CrossSitePolicy {
    /// Names of the server besides its addresses, in lower case.
    names: Vec<String>,
    /// Any `Host` is accepted: a token is required, which no page of others knows.
    any_host: bool,
}

impl CrossSitePolicy {
    pub(crate) fn new(names: &[String], any_host: bool) -> Self {
        CrossSitePolicy {
            names: names.iter().map(|name| name.to_ascii_lowercase()).collect(),
            any_host,
        }
    }

    /// Checks a request that came to the address `local`.
    pub(crate) fn check(&self, headers: &SiteHeaders<'_>, local: IpAddr) -> Result<(), Refusal> {
        if let Some(host) = headers.host
            && !self.any_host
            && !self.is_own_host(host, local)
        {
            return Err(Refusal::FOREIGN_HOST);
        }
        match headers.origin {
            Some(origin) if !is_same_origin(origin, headers.host) => Err(Refusal::FOREIGN_ORIGIN),
            _ => Ok(()),
        }
    }

    /// Returns whether a `Host` names this server. Its port does not count: a forwarded one
    /// differs from ours.
    fn is_own_host(&self, host: &[u8], local: IpAddr) -> bool {
        let Some(name) = str::from_utf8(host).ok().and_then(without_port) else {
            return false;
        };
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let address = match name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
            Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::from),
            None => name.parse().ok(),
        };
        let local = local.to_canonical();
        match address {
            Some(address) if address.to_canonical() == local => true,
            Some(address) if address.is_loopback() => local.is_loopback(),
            _ => (name == "localhost" && local.is_loopback()) || self.names.contains(&name),
        }
    }
}

/// Checks that a request has the `Content-Type` of a call.
pub(crate) fn check_content_type(headers: &SiteHeaders<'_>) -> Result<(), Refusal> {
    let whole = headers.content_type.unwrap_or_default();
    let media_type = whole.split(|b| *b == b';').next().unwrap_or_default();
    let media_type = media_type.trim_ascii();
    let is_xml = [&b"text/xml"[..], b"application/xml"]
        .iter()
        .any(|xml| media_type.eq_ignore_ascii_case(xml));
    match is_xml {
        true => Ok(()),
        false => Err(Refusal::MEDIA_TYPE),
    }
}

fn without_port(host: &str) -> Option<&str> {
    match host.rsplit_once(':') {
        // The colons of an address in brackets, without a port.
        Some(_) if host.ends_with(']') => Some(host),
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => Some(name),
        Some(_) => None,
        None => Some(host),
    }
}

/// Returns whether a page of this server sent the request. None of ours does today; a
/// person may, from the tools of a browser.
fn is_same_origin(origin: &[u8], host: Option<&[u8]>) -> bool {
    let at = origin
        .strip_prefix(b"http://")
        .or_else(|| origin.strip_prefix(b"https://"));
    matches!((at, host), (Some(at), Some(host)) if at.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_where_we_listen_or_what_we_are_called() {
        let policy =
            CrossSitePolicy::new(&["Sums.Example".to_owned(), "10.1.1.1".to_owned()], false);
        for (host, here, is_own) in [
            ("127.0.0.1:9000", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.1", true),
            ("localhost:9000", "127.0.0.1", true),
            ("LOCALHOST.", "::1", true),
            ("[::1]:9000", "127.0.0.1", true),
            ("[::1]", "::1", true),
            ("10.0.0.7:9000", "10.0.0.7", true),
            ("10.0.0.7:9000", "::ffff:10.0.0.7", true),
            ("sums.example", "10.0.0.7", true),
            ("SUMS.example.:80", "10.0.0.7", true),
            ("10.1.1.1:80", "10.0.0.7", true),
            ("10.0.0.8", "10.0.0.7", false),
            ("localhost", "10.0.0.7", false),
            ("127.0.0.1", "10.0.0.7", false),
            ("evil.example", "127.0.0.1", false),
            ("sums.example.evil", "127.0.0.1", false),
            ("localhost:x", "127.0.0.1", false),
            ("", "127.0.0.1", false),
            ("\u{e9}", "127.0.0.1", false),
        ] {
            let headers = SiteHeaders {
                host: Some(host.as_bytes()),
                ..SiteHeaders::default()
            };
            let verdict = policy.check(&headers, here.parse().unwrap());
            assert_eq!(verdict.is_ok(), is_own, "{host} {here}");
            let open = CrossSitePolicy::new(&[], true);
            assert!(open.check(&headers, here.parse().unwrap()).is_ok());
        }
    }

    #[test]
    fn an_origin_is_the_host_itself() {
        let policy = CrossSitePolicy::new(&[], true);
        for (origin, is_same) in [
            ("http://localhost:9000", true),
            ("https://LOCALHOST:9000", true),
            ("http://localhost", false),
            ("http://evil.example", false),
            ("null", false),
            ("", false),
        ] {
            let headers = SiteHeaders {
                host: Some(b"localhost:9000"),
                origin: Some(origin.as_bytes()),
                ..SiteHeaders::default()
            };
            let verdict = policy.check(&headers, "127.0.0.1".parse().unwrap());
            assert_eq!(verdict.is_ok(), is_same, "{origin}");
        }
    }

    #[test]
    fn a_call_says_that_it_is_xml() {
        for (content_type, is_xml) in [
            (Some("text/xml"), true),
            (Some("Text/XML; charset=utf-8"), true),
            (Some("application/xml ;charset=x"), true),
            (Some("text/plain"), false),
            (Some("application/x-www-form-urlencoded"), false),
            (Some("text/xmlx"), false),
            (Some(""), false),
            (None, false),
        ] {
            let headers = SiteHeaders {
                content_type: content_type.map(str::as_bytes),
                ..SiteHeaders::default()
            };
            assert_eq!(
                check_content_type(&headers).is_ok(),
                is_xml,
                "{content_type:?}"
            );
        }
    }
}

//! Who may call, from a request's head: against web pages that reach what their browser
//! can reach.
//!
//! - A page can have a form posted to any server without asking it first, but not with
//!   the Content-Type of a call (the Fetch standard's "CORS-safelisted" types).
//! - What it does ask first has an `Origin`.
//! - A page whose name is made to resolve to our address afterwards (DNS rebinding) is
//!   of one origin with us; but it sends its own name as `Host`.

use std::net::{IpAddr, Ipv6Addr};
use std::str;

use super::head::Refusal;

/// What the gate looks at.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Papers<'a> {
    pub(super) content_type: Option<&'a [u8]>,
    pub(super) origin: Option<&'a [u8]>,
    pub(super) host: Option<&'a [u8]>,
}

/// Whom a front takes itself for.
#[derive(Debug)]
pub(super) struct Gate {
    /// Names of the server beside its addresses, in lower case.
    names: Vec<String>,
    /// Whether any Host will do, as where a token is asked for: a page does not know it.
    any_host: bool,
}

impl Gate {
    pub(super) fn new(names: &[String], any_host: bool) -> Self {
        Gate {
            names: names.iter().map(|name| name.to_ascii_lowercase()).collect(),
            any_host,
        }
    }

    /// Judges any request that came to the address `here`.
    pub(super) fn judge(&self, papers: &Papers<'_>, here: IpAddr) -> Result<(), Refusal> {
        if let Some(host) = papers.host
            && !self.any_host
            && !self.is_own(host, here)
        {
            return Err(Refusal::ForeignHost);
        }
        match papers.origin {
            Some(origin) if !is_same(origin, papers.host) => Err(Refusal::ForeignOrigin),
            _ => Ok(()),
        }
    }

    /// Whether a Host is the server's. Its port is not looked at: it may be another,
    /// where one is forwarded to ours.
    fn is_own(&self, host: &[u8], here: IpAddr) -> bool {
        let Some(name) = str::from_utf8(host).ok().and_then(without_port) else {
            return false;
        };
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let address = match name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
            Some(inner) => inner.parse::<Ipv6Addr>().ok().map(IpAddr::from),
            None => name.parse().ok(),
        };
        let here = here.to_canonical();
        match address {
            Some(address) if address.to_canonical() == here => true,
            Some(address) if address.is_loopback() => here.is_loopback(),
            _ => (name == "localhost" && here.is_loopback()) || self.names.contains(&name),
        }
    }
}

/// Judges what a call says that it is.
pub(super) fn judge_type(papers: &Papers<'_>) -> Result<(), Refusal> {
    let whole = papers.content_type.unwrap_or_default();
    let kind = whole.split(|b| *b == b';').next().unwrap_or_default();
    let kind = kind.trim_ascii();
    match kind.eq_ignore_ascii_case(b"text/xml") || kind.eq_ignore_ascii_case(b"application/xml") {
        true => Ok(()),
        false => Err(Refusal::MediaType),
    }
}

fn without_port(host: &str) -> Option<&str> {
    match host.rsplit_once(':') {
        // The colons of an address in brackets, which has no port.
        Some(_) if host.ends_with(']') => Some(host),
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => Some(name),
        Some(_) => None,
        None => Some(host),
    }
}

/// Whether a page of ours sent it: none does today, but a person may try from one.
fn is_same(origin: &[u8], host: Option<&[u8]>) -> bool {
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
        let gate = Gate::new(&["Sums.Example".to_owned(), "10.1.1.1".to_owned()], false);
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
            let papers = Papers {
                host: Some(host.as_bytes()),
                ..Papers::default()
            };
            let verdict = gate.judge(&papers, here.parse().unwrap());
            assert_eq!(verdict.is_ok(), is_own, "{host} {here}");
            let open = Gate::new(&[], true);
            assert!(open.judge(&papers, here.parse().unwrap()).is_ok());
        }
    }

    #[test]
    fn an_origin_is_the_host_itself() {
        let gate = Gate::new(&[], true);
        for (origin, is_same) in [
            ("http://localhost:9000", true),
            ("https://LOCALHOST:9000", true),
            ("http://localhost", false),
            ("http://evil.example", false),
            ("null", false),
            ("", false),
        ] {
            let papers = Papers {
                host: Some(b"localhost:9000"),
                origin: Some(origin.as_bytes()),
                ..Papers::default()
            };
            let verdict = gate.judge(&papers, "127.0.0.1".parse().unwrap());
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
            let papers = Papers {
                content_type: content_type.map(str::as_bytes),
                ..Papers::default()
            };
            assert_eq!(judge_type(&papers).is_ok(), is_xml, "{content_type:?}");
        }
    }
}

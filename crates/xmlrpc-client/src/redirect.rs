//! The addresses that redirects name.

use crate::url::scheme::Scheme;
use crate::url::{Host, ServerUrl};

/// Returns the address that a response with this status and this `Location` names for a
/// call to `url`; `None` where there is none to follow.
///
/// 303 is not followed: it asks for a GET. No redirect leads from `https://` to anything else,
/// to or from SCGI, or to a Unix socket from anywhere but that socket.
pub(crate) fn target(url: &ServerUrl, status: u16, location: &str) -> Option<ServerUrl> {
    if !matches!(status, 301 | 302 | 307 | 308) {
        return None;
    }
    let target = match location.starts_with('/') && !location.starts_with("//") {
        true => url.with_path(location),
        false if location.contains("://") => ServerUrl::parse(location),
        // Relative to the path, or to the scheme: no XML-RPC server was seen to do that.
        false => return None,
    };
    let mut target = target.ok()?;
    target.credentials = None;
    let is_same_protocol = match (url.scheme, target.scheme) {
        (Scheme::Http, Scheme::Https) => true,
        (from, to) => from == to,
    };
    // Whoever answers a call can't have the caller post to what listens on its own machine.
    let is_same_machine = !matches!(target.host, Host::Unix(_)) || target.host == url.host;
    (is_same_protocol && is_same_machine).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_names_another_address_or_none() {
        for (status, location, expected) in [
            (301, "/other", Some("http://a:9000/other")),
            (302, "http://b/x", Some("http://b:80/x")),
            (307, "http://user:secret@b:1/x", Some("http://b:1/x")),
            (308, "http://a:9000/RPC2", Some("http://a:9000/RPC2")),
            (303, "/other", None),
            (200, "/other", None),
            (307, "", None),
            (307, "other", None),
            (307, "//b/x", None),
            (307, "ftp://b/x", None),
            (307, "http://b/a b", None),
            (307, "scgi://b:1/x", None),
            (307, "unix:///run/b.sock", None),
            (307, "scgi+unix:///run/b.sock", None),
        ] {
            let url = ServerUrl::parse("http://user:secret@a:9000").unwrap();
            let found = target(&url, status, location);
            let found = found.inspect(|target| assert!(target.credentials.is_none()));
            let found = found.map(|target| target.to_string());
            assert_eq!(found.as_deref(), expected, "{status} {location}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_redirect_stays_on_its_socket() {
        for (from, location, expected) in [
            ("unix:/run/a:/x", "/y", Some("unix:/run/a:/y")),
            ("unix:/run/a", "unix:///run/b:/y", None),
            ("scgi+unix:/run/a", "/y", Some("scgi+unix:/run/a:/y")),
            ("scgi+unix:/run/a", "unix:///run/a:/y", None),
            ("scgi://a:1", "/y", Some("scgi://a:1/y")),
            ("scgi://a:1", "http://a:1/y", None),
        ] {
            let url = ServerUrl::parse(from).unwrap();
            let found = target(&url, 307, location).map(|target| target.to_string());
            assert_eq!(found.as_deref(), expected, "{from} {location}");
        }
    }

    #[cfg(feature = "tls")]
    #[test]
    fn a_redirect_does_not_take_tls_away() {
        let url = ServerUrl::parse("https://a").unwrap();
        assert!(target(&url, 307, "http://a/RPC2").is_none());
        assert!(target(&url, 307, "https://b/RPC2").is_some());
    }
}

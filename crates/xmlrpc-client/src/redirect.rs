//! The addresses that redirects name.

use crate::url::ServerUrl;

/// Returns the address that a response with this status and this `Location` names for a
/// call to `url`; `None` where there is none to follow.
///
/// 303 is not followed: it asks for a GET. From an `https://` address no `http://` one is
/// followed.
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
    let is_downgrade = url.is_secure && !target.is_secure;
    (!is_downgrade).then_some(target)
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
        ] {
            let url = ServerUrl::parse("http://user:secret@a:9000").unwrap();
            let found = target(&url, status, location);
            let found = found.inspect(|target| assert!(target.credentials.is_none()));
            let found = found.map(|target| target.to_string());
            assert_eq!(found.as_deref(), expected, "{status} {location}");
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

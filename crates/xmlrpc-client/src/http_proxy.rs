//! The HTTP proxy that calls go through.

use std::net::IpAddr;

use crate::credentials::Credentials;
use crate::error::Error;
use crate::option_name::OptionName;
use crate::url::scheme::Scheme;
use crate::url::{Host, ServerUrl};

/// An HTTP proxy. The client asks it for a connection to the server (`CONNECT`; RFC 9110,
/// 9.3.6), for `http://` and `https://` alike. The proxy looks up the server's name.
///
/// ```
/// # use xmlrpc_client::{Error, HttpProxy, Options};
/// let mut options = Options::default();
/// options.proxy = Some(HttpProxy::new("http://proxy.example:3128")?);
/// // Or the one that the environment names for this server, if it names one.
/// options.proxy = HttpProxy::from_environment("server.example:9000")?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpProxy(ServerUrl);

impl HttpProxy {
    /// Returns the proxy at `url`: `http://host:port`, `host:port` or `host`. The port is 80
    /// where it is not given. A user and password may stand before the host,
    /// percent-encoded; they are never shown.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`].
    pub fn new(url: &str) -> Result<Self, Error> {
        let bad = |reason| Error::BadOption {
            option: OptionName::Proxy,
            reason,
        };
        let no_tls = "to the proxy itself only http:// is spoken; write http://host:port";
        match ServerUrl::parse_with(url, "/") {
            Ok(url) if url.scheme.is_secure() => Err(bad(no_tls)),
            Ok(url) if matches!(url.host, Host::Unix(_)) => {
                Err(bad("it is a Unix socket; write http://host:port"))
            }
            Ok(url) if url.scheme == Scheme::Scgi => {
                Err(bad("it is an SCGI server; write http://host:port"))
            }
            Ok(url) if url.path != "/" => Err(bad("it has a path; write http://host:port")),
            Ok(url) => Ok(HttpProxy(url)),
            Err(Error::BadUrl { reason, .. }) => Err(bad(reason)),
            Err(_) => Err(bad(no_tls)),
        }
    }

    /// Returns the proxy that the environment names for the server at `url`, as curl reads
    /// it; `None` if it names none.
    ///
    /// - The variable is `https_proxy` or `HTTPS_PROXY` for an `https://` server, `http_proxy`
    ///   for an `http://` server, and none of these for an `scgi://` server. (`HTTP_PROXY` is not read: under CGI a client sets it by
    ///   a header.) Where that is not set, it is `all_proxy` or `ALL_PROXY`.
    /// - `no_proxy` or `NO_PROXY` lists the hosts that are called without a proxy:
    ///   `a.example` for itself and for all that ends in `.a.example`, an IP address, or
    ///   `*` for all.
    ///
    /// # Errors
    ///
    /// Those of [`ServerProxy::new`](crate::ServerProxy::new) for `url`, and those of
    /// [`new`](HttpProxy::new) for the variable's value.
    pub fn from_environment(url: &str) -> Result<Option<Self>, Error> {
        HttpProxy::from_variables(url, |name| std::env::var(name).ok())
    }

    fn from_variables(
        url: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, Error> {
        let server = ServerUrl::parse(url)?;
        let first = |names: &[&str]| {
            let mut values = names.iter().filter_map(|name| variable(name));
            values.find(|value| !value.trim().is_empty())
        };
        let found = first(match server.scheme {
            Scheme::Https => &["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
            Scheme::Http => &["http_proxy", "all_proxy", "ALL_PROXY"],
            Scheme::Scgi => &["all_proxy", "ALL_PROXY"],
        });
        let without = first(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
        match found {
            Some(found) if !is_excepted(&server.host, &without) => {
                HttpProxy::new(found.trim()).map(Some)
            }
            _ => Ok(None),
        }
    }

    pub(crate) fn host(&self) -> &Host {
        &self.0.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port
    }

    /// Returns `host:port`, its name in messages.
    pub(crate) fn name(&self) -> String {
        self.0.server()
    }

    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.0.credentials.as_ref()
    }
}

/// Returns whether a list as in `no_proxy` has the host.
fn is_excepted(host: &Host, list: &str) -> bool {
    let bare = |text: &str| text.trim_matches(['.', '[', ']']).to_ascii_lowercase();
    let mut entries = list.split([',', ' ']).filter(|entry| !entry.is_empty());
    entries.any(|entry| match host {
        _ if entry == "*" => true,
        // No proxy leads to a socket of this machine.
        Host::Unix(_) => true,
        Host::Ip(ip) => bare(entry).parse() == Ok::<IpAddr, _>(*ip),
        Host::Scoped(ip, _) => bare(entry).parse() == Ok(*ip),
        Host::Name(name) => {
            let (name, entry) = (bare(name), bare(entry));
            let rest = name.strip_suffix(&entry);
            !entry.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_its_password_not_shown() {
        for (text, name) in [
            ("http://proxy:3128", "proxy:3128"),
            (
                "http://user:sec%40ret@Proxy.example:3128/",
                "proxy.example:3128",
            ),
            ("[::1]", "[::1]:80"),
        ] {
            let proxy = HttpProxy::new(text).unwrap();
            assert_eq!(proxy.name(), name);
            assert_eq!(proxy.credentials().is_some(), text.contains('@'));
            assert!(!format!("{proxy:?}").contains("ret"), "{proxy:?}");
        }
        for (text, why) in [
            ("https://proxy", "http://host:port"),
            ("socks5://user:secret@proxy", "only http"),
            ("http://proxy/path", "a path"),
            ("scgi://proxy:1/", "SCGI"),
            ("http://user:secret@proxy:no", "its port"),
            ("", "no host"),
        ] {
            let error = HttpProxy::new(text).unwrap_err();
            assert!(matches!(
                error,
                Error::BadOption {
                    option: OptionName::Proxy,
                    ..
                }
            ));
            let error = error.to_string();
            assert!(error.contains(why) && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_environment_names_one_for_a_server() {
        let (http, https, all) = (
            ("http_proxy", "http://a:1"),
            ("HTTPS_PROXY", "http://b:2"),
            ("ALL_PROXY", "c:3"),
        );
        let except = |list| ("no_proxy", list);
        let secure = cfg!(feature = "tls").then_some("https://x.example");
        for (url, variables, expected) in [
            (Some("x.example"), &[http, https, all][..], Some("a:1")),
            (Some("x.example"), &[https, all], Some("c:3")),
            (
                Some("x.example"),
                &[https, ("HTTP_PROXY", "http://d")],
                None,
            ),
            (Some("x.example"), &[("http_proxy", " "), all], Some("c:3")),
            (Some("x.example"), &[], None),
            (secure, &[http, https, all], Some("b:2")),
            (secure, &[http], None),
            (Some("x.example"), &[http, except("*")], None),
            (
                Some("x.example"),
                &[http, except("localhost, .example")],
                None,
            ),
            (Some("x.example"), &[http, except("X.Example")], None),
            (
                Some("x.example"),
                &[http, except("ample,y.x.example")],
                Some("a:1"),
            ),
            (Some("10.0.0.1"), &[http, except("10.0.0.1")], None),
            (Some("10.0.0.1"), &[http, except("0.0.1")], Some("a:1")),
            (Some("[::1]"), &[http, except("0:0::1")], None),
            (Some("scgi://x.example:1"), &[http, https], None),
            (Some("scgi://x.example:1"), &[http, all], Some("c:3")),
        ] {
            let Some(url) = url else { continue };
            let variable = |name: &str| {
                let found = variables.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let found = HttpProxy::from_variables(url, variable).unwrap();
            let found = found.map(|proxy| proxy.name());
            assert_eq!(found.as_deref(), expected, "{url} {variables:?}");
        }
        let bad = HttpProxy::from_variables("x", |_| Some("ftp://a".to_owned()));
        assert!(matches!(bad, Err(Error::BadOption { .. })), "{bad:?}");
    }
}

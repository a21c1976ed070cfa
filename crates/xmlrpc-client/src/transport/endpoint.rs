//! The endpoint that calls are posted to: a server's address, and how it is called.

use untrusted_text::OneLine;
use ureq::config::Config;
use ureq::http::Uri;

#[cfg(feature = "cookies")]
use crate::cookie_jar::CookieJar;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::options::Options;
use crate::transport::agent_config;
use crate::transport::route::Route;
use crate::url::ServerUrl;

/// All that the connections to one server share. It does not change once it is made, but
/// for the addresses.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) url: ServerUrl,
    /// The address as ureq takes it.
    pub(super) uri: Uri,
    /// The server as `host:port` or `unix:/socket`: its name in messages.
    pub(super) server: String,
    /// Checked.
    pub(super) options: Options,
    /// From the address or the options; never both have some.
    pub(super) credentials: Option<Credentials>,
    pub(super) route: Route,
    /// The cookies, if the options ask for them.
    #[cfg(feature = "cookies")]
    pub(super) cookies: Option<CookieJar>,
    /// The configuration of each connection's agent of ureq.
    pub(super) agent_config: Config,
}

impl Endpoint {
    pub(super) fn new(url: ServerUrl, options: Options) -> Result<Self, Error> {
        let options = options.checked()?;
        let text = url.to_string();
        if url.credentials.is_some() && options.credentials.is_some() {
            return Err(Error::DuplicateCredentials { url: text });
        }
        Ok(Endpoint {
            credentials: url.credentials.clone().or(options.credentials.clone()),
            agent_config: agent_config::new(&url, &options)?,
            uri: url.for_http().parse().map_err(|_| Error::BadUrl {
                url: OneLine::new(&text).to_string(),
                reason: "it has a character that must be percent-encoded",
            })?,
            server: url.server(),
            route: Route::new(&url, &options),
            #[cfg(feature = "cookies")]
            cookies: options
                .cookies
                .then(|| CookieJar::new(&url.for_http()))
                .flatten(),
            url,
            options,
        })
    }

    /// Returns the endpoint of a redirect, which shares the cookies of the one that it comes
    /// from.
    #[cfg(feature = "cookies")]
    pub(super) fn with_cookies_of(mut self, other: &Endpoint) -> Self {
        let jar = other.cookies.as_ref();
        self.cookies = jar.and_then(|jar| jar.for_url(&self.url.for_http()));
        self
    }
}

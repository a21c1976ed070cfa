//! The endpoint that calls are posted to: a server's address, and how it is called.

#[cfg(feature = "tls")]
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use untrusted_text::OneLine;
use ureq::Timeout;
use ureq::config::Config;
use ureq::http::Uri;

#[cfg(feature = "cookies")]
use crate::cookie_jar::CookieJar;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::options::Options;
use crate::phase::Phase;
use crate::progress::CallProgress;
use crate::request::Request;
use crate::response::Response;
use crate::transport::agent_config;
use crate::transport::route::Route;
use crate::url::ServerUrl;

/// All that the connections to one server share. It does not change once it is made, but
/// for the addresses and what is known of the server.
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
    /// The server has answered a call in HTTP. Nothing else depends on it: `Relaxed` is enough.
    pub(super) has_answered: AtomicBool,
    /// True if the server speaks TLS at an http address. Set once it was asked.
    #[cfg(feature = "tls")]
    pub(super) speaks_tls: OnceLock<bool>,
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
            has_answered: AtomicBool::new(false),
            #[cfg(feature = "tls")]
            speaks_tls: OnceLock::new(),
            #[cfg(feature = "cookies")]
            cookies: options
                .cookies
                .then(|| CookieJar::new(&url.for_http()))
                .flatten(),
            url,
            options,
        })
    }

    /// Makes a call by an `exchange` with the server, which is given the time until which the
    /// server may take.
    pub(super) fn call(
        &self,
        progress: &CallProgress,
        request: &Request<'_>,
        exchange: impl FnOnce(Instant) -> Result<Response, ureq::Error>,
    ) -> Result<Response, Error> {
        let latest = Instant::now() + self.options.total_timeout;
        let deadline = request.deadline.map_or(latest, |at| at.min(latest));
        let end = deadline.checked_add(request.grace).unwrap_or(latest);
        progress.start(latest.min(end));
        let response = match progress.time_left().is_zero() {
            true => Err(ureq::Error::Timeout(Timeout::Global)),
            false => exchange(deadline),
        };
        response.map_err(|error| {
            if progress.phase() == Phase::Connect {
                self.route.forget();
            }
            self.call_error(error, progress)
        })
    }

    /// Adds the headers of a request to `head`, but those of HTTP itself.
    pub(super) fn fold_headers<H>(
        &self,
        request: &Request<'_>,
        deadline: Instant,
        mut head: H,
        add: impl Fn(H, &str, &str) -> H,
    ) -> H {
        if let Some(call_id) = request.call_id {
            head = add(head, "Reparte-Call", call_id);
        }
        let time_left = deadline.saturating_duration_since(Instant::now());
        let time_left = time_left.min(self.options.response_timeout).as_millis();
        head = add(head, "Reparte-Deadline-Ms", &time_left.to_string());
        if let Some(credentials) = &self.credentials {
            head = add(head, "Authorization", credentials.header());
        }
        for (name, value) in self.options.headers.iter() {
            head = add(head, name, value);
        }
        #[cfg(feature = "cookies")]
        if let Some(cookies) = self.cookies.as_ref().and_then(CookieJar::header) {
            head = add(head, "Cookie", &cookies);
        }
        head
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

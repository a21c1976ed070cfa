//! The options of calls, and their checks.

use std::time::Duration;

use xmlrpc_wire::{Dialect, Limits};

use crate::credentials::Credentials;
use crate::error::Error;
use crate::headers::{Headers, NOT_PRINTABLE, is_printable_ascii};
use crate::http_proxy::HttpProxy;
use crate::option_name::OptionName;
#[cfg(feature = "tls")]
use crate::tls::Tls;

/// The options of a [`ServerProxy`](crate::ServerProxy)'s calls.
///
/// ```
/// # use std::time::Duration;
/// # use xmlrpc_client::{Error, Options, ServerProxy};
/// let mut options = Options::default();
/// options.response_timeout = Duration::from_secs(600);
/// let server = ServerProxy::builder("localhost:9000")
///     .options(options)
///     .build()?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// The longest time to look up the server's name and connect to it; 5 s by default.
    ///
    /// A lookup and a TCP connect do not notice a cancellation before they end, so this is
    /// also the longest time that a cancellation takes.
    pub connect_timeout: Duration,
    /// The longest time to send a whole request; 60 s by default.
    pub send_timeout: Duration,
    /// The longest time from the end of the request to the end of the response; 1 hour by
    /// default, since this crate is for long computations.
    ///
    /// A server that dies, or that closes the connection, shows at once. One that hangs,
    /// or whose machine lost its power or its network, shows only at this time-out. It is
    /// a total: a response that comes drop by drop does not extend it.
    pub response_timeout: Duration,
    /// The longest time of a whole call; 2 hours by default.
    pub total_timeout: Duration,
    /// Lets a connection that the server keeps open serve the next call, if that comes
    /// within a second; true by default.
    ///
    /// Set it to false for two kinds of servers. One hangs up after each response without
    /// saying so, as Perl's `Frontier::Daemon`: a call that is sent in that very moment
    /// ends as [`Interrupted`](Error::Interrupted). The other serves one connection at a
    /// time for as long as it is open, as Perl's `RPC::XML::Server`: its other clients
    /// wait.
    pub keep_alive: bool,
    /// The time without a byte after which the system asks the other side of the connection
    /// whether it is still there; 15 s by default. It asks again three times, a third of this
    /// time apart, so that a call fails some twice this time after a firewall has forgotten its
    /// connection, or the server's machine has lost its power. `None` never asks. On Unix; a
    /// time below a second counts as one.
    ///
    /// A request of up to 16 KiB that no system has acknowledged for twice this time is lost too,
    /// on Linux: it doesn't ask meanwhile. A longer one may wait for a server that is busy with
    /// another connection; the system gives it up after some 15 minutes.
    ///
    /// A server that hangs still answers: its system does that.
    pub tcp_keepalive: Option<Duration>,
    /// The credentials for a server that asks for them; none by default. They may stand in
    /// the address instead.
    pub credentials: Option<Credentials>,
    /// The certificates for `https://`. By default the authorities of the public web are
    /// trusted, and the client has no certificate.
    #[cfg(feature = "tls")]
    pub tls: Tls,
    /// The HTTP proxy to call through; none by default, whatever the environment says.
    pub proxy: Option<HttpProxy>,
    /// Asks for responses as gzip; false by default. It is worth its time at both ends on
    /// a network slower than some 100 Mbit/s. The limits hold for the unpacked document.
    #[cfg(feature = "gzip")]
    pub gzip: bool,
    /// The most redirects of a call to follow; 0 by default.
    ///
    /// A redirect is a response with the status 301, 302, 307 or 308: the call is posted
    /// again, to the address that it names. Credentials and the client's certificate are
    /// shown to the server's own scheme, host and port alone, and no redirect leads from
    /// `https://` to `http://`. Each redirect costs a connection at every call.
    pub redirects: usize,
    /// The dialect of calls: the extensions that the server reads. [`Dialect::python`] by
    /// default. An argument that needs another one is [`Error::Unrepresentable`].
    pub dialect: Dialect,
    /// The limits of a response's document. Its limit of bytes also bounds what is read of
    /// a body.
    pub limits: Limits,
    /// The `User-Agent` header, in printable ASCII; `xmlrpc-client/VERSION` by default.
    /// The header is not sent where this is empty.
    pub user_agent: String,
    /// Headers of the caller's own, in each request; none by default.
    pub headers: Headers,
    /// Sends the names of headers as `Content-Type` and not as `content-type`; false by
    /// default. HTTP knows no difference (RFC 9110, section 5.1), and some servers do.
    pub title_case_headers: bool,
    /// Keeps the cookies that the server sets, and sends them with the calls of this proxy
    /// (RFC 6265); false by default. Some servers know a session by one.
    #[cfg(feature = "cookies")]
    pub cookies: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            connect_timeout: Duration::from_secs(5),
            send_timeout: Duration::from_secs(60),
            response_timeout: Duration::from_secs(60 * 60),
            total_timeout: Duration::from_secs(2 * 60 * 60),
            keep_alive: true,
            tcp_keepalive: Some(Duration::from_secs(15)),
            credentials: None,
            #[cfg(feature = "tls")]
            tls: Tls::default(),
            proxy: None,
            #[cfg(feature = "gzip")]
            gzip: false,
            redirects: 0,
            dialect: Dialect::default(),
            limits: Limits::default(),
            user_agent: concat!("xmlrpc-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            headers: Headers::default(),
            title_case_headers: false,
            #[cfg(feature = "cookies")]
            cookies: false,
        }
    }
}

impl Options {
    /// Returns the options, with time-outs cut to ten years: no sum of times overflows.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] for a time-out of zero, and for text that no header can carry.
    pub(crate) fn checked(mut self) -> Result<Self, Error> {
        const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);
        for (option, time) in [
            (OptionName::ConnectTimeout, &mut self.connect_timeout),
            (OptionName::SendTimeout, &mut self.send_timeout),
            (OptionName::ResponseTimeout, &mut self.response_timeout),
            (OptionName::TotalTimeout, &mut self.total_timeout),
        ] {
            if time.is_zero() {
                let reason = "a time-out of zero leaves no time for anything";
                return Err(Error::BadOption { option, reason });
            }
            *time = (*time).min(LONGEST);
        }
        let credentials = self.credentials.as_ref().map_or("", Credentials::header);
        for (option, text) in [
            (OptionName::Credentials, credentials),
            (OptionName::UserAgent, &self.user_agent),
        ] {
            if !is_printable_ascii(text) {
                let reason = NOT_PRINTABLE;
                return Err(Error::BadOption { option, reason });
            }
        }
        self.headers.check()?;
        #[cfg(feature = "cookies")]
        if self.cookies && self.headers.has("cookie") {
            return Err(Error::BadOption {
                option: OptionName::Headers,
                reason: "the header Cookie and the option cookies exclude each other",
            });
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused() {
        let zero = Duration::ZERO;
        let default = Options::default;
        let credentials = Some(Credentials::token("a\r\nb: c"));
        let user_agent = "a\r\nb: c".to_owned();
        #[rustfmt::skip]
        let cases = [
            (OptionName::ConnectTimeout, Options { connect_timeout: zero, ..default() }),
            (OptionName::SendTimeout, Options { send_timeout: zero, ..default() }),
            (OptionName::ResponseTimeout, Options { response_timeout: zero, ..default() }),
            (OptionName::TotalTimeout, Options { total_timeout: zero, ..default() }),
            (OptionName::Credentials, Options { credentials, ..default() }),
            (OptionName::UserAgent, Options { user_agent, ..default() }),
        ];
        for (name, options) in cases {
            let error = options.checked().unwrap_err();
            assert!(matches!(error, Error::BadOption { option, .. } if option == name));
        }
    }

    #[test]
    fn endless_time_outs_are_cut() {
        let endless = Options {
            response_timeout: Duration::MAX,
            ..Options::default()
        };
        let time = endless.checked().unwrap().response_timeout;
        assert!(std::time::Instant::now().checked_add(time).is_some());
    }
}

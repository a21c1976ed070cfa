//! What a caller can choose.

use std::time::Duration;

use xmlrpc_wire::Limits;

#[cfg(feature = "tls")]
use crate::Tls;
use crate::option_name::OptionName;
use crate::{Credentials, Error, HttpProxy};

/// How a [`ServerProxy`](crate::ServerProxy) calls.
///
/// ```
/// # use std::time::Duration;
/// # use xmlrpc_client::Options;
/// let mut options = Options::default();
/// options.response_timeout = Duration::from_secs(600);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// How long to look up the server's name and connect to it; 5 s by default.
    ///
    /// A call can't be cancelled while it connects, so this also bounds how long a
    /// cancellation may take.
    pub connect_timeout: Duration,
    /// How long to send a whole request; 60 s by default.
    pub send_timeout: Duration,
    /// How long to wait, once the request is sent, for the whole answer; 1 hour by
    /// default, since long computations are what this crate is for.
    ///
    /// A server that dies, or that closes the connection, shows at once; one that hangs,
    /// or whose machine lost its power or its network, shows only at this time-out. It
    /// is a total: an answer that comes drop by drop does not extend it.
    pub response_timeout: Duration,
    /// How long a call may take in all, whatever its parts; 2 hours by default.
    pub total_timeout: Duration,
    /// Whether a connection that the server keeps open serves the next call, if that comes
    /// within a second; true by default.
    ///
    /// False is for a server that hangs up after each answer without saying so, as Perl's
    /// `Frontier::Daemon`: a call sent in that very moment ends as
    /// [`Interrupted`](Error::Interrupted). And for one that serves a connection at a time
    /// for as long as it is open, as Perl's `RPC::XML::Server`: its other clients wait.
    pub keep_alive: bool,
    /// What a server that asks is shown; nothing by default. They may stand in the address
    /// instead.
    pub credentials: Option<Credentials>,
    /// Whom to trust where TLS is spoken: the authorities of the public web, unless told.
    #[cfg(feature = "tls")]
    pub tls: Tls,
    /// The HTTP proxy to call through; none by default, whatever the environment says.
    pub proxy: Option<HttpProxy>,
    /// Whether to ask for answers as gzip, false by default: a network slower than some
    /// 100 Mbit/s is worth the time that it takes at both ends. The limits are kept
    /// either way, on what is unpacked.
    #[cfg(feature = "gzip")]
    pub gzip: bool,
    /// How many redirects of a call to follow (301, 302, 307, 308: the call is posted to
    /// the address that they name); 0 by default. Credentials and the certificate of
    /// [`tls`](Options::tls) are shown to the server's own scheme, host and port alone, and
    /// https is not left for http. Each redirect costs a connection at every call.
    pub redirects: usize,
    /// What an answer may hold at most; its `bytes` also bound what is read of a body.
    pub limits: Limits,
    /// The `User-Agent` header: printable ASCII, `xmlrpc-client/VERSION` by default.
    /// None is sent where it is empty.
    pub user_agent: String,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            connect_timeout: Duration::from_secs(5),
            send_timeout: Duration::from_secs(60),
            response_timeout: Duration::from_secs(60 * 60),
            total_timeout: Duration::from_secs(2 * 60 * 60),
            keep_alive: true,
            credentials: None,
            #[cfg(feature = "tls")]
            tls: Tls::default(),
            proxy: None,
            #[cfg(feature = "gzip")]
            gzip: false,
            redirects: 0,
            limits: Limits::default(),
            user_agent: concat!("xmlrpc-client/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl Options {
    /// The options, if they make sense; time-outs are cut to ten years, so that no sum
    /// of times overflows.
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
        if self.credentials.as_ref().is_some_and(|c| !c.fit_a_header()) {
            return Err(Error::BadOption {
                option: OptionName::Credentials,
                reason: "a header takes printable ASCII only",
            });
        }
        if !self.user_agent.bytes().all(|b| matches!(b, b' '..=b'~')) {
            return Err(Error::BadOption {
                option: OptionName::UserAgent,
                reason: "a header takes printable ASCII only",
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

//! What a caller can choose.

use std::time::Duration;

use xmlrpc_wire::Limits;

use crate::Error;

/// How a [`ServerProxy`](crate::ServerProxy) calls.
///
/// ```
/// # use std::time::Duration;
/// # use xmlrpc_client::Options;
/// let mut options = Options::default();
/// options.answer_timeout = Duration::from_secs(600);
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
    pub answer_timeout: Duration,
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
            answer_timeout: Duration::from_secs(60 * 60),
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
            ("connect_timeout", &mut self.connect_timeout),
            ("send_timeout", &mut self.send_timeout),
            ("answer_timeout", &mut self.answer_timeout),
        ] {
            if time.is_zero() {
                let reason = "a time-out of zero leaves no time for anything";
                return Err(Error::BadOption { option, reason });
            }
            *time = (*time).min(LONGEST);
        }
        if !self.user_agent.bytes().all(|b| matches!(b, b' '..=b'~')) {
            return Err(Error::BadOption {
                option: "user_agent",
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
        let user_agent = "a\r\nb: c".to_owned();
        #[rustfmt::skip]
        let cases = [
            ("connect_timeout", Options { connect_timeout: zero, ..default() }),
            ("send_timeout", Options { send_timeout: zero, ..default() }),
            ("answer_timeout", Options { answer_timeout: zero, ..default() }),
            ("user_agent", Options { user_agent, ..default() }),
        ];
        for (name, options) in cases {
            let error = options.checked().unwrap_err();
            assert!(matches!(error, Error::BadOption { option, .. } if option == name));
        }
    }

    #[test]
    fn endless_time_outs_are_cut() {
        let endless = Options {
            answer_timeout: Duration::MAX,
            ..Options::default()
        };
        let time = endless.checked().unwrap().answer_timeout;
        assert!(std::time::Instant::now().checked_add(time).is_some());
    }
}

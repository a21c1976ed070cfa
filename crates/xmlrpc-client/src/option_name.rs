//! The names of the options, for errors.

use std::fmt;

/// A field of [`Options`](crate::Options), as an [`Error`](crate::Error) names it.
///
/// Displays as the field's name, such as `connect_timeout` or `tls.identity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OptionName {
    /// `Options::connect_timeout`.
    ConnectTimeout,
    /// `Options::send_timeout`.
    SendTimeout,
    /// `Options::response_timeout`.
    ResponseTimeout,
    /// `Options::total_timeout`.
    TotalTimeout,
    /// `Options::credentials`.
    Credentials,
    /// `Options::tls.authorities` (feature `tls`).
    TlsAuthorities,
    /// `Options::tls.identity` (feature `tls`).
    TlsIdentity,
    /// `Options::proxy`.
    Proxy,
    /// `Options::user_agent`.
    UserAgent,
    /// `Options::headers`.
    Headers,
    /// `Options::tls.fingerprint` (feature `tls`).
    TlsFingerprint,
}

impl fmt::Display for OptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OptionName::ConnectTimeout => "connect_timeout",
            OptionName::SendTimeout => "send_timeout",
            OptionName::ResponseTimeout => "response_timeout",
            OptionName::TotalTimeout => "total_timeout",
            OptionName::Credentials => "credentials",
            OptionName::TlsAuthorities => "tls.authorities",
            OptionName::TlsIdentity => "tls.identity",
            OptionName::Proxy => "proxy",
            OptionName::UserAgent => "user_agent",
            OptionName::Headers => "headers",
            OptionName::TlsFingerprint => "tls.fingerprint",
        })
    }
}

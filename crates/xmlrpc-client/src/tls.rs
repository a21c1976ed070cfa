//! The certificates of a call by TLS.

pub(crate) mod fingerprint;
mod ureq_config;

use std::fmt;

use crate::tls::fingerprint::Fingerprint;

/// The certificate authorities that an `https://` server is checked against, and the
/// client's own certificate. All are PEM, the text of their files.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tls {
    /// The authorities that are trusted, in place of those of the public web, which are
    /// trusted where this is `None`.
    pub authorities: Option<Vec<u8>>,
    /// The client's own certificate, for a server that asks for one.
    pub identity: Option<Identity>,
    /// The fingerprint of the server's certificate. A server with another certificate is
    /// refused, and this one is trusted whoever vouches for it, whatever names it has and until
    /// whenever it is valid: the authorities are not asked. It has to speak TLS 1.3.
    ///
    /// It is of use with `https://` alone, and a proxy for another address is refused.
    pub fingerprint: Option<Fingerprint>,
}

/// A certificate and its key, as PEM. The key is never shown.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The client's own certificate, first, and those that vouch for it.
    pub chain: Vec<u8>,
    /// The certificate's key.
    pub key: Vec<u8>,
}

impl Identity {
    /// Returns an identity of a certificate chain and its key.
    pub fn new(chain: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        Identity {
            chain: chain.into(),
            key: key.into(),
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("authorities", &self.authorities.is_some())
            .field("identity", &self.identity.is_some())
            .field("fingerprint", &self.fingerprint)
            .finish()
    }
}

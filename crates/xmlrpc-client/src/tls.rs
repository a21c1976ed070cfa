//! Whom to trust, and who one is, where TLS is spoken.

use std::fmt;

/// What an `https://` server is checked against, and what it is shown: certificates and a
/// key as PEM, the text of their files.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tls {
    /// The authorities that vouch for the server: a private one, in place of those of the
    /// public web, which are trusted unless this is given.
    pub authorities: Option<Vec<u8>>,
    /// Who the client is, for a server that asks.
    pub identity: Option<Identity>,
}

/// A certificate and its key, as PEM. The key is never shown.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The client's own certificate, first, and those that vouch for it.
    pub chain: Vec<u8>,
    /// Its key.
    pub key: Vec<u8>,
}

impl Identity {
    /// An identity of these.
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
            .finish()
    }
}

mod config {
    use rustls::crypto::ring;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::sign::CertifiedKey;
    use ureq::tls::{
        Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem,
    };

    use super::{Identity, Tls};
    use crate::Error;
    use crate::option_name::OptionName;

    impl Tls {
        /// The same for ureq.
        pub(crate) fn config(&self) -> Result<TlsConfig, Error> {
            let mut builder = TlsConfig::builder();
            if let Some(pem) = &self.authorities {
                let all = certificates(pem, OptionName::TlsAuthorities)?;
                builder = builder.root_certs(RootCerts::new_with_certs(&all));
            }
            if let Some(Identity { chain, key }) = &self.identity {
                let chain = certificates(chain, OptionName::TlsIdentity)?;
                let key = PrivateKey::from_pem(key)
                    .map_err(|_| bad(OptionName::TlsIdentity, "its key is no key as PEM"))?;
                check_pair(&chain, &key)?;
                builder = builder.client_cert(Some(ClientCert::new_with_certs(&chain, key)));
            }
            Ok(builder.build())
        }
    }

    /// A key that is not the certificate's is found here: ureq would panic at the first
    /// call.
    fn check_pair(chain: &[Certificate<'static>], key: &PrivateKey<'static>) -> Result<(), Error> {
        let chain = chain.iter().map(|one| one.der().to_vec().into()).collect();
        let key = PrivateKeyDer::try_from(key.der().to_vec())
            .map_err(|_| bad(OptionName::TlsIdentity, "its key is of no known kind"))?;
        CertifiedKey::from_der(chain, key, &ring::default_provider())
            .map(drop)
            .map_err(|_| {
                bad(
                    OptionName::TlsIdentity,
                    "its key is not that of its certificate",
                )
            })
    }

    fn certificates(pem: &[u8], option: OptionName) -> Result<Vec<Certificate<'static>>, Error> {
        let mut all = Vec::new();
        for item in parse_pem(pem) {
            match item {
                Ok(PemItem::Certificate(certificate)) => all.push(certificate),
                Ok(_) => {}
                Err(_) => return Err(bad(option, "it is not PEM")),
            }
        }
        match all.is_empty() {
            true => Err(bad(option, "it has no certificate as PEM")),
            false => Ok(all),
        }
    }

    fn bad(option: OptionName, reason: &'static str) -> Error {
        Error::BadOption { option, reason }
    }
}

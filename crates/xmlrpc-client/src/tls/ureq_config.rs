//! The certificates as ureq takes them.

use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use crate::error::Error;
use crate::option_name::OptionName;
use crate::tls::{Identity, Tls};

impl Tls {
    /// Returns ureq's configuration of it.
    ///
    /// # Errors
    ///
    /// [`Error::BadOption`] where something is not PEM, or the key is not the certificate's.
    pub(crate) fn ureq_config(&self) -> Result<TlsConfig, Error> {
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

/// Refuses a key that is not the certificate's: ureq would panic at the first call.
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

//! TLS 1.3 on the network front, by rustls on ring.

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

use crate::error::Error;
use crate::front::hyper::socket::Socket;

/// The TLS settings of a server: version 1.3, with a certificate of its own, and with or
/// without certificates of clients. A new certificate needs a new start of the server.
#[derive(Clone)]
pub struct Tls(Arc<ServerConfig>);

impl Tls {
    /// Returns TLS with a certificate and its key, both as PEM. `chain` has the server's
    /// certificate first, and then those of the authorities between it and the root.
    ///
    /// # Errors
    ///
    /// [`Error::BadTls`] if one of the texts can't be used.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, Error> {
        Tls::new(chain, key, None)
    }

    /// Returns TLS for clients that have a certificate of one of these authorities (PEM).
    ///
    /// # Errors
    ///
    /// [`Error::BadTls`] if one of the texts can't be used.
    pub fn for_clients_of(authorities: &[u8], chain: &[u8], key: &[u8]) -> Result<Self, Error> {
        Tls::new(chain, key, Some(authorities))
    }

    fn new(chain: &[u8], key: &[u8], authorities: Option<&[u8]>) -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13])
            .map_err(bad("TLS 1.3"))?;
        let builder = match authorities {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(pem, "the clients' authorities")? {
                    roots
                        .add(authority)
                        .map_err(bad("the clients' authorities"))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                let verifier = verifier.build().map_err(bad("the clients' authorities"))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let key = PrivateKeyDer::from_pem_slice(key).map_err(bad("the key"))?;
        let chain = certificates(chain, "the certificate")?;
        let mut config = builder
            .with_single_cert(chain, key)
            .map_err(bad("the certificate and its key"))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Tls(Arc::new(config)))
    }

    pub(crate) async fn accept(&self, stream: Socket) -> io::Result<TlsStream<Socket>> {
        TlsAcceptor::from(Arc::clone(&self.0)).accept(stream).await
    }
}

impl PartialEq for Tls {
    /// Returns whether one is a clone of the other.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Tls {}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn certificates(pem: &[u8], what: &'static str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let all = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let all = all.map_err(bad(what))?;
    if all.is_empty() {
        return Err(bad(what)("no certificate in it"));
    }
    Ok(all)
}

fn bad<E: fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Error {
    move |error| Error::BadTls {
        what,
        reason: error.to_string(),
    }
}

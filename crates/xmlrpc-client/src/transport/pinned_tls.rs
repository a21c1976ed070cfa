//! TLS with a server that is known by the fingerprint of its certificate.
//!
//! ureq's own connector checks certificates by authorities and names alone.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use ureq::Error;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

use crate::tls::fingerprint::Fingerprint;
use crate::tls::{Identity, Tls};

/// Adds TLS 1.3 to connections with the server of one certificate.
#[derive(Debug)]
pub(super) struct PinnedConnector {
    config: Result<Arc<ClientConfig>, rustls::Error>,
}

impl PinnedConnector {
    /// Returns the connector for these settings, if they have a fingerprint.
    pub(super) fn new(tls: &Tls) -> Option<Self> {
        let fingerprint = tls.fingerprint?;
        Some(PinnedConnector {
            config: client_config(fingerprint, tls.identity.as_ref()).map(Arc::new),
        })
    }

    pub(super) fn connect(
        &self,
        details: &ConnectionDetails,
        transport: impl Transport,
    ) -> Result<PinnedTransport, Error> {
        let config = self.config.clone()?;
        let host = details.uri.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        // The name says which certificate the server is to show. It proves nothing here.
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Error::Tls("the host's name can't be one of a certificate"))?;
        let mut conn = ClientConnection::new(config, name)?;
        let current_time = Arc::clone(&details.current_time);
        let mut sock =
            TransportAdapter::new(Box::new(transport) as Box<dyn Transport>, current_time);
        sock.set_timeout(details.timeout);
        conn.complete_io(&mut sock)?;
        Ok(PinnedTransport {
            buffers: LazyBuffers::new(
                details.config.input_buffer_size(),
                details.config.output_buffer_size(),
            ),
            stream: StreamOwned { conn, sock },
        })
    }
}

fn client_config(
    fingerprint: Fingerprint,
    identity: Option<&Identity>,
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = PinnedVerifier {
        fingerprint,
        provider: Arc::clone(&provider),
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let Some(Identity { chain, key }) = identity else {
        return Ok(builder.with_no_client_auth());
    };
    let unreadable = |what: &str| rustls::Error::General(format!("{what} is no PEM"));
    let chain = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(|_| unreadable("the client's certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| unreadable("the client's key"))?;
    builder.with_client_auth_cert(chain, key)
}

/// Accepts the certificate of one fingerprint, and the signature that proves that the server has
/// its key.
#[derive(Debug)]
struct PinnedVerifier {
    fingerprint: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinnedVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let shown = Fingerprint::of_der(end_entity);
        match shown == self.fingerprint {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(rustls::Error::General(format!(
                "the server shows another certificate, {shown}, than the expected {}",
                self.fingerprint
            ))),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        // Not offered.
        Err(rustls::Error::General("TLS 1.2 was not offered".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// A connection by TLS as ureq uses it.
pub(super) struct PinnedTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl Transport for PinnedTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.sock.set_timeout(timeout);
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        Ok(self.stream.write_all(output)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.sock.set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.sock.get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for PinnedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinnedTransport")
            .field("inner", &self.stream.sock.inner())
            .finish_non_exhaustive()
    }
}

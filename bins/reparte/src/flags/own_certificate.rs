//! A certificate that a server makes for itself, to be known by its fingerprint.

use rcgen::{CertificateParams, DnType, Error, KeyPair};

use crate::exit::Failure;

/// A certificate and its key, as PEM. They are in memory alone.
pub(super) struct OwnCertificate {
    pub(super) chain: Vec<u8>,
    pub(super) key: Vec<u8>,
}

/// Makes a certificate for a server of this name.
pub(super) fn own_certificate(host: &str) -> Result<OwnCertificate, Failure> {
    make(host).map_err(|error| {
        Failure::server(format_args!("can't make a certificate for {host}: {error}"))
    })
}

fn make(host: &str) -> Result<OwnCertificate, Error> {
    let mut params = CertificateParams::new([host.to_owned()])?;
    params
        .distinguished_name
        .push(DnType::CommonName, "reparte");
    let key = KeyPair::generate()?;
    Ok(OwnCertificate {
        chain: params.self_signed(&key)?.pem().into_bytes(),
        key: key.serialize_pem().into_bytes(),
    })
}

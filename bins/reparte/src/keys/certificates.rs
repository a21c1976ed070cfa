//! The certificates of a private authority.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, Error, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose,
};

use crate::exit::Failure;

/// The certificates, and the keys of all but the authority, as PEM.
pub(super) struct Certificates {
    pub(super) authority: String,
    pub(super) server: Pair,
    pub(super) client: Pair,
}

/// A certificate and its key.
pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// Makes an authority, a certificate for servers of these names, and one for clients. The
/// authority's key is not kept.
pub(super) fn certificates(hosts: &[String]) -> Result<Certificates, Failure> {
    make(hosts).map_err(|error| {
        Failure::argument(format_args!(
            "can't make a certificate for {} ({error}): give names and addresses alone, such \
             as --host maquina1 --host 192.0.2.11",
            hosts.join(", ")
        ))
    })
}

fn make(hosts: &[String]) -> Result<Certificates, Error> {
    let mut params = params_for("reparte's private CA", &[])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let pair = |name, hosts: &[String], purpose| {
        let mut params = params_for(name, hosts)?;
        params.extended_key_usages = vec![purpose];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        Ok(Pair {
            certificate: params.signed_by(&key, &authority)?.pem(),
            key: key.serialize_pem(),
        })
    };
    Ok(Certificates {
        server: pair("server", hosts, ExtendedKeyUsagePurpose::ServerAuth)?,
        client: pair("client", &[], ExtendedKeyUsagePurpose::ClientAuth)?,
        authority: authority.pem(),
    })
}

fn params_for(who: &str, hosts: &[String]) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, who);
    Ok(params)
}

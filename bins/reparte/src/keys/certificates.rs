//! A private authority, and whom it vouches for.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, Error, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose,
};

use crate::exit::Failure;

/// All as PEM.
pub(super) struct Certificates {
    pub(super) authority: String,
    pub(super) server: Pair,
    pub(super) client: Pair,
}

pub(super) struct Pair {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// An authority whose key is forgotten, a certificate of it for servers of these names,
/// and one for clients.
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
    let mut params = named("reparte's private CA", &[])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let pair = |name, hosts: &[String], purpose| {
        let mut params = named(name, hosts)?;
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

fn named(who: &str, hosts: &[String]) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, who);
    Ok(params)
}

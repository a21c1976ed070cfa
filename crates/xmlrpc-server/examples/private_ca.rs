//! Makes a private certificate authority, and a certificate and key for a server and for a
//! client, in one step:
//!
//!     cargo run -p xmlrpc-server --example private_ca -- DIRECTORY [NAME|ADDRESS]...
//!
//! The names and addresses are those by which clients call the server, by default localhost
//! and 127.0.0.1. Then, with a token in a file (mode 0600):
//!
//!     serv_processes 0.0.0.0:9000 --token-file TOKEN \
//!         --tls-cert DIRECTORY/server.pem --tls-key DIRECTORY/server.key \
//!         --tls-client-ca DIRECTORY/ca.pem
//!     clnt_processes https://NAME:9000 --token-file TOKEN --ca DIRECTORY/ca.pem \
//!         --tls-cert DIRECTORY/client.pem --tls-key DIRECTORY/client.key
//!
//! The authority's key is not kept, so that nobody can make it sign for another server. To add
//! a server, make all files anew.

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments
        .next()
        .ok_or("usage: private_ca DIRECTORY [NAME]...")?;
    let directory = Path::new(&directory);
    let mut names: Vec<String> = arguments.collect();
    if names.is_empty() {
        names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    }
    make(directory, &names)
}

/// Makes the authority, and the certificates that it signs.
pub(crate) fn make(directory: &Path, names: &[String]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(directory)?;

    let mut params = named("private CA", &[])?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    write(&directory.join("ca.pem"), &authority.pem(), 0o644)?;

    for (file, names, purpose) in [
        ("server", names, ExtendedKeyUsagePurpose::ServerAuth),
        ("client", &[], ExtendedKeyUsagePurpose::ClientAuth),
    ] {
        let mut params = named(file, names)?;
        params.extended_key_usages = vec![purpose];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &authority)?;
        write(
            &directory.join(file).with_extension("pem"),
            &certificate.pem(),
            0o644,
        )?;
        write(
            &directory.join(file).with_extension("key"),
            &key.serialize_pem(),
            0o600,
        )?;
    }
    Ok(())
}

fn named(who: &str, names: &[String]) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, who);
    Ok(params)
}

/// Writes a new file, with this mode from the start.
fn write(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)?.write_all(text.as_bytes())
}

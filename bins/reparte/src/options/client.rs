//! What a client shows to servers, and whom it trusts. Every user of a machine can read
//! arguments, so no secret is one, but for a password in a URL: a server's, or `--proxy`'s.

use std::path::{Path, PathBuf};

use clap::Args;
use xmlrpc_client::{Credentials, Error, HttpProxy, Identity, Options, ServerProxy};

use super::{read, token};
use crate::exit::Failure;

#[derive(Debug, Args)]
#[command(next_help_heading = "Who calls whom")]
pub(crate) struct Client {
    /// Send the token in this file, which only its owner may read (mode 0600), or, where it
    /// is root's, a group too
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Call through this HTTP proxy: http://host:port, or http://user:password@host:port
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Trust the https:// servers that these authorities vouch for (PEM)
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Show https:// servers this certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl Client {
    /// How to call; the time-outs are the caller's to set.
    pub(crate) fn options(&self) -> Result<Options, Failure> {
        let mut options = Options::default();
        if let Some(path) = &self.token_file {
            options.credentials = Some(Credentials::token(token(path)?.text()));
        }
        if let Some(url) = &self.proxy {
            let proxy = HttpProxy::new(url)
                .map_err(|error| Failure::argument(format_args!("--proxy: {error}")))?;
            options.proxy = Some(proxy);
        }
        if let Some(path) = &self.ca {
            options.tls.authorities = Some(certificates("--ca", path)?);
        }
        if let (Some(chain), Some(key)) = (&self.tls_cert, &self.tls_key) {
            options.tls.identity = Some(identity(chain, key)?);
        }
        Ok(options)
    }
}

/// A file that has certificates in it.
fn certificates(flag: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    let pem = read(flag, path)?;
    let mut options = Options::default();
    options.tls.authorities = Some(pem.clone());
    check(options).map_err(|error| of_no_use(&format!("{flag} {}", path.display()), &error))?;
    Ok(pem)
}

/// A certificate and its key.
fn identity(chain: &Path, key: &Path) -> Result<Identity, Failure> {
    let pem = certificates("--tls-cert", chain)?;
    let identity = Identity::new(pem, read("--tls-key", key)?);
    let mut options = Options::default();
    options.tls.identity = Some(identity.clone());
    check(options).map_err(|error| {
        let (chain, key) = (chain.display(), key.display());
        of_no_use(&format!("--tls-cert {chain} --tls-key {key}"), &error)
    })?;
    Ok(identity)
}

/// Has the client read the options as it does for a server; none is called.
fn check(options: Options) -> Result<(), Error> {
    ServerProxy::builder("https://localhost")
        .options(options)
        .build()
        .map(drop)
}

fn of_no_use(flags: &str, error: &Error) -> Failure {
    let remedy = "`reparte keys` makes some that will do";
    match error {
        // It names a field of the library's, which the flags stand for here.
        Error::BadOption { reason, .. } => {
            Failure::argument(format_args!("{flags}: {reason}; {remedy}"))
        }
        _ => Failure::argument(format_args!("{flags}: {error}; {remedy}")),
    }
}

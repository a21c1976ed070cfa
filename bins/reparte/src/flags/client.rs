//! The flags of a client: what it shows to servers, and which servers it trusts.
//!
//! Every user of a machine can read the arguments of a command. So secrets come in files, with
//! one exception: the password in a URL.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use cli_support::clear_text;
use cli_support::distinct_files::DistinctFiles;
use xmlrpc_client::{Credentials, Error, HttpProxy, Identity, Options, ServerProxy};
use xmlrpc_wire::Dialect;

use crate::exit::Failure;
use crate::flags::keys_directory::KeysOf;
use crate::flags::named_file::{read_file, read_key, read_token};
use crate::flags::seconds::seconds;
use crate::flags::whole_number::whole_number;

// No doc comment: clap would take it for the subcommand's. Those of the fields are the text
// of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Who calls whom")]
pub(crate) struct ClientFlags {
    /// Send the token in this file, which only its owner may read (mode 0600), or, where it
    /// is root's, a group too
    #[arg(long, value_name = "FILE", group = "token")]
    token_file: Option<PathBuf>,
    /// Files of a directory that `reparte keys` has made, in place of --token-file, --ca, --tls-cert
    /// and --tls-key: DIR/token, ca.pem, client.pem and client.key
    #[arg(long, value_name = "DIR", group = "token")]
    #[arg(conflicts_with_all = ["ca", "tls_cert", "tls_key"])]
    keys: Option<PathBuf>,
    /// Read answers of at most this many bytes
    #[arg(long, value_name = "BYTES", value_parser = whole_number(1..=u64::MAX))]
    #[arg(default_value_t = 16 << 20, allow_negative_numbers = true)]
    max_answer: u64,
    /// The extensions of XML-RPC that the servers read
    #[arg(long, value_enum, default_value_t = DialectName::Python)]
    dialect: DialectName,
    /// Call through this HTTP proxy: http://host:port, or http://user:password@host:port
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// After how long a silence to ask whether the other side is still there; twice that
    /// after it has gone, the call is lost
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "15")]
    keepalive: Duration,
    /// Trust the https:// servers that these authorities vouch for (PEM)
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Show https:// servers this certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM), which only its owner may read (mode 0600)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// The files that a client shows to servers, and by which it trusts them.
struct NamedFiles {
    token: Option<PathBuf>,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

// The comments of the variants are the text of `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DialectName {
    /// nil, i8 and numbers of any length: Python's, and most others
    Python,
    /// Python's, with Apache's prefix ex:, for its XML-RPC for Java
    Apache,
    /// None: the types of the specification of 1999
    Specification,
    /// All, with dates that have an offset, and NaN: a server of this command
    Everything,
}

impl DialectName {
    fn dialect(self) -> Dialect {
        match self {
            DialectName::Python => Dialect::python(),
            DialectName::Apache => Dialect::apache(),
            DialectName::Specification => Dialect::specification(),
            DialectName::Everything => Dialect::everything(),
        }
    }
}

impl ClientFlags {
    /// Adds the files of these flags to those of the command.
    pub(crate) fn add_to(&self, files: &mut DistinctFiles) {
        let named = self.named_files();
        files.add_input("--token-file", named.token.as_deref());
        files.add_input("--ca", named.ca.as_deref());
        files.add_input("--tls-cert", named.certificate.as_deref());
        files.add_input("--tls-key", named.key.as_deref());
    }

    /// Returns the files that the flags name, one by one or by their directory.
    fn named_files(&self) -> NamedFiles {
        match &self.keys {
            Some(directory) => NamedFiles {
                token: Some(directory.join("token")),
                ca: Some(directory.join("ca.pem")),
                certificate: Some(directory.join("client.pem")),
                key: Some(directory.join("client.key")),
            },
            None => NamedFiles {
                token: self.token_file.clone(),
                ca: self.ca.clone(),
                certificate: self.tls_cert.clone(),
                key: self.tls_key.clone(),
            },
        }
    }

    /// Returns whether servers are sent a token.
    pub(crate) fn has_token(&self) -> bool {
        self.token_file.is_some() || self.keys.is_some()
    }

    /// Returns whether the authorities of servers' certificates are named.
    pub(crate) fn has_authority(&self) -> bool {
        self.ca.is_some() || self.keys.is_some()
    }

    /// Returns the options of calls that the dispatcher ends after `timeout`. Their own
    /// time-outs are no shorter.
    pub(crate) fn options_for_calls_of(&self, timeout: Duration) -> Result<Options, Failure> {
        let mut options = self.options()?;
        options.response_timeout = options.response_timeout.max(timeout);
        options.total_timeout = options.total_timeout.max(timeout);
        Ok(options)
    }

    /// Returns the options of calls, with the default time-outs.
    pub(crate) fn options(&self) -> Result<Options, Failure> {
        if let Some(directory) = &self.keys {
            KeysOf::Client.check(directory)?;
        }
        let mut options = Options::default();
        let limits = &mut options.limits;
        limits.bytes = usize::try_from(self.max_answer).unwrap_or(usize::MAX);
        limits.string = limits.bytes;
        limits.values = limits.values.max(limits.bytes / 16);
        options.dialect = self.dialect.dialect();
        options.tcp_keepalive = Some(self.keepalive);
        let files = self.named_files();
        if let Some(path) = &files.token {
            options.credentials = Some(Credentials::token(read_token(path)?.text()));
        }
        if let Some(url) = &self.proxy {
            let proxy = HttpProxy::new(url)
                .map_err(|error| Failure::argument(format_args!("--proxy: {error}")))?;
            options.proxy = Some(proxy);
        }
        if let Some(path) = &files.ca {
            options.tls.authorities = Some(read_certificates("--ca", path)?);
        }
        if let (Some(chain), Some(key)) = (&files.certificate, &files.key) {
            options.tls.identity = Some(read_identity(chain, key)?);
        }
        Ok(options)
    }
}

/// Warns of servers to which a token or a password travels in clear text.
pub(crate) fn warn_of_clear_text<'s>(servers: impl IntoIterator<Item = &'s ServerProxy>) {
    let exposed = servers.into_iter().filter(|of| of.exposes_credentials());
    clear_text::warn_client(exposed.map(ServerProxy::server));
}

/// Reads a file of certificates.
fn read_certificates(flag: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    let pem = read_file(flag, path)?;
    let mut options = Options::default();
    options.tls.authorities = Some(pem.clone());
    check(options).map_err(|error| unusable(&format!("{flag} {}", path.display()), &error))?;
    Ok(pem)
}

/// Reads a certificate and its key.
fn read_identity(chain: &Path, key: &Path) -> Result<Identity, Failure> {
    let pem = read_certificates("--tls-cert", chain)?;
    let identity = Identity::new(pem, read_key(key)?);
    let mut options = Options::default();
    options.tls.identity = Some(identity.clone());
    check(options).map_err(|error| {
        let (chain, key) = (chain.display(), key.display());
        unusable(&format!("--tls-cert {chain} --tls-key {key}"), &error)
    })?;
    Ok(identity)
}

/// Checks options as the client does for a server. Calls none.
fn check(options: Options) -> Result<(), Error> {
    ServerProxy::builder("https://localhost")
        .options(options)
        .build()
        .map(drop)
}

fn unusable(flags: &str, error: &Error) -> Failure {
    let remedy = "`reparte keys` makes usable ones";
    match error {
        // The error names a field of the options. The user knows it by these flags.
        Error::BadOption { reason, .. } => {
            Failure::argument(format_args!("{flags}: {reason}; {remedy}"))
        }
        _ => Failure::argument(format_args!("{flags}: {error}; {remedy}")),
    }
}

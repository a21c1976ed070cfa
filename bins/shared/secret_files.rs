//! Files with secrets and certificates, which clients and servers name by the same flags. A
//! secret itself is never an argument: every user of a machine can read arguments.

use std::fs;
use std::path::{Path, PathBuf};

use xmlrpc_client::{Credentials, Identity};
use xmlrpc_server::front::hyper;
use xmlrpc_server::{Token, read_private_key};

use crate::shared::command_line::{CommandLine, Values};
use crate::shared::failure::Failure;

/// The files that the command line names.
#[derive(Debug, Default)]
pub(crate) struct SecretFiles {
    token: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    /// The authorities that vouch for the other side.
    authorities: Option<PathBuf>,
}

impl SecretFiles {
    /// Takes an option that names a file. Returns whether `option` is one. The server's
    /// `--tls-client-ca` is the client's `--ca`.
    pub(crate) fn take(&mut self, option: &str, values: &mut Values<'_>) -> Result<bool, Failure> {
        let place = match option {
            "token-file" => &mut self.token,
            "tls-cert" => &mut self.certificate,
            "tls-key" => &mut self.key,
            "ca" | "tls-client-ca" => &mut self.authorities,
            _ => return Ok(false),
        };
        *place = Some(values.next()?.into());
        Ok(true)
    }

    /// Reads the token, if one is named.
    ///
    /// # Errors
    ///
    /// [`Failure::Argument`] if the file can't be read, can be read by others, or has no token.
    pub(crate) fn token(&self, command_line: CommandLine) -> Result<Option<Token>, Failure> {
        let Some(path) = &self.token else {
            return Ok(None);
        };
        let token = Token::read(path);
        let bad =
            |error| command_line.bad(format_args!("--token-file {}: {error}", path.display()));
        token.map(Some).map_err(bad)
    }

    /// Reads the certificates of a server, if they are named.
    ///
    /// # Errors
    ///
    /// [`Failure::Argument`] if a file can't be used, or is named without its counterpart.
    pub(crate) fn server_tls(
        &self,
        command_line: CommandLine,
    ) -> Result<Option<hyper::Tls>, Failure> {
        let Some(Identity { chain, key, .. }) = self.identity(command_line)? else {
            return match self.authorities {
                None => Ok(None),
                Some(_) => Err(command_line.bad("--tls-client-ca needs --tls-cert and --tls-key")),
            };
        };
        let tls = match self.authorities(command_line)? {
            None => hyper::Tls::from_pem(&chain, &key),
            Some(authorities) => hyper::Tls::for_clients_of(&authorities, &chain, &key),
        };
        tls.map(Some).map_err(|error| command_line.bad(error))
    }

    /// Reads the options of a client: its token and its certificates.
    ///
    /// # Errors
    ///
    /// [`Failure::Argument`] if a file can't be used, or is named without its counterpart.
    pub(crate) fn client_options(
        &self,
        command_line: CommandLine,
    ) -> Result<xmlrpc_client::Options, Failure> {
        let mut options = xmlrpc_client::Options::default();
        if self.token.is_some() {
            let token = self.token(command_line)?;
            options.credentials = token.map(|token| Credentials::token(token.text()));
        }
        options.tls.authorities = self.authorities(command_line)?;
        options.tls.identity = self.identity(command_line)?;
        Ok(options)
    }

    fn identity(&self, command_line: CommandLine) -> Result<Option<Identity>, Failure> {
        match (&self.certificate, &self.key) {
            (None, None) => Ok(None),
            (Some(chain), Some(key)) => Ok(Some(Identity::new(
                read(command_line, chain)?,
                private_key(command_line, key)?,
            ))),
            _ => Err(command_line.bad("--tls-cert and --tls-key go together")),
        }
    }

    fn authorities(&self, command_line: CommandLine) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.authorities.as_deref();
        path.map(|path| read(command_line, path)).transpose()
    }
}

fn private_key(command_line: CommandLine, path: &Path) -> Result<Vec<u8>, Failure> {
    let bad = |error| command_line.bad(format_args!("--tls-key {}: {error}", path.display()));
    read_private_key(path).map_err(bad)
}

fn read(command_line: CommandLine, path: &Path) -> Result<Vec<u8>, Failure> {
    let bad = |error| command_line.bad(format_args!("can't read {}: {error}", path.display()));
    fs::read(path).map_err(bad)
}

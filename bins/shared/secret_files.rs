//! The flags that name files with secrets: the same for who calls and who is called. No
//! secret is ever an argument itself, which every user of a machine can read.

use std::fs;
use std::path::{Path, PathBuf};

use xmlrpc_client::{Credentials, Identity};
use xmlrpc_server::Token;
use xmlrpc_server::front::hyper;

use crate::shared::command_line::{CommandLine, Values};
use crate::shared::failure::Failure;

/// What the command line names.
#[derive(Debug, Default)]
pub(crate) struct SecretFiles {
    token: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    /// Who vouches for the other side.
    authorities: Option<PathBuf>,
}

impl SecretFiles {
    /// Takes an option if it is one of these; a server's `--tls-client-ca` is a client's
    /// `--ca`.
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

    /// The token that a server asks for.
    pub(crate) fn token(&self, program: CommandLine) -> Result<Option<Token>, Failure> {
        let Some(path) = &self.token else {
            return Ok(None);
        };
        let token = Token::read(path);
        let bad = |error| program.bad(format_args!("--token-file {}: {error}", path.display()));
        token.map(Some).map_err(bad)
    }

    /// How a server speaks TLS.
    pub(crate) fn server_tls(&self, program: CommandLine) -> Result<Option<hyper::Tls>, Failure> {
        let Some(Identity { chain, key, .. }) = self.identity(program)? else {
            return match self.authorities {
                None => Ok(None),
                Some(_) => Err(program.bad("--tls-client-ca needs --tls-cert and --tls-key")),
            };
        };
        let tls = match self.authorities(program)? {
            None => hyper::Tls::from_pem(&chain, &key),
            Some(authorities) => hyper::Tls::for_clients_of(&authorities, &chain, &key),
        };
        tls.map(Some).map_err(|error| program.bad(error))
    }

    /// How a client calls.
    pub(crate) fn client_options(
        &self,
        program: CommandLine,
    ) -> Result<xmlrpc_client::Options, Failure> {
        let mut options = xmlrpc_client::Options::default();
        if self.token.is_some() {
            let token = self.token(program)?;
            options.credentials = token.map(|token| Credentials::token(token.text()));
        }
        options.tls.authorities = self.authorities(program)?;
        options.tls.identity = self.identity(program)?;
        Ok(options)
    }

    fn identity(&self, program: CommandLine) -> Result<Option<Identity>, Failure> {
        match (&self.certificate, &self.key) {
            (None, None) => Ok(None),
            (Some(chain), Some(key)) => Ok(Some(Identity::new(
                read(program, chain)?,
                read(program, key)?,
            ))),
            _ => Err(program.bad("--tls-cert and --tls-key go together")),
        }
    }

    fn authorities(&self, program: CommandLine) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.authorities.as_deref();
        path.map(|path| read(program, path)).transpose()
    }
}

fn read(program: CommandLine, path: &Path) -> Result<Vec<u8>, Failure> {
    let bad = |error| program.bad(format_args!("can't read {}: {error}", path.display()));
    fs::read(path).map_err(bad)
}

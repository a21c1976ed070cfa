//! The files that flags name.

use std::fs;
use std::path::Path;

#[cfg(feature = "redis")]
use xmlrpc_server::Error;
use xmlrpc_server::{Token, read_private_key};

use crate::exit::Failure;

/// Reads the file that a flag names.
pub(super) fn read_file(flag: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        Failure::argument(format_args!(
            "{flag}: can't read {} ({error}): name a file that exists and can be read",
            path.display()
        ))
    })
}

/// Reads the private key of `--tls-key`. Refuses a file that others can read.
pub(super) fn read_key(path: &Path) -> Result<Vec<u8>, Failure> {
    read_private_key(path)
        .map_err(|error| Failure::argument(format_args!("--tls-key {}: {error}", path.display())))
}

/// Reads the file of `--engine-login`. Refuses a file that others can read.
#[cfg(feature = "redis")]
pub(super) fn read_login(path: &Path) -> Result<Vec<u8>, Failure> {
    // A password has the rule of a key.
    read_private_key(path).map_err(|error| {
        let file = path.display();
        match error {
            Error::ExposedKey => Failure::argument(format_args!(
                "--engine-login {file}: readable by group or others: chmod 600"
            )),
            error => Failure::argument(format_args!("--engine-login {file}: {error}")),
        }
    })
}

/// Reads the token of `--token-file`. Refuses a file that others can read.
pub(super) fn read_token(path: &Path) -> Result<Token, Failure> {
    Token::read(path).map_err(|error| {
        Failure::argument(format_args!(
            "--token-file {}: {error}; `reparte keys` makes a usable one",
            path.display()
        ))
    })
}

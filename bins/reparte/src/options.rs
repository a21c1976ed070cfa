//! The flags that subcommands share, each group in one place.

mod client;
#[cfg(unix)]
mod listen;
mod seconds;
mod servers;
mod whole;

pub(crate) use client::Client;
#[cfg(unix)]
pub(crate) use listen::Listen;
pub(crate) use seconds::seconds;
pub(crate) use servers::{Servers, server};
pub(crate) use whole::whole;

use std::fs;
use std::path::Path;

use xmlrpc_server::Token;

use crate::exit::Failure;

/// The token in a file that only its owner may read.
fn token(path: &Path) -> Result<Token, Failure> {
    Token::read(path).map_err(|error| {
        let remedy = "`reparte keys` makes one that will do";
        Failure::argument(format_args!(
            "--token-file {}: {error}; {remedy}",
            path.display()
        ))
    })
}

fn read(flag: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        Failure::argument(format_args!(
            "{flag}: can't read {} ({error}): name a file that is there and may be read",
            path.display()
        ))
    })
}

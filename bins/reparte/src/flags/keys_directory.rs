//! The directory of `--keys`: which of those that `reparte keys` makes it is.
//!
//! | it has | it is |
//! | --- | --- |
//! | `client.pem` | of clients; with folders of hosts in it |
//! | `server.pem` | of a server |
//! | both | of both, for this machine alone |

#[cfg(unix)]
use std::fs;
use std::path::Path;

use crate::exit::Failure;

/// The user of a directory of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeysOf {
    Client,
    #[cfg(unix)]
    Server,
}

impl KeysOf {
    /// Checks that a directory has the user's certificate. Says which one has it.
    pub(super) fn check(self, directory: &Path) -> Result<(), Failure> {
        let certificate = match self {
            KeysOf::Client => "client.pem",
            #[cfg(unix)]
            KeysOf::Server => "server.pem",
        };
        if directory.join(certificate).exists() {
            return Ok(());
        }
        let shown = directory.display();
        let other = match self {
            KeysOf::Client => above(directory),
            #[cfg(unix)]
            KeysOf::Server => host_folder(directory),
        };
        let remedy = match (self, other) {
            (KeysOf::Client, Some(other)) => format!(
                "it is the folder of a server; a client has the directory above it: --keys {other}"
            ),
            #[cfg(unix)]
            (KeysOf::Server, Some(other)) => {
                format!("name the folder of this host in it, such as --keys {other}")
            }
            (_, None) => "name a directory that `reparte keys` has made".to_owned(),
        };
        Err(Failure::argument(format_args!(
            "--keys {shown}: there is no {certificate}: {remedy}"
        )))
    }
}

/// Returns the directory of clients that has this folder of a server.
fn above(folder: &Path) -> Option<String> {
    let above = folder.parent()?;
    let above = match above.as_os_str().is_empty() {
        true => Path::new("."),
        false => above,
    };
    let is_it = folder.join("server.pem").exists() && above.join("client.pem").exists();
    is_it.then(|| above.display().to_string())
}

/// Returns the first folder of a host in a directory of clients.
#[cfg(unix)]
fn host_folder(directory: &Path) -> Option<String> {
    let folders = fs::read_dir(directory).ok()?.flatten();
    let folders = folders.map(|folder| folder.path());
    let first = folders
        .filter(|folder| folder.join("server.pem").exists())
        .min()?;
    Some(first.display().to_string())
}

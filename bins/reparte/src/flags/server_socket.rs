//! The flags of a server's Unix socket: its mode and its owner.

use std::path::Path;

use clap::Args;
use nix::unistd::{Group, User};
use xmlrpc_server::Error;
use xmlrpc_server::front::{Listener, UnixSocket};

use crate::exit::Failure;

/// The form of the address of a Unix socket.
const UNIX: &str = "unix:";

// No doc comment: clap would take it for the subcommand's.
#[derive(Debug, Args)]
#[command(next_help_heading = "Who may call")]
pub(crate) struct SocketFlags {
    /// The mode of a Unix socket, in octal: whoever may write to it may call. 600, its owner
    /// alone, unless told
    #[arg(long, value_name = "MODE", value_parser = mode)]
    socket_mode: Option<u32>,
    /// The owner of a Unix socket, its group, or both: NAME, :GROUP or NAME:GROUP, each a name or
    /// a number. Only root may name another user
    #[arg(long, value_name = "NAME[:GROUP]")]
    socket_owner: Option<String>,
}

impl SocketFlags {
    /// Listens on an address of TCP, or on a Unix socket with the mode and the owner of the
    /// flags.
    pub(super) fn listen(&self, address: &str) -> Result<Listener, Failure> {
        if self.socket_mode.is_none() && self.socket_owner.is_none() {
            return Listener::bind(address).map_err(cant_listen);
        }
        let path = Listener::unix_path(address).map_err(cant_listen)?;
        let path = path.ok_or_else(|| {
            Failure::argument(
                "--socket-mode and --socket-owner are for a Unix socket: give unix:/path as the \
                 address",
            )
        })?;
        self.socket(path)?.listen().map_err(cant_listen)
    }

    /// Returns the socket of the flags.
    fn socket(&self, path: &Path) -> Result<UnixSocket, Failure> {
        let mut socket = UnixSocket::new(path);
        if let Some(mode) = self.socket_mode {
            socket = socket.mode(mode);
        }
        let Some(owner) = self.socket_owner.as_deref() else {
            return Ok(socket);
        };
        let (user, group) = owner.split_once(':').unwrap_or((owner, ""));
        if user.is_empty() && group.is_empty() {
            return Err(Failure::argument(format_args!(
                "--socket-owner: {owner:?} names nobody: give NAME, :GROUP or NAME:GROUP, as names \
                 or as numbers"
            )));
        }
        if !user.is_empty() {
            let named = || User::from_name(user).map(|found| found.map(|user| user.uid.as_raw()));
            socket = socket.owner(id("user", user, "passwd", named)?);
        }
        if !group.is_empty() {
            let named =
                || Group::from_name(group).map(|found| found.map(|group| group.gid.as_raw()));
            socket = socket.group(id("group", group, "group", named)?);
        }
        Ok(socket)
    }
}

/// Returns whether the address is a Unix socket's.
pub(super) fn is_unix(address: &str) -> bool {
    address.starts_with(UNIX)
}

/// Returns the number of a user or a group. A name counts first, and then a number, as chown(1) has
/// it: a machine need not have a name for it, as in a container.
fn id(
    kind: &str,
    name: &str,
    database: &str,
    named: impl FnOnce() -> nix::Result<Option<u32>>,
) -> Result<u32, Failure> {
    // The system takes the largest number for "leave it as it is".
    let number = name.parse().ok().filter(|&number| number != u32::MAX);
    let found = named().map_err(|error| {
        Failure::argument(format_args!(
            "--socket-owner: can't look {name} up: {error}"
        ))
    })?;
    found.or(number).ok_or_else(|| {
        Failure::argument(format_args!(
            "--socket-owner: there is no {kind} {name}: name one of this machine (getent {database}), \
             or give its number"
        ))
    })
}

fn cant_listen(error: Error) -> Failure {
    match error {
        Error::BadAddress { .. } => Failure::argument(error),
        _ => Failure::server(error),
    }
}

/// Reads the mode of a file, without its bits for programs.
fn mode(text: &str) -> Result<u32, String> {
    let is_octal = !text.is_empty() && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    let mode = u32::from_str_radix(text, 8).ok();
    let mode = mode.filter(|mode| is_octal && *mode <= 0o777);
    mode.ok_or_else(|| "give three octal digits, such as 660".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_octal() {
        for (text, expected) in [("600", 0o600), ("0660", 0o660), ("0", 0), ("777", 0o777)] {
            assert_eq!(mode(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "rw",
            "-600",
            "+600",
            "680",
            "1777",
            "0o600",
            "77777777777777",
        ] {
            assert!(mode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_user_and_a_group_are_looked_up() {
        let flags = |owner: &str| SocketFlags {
            socket_mode: Some(0o660),
            socket_owner: Some(owner.to_owned()),
        };
        let socket = |owner: &str| flags(owner).socket("/s".as_ref());
        let plain = UnixSocket::new("/s").mode(0o660);
        for (owner, expected) in [
            ("root", plain.clone().owner(0)),
            (":root", plain.clone().group(0)),
            ("root:root", plain.clone().owner(0).group(0)),
            ("root:", plain.clone().owner(0)),
            ("4711", plain.clone().owner(4711)),
            ("0:4712", plain.clone().owner(0).group(4712)),
        ] {
            assert_eq!(socket(owner).unwrap(), expected, "{owner}");
        }
        for (owner, text) in [
            ("no-such-one", "no user no-such-one"),
            (":no-such-one", "no group no-such-one"),
            ("4294967295", "no user 4294967295"),
            ("-1", "no user -1"),
            ("", "\"\" names nobody"),
            (":", "\":\" names nobody"),
        ] {
            let failure = socket(owner).unwrap_err().to_string();
            assert!(failure.contains(text), "{failure}");
        }
    }
}

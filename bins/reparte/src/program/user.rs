//! The user that programs run as, where a server of root's gives them another one.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use nix::unistd::{Gid, Uid, User};

use crate::exit::Failure;

/// The user of programs.
#[derive(Debug)]
pub(crate) struct ProgramUser {
    name: String,
    uid: Uid,
    gid: Gid,
    home: PathBuf,
}

impl ProgramUser {
    /// Finds the user of `--user`.
    ///
    /// # Errors
    ///
    /// There is no such user, or this process may not become another one.
    pub(crate) fn find(name: &str) -> Result<Self, Failure> {
        if !Uid::effective().is_root() {
            return Err(Failure::argument(
                "--user: only root can run programs as another user: leave it out, or start the \
                 server as root",
            ));
        }
        let found = User::from_name(name).map_err(|error| {
            Failure::argument(format_args!("--user: can't look {name} up: {error}"))
        })?;
        let user = found.ok_or_else(|| {
            Failure::argument(format_args!(
                "--user: there is no user {name}: name one of this machine (getent passwd)"
            ))
        })?;
        Ok(ProgramUser {
            name: user.name,
            uid: user.uid,
            gid: user.gid,
            home: user.dir,
        })
    }

    /// Makes a command run as this user, with the user's own group and no others, and with the
    /// variables that name the user.
    pub(crate) fn apply(&self, command: &mut Command) {
        command
            .uid(self.uid.as_raw())
            .gid(self.gid.as_raw())
            .env("USER", &self.name)
            .env("LOGNAME", &self.name)
            .env("HOME", &self.home);
    }
}

//! The memory of this process, which a program of the same user could read, and its secrets.

use std::process::Command;

/// Hides the memory of this process, which has a token or a key, from other processes of the same
/// user, as the published program may be. The files of the token and the key are not hidden.
pub(crate) fn hide_memory() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};

        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            log::warn!("the published program may read this process's memory: {error}");
        }
    }
}

/// Takes the directory of this process's own secrets, as systemd names it, out of a program's
/// environment.
pub(crate) fn hide_secrets(command: &mut Command) {
    command.env_remove("CREDENTIALS_DIRECTORY");
}

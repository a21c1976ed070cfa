//! A directory of this machine for the sockets and the list, which no other user can enter.

use std::env;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::exit::Failure;
use crate::random;

/// The most bytes of its path: that of a Unix socket in it has 107 at most.
const PATH_BYTES: usize = 64;

/// A new directory with mode 0700.
pub(super) struct PrivateDirectory(PathBuf);

impl PrivateDirectory {
    pub(super) fn new() -> Result<Self, Failure> {
        let name = format!("reparte-{}", random::name()?);
        let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let fits = |path: &PathBuf| {
            let path = path.as_os_str();
            // It becomes a part of a URL, and of an argument of ssh.
            let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
            path.len() <= PATH_BYTES && path.as_encoded_bytes().iter().all(is_plain)
        };
        let parents = runtime.into_iter().chain([env::temp_dir(), "/tmp".into()]);
        let paths = parents
            .filter(|parent| parent.is_absolute())
            .map(|parent| parent.join(&name));
        let mut error = None;
        for path in paths.filter(fits) {
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(PrivateDirectory(path)),
                Err(failed) => error = Some(failed),
            }
        }
        let error = error.map_or_else(|| "no short path".to_owned(), |error| error.to_string());
        Err(Failure::server(format_args!(
            "can't make a directory for sockets in XDG_RUNTIME_DIR or /tmp: {error}"
        )))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Removes it with all that it has.
    pub(super) fn remove(&self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Drop for PrivateDirectory {
    fn drop(&mut self) {
        self.remove();
    }
}

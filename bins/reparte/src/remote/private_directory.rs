//! A directory of this machine for the sockets and the list, which no other user can enter.
//!
//! Its process holds a lock on a file in it for as long as it lives, however it ends. So another
//! process can tell the directory of one that was killed, and removes it.

use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::process::geteuid;

use crate::exit::Failure;
use crate::random;

/// The most bytes of its path: that of a Unix socket in it has 107 at most.
const PATH_BYTES: usize = 64;

/// The beginning of its name. Random letters follow.
const PREFIX: &str = "reparte-";

/// The length of the random part of its name.
const RANDOM: usize = 16;

/// The name of the locked file in it.
const LOCK: &str = "lock";

/// A new directory with mode 0700.
pub(super) struct PrivateDirectory {
    path: PathBuf,
    /// The file whose lock says that this process lives.
    _lock: File,
}

impl PrivateDirectory {
    pub(super) fn new() -> Result<Self, Failure> {
        let name = format!("{PREFIX}{}", random::name()?);
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
            match PrivateDirectory::create(path) {
                Ok(directory) => return Ok(directory),
                Err(failed) => error = Some(failed),
            }
        }
        let error = error.map_or_else(|| "no short path".to_owned(), |error| error.to_string());
        Err(Failure::server(format_args!(
            "can't make a directory for sockets in XDG_RUNTIME_DIR or /tmp: {error}"
        )))
    }

    /// Makes the directory, and removes those beside it whose processes are gone.
    fn create(path: PathBuf) -> io::Result<Self> {
        // It gets its name once it is locked: another process takes it for no leftover before.
        let new = path.with_extension("new");
        DirBuilder::new().mode(0o700).create(&new)?;
        let locked = lock(&new, true).and_then(|lock| {
            fs::rename(&new, &path)?;
            Ok(lock)
        });
        if locked.is_err() {
            let _ = fs::remove_dir_all(&new);
        }
        let directory = PrivateDirectory {
            path,
            _lock: locked?,
        };
        if let Some(parent) = directory.path.parent() {
            remove_leftovers(parent);
        }
        Ok(directory)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it with all that it has.
    pub(super) fn remove(&self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Drop for PrivateDirectory {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Takes the lock of a directory, if no process has it.
fn lock(directory: &Path, is_new: bool) -> io::Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(is_new)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(directory.join(LOCK))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(file)
}

/// Removes the directories of this user's processes that are gone.
fn remove_leftovers(parent: &Path) {
    let user = geteuid().as_raw();
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if !name.to_str().is_some_and(is_private) {
            continue;
        }
        let path = entry.path();
        // That of the entry itself, if it is a link.
        let metadata = entry.metadata();
        let is_own = metadata.is_ok_and(|entry| entry.is_dir() && entry.uid() == user);
        if is_own && lock(&path, false).is_ok() {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// Returns whether a directory's name is one that this module gives.
fn is_private(name: &str) -> bool {
    name.strip_prefix(PREFIX).is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_folder::TestFolder;

    #[test]
    fn directories_of_killed_processes_are_removed() {
        let files = TestFolder::new();
        let path = |name: &str| files.folder().join(name);
        let alive = PrivateDirectory::create(path("reparte-0123456789abcde0")).unwrap();
        let names = [
            "reparte-0123456789abcde1",
            "reparte-0123456789abcde1.old",
            "reparte-other",
        ];
        for name in names {
            fs::create_dir(path(name)).unwrap();
            fs::write(path(name).join(LOCK), "").unwrap();
        }
        let without_lock = path("reparte-0123456789abcde2");
        fs::create_dir(&without_lock).unwrap();
        let new = PrivateDirectory::create(path("reparte-0123456789abcde3")).unwrap();
        assert!(new.path().join(LOCK).exists() && alive.path().join(LOCK).exists());
        let left = names.map(|name| path(name).exists());
        assert_eq!(left, [false, true, true]);
        assert!(without_lock.exists(), "nothing says whose it is");
        drop((alive, new));
        assert_eq!(fs::read_dir(files.folder()).unwrap().count(), 3);
    }
}

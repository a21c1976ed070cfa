//! The file of a Unix socket, which is removed at the end if it is still the server's own.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use untrusted_text::OneLine;

/// The longest wait for the lock of a directory. A server holds it for a moment; another
/// program, which may hold it for as long as it likes, must not keep a server from its start.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// The pause between two attempts to lock.
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// The file of a listening socket. Its drop removes it, unless another file has its path.
#[derive(Debug)]
pub(crate) struct SocketFile {
    path: PathBuf,
    identity: Identity,
}

/// The device and the number of a file. The number is not given to another file while the
/// socket is open.
#[derive(Debug, PartialEq, Eq)]
struct Identity(u64, u64);

impl Identity {
    fn of(file: &Metadata) -> Self {
        Identity(file.dev(), file.ino())
    }
}

impl SocketFile {
    /// Returns the file at a path, to which a socket has just been bound.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        Ok(SocketFile {
            path: path.to_owned(),
            identity: Identity::of(&fs::symlink_metadata(path)?),
        })
    }

    /// Checks that the path still has this file.
    pub(crate) fn check(&self) -> io::Result<()> {
        match Identity::of(&fs::symlink_metadata(&self.path)?) == self.identity {
            true => Ok(()),
            false => Err(Errno::EXIST.into()),
        }
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _lock = lock_directory(&self.path);
        if self.check().is_ok() {
            // A file that stays is replaced by the next server.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Locks the directory of a path against other servers, until the returned file is dropped.
/// Returns `None` if it can't be locked, which is logged: a server that starts or ends at the same
/// moment may then remove the other's new file.
pub(crate) fn lock_directory(path: &Path) -> Option<File> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let lock = lock(directory);
    if let Err(error) = &lock {
        let name = directory.display().to_string();
        log::warn!("{}: can't be locked: {error}", OneLine::new(&name));
    }
    lock.ok()
}

fn lock(directory: &Path) -> io::Result<File> {
    let directory = File::open(directory)?;
    let start = Instant::now();
    loop {
        match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(directory),
            Err(Errno::WOULDBLOCK | Errno::INTR) if start.elapsed() < LOCK_TIMEOUT => {
                thread::sleep(LOCK_PAUSE);
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_a_bare_name_is_the_current_one() {
        let held = lock_directory(Path::new("no-such-socket")).unwrap();
        let (found, here) = (held.metadata().unwrap(), fs::metadata(".").unwrap());
        assert_eq!(Identity::of(&found), Identity::of(&here));
    }
}

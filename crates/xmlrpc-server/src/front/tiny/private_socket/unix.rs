//! A Unix socket in a directory of its own, which only this user may enter.

use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

pub(crate) type Stream = UnixStream;

/// The most names that are tried for the directory.
const MAX_NAMES: usize = 16;

/// A private socket, which is removed when this is dropped. A process that is killed
/// leaves it in the system's directory of temporary files.
#[derive(Debug)]
pub(crate) struct PrivateSocket {
    directory: PathBuf,
}

impl PrivateSocket {
    pub(crate) fn bind() -> io::Result<(Self, tiny_http::Listener)> {
        let socket = PrivateSocket {
            directory: new_directory()?,
        };
        let listener = UnixListener::bind(socket.path())?;
        Ok((socket, listener.into()))
    }

    pub(crate) fn connect(&self) -> io::Result<Stream> {
        UnixStream::connect(self.path())
    }

    /// Removes the socket: nothing reaches the server any more.
    pub(crate) fn remove(&self) {
        // What is gone already needs no removal.
        let _ = fs::remove_file(self.path());
        let _ = fs::remove_dir(&self.directory);
    }

    #[cfg(test)]
    pub(crate) fn directory(&self) -> &std::path::Path {
        &self.directory
    }

    fn path(&self) -> PathBuf {
        self.directory.join("http")
    }
}

impl Drop for PrivateSocket {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Makes a directory with a random name.
fn new_directory() -> io::Result<PathBuf> {
    let parent = std::env::temp_dir();
    let mut failure = io::Error::from(io::ErrorKind::AlreadyExists);
    for _ in 0..MAX_NAMES {
        let number = RandomState::new().hash_one(());
        let directory = parent.join(format!("xmlrpc-server-{number:016x}"));
        match DirBuilder::new().mode(0o700).create(&directory) {
            Ok(()) => return Ok(directory),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => failure = error,
            Err(error) => return Err(error),
        }
    }
    Err(failure)
}

//! A Unix socket to listen on: its path, and who may connect.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, lchown};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
};

use crate::front::socket_file::{SocketFile, lock_directory};

/// The connections that wait to be accepted, as in the standard library. The system may allow
/// fewer.
const BACKLOG: i32 = 4096;

/// A Unix socket to listen on: its path, and who may connect. Its owner alone may, unless told.
///
/// A file that a dead server has left at the path is replaced. One on which a server listens, and
/// one that is no socket, is left, and is an error. The file is removed when the server ends,
/// unless another has taken its place.
///
/// ```
/// use xmlrpc_server::{Service, front::{UnixSocket, hyper::Server}};
///
/// # let directory = std::env::temp_dir().join(format!("unix-socket-{}", std::process::id()));
/// # std::fs::create_dir_all(&directory)?;
/// # let path = directory.join("server.sock");
/// let listener = UnixSocket::new(&path).mode(0o660).listen()?;
/// let server = Server::new(listener, Service::new())?;
/// println!("listening on {}", server.listen_address());
/// # server.stop();
/// server.wait()?;
/// assert!(!path.exists());
/// # std::fs::remove_dir(&directory)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnixSocket {
    path: PathBuf,
    mode: u32,
    owner: Option<u32>,
    group: Option<u32>,
}

impl UnixSocket {
    /// Returns a socket at a path, with mode 0600, of this process's user and group.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        UnixSocket {
            path: path.into(),
            mode: 0o600,
            owner: None,
            group: None,
        }
    }

    /// Sets the mode of the file. Whoever may write to it may connect.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Sets the user, by number, who owns the file. Only root may give it to another.
    #[must_use]
    pub fn owner(mut self, user: u32) -> Self {
        self.owner = Some(user);
        self
    }

    /// Sets the group of the file, by number: any group for root, and for others one of their
    /// own.
    #[must_use]
    pub fn group(mut self, group: u32) -> Self {
        self.group = Some(group);
        self
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Listens, once the file has its mode and its owner: nobody can connect before.
    pub(crate) fn bind_and_listen(&self) -> io::Result<(SocketFile, UnixListener)> {
        let address = SocketAddrUnix::new(&self.path)?;
        // Of two servers that start at once, one would remove the other's new file.
        let lock = lock_directory(&self.path);
        remove_if_stale(&self.path, &address)?;
        let socket = new_socket(SocketFlags::CLOEXEC)?;
        bind(&socket, &address)?;
        let file = SocketFile::of(&self.path)?;
        let listening = self
            .set_access(&file)
            .and_then(|()| Ok(listen(&socket, BACKLOG)?));
        // The file's drop takes the lock too.
        drop(lock);
        listening?;
        Ok((file, UnixListener::from(socket)))
    }

    /// Sets the mode and then the owner, who may replace the file from then on: by a link, which
    /// a later change of the mode would follow.
    fn set_access(&self, file: &SocketFile) -> io::Result<()> {
        file.check()?;
        fs::set_permissions(&self.path, fs::Permissions::from_mode(self.mode))?;
        if self.owner.is_some() || self.group.is_some() {
            lchown(&self.path, self.owner, self.group)?;
        }
        Ok(())
    }
}

fn new_socket(flags: SocketFlags) -> io::Result<OwnedFd> {
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    Ok(socket)
}

/// Removes the socket at a path if no server listens on it any more.
///
/// # Errors
///
/// A server listens on it, or it is no socket, or can't be removed.
fn remove_if_stale(path: &Path, address: &SocketAddrUnix) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(found) if !found.file_type().is_socket() => return Err(Errno::EXIST.into()),
        Ok(_) => {}
    }
    let probe = new_socket(SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
    match connect(&probe, address) {
        Err(Errno::CONNREFUSED) => fs::remove_file(path),
        Err(Errno::NOENT) => Ok(()),
        // Someone listens: at once, with a full backlog, or with a socket of another type.
        Ok(()) | Err(Errno::AGAIN | Errno::PROTOTYPE) => Err(Errno::ADDRINUSE.into()),
        Err(error) => Err(error.into()),
    }
}

//! Sockets at paths where something is already.
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, listen, socket};

use super::*;
use crate::front::socket_file::lock_directory;

/// A directory of a test, removed with all that is in it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let name = format!("xmlrpc-server-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Directory(path)
    }

    fn socket(&self) -> UnixSocket {
        UnixSocket::new(self.path())
    }

    fn path(&self) -> PathBuf {
        self.0.join("s")
    }

    /// Returns the error of a second server at the path.
    fn refusal(&self) -> String {
        self.socket().listen().unwrap_err().to_string()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_mode_is_the_owners_alone_unless_told() {
    let directory = Directory::new("mode");
    for (socket, mode) in [
        (directory.socket(), 0o600),
        (directory.socket().mode(0o660), 0o660),
        (directory.socket().mode(0o666), 0o666),
    ] {
        let listener = socket.listen().unwrap();
        let found = fs::metadata(directory.path()).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode);
        let address = ListenAddress::Unix(directory.path());
        assert_eq!(listener.address().unwrap(), address);
        UnixStream::connect(directory.path()).unwrap();
        drop(listener);
        assert!(!directory.path().exists());
    }
}

#[test]
fn the_owner_is_given_or_there_is_no_file() {
    let directory = Directory::new("owner");
    if rustix::process::geteuid().is_root() {
        use std::os::unix::fs::MetadataExt as _;

        let listener = directory.socket().owner(12).group(34).listen().unwrap();
        let found = fs::metadata(directory.path()).unwrap();
        assert_eq!((found.uid(), found.gid()), (12, 34));
        drop(listener);
    } else {
        let error = directory.socket().owner(0).listen().unwrap_err();
        assert!(error.to_string().contains("owner"), "{error}");
    }
    assert!(!directory.path().exists());
}

#[test]
fn the_file_of_a_dead_server_is_replaced() {
    let directory = Directory::new("stale");
    // The standard library leaves the file.
    drop(UnixListener::bind(directory.path()).unwrap());
    assert!(directory.path().exists());
    let listener = directory.socket().listen().unwrap();
    UnixStream::connect(directory.path()).unwrap();
    drop(listener);
    assert!(!directory.path().exists());
}

#[test]
fn a_live_server_is_refused_by_name_and_goes_on() {
    let directory = Directory::new("live");
    let listener = directory.socket().listen().unwrap();
    let refusal = directory.refusal();
    let path = directory.path();
    assert!(
        refusal.contains(&format!("unix:{}", path.display())),
        "{refusal}"
    );
    assert!(
        refusal.contains("another program listens there"),
        "{refusal}"
    );
    UnixStream::connect(&path).unwrap();
    drop(listener);
}

#[test]
fn a_live_server_whose_backlog_is_full_is_refused() {
    let directory = Directory::new("backlog");
    let address = SocketAddrUnix::new(directory.path()).unwrap();
    let server = socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
    bind(&server, &address).unwrap();
    listen(&server, 0).unwrap();
    let _waiting = UnixStream::connect(directory.path()).unwrap();
    let refusal = directory.refusal();
    assert!(
        refusal.contains("another program listens there"),
        "{refusal}"
    );
}

#[test]
fn what_is_no_stream_socket_stays() {
    let directory = Directory::new("other");
    fs::write(directory.path(), "precious").unwrap();
    let refusal = directory.refusal();
    assert!(refusal.contains("no socket"), "{refusal}");
    assert_eq!(fs::read(directory.path()).unwrap(), b"precious");
    fs::remove_file(directory.path()).unwrap();
    let target = directory.0.join("target");
    std::os::unix::fs::symlink(target, directory.path()).unwrap();
    assert!(directory.refusal().contains("no socket"));
    fs::remove_file(directory.path()).unwrap();
    let _datagrams = UnixDatagram::bind(directory.path()).unwrap();
    let refusal = directory.refusal();
    assert!(
        refusal.contains("another program listens there"),
        "{refusal}"
    );
}

#[test]
fn a_directory_that_does_not_exist_is_named_with_the_remedy() {
    let directory = Directory::new("missing");
    let socket = UnixSocket::new(directory.0.join("none/s"));
    let error = socket.listen().unwrap_err().to_string();
    assert!(error.contains("make its directory first"), "{error}");
}

#[test]
fn a_file_that_has_taken_the_place_of_the_servers_stays() {
    let directory = Directory::new("replaced");
    let listener = directory.socket().listen().unwrap();
    fs::remove_file(directory.path()).unwrap();
    let other = directory.socket().listen().unwrap();
    drop(listener);
    UnixStream::connect(directory.path()).unwrap();
    drop(other);
    assert!(!directory.path().exists());
}

#[test]
fn of_servers_that_start_at_once_one_listens() {
    const SERVERS: usize = 8;
    let directory = Directory::new("race");
    for _ in 0..50 {
        // A stale file, which each of them would remove.
        drop(UnixListener::bind(directory.path()).unwrap());
        let barrier = Arc::new(Barrier::new(SERVERS));
        let started: Vec<_> = (0..SERVERS)
            .map(|_| {
                let (barrier, socket) = (Arc::clone(&barrier), directory.socket());
                thread::spawn(move || {
                    barrier.wait();
                    socket.listen()
                })
            })
            .collect();
        let listening: Vec<Listener> = started
            .into_iter()
            .filter_map(|thread| thread.join().unwrap().ok())
            .collect();
        assert_eq!(listening.len(), 1);
        UnixStream::connect(directory.path()).unwrap();
    }
}

#[test]
fn a_lock_that_another_program_keeps_does_not_keep_the_server() {
    let directory = Directory::new("lock");
    let lock = lock_directory(&directory.path()).unwrap();
    let socket = directory.socket();
    let (tell, told) = std::sync::mpsc::channel();
    thread::spawn(move || tell.send(socket.listen()));
    let patience = Duration::from_secs(20);
    told.recv_timeout(patience).unwrap().unwrap();
    drop(lock);
}

#[test]
fn the_path_of_a_socket_is_one_that_a_url_can_name() {
    let long = format!("unix:/{}", "s".repeat(106));
    for (address, path) in [
        ("unix:/run/x.sock", Some("/run/x.sock")),
        ("unix:///run/x.sock", Some("/run/x.sock")),
        ("unix:/a:b/ñ", Some("/a:b/ñ")),
        (&*long, long.strip_prefix("unix:")),
        ("unix:", None),
        ("unix:run/x", None),
        ("unix://host/x", None),
        ("unix:/x:/RPC2", None),
        ("unix:/x y", None),
        ("unix:/x\ny", None),
        (&*format!("{long}s"), None),
    ] {
        let found = socket_path(address).unwrap();
        assert_eq!(found.ok(), path, "{address}");
    }
    for address in ["9000", "localhost:9000", "UNIX:/x", ""] {
        assert!(socket_path(address).is_none(), "{address}");
    }
    let error = Listener::bind("unix:x").unwrap_err().to_string();
    assert!(error.contains("unix:/run/server.sock"), "{error}");
}

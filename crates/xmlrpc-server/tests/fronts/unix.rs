//! Both fronts on a Unix socket.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use xmlrpc_server::front::{self, ListenAddress, Listener, UnixSocket};
use xmlrpc_server::{Context, Error, Service, Stop, Token};

use crate::client::document;
use crate::log_lines::{line_with, lines};
use crate::server::{Front, Held, PATIENCE, service};

on_both_fronts! {
    a_function_learns_the_user_of_its_client
    a_connection_carries_many_calls
    an_access_line_begins_with_the_user
    pages_of_others_can_not_call
    a_stop_lets_the_running_call_finish
    a_stop_ends_a_server_whose_file_is_gone
    a_listener_of_the_callers_keeps_its_file
}

/// A directory of a test, removed with all that is in it.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, SeqCst);
        let name = format!("xmlrpc-fronts-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Directory(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("s")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server on a Unix socket, stopped when dropped.
struct Server {
    path: PathBuf,
    stop: Stop,
    ended: Receiver<Result<(), Error>>,
    _directory: Directory,
}

impl Server {
    fn start(front: Front, service: Service) -> Self {
        let directory = Directory::new();
        let listener = UnixSocket::new(directory.socket()).listen().unwrap();
        Server::on(front, listener, directory, service)
    }

    fn on(front: Front, listener: Listener, directory: Directory, service: Service) -> Self {
        let (end, ended) = channel();
        let path = directory.socket();
        let check = |address: &ListenAddress, tcp: std::net::SocketAddr| {
            assert_eq!(*address, ListenAddress::Unix(path.clone()));
            assert_eq!(tcp.to_string(), "0.0.0.0:0");
        };
        let stop = match front {
            Front::Tiny => {
                let server = front::tiny::Server::new(listener, service).unwrap();
                check(server.listen_address(), server.address());
                let stop = server.stop_handle();
                thread::spawn(move || end.send(server.wait()));
                stop
            }
            Front::Hyper => {
                let server = front::hyper::Server::new(listener, service).unwrap();
                check(server.listen_address(), server.address());
                let stop = server.stop_handle();
                thread::spawn(move || end.send(server.wait()));
                stop
            }
        };
        Server {
            path,
            stop,
            ended,
            _directory: directory,
        }
    }

    fn end(&self) {
        self.stop.stop();
        self.ended.recv_timeout(PATIENCE).unwrap().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

fn connect(path: &Path) -> UnixStream {
    let stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Returns the answer to a request of HTTP/1.0 with these further header lines.
fn answer(path: &Path, line: &str, headers: &str, body: &[u8]) -> String {
    let mut stream = connect(path);
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.0\r\nContent-Type: text/xml\r\n{headers}Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn call(path: &Path, method: &str) -> String {
    answer(path, "POST /RPC2", "", &document(method, ()))
}

fn a_function_learns_the_user_of_its_client(front: Front) {
    let mut service = service();
    let tell = |call: &Context| {
        assert_eq!(call.peer(), None);
        format!("user {:?}", call.peer_user())
    };
    service.register("tell", tell).unwrap();
    let server = Server::start(front, service);
    let own = rustix::process::getuid().as_raw();
    let expected = match cfg!(target_os = "linux") {
        true => format!("user Some({own})"),
        false => "user ".to_owned(),
    };
    let answer = call(&server.path, "tell");
    assert!(answer.contains(&expected), "{answer}");
    server.end();
    assert!(!server.path.exists());
}

fn a_connection_carries_many_calls(front: Front) {
    let server = Server::start(front, service());
    let mut stream = connect(&server.path);
    let body = document("cuad", (7,));
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    for _ in 0..3 {
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"</methodResponse>") {
            let mut piece = [0; 1024];
            let length = stream.read(&mut piece).unwrap();
            assert!(length > 0, "{}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(piece[..length].trim_ascii_end());
        }
        let answer = String::from_utf8(answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("<int>49</int>"), "{answer}");
    }
}

fn an_access_line_begins_with_the_user(front: Front) {
    // The log begins with it.
    lines();
    let server = Server::start(front, service());
    let target = format!("POST /unix-{front:?}");
    let refused = answer(&server.path, &target, "", b"");
    assert!(refused.contains(" 404 "), "{refused}");
    let line = line_with(&target);
    let own = rustix::process::getuid().as_raw();
    let expected = match cfg!(target_os = "linux") {
        true => format!("uid:{own} \"{target} HTTP/1.0\" 404 -"),
        false => format!("\"{target} HTTP/1.0\" 404 -"),
    };
    assert!(line.contains(&expected), "{line}");
}

fn pages_of_others_can_not_call(front: Front) {
    let server = Server::start(front, service());
    for (headers, status) in [
        ("Host: localhost\r\n", 200),
        ("Host: 127.0.0.1:9000\r\n", 200),
        ("Host: evil.example\r\n", 403),
        ("Host: localhost\r\nOrigin: http://evil.example\r\n", 403),
    ] {
        let answer = answer(&server.path, "POST /", headers, &document("cuad", (7,)));
        assert!(answer.contains(&format!(" {status} ")), "{headers}{answer}");
    }
}

fn a_stop_lets_the_running_call_finish(front: Front) {
    let (service, held) = Held::new();
    let server = Server::start(front, service);
    let path = server.path.clone();
    let calling = thread::spawn(move || call(&path, "held"));
    held.wait();
    server.stop.stop();
    while server.path.exists() {
        thread::yield_now();
    }
    assert!(UnixStream::connect(&server.path).is_err());
    held.release();
    let answer = calling.join().unwrap();
    assert!(answer.contains("released"), "{answer}");
    server.end();
}

fn a_stop_ends_a_server_whose_file_is_gone(front: Front) {
    let server = Server::start(front, service());
    assert!(call(&server.path, "system.listMethods").contains("cuad"));
    let found = fs::symlink_metadata(&server.path).unwrap();
    assert!(found.file_type().is_socket());
    fs::remove_file(&server.path).unwrap();
    fs::write(&server.path, "of another").unwrap();
    server.end();
    assert_eq!(fs::read(&server.path).unwrap(), b"of another");
}

fn a_listener_of_the_callers_keeps_its_file(front: Front) {
    let directory = Directory::new();
    let listener = UnixListener::bind(directory.socket()).unwrap();
    let server = Server::on(front, listener.into(), directory, service());
    assert!(call(&server.path, "system.listMethods").contains("cuad"));
    server.end();
    assert!(server.path.exists());
}

#[test]
fn a_token_counts_and_health_and_pages_are_read() {
    const TOKEN: &str = "correct-horse-battery";
    let directory = Directory::new();
    let path = directory.socket();
    let listener = Listener::bind(&format!("unix:{}", path.display())).unwrap();
    let mut options = front::hyper::Options::default();
    options.token = Some(Token::new(TOKEN).unwrap());
    let builder = front::hyper::Server::builder(listener, service()).options(options);
    let server = builder.start().unwrap();
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    for (line, headers, expected) in [
        ("GET /health", "", " 200 "),
        ("GET /", "", " 401 "),
        ("GET /", &*bearer, "cuad"),
        ("GET /metrics", &*bearer, "# TYPE"),
    ] {
        let answer = answer(&path, line, headers, b"");
        assert!(answer.contains(expected), "{line} {answer}");
    }
    for (headers, status) in [("", 401), (&*bearer, 200)] {
        let answer = answer(&path, "POST /", headers, &document("cuad", (7,)));
        assert!(answer.contains(&format!(" {status} ")), "{answer}");
    }
    server.stop();
    server.wait().unwrap();
}

#[test]
fn a_client_that_leaves_cancels_its_call() {
    let (tell, told) = channel();
    let tell = std::sync::Mutex::new(tell);
    let mut service = service();
    let endless = move |call: &Context| {
        tell.lock().unwrap().send(()).unwrap();
        while !call.is_cancelled() {
            thread::yield_now();
        }
        tell.lock().unwrap().send(()).unwrap();
        0
    };
    service.register("endless", endless).unwrap();
    let server = Server::start(Front::Hyper, service);
    let mut stream = connect(&server.path);
    let body = document("endless", ());
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream
        .write_all(&[head.as_bytes(), &body].concat())
        .unwrap();
    told.recv_timeout(PATIENCE).unwrap();
    drop(stream);
    told.recv_timeout(PATIENCE).unwrap();
}

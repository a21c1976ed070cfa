//! Calls over a Unix socket.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use peer::{BOUND, answer, check_silence, options, read_scgi, value};
use xmlrpc_client::{Error, ErrorKind, HttpProxy, Options, ServerProxy};

/// A socket in a directory of its own, which goes with it.
struct Socket(PathBuf);

impl Socket {
    fn new(name: &str) -> Self {
        let directory = format!("xmlrpc-client-{}-{name}", std::process::id());
        let directory = std::env::temp_dir().join(directory);
        fs::create_dir(&directory).unwrap();
        Socket(directory)
    }

    fn path(&self) -> PathBuf {
        self.0.join("ñ@server.sock")
    }

    fn url(&self) -> String {
        format!("unix:{}", self.path().display())
    }

    fn listen(&self) -> UnixListener {
        UnixListener::bind(self.path()).unwrap()
    }

    fn proxy(&self, options: Options) -> ServerProxy {
        let builder = ServerProxy::builder(&self.url());
        builder.options(options).build().unwrap()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Reads a request and returns its head.
fn read_request(reader: &mut BufReader<UnixStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
    }
    let lower = head.to_ascii_lowercase();
    let (_, length) = lower.split_once("content-length: ").unwrap();
    let (length, _) = length.split_once("\r\n").unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    head
}

#[test]
fn calls_go_over_a_socket_and_share_a_connection() {
    let socket = Socket::new("calls");
    let listener = socket.listen();
    let server = thread::spawn(move || {
        let mut reader = BufReader::new(listener.accept().unwrap().0);
        [1, 2].map(|n| {
            let head = read_request(&mut reader);
            reader.get_mut().write_all(value(n).as_bytes()).unwrap();
            head
        })
    });
    let url = socket.url().replace("unix:", "unix:me:sec%40ret@") + ":/x?y";
    let mut options = options();
    // No proxy leads to a socket.
    options.proxy = Some(HttpProxy::new("127.0.0.1:1").unwrap());
    let proxy = ServerProxy::builder(&url).options(options).build().unwrap();
    assert_eq!(proxy.server(), socket.url());
    let results = [1, 2].map(|n| proxy.call::<i32>("f", (n,)).unwrap());
    assert_eq!(results, [1, 2]);
    for head in server.join().unwrap() {
        assert!(head.starts_with("POST /x?y HTTP/1.1\r\n"), "{head}");
        let head = head.to_ascii_lowercase();
        assert!(head.contains("\r\nhost: localhost\r\n"), "{head}");
        assert!(head.contains("\r\nauthorization: basic "), "{head}");
    }
}

#[test]
fn calls_of_scgi_go_over_a_socket() {
    let socket = Socket::new("scgi");
    let listener = socket.listen();
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let request = read_scgi(&mut stream);
        let body = peer::document(7.into());
        write!(stream, "Status: 200 OK\r\n\r\n{body}").unwrap();
        request
    });
    let url = format!("scgi+{}:/x", socket.url());
    let proxy = ServerProxy::builder(&url).options(options());
    let proxy = proxy.build().unwrap();
    assert_eq!(proxy.server(), format!("scgi+{}", socket.url()));
    assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 7);
    let request = server.join().unwrap();
    assert_eq!(request.field("REQUEST_URI"), Some("/x"));
    assert_eq!(request.field("HTTP_HOST"), Some("localhost"));
    let error = proxy.call::<i32>("f", ()).unwrap_err().to_string();
    assert!(
        error.contains("can't connect to the Unix socket /"),
        "{error}"
    );
}

#[test]
fn a_redirect_stays_on_the_socket() {
    let socket = Socket::new("redirect");
    let listener = socket.listen();
    let server = thread::spawn(move || {
        let moved = answer("308 Permanent Redirect\r\nLocation: /there", "");
        [moved, value(3)].map(|answer| {
            let mut reader = BufReader::new(listener.accept().unwrap().0);
            let head = read_request(&mut reader);
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            head
        })
    });
    let mut options = options();
    options.redirects = 1;
    let result = socket.proxy(options).call::<i32>("f", ());
    assert_eq!(result.unwrap(), 3);
    let [_, second] = server.join().unwrap();
    assert!(second.starts_with("POST /there HTTP/1.1\r\n"), "{second}");
}

#[test]
fn a_socket_without_a_server_is_unreachable_and_named() {
    let socket = Socket::new("nobody");
    let proxy = socket.proxy(options());
    let missing = proxy.call::<i32>("f", ()).unwrap_err();
    drop(socket.listen());
    let refused = proxy.call::<i32>("f", ()).unwrap_err();
    for error in [missing, refused, proxy.check_reachable().unwrap_err()] {
        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::NeverRan);
        let text = error.to_string();
        let path = socket.path().to_str().unwrap().to_owned();
        let expected = [&path, "check the path"];
        assert!(expected.iter().all(|part| text.contains(part)), "{text}");
    }
}

#[test]
fn a_server_without_room_for_a_connection_meets_the_time_out() {
    let socket = Socket::new("full");
    let listener = socket.listen();
    // Room for one connection that is not accepted yet.
    rustix::net::listen(&listener, 0).unwrap();
    let mut options = options();
    options.connect_timeout = Duration::from_millis(100);
    let proxy = socket.proxy(options);
    // Each connection stays in the queue after its client has gone.
    let mut attempts = (0..10).map(|_| proxy.check_reachable());
    let error = attempts.find_map(Result::err).unwrap();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    let began = Instant::now();
    let error = proxy.call::<i32>("f", ()).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert!(began.elapsed() < BOUND);
}

#[test]
fn a_silent_server_meets_the_time_out_and_a_call_that_waits_is_cancelled() {
    let socket = Socket::new("cancel");
    let listener = socket.listen();
    let (asked, is_asked) = mpsc::channel();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let mut reader = BufReader::new(listener.accept().unwrap().0);
            read_request(&mut reader);
            asked.send(()).unwrap();
            // Until the client has gone.
            let _ = reader.read_to_end(&mut Vec::new());
        }
    });
    check_silence(|options| socket.proxy(options), &is_asked);
    server.join().unwrap();
}

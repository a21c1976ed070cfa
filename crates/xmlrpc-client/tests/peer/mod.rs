//! A server of raw bytes: each test says what it reads and what it writes.

// Each test file takes what it needs.
#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use xmlrpc_client::{Error, Options, Phase, ServerProxy, Value};
use xmlrpc_wire::{Bytes, Limits, MethodCall, decode_call, encode_response};

/// The longest time that a test waits for anything before it fails.
pub(crate) const BOUND: Duration = Duration::from_secs(10);

/// A script that runs in a thread, and the address at which it listens.
pub(crate) struct Server<T = ()> {
    pub(crate) address: String,
    done: Receiver<T>,
}

/// Runs `script` on a listener of its own.
pub(crate) fn serve<T: Send + 'static>(
    script: impl FnOnce(Listener) -> T + Send + 'static,
) -> Server<T> {
    serve_at("127.0.0.1:0", script).expect("loopback has a free port")
}

pub(crate) fn serve_at<T: Send + 'static>(
    address: &str,
    script: impl FnOnce(Listener) -> T + Send + 'static,
) -> std::io::Result<Server<T>> {
    let listener = TcpListener::bind(address)?;
    let address = listener.local_addr()?.to_string();
    let (result, done) = mpsc::channel();
    thread::spawn(move || result.send(script(Listener(listener))));
    Ok(Server { address, done })
}

impl<T> Server<T> {
    /// A proxy whose time-outs are [`BOUND`].
    pub(crate) fn proxy(&self) -> ServerProxy {
        ServerProxy::builder(&self.address)
            .options(options())
            .build()
            .unwrap()
    }

    /// Returns the script's result; fails where it panicked or doesn't end.
    pub(crate) fn done(self) -> T {
        self.done.recv_timeout(BOUND).expect("the script ends well")
    }
}

/// Options that end a test which hangs.
pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.connect_timeout = BOUND;
    options.send_timeout = BOUND;
    options.response_timeout = BOUND;
    options
}

pub(crate) struct Listener(pub(crate) TcpListener);

impl Listener {
    pub(crate) fn accept(&self) -> Peer {
        let (stream, _) = self.0.accept().unwrap();
        stream.set_read_timeout(Some(BOUND)).unwrap();
        stream.set_write_timeout(Some(BOUND)).unwrap();
        Peer(stream)
    }

    /// Returns whether nobody has connected to make a call. The beginning of a handshake, by which the
    /// client asks whether this is a server for TLS, is none.
    pub(crate) fn is_not_called(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        while let Ok((mut connection, _)) = self.0.accept() {
            connection.set_nonblocking(false).unwrap();
            let mut first = [0];
            if connection.read(&mut first).is_ok_and(|count| count == 1) && first != [0x16] {
                return false;
            }
        }
        true
    }

    /// Returns whether nobody has connected.
    pub(crate) fn is_quiet(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        self.0.accept().is_err()
    }
}

/// The client, as the server sees it.
pub(crate) struct Peer(pub(crate) TcpStream);

pub(crate) struct Request {
    /// The request line and the headers, each without its line end.
    pub(crate) head: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Peer {
    /// Reads up to the empty line, and not a byte further.
    pub(crate) fn head(&mut self) -> Vec<String> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            bytes.extend(byte);
        }
        let text = String::from_utf8(bytes).unwrap();
        text.trim_end().split("\r\n").map(str::to_owned).collect()
    }

    pub(crate) fn request(&mut self) -> Request {
        let head = self.head();
        let length = |line: &String| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse().unwrap())
        };
        let mut body = vec![0; head.iter().find_map(length).expect("a length")];
        self.0.read_exact(&mut body).unwrap();
        Request { head, body }
    }

    pub(crate) fn scgi_request(&mut self) -> ScgiRequest {
        read_scgi(&mut self.0)
    }

    /// Writes, and does not mind a client that has gone.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).is_ok()
    }

    /// Waits until the client has closed the connection.
    pub(crate) fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        // A reset is an end as well.
        !matches!(self.0.read_to_end(&mut rest), Err(e) if e.kind() == std::io::ErrorKind::WouldBlock)
    }
}

/// A request of SCGI.
pub(crate) struct ScgiRequest {
    /// The names and the values, in their order.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Reads a request of SCGI, and not a byte further. Fails where it is not one.
pub(crate) fn read_scgi(reader: &mut impl Read) -> ScgiRequest {
    let mut byte = || {
        let mut byte = [0];
        reader.read_exact(&mut byte).unwrap();
        byte[0]
    };
    let mut length = String::new();
    loop {
        match byte() {
            b':' => break,
            digit => length.push(char::from(digit)),
        }
    }
    let head: Vec<u8> = (0..length.parse().unwrap()).map(|_| byte()).collect();
    assert_eq!(byte(), b',', "the netstring ends");
    let head = String::from_utf8(head).unwrap();
    let texts: Vec<&str> = head.strip_suffix('\0').unwrap().split('\0').collect();
    let pairs = texts.chunks(2);
    let fields: Vec<_> = pairs
        .map(|pair| (pair[0].to_owned(), pair[1].to_owned()))
        .collect();
    let (name, length) = &fields[0];
    assert_eq!(name, "CONTENT_LENGTH", "the first field");
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body).unwrap();
    ScgiRequest { fields, body }
}

impl ScgiRequest {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields.find_map(|(found, value)| (found == name).then_some(&**value))
    }
}

impl Request {
    pub(crate) fn call(&self) -> MethodCall {
        decode_call(&self.body, &Limits::default()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// An argument of 8 MiB on the wire: the buffers between two sockets take half of that.
/// (Base64, since a debug build takes a second to escape as much text.)
pub(crate) fn long() -> Bytes {
    Bytes(vec![0; 6 << 20])
}

/// The document of a value.
pub(crate) fn document(value: Value) -> String {
    String::from_utf8(encode_response(&value).unwrap()).unwrap()
}

/// An HTTP/1.1 answer with a length, that keeps the connection open.
pub(crate) fn answer(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The answer of a value.
pub(crate) fn value(value: impl Into<i32>) -> String {
    answer("200 OK", &document(Value::Int(value.into())))
}

/// Checks that a call of a silent server meets its time limit, and that one that waits is cancelled.
/// The server takes two requests, tells of each, and waits for the client to go.
pub(crate) fn check_silence(proxy: impl Fn(Options) -> ServerProxy, is_asked: &Receiver<()>) {
    let mut short = options();
    short.response_timeout = Duration::from_millis(100);
    let error = proxy(short).call::<i32>("f", ()).unwrap_err();
    let timed_out = matches!(error, Error::TimedOut { phase, .. } if phase == Phase::Response);
    assert!(timed_out, "{error:?}");
    is_asked.recv_timeout(BOUND).unwrap();

    let proxy = proxy(options());
    let attempt = proxy.attempt();
    let canceller = attempt.canceller();
    thread::scope(|scope| {
        let call = scope.spawn(|| attempt.call::<i32>("f", ()));
        is_asked.recv_timeout(BOUND).unwrap();
        canceller.cancel();
        let error = call.join().unwrap().unwrap_err();
        assert!(matches!(error, Error::Cancelled), "{error:?}");
    });
}

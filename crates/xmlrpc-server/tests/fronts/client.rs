//! A client that writes given bytes and reads answers.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use xmlrpc_wire::{IntoParams, Limits, MethodResponse, decode_response, encode_call};

use crate::server::PATIENCE;

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Returns the value or the fault in it.
    pub(crate) fn value(&self) -> MethodResponse {
        assert_eq!(self.status, 200, "{self:?}");
        assert!(self.has_header("content-type", "text/xml"), "{self:?}");
        decode_response(&self.body, &Limits::default()).unwrap()
    }

    pub(crate) fn has_header(&self, name: &str, value: &str) -> bool {
        self.head.lines().any(|line| {
            line.split_once(": ")
                .is_some_and(|(n, v)| n.eq_ignore_ascii_case(name) && v == value)
        })
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Client::from(stream)
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.try_send(bytes).unwrap();
        self
    }

    /// Sends; a server that has refused already may have closed.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    pub(crate) fn answer(&mut self) -> Answer {
        self.try_answer().expect("an answer")
    }

    /// Reads the head of an answer that has no body, whatever its length says.
    pub(crate) fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(self.stream.read_line(&mut head).unwrap() > 0);
        }
        head
    }

    /// Reads the answer; `None` if the server closes instead.
    pub(crate) fn try_answer(&mut self) -> Option<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.parse().unwrap())
        });
        let mut body = vec![0; length.expect("a length")];
        self.stream.read_exact(&mut body).ok()?;
        Some(Answer { status, head, body })
    }

    /// Returns whether the server closes; panics if it does not within the read time-out.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self.stream.read(&mut [0]) {
            Ok(read) => read == 0,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                panic!("the server keeps the connection open")
            }
            Err(_) => true,
        }
    }

    pub(crate) fn call(&mut self, method: &str, params: impl IntoParams) -> MethodResponse {
        self.send(post(&document(method, params))).answer().value()
    }

    pub(crate) fn shutdown(&mut self, how: Shutdown) {
        self.stream.get_ref().shutdown(how).unwrap();
    }
}

impl From<TcpStream> for Client {
    fn from(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Client {
            stream: BufReader::new(stream),
        }
    }
}

/// Makes one call on a connection of its own.
pub(crate) fn call(address: SocketAddr, method: &str, params: impl IntoParams) -> MethodResponse {
    Client::connect(address).call(method, params)
}

/// Sends a bad request on a connection of its own, and returns the status; 0 if the server
/// closes without an answer.
pub(crate) fn status(address: SocketAddr, request: impl AsRef<[u8]>) -> u16 {
    let mut client = Client::connect(address);
    client.send(request);
    client.try_answer().map_or(0, |answer| answer.status)
}

pub(crate) fn document(method: &str, params: impl IntoParams) -> Vec<u8> {
    encode_call(method, &params.into_params().unwrap()).unwrap()
}

pub(crate) fn post(body: &[u8]) -> Vec<u8> {
    request("POST /RPC2 HTTP/1.1", body)
}

/// Returns a request with this line, this body, its length and a Host.
pub(crate) fn request(line: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{line}\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

//! A server of another kind: XML-RPC over HTTP/1.0, one connection a call, and no control
//! protocol. The test decides each answer, byte by byte if it likes.

use std::io::{self, Read, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

use xmlrpc_wire::{Fault, Limits, Value, decode_call, encode_fault, encode_response};

/// An answer of a foreign server.
pub enum Answer {
    /// The argument, as the function's result.
    Echo,
    /// A fault.
    Fault(i32, &'static str),
    /// A document, right or not.
    Document(Vec<u8>),
    /// An HTTP status, with a line of headers or an empty one.
    Status(u16, &'static str),
    /// Nothing: the connection is closed.
    HangUp,
}

/// A foreign server in the test's process. It stops taking connections when this is dropped.
pub struct Foreign {
    pub address: String,
    is_over: Arc<AtomicBool>,
}

impl Foreign {
    /// A server that answers calls of `f` by `answer`, which sees the argument, and all others
    /// with the fault for a method that it does not have.
    pub fn serve(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        Foreign::serve_all(move |method, argument| match method {
            "f" => answer(argument),
            _ => Answer::Fault(-32601, "no such method"),
        })
    }

    /// A server that answers each call by `answer`, which sees the method and the argument.
    pub fn serve_all(answer: impl Fn(&str, &str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let is_over = Arc::new(AtomicBool::new(false));
        let (over, answer) = (Arc::clone(&is_over), Arc::new(answer));
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if over.load(SeqCst) {
                    return;
                }
                let answer = Arc::clone(&answer);
                thread::spawn(move || serve_connection(connection, &*answer));
            }
        });
        Foreign { address, is_over }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        self.is_over.store(true, SeqCst);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(&self.address));
    }
}

fn serve_connection(mut connection: TcpStream, answer: &dyn Fn(&str, &str) -> Answer) {
    let Some(request) = read_message(&mut connection) else {
        return;
    };
    let body = &request.bytes[request.body_at..];
    let call = decode_call(body, &Limits::default()).unwrap();
    let argument = match call.params.first() {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let response = match answer(&call.method, &argument) {
        Answer::Echo => ok(&encode_response(&Value::from(argument)).unwrap()),
        Answer::Fault(code, text) => ok(&encode_fault(&Fault::new(code, text))),
        Answer::Document(document) => ok(&document),
        Answer::Status(status, header) => {
            let end = if header.is_empty() { "" } else { "\r\n" };
            format!("HTTP/1.0 {status} Told\r\n{header}{end}Content-Length: 0\r\n\r\n").into()
        }
        Answer::HangUp => return,
    };
    // The client may have gone.
    let _ = connection.write_all(&response);
    let _ = connection.shutdown(Shutdown::Write);
}

fn ok(document: &[u8]) -> Vec<u8> {
    let length = document.len();
    let head =
        format!("HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n");
    [head.as_bytes(), document].concat()
}

/// An HTTP message: its head, with the empty line, and its body.
struct Message {
    bytes: Vec<u8>,
    body_at: usize,
}

/// Reads a message whose body has a length. `None` if the connection ends before.
fn read_message(connection: &mut TcpStream) -> Option<Message> {
    let mut bytes = Vec::new();
    let mut part = [0; 16 * 1024];
    loop {
        let count = connection.read(&mut part).ok().filter(|&count| count > 0)?;
        bytes.extend_from_slice(&part[..count]);
        let head_end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let Some(body_at) = head_end.map(|at| at + 4) else {
            continue;
        };
        let head = String::from_utf8_lossy(&bytes[..body_at]).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        if bytes.len() >= body_at + length {
            return Some(Message { bytes, body_at });
        }
    }
}

/// Starts a proxy that gives each request to the next of these servers, and returns its
/// address. It ends with the test.
pub fn proxy(servers: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (servers, requests) = (Arc::new(servers), Arc::new(AtomicUsize::new(0)));
    thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let (servers, requests) = (Arc::clone(&servers), Arc::clone(&requests));
            thread::spawn(move || {
                while let Some(request) = read_message(&mut client) {
                    let next = requests.fetch_add(1, SeqCst) % servers.len();
                    let mut server = TcpStream::connect(&servers[next]).unwrap();
                    server.write_all(&request.bytes).unwrap();
                    let Some(response) = read_message(&mut server) else {
                        return;
                    };
                    // The client may have gone.
                    let _ = client.write_all(&response.bytes);
                }
            });
        }
    });
    address
}

/// A relay of bytes to a server, which can be changed. It ends with the test.
pub struct Relay {
    pub address: String,
    target: Target,
}

/// The server of a relay.
#[derive(Clone)]
pub struct Target(Arc<Mutex<String>>);

impl Target {
    /// Has new connections go to another server.
    pub fn set(&self, server: &str) {
        server.clone_into(&mut self.0.lock().unwrap());
    }
}

impl Relay {
    pub fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let target = Target(Arc::new(Mutex::new(server.to_owned())));
        let to = target.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = to.0.lock().unwrap().clone();
                let server = TcpStream::connect(server).unwrap();
                pass_on(client.try_clone().unwrap(), server.try_clone().unwrap());
                pass_on(server, client);
            }
        });
        Relay { address, target }
    }

    /// Returns its target, to be changed.
    pub fn switch(&self) -> Target {
        self.target.clone()
    }
}

/// Copies all that comes to the other side, in a thread of its own.
fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        // Either side may have gone.
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}

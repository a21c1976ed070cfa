//! Calls of the examples that put a service behind another server.
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

#[allow(dead_code, reason = "its main is for those who run it as an example")]
#[path = "../examples/mount_axum.rs"]
mod mount_axum;
#[allow(dead_code, reason = "its main is for those who run it as an example")]
#[path = "../examples/mount_bytes.rs"]
mod mount_bytes;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc;
use std::thread;

use xmlrpc_server::Service;
use xmlrpc_wire::{Fault, Limits, Value, decode_response, encode_call};

/// Returns the service of both; a request has 1,000 bytes at most.
fn service() -> Service {
    let mut service = Service::new();
    service.register("cuad", |n: i32| n * n).unwrap();
    service
        .register("length", |text: String| text.len() as i32)
        .unwrap();
    let mut limits = Limits::default();
    limits.bytes = 1000;
    service.set_limits(limits);
    service
}

/// Returns the head of an HTTP answer, and the value or fault in its body.
fn read(answer: &[u8]) -> (String, Result<Value, Fault>) {
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap()
        + 4;
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let body = decode_response(&answer[end..], &Limits::default());
    (head.to_ascii_lowercase(), body.unwrap())
}

#[test]
fn cgi() {
    let service = service();
    let call = |method, argument| {
        let request = encode_call(method, &[argument]).unwrap();
        let mut answer = Vec::new();
        mount_bytes::exchange(&service, &request[..], &mut answer).unwrap();
        let (head, answer) = read(&answer);
        assert!(head.starts_with("content-type: text/xml\r\n"), "{head}");
        answer
    };
    assert_eq!(call("cuad", Value::Int(7)), Ok(Value::Int(49)));
    let long = call("length", Value::String("x".repeat(1000)));
    assert!(long.is_err(), "{long:?}");
}

#[test]
fn axum() {
    let address = serve_with_axum();
    let post = |method, argument| {
        let request = encode_call(method, &[argument]).unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST /RPC2 HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\
             Content-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
            request.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    };
    let (head, answer) = read(&post("cuad", Value::Int(7)));
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("\r\ncontent-type: text/xml\r\n"), "{head}");
    assert_eq!(answer, Ok(Value::Int(49)));
    let long = post("length", Value::String("x".repeat(1000)));
    assert!(long.starts_with(b"HTTP/1.1 413"), "{long:?}");
}

/// Starts a server that runs until the process ends.
fn serve_with_axum() -> SocketAddr {
    let (sender, address) = mpsc::channel();
    thread::spawn(move || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, mount_axum::app(service())).await
        })
    });
    address.recv().unwrap()
}

//! Answers whose heads are unusual, and are read.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;

use std::thread;
use std::time::Duration;

use peer::{answer, document, options, serve, value};
use xmlrpc_client::{Error, ServerProxy, Value};
use xmlrpc_wire::Dialect;

/// Returns the result of a call that is answered by these pieces, one after the other, and that
/// of a second call on the same connection.
fn call(pieces: &[&[u8]]) -> Result<Value, Error> {
    let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.to_vec()).collect();
    let server = serve(move |listener| {
        let mut peer = listener.accept();
        peer.request();
        for piece in pieces {
            peer.send(piece);
            thread::sleep(Duration::from_millis(2));
        }
        peer.request();
        peer.send(value(2));
    });
    let proxy = server.proxy();
    let first = proxy.call::<Value>("f", ());
    assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 2);
    server.done();
    first
}

#[test]
fn interim_answers_are_passed_over_with_their_fields() {
    let last = value(7);
    for interim in [
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 100 Continue\r\nServer: Example/5.0\r\nDate: Sat, 28 Nov 2026 12:00:00 GMT\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\nA: b\r\n\r\n",
    ] {
        let all = format!("{interim}{last}");
        assert_eq!(call(&[all.as_bytes()]).unwrap(), Value::Int(7), "{interim}");
        let apart = call(&[interim.as_bytes(), last.as_bytes()]);
        assert_eq!(apart.unwrap(), Value::Int(7), "{interim}");
    }
}

#[test]
fn folded_and_many_fields_are_read() {
    let body = document(Value::Int(7));
    let length = body.len();
    for fields in [
        format!("Policy: \r\n\tdefault-src 'self';\r\n  img-src *\r\nContent-Length: {length}\r\n"),
        format!("Content-Length:\r\n {length}\r\n"),
        format!("{}Content-Length: {length}\r\n", "A: b\r\n".repeat(900)),
        format!("A: {}\r\nContent-Length: {length}\r\n", "x".repeat(60_000)),
    ] {
        let all = format!("HTTP/1.1 200 OK\r\n{fields}\r\n{body}");
        assert_eq!(call(&[all.as_bytes()]).unwrap(), Value::Int(7));
        let pieces: Vec<&[u8]> = all.as_bytes().chunks(all.len() / 8 + 1).collect();
        assert_eq!(call(&pieces).unwrap(), Value::Int(7));
    }
}

#[test]
fn the_charset_of_the_content_type_counts() {
    let body =
        b"<methodResponse><params><param><value>caf\xE9</value></param></params></methodResponse>";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=ISO-8859-1\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let result = call(&[head.as_bytes(), body]).unwrap();
    assert_eq!(result, Value::from("café"));
}

#[cfg(feature = "gzip")]
#[test]
fn x_gzip_is_gzip() {
    // `printf %s "$document" | gzip -n`, of a document with the integer 7.
    let packed = GZIP;
    for name in ["gzip", "x-gzip", "X-Gzip"] {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: {name}\r\nContent-Length: {}\r\n\r\n",
            packed.len()
        );
        let result = call(&[head.as_bytes(), packed]).unwrap();
        assert_eq!(result, Value::Int(7), "{name}");
    }
}

#[cfg(feature = "gzip")]
const GZIP: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xb3\xc9\x4d\x2d\xc9\xc8\x4f\x09\x4a\x2d\x2e\xc8\
    \xcf\x2b\x4e\xb5\xb3\x29\x48\x2c\x4a\xcc\x2d\x86\xd2\x76\x36\x65\x89\x39\xa5\x40\xd1\xcc\
    \xbc\x12\x3b\x73\x1b\x7d\x10\x65\xa3\x0f\x15\xd3\x87\x2a\xd1\x87\x69\xd1\x47\x33\x0b\x00\
    \xea\xcd\xfe\x55\x5c\x00\x00\x00";

#[test]
fn a_call_is_written_in_the_dialect_of_the_options() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        let request = peer.request();
        peer.send(value(1));
        String::from_utf8(request.body).unwrap()
    });
    let mut options = options();
    options.dialect = Dialect::apache();
    let proxy = ServerProxy::builder(&server.address).options(options);
    let proxy = proxy.build().unwrap();
    proxy.call::<i32>("f", (1_i64 << 40,)).unwrap();
    assert!(server.done().contains("<ex:i8>1099511627776</ex:i8>"));

    let mut options = peer::options();
    options.dialect = Dialect::specification();
    let proxy = proxy.with_options(options).unwrap();
    let error = proxy.call::<i32>("f", (1_i64 << 40,)).unwrap_err();
    assert!(matches!(error, Error::Unrepresentable(_)), "{error}");
}

#[test]
fn a_page_after_an_interim_answer_is_still_an_error() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.send("HTTP/1.1 100 Continue\r\nA: b\r\n\r\n");
        peer.send(answer("404 Not Found", "gone"));
    });
    let error = server.proxy().call::<Value>("f", ()).unwrap_err();
    assert!(error.to_string().contains("HTTP status 404"), "{error}");
    server.done();
}

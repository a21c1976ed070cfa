//! Bodies in a coding, and in a charset that only the header names.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use xmlrpc_wire::Value;

use crate::client::{Answer, Client, document};
use crate::server::{Front, Held, Server, service};

on_both_fronts! {
    a_packed_call_is_answered
    what_cannot_be_unpacked_is_refused
    a_packed_call_is_bounded_without_its_coding
    a_packed_call_of_the_server_itself_waits_for_no_worker
    the_header_names_the_charset
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bare(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Posts a body with these header lines.
fn post(server: &Server, lines: &str, body: &[u8]) -> Answer {
    let mut client = Client::connect(server.address);
    client.send(packed(lines, body)).answer()
}

/// Returns the request with these header lines.
fn packed(lines: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\n{lines}\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn a_packed_call_is_answered(front: Front) {
    let server = Server::start(front, service());
    // Short ones are unpacked by the front, long ones in a worker.
    for length in [10, 30_000, 2_000_000] {
        let text = "text ".repeat(length / 5);
        let plain = document("echo", (text.as_str(),));
        for (coding, body) in [
            ("gzip", gzip(&plain)),
            ("x-gzip", gzip(&plain)),
            ("deflate", zlib(&plain)),
            ("deflate", bare(&plain)),
            ("identity", plain.clone()),
        ] {
            let lines = format!("Content-Type: text/xml\r\nContent-Encoding: {coding}");
            let answer = post(&server, &lines, &body);
            assert_eq!(answer.value(), Ok(Value::from(text.as_str())), "{coding}");
        }
    }
}

fn what_cannot_be_unpacked_is_refused(front: Front) {
    let server = Server::start(front, service());
    let plain = document("cuad", (7,));
    let packed = gzip(&plain);
    let long = document("echo", ("x".repeat(30_000).as_str(),));
    for (coding, body, status) in [
        ("gzip", &plain, 400),
        ("gzip", &long, 400),
        ("gzip", &packed[..packed.len() - 1].to_vec(), 400),
        ("deflate", &packed, 400),
        ("br", &packed, 415),
        ("gzip, br", &packed, 415),
    ] {
        let lines = format!("Content-Type: text/xml\r\nContent-Encoding: {coding}");
        let answer = post(&server, &lines, body);
        assert_eq!(answer.status, status, "{coding}: {answer:?}");
        let names_codings = answer.has_header("accept-encoding", "gzip, deflate");
        assert_eq!(names_codings, status == 415, "{answer:?}");
    }
}

fn a_packed_call_is_bounded_without_its_coding(front: Front) {
    let server = Server::start(front, service());
    let lines = "Content-Type: text/xml\r\nContent-Encoding: gzip";
    let bomb = gzip(&vec![b' '; 17 << 20]);
    assert!(bomb.len() < 20_000);
    assert_eq!(post(&server, lines, &bomb).status, 413);
    let answer = post(&server, lines, &gzip(&document("cuad", (7,))));
    assert_eq!(answer.value(), Ok(Value::Int(49)));
}

fn a_packed_call_of_the_server_itself_waits_for_no_worker(front: Front) {
    let (service, held) = Held::new();
    let server = Server::start(front, service);
    let mut busy = Client::connect(server.address);
    busy.send(crate::client::post(&document("held", ())));
    held.wait();
    let lines = "Content-Type: text/xml\r\nContent-Encoding: gzip";
    let listed = post(&server, lines, &gzip(&document("system.listMethods", ())));
    assert!(listed.value().is_ok());
    held.release();
}

fn the_header_names_the_charset(front: Front) {
    let server = Server::start(front, service());
    for (charset, text, expected) in [
        ("ISO-8859-1", &b"a\xf1o"[..], "a\u{f1}o"),
        ("\"windows-1252\"", b"\x80", "\u{20ac}"),
        ("utf-8", "a\u{f1}o".as_bytes(), "a\u{f1}o"),
    ] {
        let body = [
            &b"<methodCall><methodName>echo</methodName><params><param><value>"[..],
            text,
            b"</value></param></params></methodCall>",
        ]
        .concat();
        let lines = format!("Content-Type: text/xml; charset={charset}");
        let answer = post(&server, &lines, &body);
        assert_eq!(answer.value(), Ok(Value::from(expected)), "{charset}");
        // The charset is of the document, and not of its packed form.
        let lines = format!("{lines}\r\nContent-Encoding: gzip");
        let answer = post(&server, &lines, &gzip(&body));
        assert_eq!(answer.value(), Ok(Value::from(expected)), "{charset}, gzip");
    }
}

/// A coding may hide a long document. Once it is unpacked, its length is known.
#[test]
fn a_short_packed_call_holds_no_more_memory_than_it_has() {
    let (service, held) = Held::new();
    let mut options = xmlrpc_server::front::hyper::Options::default();
    // The least: two of the longest requests.
    options.memory = 0;
    let server = Server::hyper(service, options);
    let lines = "Content-Type: text/xml\r\nContent-Encoding: gzip";
    let mut busy = Client::connect(server.address);
    busy.send(packed(lines, &gzip(&document("held", ()))));
    held.wait();
    let listed = post(&server, lines, &gzip(&document("system.listMethods", ())));
    held.release();
    assert_eq!(listed.status, 200, "{listed:?}");
}

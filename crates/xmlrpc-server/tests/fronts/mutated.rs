//! Requests changed at random, from a seed: each gets an answer or the end of its connection in
//! time, and the server goes on.
//!
//! `MUTATED` and `SEED` in the environment set how many, and which.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use xmlrpc_server::front;
use xmlrpc_wire::Value;

use crate::client::{call, document, post};
use crate::coding::gzip;
use crate::server::{Front, PATIENCE, Server, service};

on_both_fronts! {
    mutated_requests_are_survived
}

/// Pieces on which readers of HTTP disagree.
const PIECES: [&[u8]; 26] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\r\n\r\n",
    b" ",
    b"\t",
    b":",
    b",",
    b"\xff\xfe",
    b"0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"Content-Length: 0\r\n",
    b"Content-Length: 10000000000000\r\n",
    b"Content-Length: 9223372036854775807\r\n",
    b"Content-Length: 18446744073709551615\r\n",
    b"Content-Length: -1\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Expect: 100-continue\r\n",
    b"Connection: close\r\n",
    b"Content-Encoding: gzip\r\n",
    b"POST http://localhost/RPC2 HTTP/1.0\r\n",
    b"Connection: upgrade\r\nUpgrade: h2c\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"]]>&#0;<!DOCTYPE a [<!ENTITY b \"c\">]>",
];

#[allow(clippy::print_stdout, reason = "the figures of a long run")]
fn mutated_requests_are_survived(front: Front) {
    let number = |name, default| {
        let text = std::env::var(name).ok();
        text.map_or(default, |text| text.parse().expect("a number"))
    };
    let count = number("MUTATED", 2000);
    let seed = number("SEED", 20_050_822);
    let before = memory();
    let mut dice = Dice(seed);
    let server = start(front);
    for done in 0..count {
        let request = mutated(&mut dice);
        let waits = dice.roll(2000) == 0;
        let pieces = pieces(&request, &mut dice);
        if let Err(trouble) = exchange(server.address, &pieces, waits) {
            panic!(
                "{trouble}: {done} of seed {seed}: {}",
                pieces.join(&b"|"[..]).escape_ascii()
            );
        }
        if done % 500 == 499 {
            assert_eq!(call(server.address, "cuad", (7,)), Ok(Value::Int(49)));
        }
    }
    let after = memory();
    println!("{front:?}: {count} requests, {before} kB before, {after} kB after");
    assert!(
        after < before + 64 * 1024,
        "{before} kB before, {after} after"
    );
}

fn start(front: Front) -> Server {
    match front {
        Front::Tiny => {
            let mut options = front::tiny::Options::default();
            options.head_timeout = Duration::from_secs(2);
            options.body_timeout = Duration::from_secs(2);
            Server::tiny(service(), options)
        }
        Front::Hyper => {
            let mut options = front::hyper::Options::default();
            options.head_timeout = Duration::from_secs(2);
            options.body_timeout = Duration::from_secs(2);
            Server::hyper(service(), options)
        }
    }
}

/// Cuts a request into what is written at once: all of it, each byte, or a few parts, of
/// which one may begin within a pipelined request.
fn pieces<'a>(request: &'a [u8], dice: &mut Dice) -> Vec<&'a [u8]> {
    match dice.roll(10) {
        0 if request.len() <= 1000 => request.chunks(1).collect(),
        1..=3 => {
            let (mut rest, mut parts) = (request, Vec::new());
            for _ in 0..=dice.roll(4) {
                let (part, after) = rest.split_at(dice.roll(rest.len() + 1));
                parts.push(part);
                rest = after;
            }
            parts.push(rest);
            parts
        }
        _ => vec![request],
    }
}

/// Sends a request, and closes the writing side unless it `waits` for the server to close.
/// Reads until the connection ends.
fn exchange(address: SocketAddr, pieces: &[&[u8]], waits: bool) -> Result<(), String> {
    let mut stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    // A server may refuse it and hang up before it has all of it.
    let _ = pieces.iter().try_for_each(|piece| stream.write_all(piece));
    if !waits {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer);
    // With a reset, or thousands of ended connections would hold all ports.
    #[cfg(unix)]
    rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
    match ended {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Err("no end".to_owned()),
        // A reset may cut it.
        Err(_) if answer.is_empty() || answer.starts_with(b"HTTP/1.") => Ok(()),
        Ok(_) if are_answers(&answer) => Ok(()),
        _ => Err(format!("not HTTP: {}", answer.escape_ascii())),
    }
}

/// Returns whether some bytes are whole answers, and nothing else.
fn are_answers(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            return false;
        };
        let (head, body) = (&bytes[..end], &bytes[end + 4..]);
        let head = String::from_utf8_lossy(head).to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length = match head.starts_with("http/1.1 100 ") {
            true => Some(0),
            false => length.and_then(|length| length.parse().ok()),
        };
        match length.and_then(|length| body.split_at_checked(length)) {
            Some((_, rest)) if head.starts_with("http/1.") => bytes = rest,
            _ => return false,
        }
    }
    true
}

/// Returns a request with up to four changes.
fn mutated(dice: &mut Dice) -> Vec<u8> {
    let body = document("cuad", (7,));
    let mut request = match dice.roll(9) {
        0 => b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        1 => post(&document("echo", ("x".repeat(dice.roll(5000)).as_str(),))),
        2 => [&b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<?xml\r\n0\r\n\r\n"[..], &post(&body)].concat(),
        3 => [post(&body), post(&document("reparte.status", ()))].concat(),
        4 => [b"\r\n".repeat(dice.roll(20)), post(&body)].concat(),
        5 => post(&body).repeat(1 + dice.roll(5)),
        6 => last(&[b"Transfer-Encoding: chunked\r\n\r\n", &chunked(&body, dice)[..]].concat()),
        7 => {
            let packed = gzip(&body);
            let head = format!("Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
            last(&[head.as_bytes(), &packed].concat())
        }
        _ => post(&body),
    };
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(request.len() + 1);
        let end = (at + dice.roll(20)).min(request.len());
        match dice.roll(7) {
            6 => {
                let lines = b"\r\n".repeat(dice.roll(4096));
                request.splice(at..at, lines);
            }
            0 => drop(request.drain(at..end)),
            1 => request.truncate(at),
            2 => {
                let copy = request[at..end].to_vec();
                request.splice(at..at, copy);
            }
            3 if at < request.len() => request[at] ^= 1 << dice.roll(8),
            4 => {
                let digit = b'0' + dice.roll(10) as u8;
                request.splice(at..at, vec![digit; 1 + dice.roll(20)]);
            }
            _ => {
                let piece = PIECES[dice.roll(PIECES.len())];
                request.splice(at..at, piece.iter().copied());
            }
        }
    }
    request
}

/// Returns a call that is the last one of its connection, with these fields and this body.
fn last(rest: &[u8]) -> Vec<u8> {
    let head =
        "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/xml\r\n";
    [head.as_bytes(), rest].concat()
}

/// Returns a body in two chunks.
fn chunked(body: &[u8], dice: &mut Dice) -> Vec<u8> {
    let (first, second) = body.split_at(1 + dice.roll(body.len() - 1));
    let mut chunks = Vec::new();
    for chunk in [first, second] {
        chunks.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    chunks
}

/// Random numbers: the high bits of Knuth's generator.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// Returns the resident memory of this process in kB, or 0 if the system does not tell.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    number.unwrap_or(0)
}

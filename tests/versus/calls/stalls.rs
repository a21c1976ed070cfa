//! Stalls of calls: a small packet that waits for an acknowledgement, and an acknowledgement
//! that waits for a packet.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::process::Process;
use crate::{at, ours};
use xmlrpc_client::ServerProxy;

const CALLS: usize = 10_000;

/// Answers of 10 bytes to 100 KB, each length as likely as its double.
fn lengths() -> impl Iterator<Item = usize> {
    let mut state = 20_050_822_u64;
    (0..CALLS).map(move |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let uniform = (state >> 11) as f64 / (1_u64 << 53) as f64;
        (10.0 * 1e4_f64.powf(uniform)) as usize
    })
}

pub fn look() {
    let server = Process::start(&["serve", "ours"]);
    println!("\n| {CALLS} calls, answers of 10 bytes to 100 KB | p50 ms | p99.9 | worst |");
    println!("| --- | --- | --- | --- |");
    let proxy = ServerProxy::new(&server.said).expect("an address");
    report("our client", |length| {
        let text: String = proxy.call("text", (length as i32,)).expect("an answer");
        assert_eq!(text.len(), length);
    });
    for (name, pieces, no_delay) in [
        ("head and body in one piece", 1, false),
        ("in two", 2, false),
        ("in two, each sent at once (TCP_NODELAY)", 2, true),
    ] {
        let mut client = Client::new(&server.said, pieces, no_delay);
        report(name, |length| client.call(length));
    }
    let mut client = ours::Client::new(&server.said);
    assert_eq!(client.call(7), 49);
}

fn report(name: &str, mut call: impl FnMut(usize)) {
    let times = lengths().map(|length| {
        let started = Instant::now();
        call(length);
        started.elapsed().as_secs_f64() * 1e3
    });
    let mut times: Vec<f64> = times.collect();
    times.sort_unstable_by(f64::total_cmp);
    let (p50, p999, worst) = (at(&times, 0.5), at(&times, 0.999), at(&times, 1.0));
    println!("| {name} | {p50:.3} | {p999:.2} | {worst:.2} |");
}

/// A client that writes a request as it is told.
struct Client {
    stream: TcpStream,
    host: String,
    pieces: usize,
}

impl Client {
    fn new(address: &str, pieces: usize, no_delay: bool) -> Self {
        let stream = TcpStream::connect(address).expect("a server");
        stream.set_nodelay(no_delay).expect("an option");
        Client {
            stream,
            host: address.to_owned(),
            pieces,
        }
    }

    fn call(&mut self, length: usize) {
        let body = format!(
            "<?xml version=\"1.0\"?><methodCall><methodName>text</methodName><params><param>\
             <value><int>{length}</int></value></param></params></methodCall>"
        );
        let host = &self.host;
        let head = format!(
            "POST /RPC2 HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        match self.pieces {
            1 => self.send(&[head, body].concat()),
            _ => {
                self.send(&head);
                self.send(&body);
            }
        }
        let answered = self.answer();
        assert!(answered > length, "{answered} of {length}");
    }

    fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).expect("a reader");
    }

    /// Reads an answer: the length of its body.
    fn answer(&mut self) -> usize {
        let mut answer = Vec::new();
        let mut piece = [0; 16 * 1024];
        loop {
            let length = self.stream.read(&mut piece).expect("an answer");
            assert!(length > 0, "the server hung up");
            answer.extend_from_slice(&piece[..length]);
            let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            let head = String::from_utf8_lossy(&answer[..end]).to_lowercase();
            let length = head.split("content-length: ").nth(1);
            let digits = length
                .and_then(|rest| rest.lines().next())
                .expect("a length");
            let length: usize = digits.parse().expect("a number");
            if answer.len() == end + 4 + length {
                return length;
            }
        }
    }
}

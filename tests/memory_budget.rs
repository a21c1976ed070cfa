//! The memory of a server whose clients send long requests slowly, or take no answers.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use common::{program, server};
use test_support::{PATIENCE, Running, until};

const MIB: usize = 1 << 20;
const CLIENTS: usize = 64;
const BODY: usize = 16 * MIB;

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn head(length: usize) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// Returns the status of an answer, 0 if there is none.
fn status(stream: &mut TcpStream) -> u16 {
    let mut line = [0; 12];
    match stream.read_exact(&mut line) {
        Ok(()) => std::str::from_utf8(&line[9..]).unwrap().parse().unwrap(),
        Err(_) => 0,
    }
}

/// Returns the median time of GET /health, which is always answered.
fn health(address: &str) -> Duration {
    let mut times: Vec<_> = (0..21)
        .map(|_| {
            let start = Instant::now();
            let mut stream = connect(address);
            stream
                .write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .unwrap();
            assert_eq!(status(&mut stream), 200);
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[10]
}

/// Sends all of a body but its last byte, from many clients at once. Calls `meanwhile` while they
/// hold the server's memory. Returns the number of those that were refused.
fn hold_bodies(address: &str, length: usize, meanwhile: impl FnOnce()) -> usize {
    let sent = Arc::new(Barrier::new(CLIENTS + 1));
    let done = Arc::new(Barrier::new(CLIENTS + 1));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (sent, done) = (Arc::clone(&sent), Arc::clone(&done));
            let address = address.to_owned();
            thread::spawn(move || {
                let mut stream = connect(&address);
                stream.write_all(head(length).as_bytes()).unwrap();
                let piece = vec![b' '; MIB];
                // A server that has refused it may have closed.
                let whole = (0..length / MIB - 1).all(|_| stream.write_all(&piece).is_ok())
                    && stream.write_all(&piece[1..]).is_ok();
                sent.wait();
                done.wait();
                if whole {
                    let _ = stream.shutdown(Shutdown::Write);
                }
                status(&mut stream) == 503
            })
        })
        .collect();
    sent.wait();
    meanwhile();
    done.wait();
    let refused = clients.into_iter().map(|client| client.join().unwrap());
    refused.filter(|refused| *refused).count()
}

#[test]
fn incomplete_bodies_stay_within_the_budget() {
    let (serv, address) = server("serv_processes", &[]);
    let mut slowest = Duration::ZERO;
    let refused = hold_bodies(&address, BODY, || {
        slowest = health(&address);
        // A short request has room.
        let mut stream = connect(&address);
        let body = "<methodCall><methodName>factoriz_sum</methodName><params><param>\
                    <value><int>15</int></value></param></params></methodCall>";
        stream.write_all(head(body.len()).as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        assert_eq!(status(&mut stream), 200);
    });
    // 15 of 16 MiB fit into the long requests' part of 256 MiB.
    assert!(refused >= CLIENTS / 2, "{refused}");
    let peak = serv.peak_memory();
    assert!(peak <= (256 + 64) * MIB, "{} MiB", peak / MIB);
    // Some milliseconds; a machine that does other work needs more.
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    // All is given back.
    until("a long request is read", || {
        let mut stream = connect(&address);
        stream.write_all(head(BODY).as_bytes()).unwrap();
        stream.write_all(&vec![b' '; BODY]).is_ok() && status(&mut stream) == 200
    });
}

#[test]
fn clients_that_declare_long_bodies_and_send_nothing_refuse_nobody() {
    for program in ["serv_processes", "serv_trivial"] {
        let (serv, address) = server(program, &[]);
        let mut silent: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let mut stream = connect(&address);
                stream.write_all(head(BODY).as_bytes()).unwrap();
                stream
            })
            .collect();
        // All of them have been read once their servers' threads wait for more.
        silent.iter_mut().for_each(|stream| {
            stream.write_all(b" ").unwrap();
        });
        let mut stream = connect(&address);
        stream.write_all(head(BODY).as_bytes()).unwrap();
        stream.write_all(&vec![b' '; BODY]).unwrap();
        assert_eq!(status(&mut stream), 200, "{program}");
        let peak = serv.peak_memory();
        assert!(peak <= 128 * MIB, "{program}: {} MiB", peak / MIB);
    }
}

#[test]
fn the_flags_set_the_budget_and_the_longest_request() {
    let flags = ["--max-memory", "1", "--max-request", "2097152"];
    let (serv, address) = server("serv_processes", &flags);
    let refused = hold_bodies(&address, 2 * MIB, || ());
    // All would fit into the usual budget. A client may miss its refusal: the reset of a connection
    // with an unread body can overtake it.
    assert!(refused >= CLIENTS / 2, "{refused}");
    let peak = serv.peak_memory();
    assert!(peak <= 64 * MIB, "{} MiB", peak / MIB);
    let mut stream = connect(&address);
    stream.write_all(head(2 * MIB + 1).as_bytes()).unwrap();
    assert_eq!(status(&mut stream), 413);
    for flags in [["--max-request", "0"], ["--max-memory", "x"]] {
        let mut command = program("serv_processes");
        command.arg("0").args(flags);
        Running::start(command).end().expect_code(2);
    }
}

//! Hostile clients: each front still answers the article's client afterwards.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use common::{TEN, run, server};
use test_support::PATIENCE;

/// A server program on each front. serv_trivial has the front of the first one.
const SERVERS: [&str; 2] = ["serv_lineal", "serv_processes"];

fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server accepts");
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a time-out above 0");
    stream
}

#[track_caller]
fn check_it_answers(address: &str) {
    let clnt = run("clnt_lineal", &[&format!("http://{address}")]);
    assert_eq!(clnt.expect_code(0).results(), TEN);
}

/// The length alone that a request declared has made servers abort (tiny-http issue 252).
#[test]
fn twenty_giant_lengths_leave_a_server_answering() {
    for name in SERVERS {
        let (serv, address) = server(name, &[]);
        for _ in 0..20 {
            let mut stream = connect(&address);
            let head = "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 10000000000000\r\n\r\n<a/>";
            stream.write_all(head.as_bytes()).unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).unwrap();
            assert!(
                answer.ends_with(b" 413"),
                "{name}: {}",
                answer.escape_ascii()
            );
        }
        check_it_answers(&address);
        serv.interrupt().expect_code(0);
    }
}

/// A page that a user of the machine visits can post, and abort what it posts. 64 aborted
/// posts beyond the limit used to end serv_lineal.
#[test]
fn a_hundred_aborted_posts_leave_a_server_answering() {
    for name in SERVERS {
        let (serv, address) = server(name, &[]);
        for length in [17 << 20, 10_000_000_000_000_u64] {
            for _ in 0..100 {
                let mut stream = connect(&address);
                let head = format!(
                    "POST / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n"
                );
                stream.write_all(head.as_bytes()).unwrap();
                stream.write_all(&[b' '; 1000]).unwrap();
            }
        }
        check_it_answers(&address);
        serv.interrupt().expect_code(0);
    }
}

#[test]
fn two_hundred_idle_connections_leave_a_server_answering() {
    for name in SERVERS {
        let (serv, address) = server(name, &[]);
        let idle: Vec<TcpStream> = (0..200).map(|_| connect(&address)).collect();
        check_it_answers(&address);
        drop(idle);
        check_it_answers(&address);
        serv.interrupt().expect_code(0);
    }
}

#[test]
fn a_burst_of_sixteen_keep_alive_clients_is_served() {
    let body = "<methodCall><methodName>factoriz_sum</methodName><params><param>\
                <value>10</value></param></params></methodCall>";
    for name in SERVERS {
        let (serv, address) = server(name, &[]);
        let clients: Vec<_> = (0..16)
            .map(|_| {
                let mut stream = connect(&address);
                thread::spawn(move || {
                    let length = body.len();
                    let request = format!(
                        "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nConnection: keep-alive\r\nContent-Length: {length}\r\n\r\n{body}"
                    );
                    stream.write_all(request.as_bytes()).unwrap();
                    let mut answer = String::new();
                    // The connection is kept open on purpose: read no further than the end.
                    let mut byte = [0];
                    while !answer.contains("</methodResponse>") {
                        stream.read_exact(&mut byte).unwrap();
                        answer.push(char::from(byte[0]));
                    }
                    (answer, stream)
                })
            })
            .collect();
        let kept: Vec<_> = clients
            .into_iter()
            .map(|client| client.join().unwrap())
            .collect();
        for (answer, _) in &kept {
            assert!(answer.contains("<string>7</string>"), "{name}: {answer}");
        }
        check_it_answers(&address);
        drop(kept);
        serv.interrupt().expect_code(0);
    }
}

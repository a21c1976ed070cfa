//! Time and memory of the hyper front: at its start, at rest, and with many idle connections.
//!
//! `cargo run --release --bin memory` in this folder; `-- CONNECTIONS` for another number of
//! them than 10,000, which takes a descriptor limit above that (`ulimit -n`). The server and
//! its clients are processes of their own: this same program.

mod process;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use process::Process;
use xmlrpc_server::Service;
use xmlrpc_server::front::hyper;

const STARTS: usize = 21;

const CALL: &str = "<?xml version=\"1.0\"?><methodCall><methodName>cuad</methodName><params>\
                    <param><value><int>7</int></value></param></params></methodCall>";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve"] => serve(),
        ["idle", address, count] => idle(address, count.parse().expect("a number")),
        [] => measure("10000"),
        [count] => measure(count),
        _ => panic!("no arguments, or CONNECTIONS"),
    }
}

fn serve() {
    let mut service = Service::new();
    service
        .register("cuad", |n: i32| n * n)
        .expect("a free name");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("{}", listener.local_addr().expect("it listens"));
    let mut options = hyper::Options::default();
    options.connections = 15_000;
    // Longer than a slow machine takes to connect them all.
    options.head_timeout = Duration::from_secs(300);
    let builder = hyper::Server::builder(listener, service).options(options);
    let server = builder.start().expect("it starts");
    server.wait().expect("it serves");
}

/// Connects so often, and calls on each connection when it is told to.
fn idle(address: &str, count: usize) {
    let connect = |_| TcpStream::connect(address).expect("a server");
    let mut streams: Vec<TcpStream> = (0..count).map(connect).collect();
    println!("connected");
    wait();
    streams.iter_mut().for_each(call);
    println!("called");
    wait();
}

/// Until a line comes.
fn wait() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("a line");
}

fn call(stream: &mut TcpStream) {
    let head = format!(
        "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n\
         Content-Length: {}\r\n\r\n",
        CALL.len()
    );
    stream
        .write_all([&head, CALL].concat().as_bytes())
        .expect("a reader");
    let mut answer = Vec::new();
    let mut piece = [0; 1024];
    while !answer.ends_with(b"</methodResponse>") {
        let length = stream.read(&mut piece).expect("an answer");
        assert!(length > 0, "the server hung up");
        answer.extend_from_slice(&piece[..length]);
    }
    assert!(answer.windows(4).any(|four| four == b">49<"));
}

fn measure(count: &str) {
    let mut starts: Vec<f64> = (0..STARTS)
        .map(|_| {
            let started = Instant::now();
            let server = Process::start(&["serve"]);
            call(&mut TcpStream::connect(&server.said).expect("a server"));
            started.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    starts.sort_unstable_by(f64::total_cmp);
    println!(
        "start to first answer: {:.1} ms (median of {STARTS}), {:.1} at most",
        starts[STARTS / 2],
        starts[STARTS - 1]
    );

    let server = Process::start(&["serve"]);
    println!("\n| | MiB | threads |\n| --- | --- | --- |");
    let report = |what: &str| {
        let (memory, threads) = (server.status("VmRSS") / 1024.0, server.status("Threads"));
        println!("| {what} | {memory:.1} | {threads} |");
    };
    report("at rest, without a call yet");
    call(&mut TcpStream::connect(&server.said).expect("a server"));
    report("at rest, after a call");
    let mut clients = Process::start(&["idle", &server.said, count]);
    // It has accepted all before it answers this one.
    call(&mut TcpStream::connect(&server.said).expect("a server"));
    report(&format!("{count} connections that have sent nothing"));
    clients.tell("call");
    assert_eq!(clients.hear(), "called");
    report(&format!("{count} connections, a call on each"));
}

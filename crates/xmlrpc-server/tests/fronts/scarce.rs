//! Servers with few descriptors, each in a process of its own.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, setrlimit};
use xmlrpc_wire::Value;

use crate::client::{Client, document, post};
use crate::server::{Front, PATIENCE, Server, service};

on_both_fronts! {
    running_out_of_descriptors_is_survived
}

/// Tries 64 and 65 descriptors: accept loops have survived the one and died of the other.
fn running_out_of_descriptors_is_survived(front: Front) {
    for limit in [64, 65] {
        let (mut child, address) = spawn(front, limit);
        let idle: Vec<_> = (0..500)
            .filter_map(|_| TcpStream::connect_timeout(&address, Duration::from_millis(5)).ok())
            .collect();
        assert!(idle.len() > 64, "{}", idle.len());
        // Those that say nothing make room.
        check_answers(
            address,
            &format!("{front:?}, with the others connected"),
            limit,
        );
        drop(idle);
        check_answers(address, &format!("{front:?}"), limit);
        drop(child.stdin.take());
        let ended = child.wait().unwrap();
        let mut errors = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors)
            .unwrap();
        assert!(ended.success(), "{errors}");
    }
}

/// Checks that a call is answered in the end. The system drops connections that come while
/// its queue is full, and tries again a second later.
#[track_caller]
fn check_answers(address: SocketAddr, which: &str, limit: u64) {
    let started = Instant::now();
    while !answers(address) {
        let elapsed = started.elapsed();
        assert!(elapsed < 2 * PATIENCE, "{which}, {limit}: no answer");
    }
}

/// Tries a call once.
fn answers(address: SocketAddr) -> bool {
    let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else {
        return false;
    };
    stream
        .set_read_timeout(Some(Duration::from_secs(2)))
        .unwrap();
    let mut client = Client::from(stream);
    let sent = client.try_send(post(&document("cuad", (7,))));
    sent.is_ok()
        && client
            .try_answer()
            .is_some_and(|a| a.value() == Ok(Value::Int(49)))
}

/// Starts this program again, as the server below.
fn spawn(front: Front, limit: u64) -> (Child, SocketAddr) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "--nocapture",
            "scarce::a_server_in_a_process_of_its_own",
        ])
        .env("FRONT", format!("{front:?}"))
        .env("DESCRIPTORS", limit.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines
        .find_map(|line| line.unwrap().split_once("address ")?.1.parse().ok())
        .expect("the server gives its address");
    // It has more to say, and would end at a closed pipe.
    thread::spawn(move || lines.for_each(drop));
    (child, address)
}

#[test]
#[ignore = "the other side of the tests above, which start it"]
fn a_server_in_a_process_of_its_own() {
    let limit = std::env::var("DESCRIPTORS").unwrap().parse().unwrap();
    let front = match std::env::var("FRONT").unwrap().as_str() {
        "Tiny" => Front::Tiny,
        _ => Front::Hyper,
    };
    let limits = Rlimit {
        current: Some(limit),
        maximum: Some(limit),
    };
    setrlimit(Resource::Nofile, limits).unwrap();
    let server = Server::start(front, service());
    println!("address {}", server.address);
    // Until the other side closes.
    let _ = std::io::stdin().read(&mut [0]);
    server.stop.stop();
    server.ended().unwrap();
}

//! The hyper front's own behaviour: kept connections, limits, queue, quick functions.

use std::net::{Shutdown, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use xmlrpc_server::Context;
use xmlrpc_server::front::hyper::{self, Options};
use xmlrpc_wire::{Fault, Limits, Value};

use crate::client::{Client, call, document, post, request};
use crate::server::{Front, Held, PATIENCE, Server, service};

fn one_worker() -> Options {
    let mut options = Options::default();
    options.workers = 1;
    options
}

#[test]
fn a_connection_is_kept_for_further_calls() {
    let server = Server::start(Front::Hyper, service());
    let mut client = Client::connect(server.address);
    for n in 0..5 {
        assert_eq!(client.call("cuad", (n,)), Ok(Value::Int(n * n)));
    }
    // A refusal whose body has been read leaves the connection open too.
    client.send("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 5\r\n\r\n<?xml");
    assert_eq!(client.answer().status, 404);
    assert_eq!(client.call("cuad", (7,)), Ok(Value::Int(49)));
}

/// A call that its function refuses is answered with 503, and one inside a multicall with the
/// function's fault: the calls beside it have run.
#[test]
fn a_call_that_its_function_refuses_is_503() {
    let mut service = service();
    let refuse = |context: &Context| -> Result<i32, Fault> {
        context.refuse();
        Err(Fault::new(Fault::HOST_UNFIT, "no process"))
    };
    service.register("refuse", refuse).unwrap();
    let server = Server::start(Front::Hyper, service);
    let mut client = Client::connect(server.address);
    let refusal = client.send(post(&document("refuse", ()))).answer();
    assert_eq!(refusal.status, 503);
    assert!(refusal.has_header("retry-after", "1"), "{refusal:?}");

    let call = |method: &str, params: Vec<Value>| {
        let members = [
            ("methodName", Value::from(method)),
            ("params", Value::Array(params)),
        ];
        Value::Struct(members.into_iter().collect())
    };
    let calls = vec![call("refuse", vec![]), call("cuad", vec![Value::Int(7)])];
    let results = client
        .call("system.multicall", (Value::Array(calls),))
        .unwrap();
    assert_eq!(results[0]["faultCode"], Value::Int(Fault::HOST_UNFIT));
    assert_eq!(results[1][0], Value::Int(49));
}

/// The system's timer of a connection is that of keepalive.
#[cfg(target_os = "linux")]
#[test]
fn a_silent_client_is_asked_whether_it_is_there() {
    const KEEPALIVE: &str = "02";
    for (keepalive, is_asked) in [(Some(Duration::from_secs(15)), true), (None, false)] {
        let mut options = one_worker();
        options.tcp_keepalive = keepalive;
        let server = Server::hyper(service(), options);
        let mut client = Client::connect(server.address);
        assert_eq!(client.call("cuad", (7,)), Ok(Value::Int(49)));
        let port = format!(":{:04X}", server.address.port());
        let timers = || {
            let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
            let lines = table
                .lines()
                .map(|line| line.split_whitespace().collect::<Vec<_>>());
            // number, local address, remote address, state (01 is established), queues, timer
            let own = lines.filter(|line| line[1].ends_with(&port) && line[3] == "01");
            own.map(|line| line[5][..2].to_owned()).collect::<Vec<_>>()
        };
        // A moment ago the timer may still have been that of an acknowledgement.
        let begun = Instant::now();
        while (timers() == [KEEPALIVE]) != is_asked {
            assert!(begun.elapsed() < PATIENCE, "{:?}", timers());
            thread::yield_now();
        }
    }
}

#[test]
fn a_full_queue_is_503_at_once() {
    let (service, held) = Held::new();
    let mut options = one_worker();
    options.queue = 1;
    let server = Server::hyper(service, options);
    let mut running = Client::connect(server.address);
    running.send(post(&document("held", ())));
    held.wait();
    // Of two more calls, the one that comes later is refused.
    let (answered, answers) = channel();
    for mut client in [0; 2].map(|_| Client::connect(server.address)) {
        let answered = answered.clone();
        client.send(post(&document("held", ())));
        thread::spawn(move || answered.send((client.answer(), client)));
    }
    let (refusal, mut refused) = answers.recv_timeout(PATIENCE).unwrap();
    assert_eq!(refusal.status, 503);
    assert!(refusal.has_header("retry-after", "1"), "{refusal:?}");
    held.release();
    held.wait();
    held.release();
    assert_eq!(running.answer().value(), Ok(Value::from("released")));
    let (answer, _) = answers.recv_timeout(PATIENCE).unwrap();
    assert_eq!(answer.value(), Ok(Value::from("released")));
    assert_eq!(refused.call("cuad", (7,)), Ok(Value::Int(49)));
}

#[test]
fn a_call_whose_client_has_gone_is_not_run() {
    let (service, held) = Held::new();
    let server = Server::hyper(service, one_worker());
    let mut running = Client::connect(server.address);
    running.send(post(&document("held", ())));
    held.wait();
    let mut gone = Client::connect(server.address);
    gone.send(post(&document("held", ())));
    gone.shutdown(Shutdown::Write);
    assert!(gone.is_closed());
    // Once the front's one thread answers another, it is done with that connection.
    call(server.address, "system.listMethods", ()).unwrap();
    held.release();
    assert_eq!(running.answer().value(), Ok(Value::from("released")));
    assert_eq!(running.call("cuad", (7,)), Ok(Value::Int(49)));
    assert!(held.entered.try_recv().is_err());
}

#[test]
fn a_chunked_body_is_read_up_to_the_limit() {
    let mut limits = Limits::default();
    limits.bytes = 1000;
    let mut service = service();
    service.set_limits(limits);
    let server = Server::start(Front::Hyper, service);
    let chunked = |body: &[u8]| {
        let mut request =
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for chunk in body.chunks(100) {
            request.extend(format!("{:x}\r\n", chunk.len()).bytes());
            request.extend(chunk);
            request.extend(b"\r\n");
        }
        request.extend(b"0\r\n\r\n");
        request
    };
    let mut client = Client::connect(server.address);
    let answer = client.send(chunked(&document("cuad", (7,)))).answer();
    assert_eq!(answer.value(), Ok(Value::Int(49)));
    let mut client = Client::connect(server.address);
    assert_eq!(client.send(chunked(&[b'x'; 1001])).answer().status, 413);
}

#[test]
fn a_client_that_sends_a_long_refused_body_sees_the_refusal() {
    let server = Server::start(Front::Hyper, service());
    for line in ["POST / HTTP/1.1", "POST /x HTTP/1.1"] {
        let body = vec![b'x'; 20 * 1024 * 1024];
        let mut client = Client::connect(server.address);
        let answer = client.send(request(line, &body)).answer();
        assert!(matches!(answer.status, 413 | 404), "{answer:?}");
    }
}

#[test]
fn a_slow_head_or_body_meets_its_deadline_however_it_drips() {
    let mut options = one_worker();
    options.head_timeout = Duration::from_millis(300);
    options.body_timeout = Duration::from_millis(300);
    let server = Server::hyper(service(), options);
    let mut silent = Client::connect(server.address);
    assert!(silent.is_closed());
    let mut body = Client::connect(server.address);
    body.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: 100\r\n\r\n<?xml");
    assert_eq!(body.answer().status, 408);
    assert!(body.is_closed());
    // The drip is the attack itself, and goes on until the server ends it.
    let mut drip = Client::connect(server.address);
    let started = Instant::now();
    while drip.try_send("x").is_ok() {
        assert!(started.elapsed() < PATIENCE);
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn at_the_cap_an_idle_connection_makes_room() {
    let mut options = one_worker();
    options.connections = 2;
    let server = Server::hyper(service(), options);
    let mut kept = [0; 2].map(|_| Client::connect(server.address));
    for client in &mut kept {
        assert_eq!(client.call("cuad", (7,)), Ok(Value::Int(49)));
    }
    let mut third = Client::connect(server.address);
    assert_eq!(third.call("cuad", (8,)), Ok(Value::Int(64)));
    let stayed = kept.map(|mut client| {
        let sent = client.try_send(post(&document("cuad", (7,))));
        sent.is_ok() && client.try_answer().is_some()
    });
    assert_eq!(stayed.iter().filter(|stayed| **stayed).count(), 1);
    assert_eq!(third.call("cuad", (8,)), Ok(Value::Int(64)));
}

#[test]
fn at_the_cap_a_connection_that_is_waited_for_keeps_its_place_up_to_its_answer() {
    let (service, held) = Held::new();
    let mut options = one_worker();
    options.connections = 1;
    let server = Server::hyper(service, options);
    let mut first = Client::connect(server.address);
    first.send(post(&document("held", ())));
    held.wait();
    let mut second = Client::connect(server.address);
    second.send(post(&document("cuad", (8,))));
    held.release();
    assert_eq!(first.answer().value(), Ok(Value::from("released")));
    assert_eq!(second.answer().value(), Ok(Value::Int(64)));
    assert!(first.is_closed());
}

#[test]
fn a_client_that_never_reads_loses_its_connection() {
    let mut options = one_worker();
    options.write_timeout = Duration::from_millis(300);
    let server = Server::hyper(service(), options);
    let long = "x".repeat(4_000_000);
    let request = post(&document("echo", (long.as_str(),)));
    let mut client = Client::connect(server.address);
    let started = Instant::now();
    // Until the server has closed: it reads no further request before the last answer is
    // taken, and no buffer holds them all.
    while client.try_send(&request).is_ok() {
        assert!(started.elapsed() < PATIENCE);
    }
    assert_eq!(call(server.address, "cuad", (7,)), Ok(Value::Int(49)));
}

#[test]
fn a_call_that_is_given_up_gives_up_its_place_in_the_queue() {
    let (service, held) = Held::new();
    let mut options = one_worker();
    options.queue = 1;
    let server = Server::hyper(service, options);
    let mut running = Client::connect(server.address);
    running.send(post(&document("held", ())));
    held.wait();
    for how in ["its client goes", "it is cancelled"] {
        let mut waiting = Client::connect(server.address);
        let named = String::from_utf8(post(&document("cuad", (8,)))).unwrap();
        waiting.send(named.replacen("\r\n", "\r\nReparte-Call: waits\r\n", 1));
        while !status_tells_of(&server, "waits") {}
        match how {
            "its client goes" => drop(waiting),
            _ => {
                let cancelled = call(server.address, "reparte.cancel", ("waits",));
                assert_eq!(cancelled, Ok(Value::Bool(true)));
                assert_eq!(waiting.answer().status, 500);
            }
        }
        while status_tells_of(&server, "waits") {}
    }
    let mut next = Client::connect(server.address);
    next.send(post(&document("cuad", (8,))));
    while !status_tells_of(&server, "cuad") {}
    held.release();
    assert_eq!(next.answer().value(), Ok(Value::Int(64)));
    assert_eq!(running.answer().value(), Ok(Value::from("released")));
}

/// Returns whether `reparte.status` lists a call with this text in it.
fn status_tells_of(server: &Server, text: &str) -> bool {
    let status = call(server.address, "reparte.status", ()).unwrap();
    let Value::Struct(status) = status else {
        panic!("{status:?}");
    };
    format!("{:?}", status.get("calls")).contains(text)
}

#[test]
fn a_function_that_was_quick_and_is_slow_holds_up_nobody() {
    for (io_threads, slots) in [(0, 1), (2, 1), (8, 7)] {
        let mut options = one_worker();
        (options.io_threads, options.workers) = (io_threads, slots);
        check_quick_and_slow(options);
    }
}

/// Checks that others are answered while each worker has a call of a function that was quick.
fn check_quick_and_slow(options: Options) {
    let slots = options.workers;
    let is_slow = Arc::new(AtomicBool::new(false));
    let (enter, entered) = channel();
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    let slow = Arc::clone(&is_slow);
    let mut service = service();
    let quick = move || {
        if slow.load(Ordering::SeqCst) {
            enter.send(()).unwrap();
            released.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        }
        7
    };
    service.register("quick", quick).unwrap();
    let server = Server::hyper(service, options);
    let mut clients: Vec<_> = (0..slots)
        .map(|_| Client::connect(server.address))
        .collect();
    let mut other = Client::connect(server.address);
    for at in 0..100 {
        let answer = clients[at % slots].call("quick", ());
        assert_eq!(answer, Ok(Value::Int(7)));
        other.call("system.listMethods", ()).unwrap();
    }
    is_slow.store(true, Ordering::SeqCst);
    for client in &mut clients {
        client.send(post(&document("quick", ())));
        entered.recv_timeout(PATIENCE).unwrap();
    }
    for _ in 0..10 {
        other.call("system.listMethods", ()).unwrap();
        call(server.address, "reparte.status", ()).unwrap();
    }
    for _ in &clients {
        release.send(()).unwrap();
    }
    for client in &mut clients {
        assert_eq!(client.answer().value(), Ok(Value::Int(7)));
    }
}

#[test]
fn an_address_for_other_machines_is_served_if_that_is_said_in_full() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let mut address = listener.local_addr().unwrap();
    address.set_ip([127, 0, 0, 1].into());
    let mut options = one_worker();
    options.without_token = true;
    let builder = hyper::Server::builder(listener, service()).options(options);
    let server = builder.start().unwrap();
    assert_eq!(call(address, "cuad", (7,)), Ok(Value::Int(49)));
    server.stop();
    server.wait().unwrap();
}

#[test]
fn a_new_server_takes_the_port_at_once() {
    let server = Server::start(Front::Hyper, service());
    let mut kept = Client::connect(server.address);
    assert_eq!(kept.call("cuad", (7,)), Ok(Value::Int(49)));
    server.stop.stop();
    server.ended().unwrap();
    TcpListener::bind(server.address).unwrap();
}

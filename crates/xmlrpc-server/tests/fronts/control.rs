//! The control protocol, deadlines, and clients that disconnect.

use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use xmlrpc_server::{Context, Service};
use xmlrpc_wire::{MethodResponse, Struct, Value};

use crate::client::{Client, call, document};
use crate::server::{Front, Held, PATIENCE, Server, service};

on_both_fronts! {
    the_status_tells_what_is_at_hand
    a_call_is_called_off_by_its_name
    a_function_learns_of_its_call
    unusable_control_headers_are_no_error
    two_services_are_two_instances
}

/// Returns a POST with these further header lines.
fn post_with(headers: &str, method: &str) -> Vec<u8> {
    let body = document(method, ());
    let length = body.len();
    let head = format!(
        "POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n{headers}Content-Length: {length}\r\n\r\n"
    );
    [head.into_bytes(), body].concat()
}

/// Returns the members of an answer that is a struct.
fn members(response: MethodResponse) -> Struct {
    match response {
        Ok(Value::Struct(members)) => members,
        other => panic!("{other:?}"),
    }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn status(server: &Server) -> Struct {
    members(call(server.address, "reparte.status", ()))
}

fn calls(status: &Struct) -> &[Value] {
    match status.get("calls") {
        Some(Value::Array(calls)) => calls,
        other => panic!("{other:?}"),
    }
}

/// Waits until the status fulfils a condition.
fn until(server: &Server, is_so: impl Fn(&Struct) -> bool) {
    let start = Instant::now();
    while !is_so(&status(server)) {
        assert!(start.elapsed() < PATIENCE, "{:?}", status(server));
        thread::yield_now();
    }
}

/// Publishes a function that runs until it is cancelled.
fn endless() -> Service {
    let mut service = service();
    let endless = |call: &Context| {
        while !call.is_cancelled() {
            thread::yield_now();
        }
    };
    service.register("endless", endless).unwrap();
    service
}

fn the_status_tells_what_is_at_hand(front: Front) {
    let (service, held) = Held::new();
    let server = Server::start(front, service);
    let at_rest = status(&server);
    assert_eq!(at_rest.get("slots"), Some(&Value::Int(1)));
    assert_eq!(at_rest.get("busy"), Some(&Value::Int(0)));
    assert!(calls(&at_rest).is_empty());
    let version = text(env!("CARGO_PKG_VERSION"));
    assert_eq!(at_rest.get("version"), Some(&version));

    let mut runs = Client::connect(server.address);
    runs.send(post_with("Reparte-Call: first\r\n", "held"));
    held.wait();
    let mut waits = Client::connect(server.address);
    waits.send(post_with("", "held"));
    until(&server, |status| calls(status).len() == 2);
    let busy = status(&server);
    assert_eq!(busy.get("busy"), Some(&Value::Int(1)));
    assert_eq!(busy.get("instance"), at_rest.get("instance"));
    let names = calls(&busy).iter().map(|call| {
        let Value::Struct(call) = call else {
            panic!("{call:?}")
        };
        assert_eq!(call.get("method"), Some(&text("held")));
        assert!(matches!(call.get("age_ms"), Some(Value::Int(0..))));
        (call.get("id").cloned(), call.get("running").cloned())
    });
    let [first, second] = names.collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(first, (Some(text("first")), Some(Value::Bool(true))));
    assert!(
        matches!(second, (Some(Value::String(id)), Some(Value::Bool(false))) if id.starts_with('~'))
    );

    for client in [&mut runs, &mut waits] {
        held.release();
        assert_eq!(client.answer().value(), Ok(text("released")));
    }
    until(&server, |status| calls(status).is_empty());
    assert_eq!(status(&server).get("busy"), Some(&Value::Int(0)));
}

fn a_call_is_called_off_by_its_name(front: Front) {
    let server = Server::start(front, endless());
    let cancel = |id: &str| call(server.address, "reparte.cancel", (id,));
    assert_eq!(cancel("7f-1"), Ok(Value::Bool(false)));
    let mut client = Client::connect(server.address);
    client.send(post_with("Reparte-Call: 7f-1\r\n", "endless"));
    until(&server, |status| status.get("busy") == Some(&Value::Int(1)));
    assert_eq!(cancel("7f-2"), Ok(Value::Bool(false)));
    assert_eq!(cancel("7f-1"), Ok(Value::Bool(true)));
    // The hyper front answers for the function; with the tiny one it has its own say.
    let expected = if front == Front::Hyper { 500 } else { 200 };
    assert_eq!(client.answer().status, expected);
    until(&server, |status| calls(status).is_empty());
    assert_eq!(cancel("7f-1"), Ok(Value::Bool(false)));
    assert!(call(server.address, "reparte.cancel", ()).is_err());
}

fn a_function_learns_of_its_call(front: Front) {
    let mut service = service();
    let tell = |call: &Context| {
        let peer = call.peer().unwrap();
        assert!(peer.ip().is_loopback());
        let left = call.time_left().unwrap();
        assert!(left <= Duration::from_secs(60) && left > Duration::from_secs(1));
        assert!(!call.is_cancelled());
        format!("{} {:?}", call.method(), call.id())
    };
    service.register("a.tell", tell).unwrap();
    let server = Server::start(front, service);
    let headers = "reparte-deadline-ms: 60000\r\nreparte-call: x:1\r\n";
    let mut client = Client::connect(server.address);
    let answer = client.send(post_with(headers, "a.tell")).answer();
    assert_eq!(answer.value(), Ok(text("a.tell Some(\"x:1\")")));
}

fn unusable_control_headers_are_no_error(front: Front) {
    let server = Server::start(front, service());
    for headers in [
        "Reparte-Deadline-Ms: soon\r\nReparte-Call: a b\r\n",
        "Reparte-Deadline-Ms: 99999999999999999999999\r\nReparte-Call: \r\n",
    ] {
        let mut client = Client::connect(server.address);
        let answer = client.send(post_with(headers, "reparte.status")).answer();
        members(answer.value());
    }
}

fn two_services_are_two_instances(front: Front) {
    let servers = [(); 2].map(|()| Server::start(front, service()));
    let instances = servers.map(|server| status(&server).get("instance").cloned());
    assert_ne!(instances[0], instances[1]);
}

/// A writing side that is closed means the same, without `Connection: close`.
#[test]
fn a_client_that_goes_cancels_its_call() {
    let server = Server::start(Front::Hyper, endless());
    // Old clients send a line end behind the body (RFC 9112, section 2.2).
    for behind in ["", "\r\n"] {
        for is_half in [false, true] {
            let mut client = Client::connect(server.address);
            client.send([post_with("", "endless"), behind.into()].concat());
            until(&server, |status| status.get("busy") == Some(&Value::Int(1)));
            match is_half {
                false => drop(client),
                true => client.shutdown(Shutdown::Write),
            }
            until(&server, |status| calls(status).is_empty());
        }
    }
}

/// With `Connection: close` the client waits for its answer: the call runs on.
#[test]
fn a_client_that_will_send_no_more_has_its_call_answered() {
    let (service, held) = Held::new();
    let server = Server::start(Front::Hyper, service);
    let mut client = Client::connect(server.address);
    client.send(post_with("Connection: close\r\n", "held"));
    held.wait();
    client.shutdown(Shutdown::Write);
    // The front sees the end meanwhile.
    for _ in 0..3 {
        assert_eq!(calls(&status(&server)).len(), 1);
    }
    held.release();
    let answer = client.answer();
    assert_eq!(answer.value(), Ok(Value::from("released")), "{answer:?}");
}

#[test]
fn a_deadline_ends_a_call_that_runs_and_one_that_waits() {
    let server = Server::start(Front::Hyper, endless());
    let mut runs = Client::connect(server.address);
    runs.send(post_with("Reparte-Deadline-Ms: 300\r\n", "endless"));
    // Two connections have no order: the one that comes first runs.
    until(&server, |status| status.get("busy") == Some(&Value::Int(1)));
    let mut waits = Client::connect(server.address);
    waits.send(post_with("Reparte-Deadline-Ms: 50\r\n", "endless"));
    let start = Instant::now();
    for (client, text) in [
        (&mut runs, "the call's deadline has passed\n"),
        (&mut waits, "the call's deadline passed before it ran\n"),
    ] {
        let answer = client.answer();
        assert_eq!((answer.status, &*answer.body), (504, text.as_bytes()));
    }
    assert!(start.elapsed() < PATIENCE / 2);
    // The function took notice, and the worker is free.
    assert_eq!(call(server.address, "cuad", (7,)), Ok(Value::Int(49)));
}

#[test]
fn a_call_without_a_deadline_has_the_servers() {
    let mut options = xmlrpc_server::front::hyper::Options::default();
    options.deadline = Duration::from_millis(50);
    let server = Server::hyper(endless(), options);
    let mut client = Client::connect(server.address);
    let answer = client.send(post_with("", "endless")).answer();
    assert_eq!(answer.status, 504, "{answer:?}");
}

#[test]
fn control_is_answered_while_every_worker_computes_and_the_queue_is_full() {
    let (service, held) = Held::new();
    let mut options = xmlrpc_server::front::hyper::Options::default();
    (options.workers, options.queue) = (1, 0);
    let server = Server::hyper(service, options);
    let mut busy = Client::connect(server.address);
    // With no queue, a worker takes a call only once it waits for one.
    let start = Instant::now();
    while held.entered.try_recv().is_err() {
        assert!(start.elapsed() < PATIENCE);
        busy = Client::connect(server.address);
        busy.send(post_with("Reparte-Call: only\r\n", "held"));
        if held
            .entered
            .recv_timeout(Duration::from_millis(100))
            .is_ok()
        {
            break;
        }
    }
    assert_eq!(status(&server).get("busy"), Some(&Value::Int(1)));
    let cancelled = call(server.address, "reparte.cancel", ("only",));
    assert_eq!(cancelled, Ok(Value::Bool(true)));
    assert_eq!(busy.answer().status, 500);
    held.release();
}

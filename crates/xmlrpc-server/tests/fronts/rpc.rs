//! Well-behaved clients.

use std::net::TcpListener;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use xmlrpc_server::front;
use xmlrpc_server::{Error, Stop};
use xmlrpc_wire::{Fault, Value};

use crate::client::{Client, call, document, post, request};
use crate::server::{Front, Held, PATIENCE, Server, Settings, service};

on_both_fronts! {
    calls_are_answered_on_both_paths
    an_http_1_0_client_is_answered_and_the_connection_closed
    head_and_body_may_come_apart
    what_follows_the_body_breaks_nothing
    faults_come_with_status_200
    a_panic_is_a_fault_and_the_next_call_works
    long_requests_and_answers_pass
    sixteen_clients_that_keep_their_connections_are_all_served
    as_many_calls_run_at_once_as_there_are_workers
    what_needs_no_function_is_answered_while_every_worker_computes
    a_stop_lets_the_running_call_finish
    a_stop_waits_no_longer_than_the_grace
    a_stop_before_the_start_ends_at_once
    an_address_for_other_machines_is_refused
}

fn calls_are_answered_on_both_paths(front: Front) {
    let server = Server::start(front, service());
    for path in ["/", "/RPC2"] {
        let line = format!("POST {path} HTTP/1.1");
        let mut client = Client::connect(server.address);
        let answer = client
            .send(request(&line, &document("cuad", (7,))))
            .answer();
        assert_eq!(answer.value(), Ok(Value::Int(49)));
        assert!(answer.head.starts_with("HTTP/1.1 200 OK\r\n"), "{answer:?}");
    }
}

fn an_http_1_0_client_is_answered_and_the_connection_closed(front: Front) {
    let server = Server::start(front, service());
    let mut client = Client::connect(server.address);
    let body = document("cuad", (7,));
    let head = format!(
        "POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let answer = client.send(head).send(body).answer();
    assert_eq!(answer.value(), Ok(Value::Int(49)));
    assert!(answer.head.starts_with("HTTP/1.0 200 OK\r\n"), "{answer:?}");
    assert!(client.is_closed());
}

fn head_and_body_may_come_apart(front: Front) {
    let server = Server::start(front, service());
    let mut client = Client::connect(server.address);
    let call = post(&document("cuad", (7,)));
    for piece in call.chunks(17) {
        client.send(piece);
    }
    assert_eq!(client.answer().value(), Ok(Value::Int(49)));
}

fn what_follows_the_body_breaks_nothing(front: Front) {
    let server = Server::start(front, service());
    let one = post(&document("cuad", (7,)));
    let mut client = Client::connect(server.address);
    client.send([&one[..], b"\r\n"].concat());
    assert_eq!(client.answer().value(), Ok(Value::Int(49)));

    let two = post(&document("cuad", (8,)));
    let mut client = Client::connect(server.address);
    client.send([one, two].concat());
    assert_eq!(client.answer().value(), Ok(Value::Int(49)));
    assert_eq!(client.answer().value(), Ok(Value::Int(64)));
}

fn faults_come_with_status_200(front: Front) {
    let server = Server::start(front, service());
    let nested = "<value><array><data>".repeat(100);
    for (body, code) in [
        (document("nada", ()), Fault::METHOD_NOT_FOUND),
        (document("cuad", ("x",)), Fault::INVALID_PARAMS),
        (b"garbage".to_vec(), Fault::NOT_WELL_FORMED),
        (Vec::new(), Fault::NOT_WELL_FORMED),
        (
            b"<!DOCTYPE a><methodCall/>".to_vec(),
            Fault::INVALID_REQUEST,
        ),
        (
            format!("<methodCall><methodName>cuad</methodName><params><param>{nested}")
                .into_bytes(),
            Fault::INVALID_REQUEST,
        ),
    ] {
        let answer = Client::connect(server.address).send(post(&body)).answer();
        assert_eq!(answer.value().unwrap_err().code, code, "{answer:?}");
    }
}

fn a_panic_is_a_fault_and_the_next_call_works(front: Front) {
    let server = Server::start(front, service());
    for _ in 0..3 {
        let fault = call(server.address, "panics", ()).unwrap_err();
        assert_eq!(fault.code, Fault::INTERNAL);
        assert_eq!(call(server.address, "cuad", (7,)), Ok(Value::Int(49)));
    }
}

fn long_requests_and_answers_pass(front: Front) {
    let server = Server::start(front, service());
    for length in [1024, 20_000, 4_000_000] {
        let text = "a".repeat(length);
        let answer = call(server.address, "echo", (text.as_str(),));
        assert_eq!(answer, Ok(Value::from(text)), "{length}");
    }
}

fn sixteen_clients_that_keep_their_connections_are_all_served(front: Front) {
    let server = Server::start(front, service());
    let start = Arc::new(Barrier::new(16));
    let clients: Vec<_> = (0..16)
        .map(|client| {
            let (start, address) = (Arc::clone(&start), server.address);
            thread::spawn(move || {
                let mut connection = Client::connect(address);
                start.wait();
                for n in 0..10 {
                    let answer = connection
                        .send(post(&document("cuad", (client * n,))))
                        .answer();
                    assert_eq!(answer.value(), Ok(Value::Int(client * n * client * n)));
                }
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
}

fn as_many_calls_run_at_once_as_there_are_workers(front: Front) {
    let mut service = service();
    let meeting = Arc::new(Barrier::new(3));
    service
        .register("meet", move || {
            meeting.wait();
        })
        .unwrap();
    let settings = Settings {
        workers: 3,
        ..Settings::default()
    };
    let server = Server::with(front, service, &settings);
    let mut clients = [0; 3].map(|_| Client::connect(server.address));
    for client in &mut clients {
        client.send(post(&document("meet", ())));
    }
    for client in &mut clients {
        assert_eq!(client.answer().value(), Ok(Value::Nil));
    }
}

fn what_needs_no_function_is_answered_while_every_worker_computes(front: Front) {
    let (service, held) = Held::new();
    let server = Server::start(front, service);
    let mut busy = Client::connect(server.address);
    busy.send(post(&document("held", ())));
    held.wait();
    let names = [
        "cuad",
        "echo",
        "held",
        "panics",
        "reparte.cancel",
        "reparte.status",
        "system.getCapabilities",
        "system.listMethods",
        "system.methodHelp",
        "system.methodSignature",
        "system.multicall",
    ];
    let listed = call(server.address, "system.listMethods", ());
    assert_eq!(listed, Ok(Value::from(names.to_vec())));
    assert!(call(server.address, "nada", ()).is_err());
    held.release();
    assert_eq!(busy.answer().value(), Ok(Value::from("released")));
}

fn a_stop_lets_the_running_call_finish(front: Front) {
    let (service, held) = Held::new();
    let server = Server::start(front, service);
    let mut idle = Client::connect(server.address);
    let mut busy = Client::connect(server.address);
    busy.send(post(&document("held", ())));
    held.wait();
    server.stop.stop();
    assert!(server.runs());
    held.release();
    assert_eq!(busy.answer().value(), Ok(Value::from("released")));
    server.ended().unwrap();
    assert!(idle.is_closed());
}

fn a_stop_waits_no_longer_than_the_grace(front: Front) {
    let (service, held) = Held::new();
    let settings = Settings {
        grace: Duration::from_millis(100),
        ..Settings::default()
    };
    let server = Server::with(front, service, &settings);
    let mut busy = Client::connect(server.address);
    busy.send(post(&document("held", ())));
    held.wait();
    let stopped = Instant::now();
    server.stop.stop();
    server.ended().unwrap();
    assert!(stopped.elapsed() < PATIENCE / 4, "{:?}", stopped.elapsed());
    held.release();
}

fn a_stop_before_the_start_ends_at_once(front: Front) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stop = Stop::new();
    stop.stop();
    match front {
        Front::Tiny => {
            let builder = front::tiny::Server::builder(listener, service()).stop(stop);
            builder.start().unwrap().wait()
        }
        Front::Hyper => {
            let builder = front::hyper::Server::builder(listener, service()).stop(stop);
            builder.start().unwrap().wait()
        }
    }
    .unwrap();
}

fn an_address_for_other_machines_is_refused(front: Front) {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let error = match front {
        Front::Tiny => front::tiny::Server::new(listener, service()).map(drop),
        Front::Hyper => front::hyper::Server::new(listener, service()).map(drop),
    }
    .unwrap_err();
    assert!(matches!(error, Error::NotLoopback { .. }), "{error}");
}

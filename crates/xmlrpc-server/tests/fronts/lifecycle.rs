//! Starting and ending servers, from threads and from async code.

#[allow(dead_code, reason = "its main is for those who run it as an example")]
#[path = "../../examples/tokio_shutdown.rs"]
mod tokio_shutdown;

use std::future::pending;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use xmlrpc_server::front::{hyper, tiny};
use xmlrpc_server::{Error, Stop};
use xmlrpc_wire::Value;

use crate::client::{Client, call, document, post};
use crate::server::{Held, PATIENCE, listener, service};

/// Checks that a server which is told to stop closes idle connections, accepts none, and ends
/// once the running call is answered.
fn check_stop(
    address: SocketAddr,
    held: &Held,
    stop: impl FnOnce(),
    wait: impl FnOnce() -> Result<(), Error> + Send + 'static,
) {
    let mut idle = Client::connect(address);
    assert_eq!(idle.call("cuad", (7,)), Ok(Value::Int(49)));
    let mut busy = Client::connect(address);
    busy.send(post(&document("held", ())));
    held.wait();
    stop();
    let (end, ended) = channel();
    thread::spawn(move || end.send(wait()));
    assert!(idle.is_closed());
    wait_until_closed(address);
    // The call runs until it is released below.
    assert!(ended.recv_timeout(Duration::from_millis(100)).is_err());
    held.release();
    assert_eq!(busy.answer().value(), Ok(Value::from("released")));
    ended.recv_timeout(PATIENCE).unwrap().unwrap();
}

#[test]
fn a_stop_of_the_tiny_front_lets_the_running_call_finish() {
    let (service, held) = Held::new();
    let server = tiny::Server::new(listener(), service).unwrap();
    let (address, stop) = (server.address(), server.stop_handle());
    check_stop(address, &held, || stop.stop(), || server.wait());
    let (service, held) = Held::new();
    let server = Arc::new(tiny::Server::new(listener(), service).unwrap());
    let (address, waiting) = (server.address(), Arc::clone(&server));
    let stop = move || server.stop();
    check_stop(address, &held, stop, move || {
        // The other one is gone once it has stopped the server.
        Arc::into_inner(waiting).unwrap().wait()
    });
}

#[test]
fn a_stop_of_the_hyper_front_lets_the_running_call_finish() {
    let (service, held) = Held::new();
    let server = hyper::Server::new(listener(), service).unwrap();
    let (address, stop) = (server.address(), server.stop_handle());
    check_stop(address, &held, || stop.stop(), || server.wait());
    let (service, held) = Held::new();
    let server = Arc::new(hyper::Server::new(listener(), service).unwrap());
    let (address, waiting) = (server.address(), Arc::clone(&server));
    let stop = move || server.stop();
    check_stop(address, &held, stop, move || {
        // The other one is gone once it has stopped the server.
        Arc::into_inner(waiting).unwrap().wait()
    });
}

/// Waits until nobody listens on the address.
fn wait_until_closed(address: SocketAddr) {
    let start = Instant::now();
    while TcpListener::bind(address).is_err() {
        assert!(start.elapsed() < PATIENCE, "{address} is still listened on");
        thread::yield_now();
    }
}

#[test]
fn a_future_stops_a_server_which_lets_the_running_call_finish() {
    let (service, held) = Held::new();
    let server = hyper::Server::new(listener(), service).unwrap();
    let address = server.address();
    let mut busy = Client::connect(address);
    busy.send(post(&document("held", ())));
    held.wait();
    let (shut_down, shutdown) = oneshot::channel();
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let shutdown = async { shutdown.await.unwrap() };
        let serving = tokio::spawn(async move {
            tokio_shutdown::serve_beside(server, shutdown)
                .await
                .map_err(|error| error.to_string())
        });
        assert_eq!(
            call(address, "system.methodHelp", ("cuad",)),
            Ok(Value::from(""))
        );
        shut_down.send(()).unwrap();
        held.release();
        serving.await.unwrap().unwrap();
    });
    assert_eq!(busy.answer().value(), Ok(Value::from("released")));
    wait_until_closed(address);
}

#[test]
fn a_server_that_is_stopped_otherwise_ends_the_future() {
    let server = hyper::Server::new(listener(), service()).unwrap();
    server.stop_handle().stop();
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(server.run_until(pending())).unwrap();
}

#[test]
fn a_server_starts_and_is_dropped_within_async_code() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let address = runtime.block_on(async {
        let server = hyper::Server::new(listener(), service()).unwrap();
        let address = server.address();
        assert_eq!(call(address, "cuad", (7,)), Ok(Value::Int(49)));
        drop(server.run_until(async {}));
        address
    });
    wait_until_closed(address);
}

#[test]
fn a_shared_stop_ends_all_its_servers_and_none_ends_another() {
    let stop = Stop::new();
    let network = hyper::Server::builder(listener(), service()).stop(stop.clone());
    let network = network.start().unwrap();
    let loopback = tiny::Server::builder(listener(), service()).stop(stop.clone());
    let loopback = loopback.start().unwrap();
    let other = hyper::Server::builder(listener(), service()).stop(stop.clone());
    drop(other.start().unwrap());
    assert!(!stop.is_stopped());
    for address in [network.address(), loopback.address()] {
        assert_eq!(call(address, "cuad", (7,)), Ok(Value::Int(49)));
    }
    stop.stop();
    network.wait().unwrap();
    loopback.wait().unwrap();
}

#[test]
fn a_second_setting_replaces_the_first() {
    let mut long = hyper::Options::default();
    long.grace = Duration::from_secs(600);
    let mut short = hyper::Options::default();
    short.grace = Duration::ZERO;
    let (service, held) = Held::new();
    let ended = Stop::new();
    let builder = hyper::Server::builder(listener(), service);
    let builder = builder.options(long).options(short);
    let builder = builder.stop(Stop::new()).stop(ended.clone());
    let server = builder.start().unwrap();
    let mut busy = Client::from(TcpStream::connect(server.address()).unwrap());
    busy.send(post(&document("held", ())));
    held.wait();
    ended.stop();
    server.wait().unwrap();
    held.release();
}

//! The addresses that are tried and the connections that are reused, which no server sees.

use std::io::{self, ErrorKind, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::error::kind::ErrorKind as Kind;
use crate::host_addresses::HostAddresses;
use crate::phase::Phase;
use crate::transport::agent_config::MAX_IDLE;
use crate::transport::route::Route;

/// A transport to a made-up host, with this lookup.
fn with_lookup(
    options: Options,
    lookup: impl Fn() -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
) -> Transport {
    let url = ServerUrl::parse("moving.example:9000").unwrap();
    let mut endpoint = Endpoint::new(url.clone(), options).unwrap();
    endpoint.route = Route::Tcp {
        addresses: HostAddresses::with_lookup(url.host, url.port, move |_, _| lookup()),
        tunnel: None,
    };
    Transport::from_endpoint(endpoint)
}

/// A transport to a made-up host, whose lookups give these addresses in turn.
fn transport(lookups: Vec<Vec<SocketAddr>>) -> Transport {
    let count = AtomicUsize::new(0);
    with_lookup(Options::default(), move || {
        Ok(lookups[count.fetch_add(1, Ordering::Relaxed)].clone())
    })
}

fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

fn somebody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        stream.write_all(answer).unwrap();
        // Until the client has gone.
        let _ = io::copy(&mut stream, &mut io::sink());
    });
    address
}

fn post_until(transport: &Transport, deadline: Option<Instant>) -> Result<Response, Error> {
    let request = Request {
        body: b"<methodCall/>",
        deadline,
        grace: Duration::ZERO,
        call_id: None,
    };
    let posted = transport.post(&request, &Canceller::new());
    posted.map(|(_, response)| response)
}

fn post(transport: &Transport) -> Result<Response, Error> {
    post_until(transport, None)
}

#[test]
fn every_address_is_tried() {
    let transport = transport(vec![vec![nobody(), nobody(), somebody()]]);
    assert_eq!(post(&transport).unwrap().body, b"ok");
}

#[test]
fn a_host_that_has_moved_is_found_again() {
    let transport = transport(vec![vec![nobody()], vec![somebody()]]);
    let error = post(&transport).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert_eq!(post(&transport).unwrap().body, b"ok");
}

#[test]
fn a_connection_is_used_again_and_an_old_one_dropped() {
    let transport = transport(Vec::new());
    let new = || Connection::new(&transport.endpoint);
    let (a, b) = (new(), new());
    let last = Arc::clone(&b.progress);
    transport.keep(a);
    transport.keep(b);
    let latest = transport.idle.take_latest().unwrap();
    assert!(Arc::ptr_eq(&latest.progress, &last));
    for (since, _) in transport.idle.connections.lock().unwrap().iter_mut() {
        *since -= MAX_IDLE + Duration::from_secs(1);
    }
    assert!(transport.idle.take_latest().is_none());
    assert!(transport.idle.connections.lock().unwrap().is_empty());
}

#[test]
fn a_lookup_that_hangs_meets_the_connect_time_out_or_the_deadline() {
    const SHORT: Duration = Duration::from_millis(50);
    let (end, wait) = mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    let hanging = |connect_timeout| {
        let options = Options {
            connect_timeout,
            ..Options::default()
        };
        let wait = Arc::clone(&wait);
        with_lookup(options, move || {
            // Until the test has ended.
            let _ = wait.lock().unwrap().recv();
            Err(ErrorKind::Other.into())
        })
    };

    let error = post(&hanging(SHORT)).unwrap_err();
    assert!(matches!(error, Error::HostNotFound { .. }), "{error:?}");
    assert_eq!(error.kind(), Kind::NeverRan);

    let patient = hanging(Duration::from_secs(10));
    let error = post_until(&patient, Some(Instant::now() + SHORT)).unwrap_err();
    let connect = Phase::Connect;
    assert!(
        matches!(error, Error::TimedOut { phase, .. } if phase == connect),
        "{error:?}"
    );
    assert_eq!(error.kind(), Kind::NeverRan);
    drop(end);
}

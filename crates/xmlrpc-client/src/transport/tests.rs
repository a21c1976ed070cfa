//! What can't be seen from outside: which addresses are tried.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::*;
use crate::ErrorKind;

/// A transport to a made-up host, whose lookups give these addresses in turn.
fn transport(lookups: Vec<Vec<SocketAddr>>) -> Transport {
    let url = ServerUrl::parse("moving.example:9000").unwrap();
    let mut transport = Transport::new(url.clone(), Options::default()).unwrap();
    let count = AtomicUsize::new(0);
    transport.names = HostAddresses::with_lookup(url.host, url.port, move |_, _| {
        Ok(lookups[count.fetch_add(1, Ordering::Relaxed)].clone())
    });
    transport
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

fn post(transport: &Transport) -> Result<Answer, Error> {
    transport.post(&transport.take(), b"<methodCall/>", Terms::default())
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
fn a_line_is_used_again_and_an_old_one_dropped() {
    let transport = transport(Vec::new());
    let (a, b) = (transport.take(), transport.take());
    let last = Arc::clone(&b.progress);
    transport.put(a);
    transport.put(b);
    assert!(Arc::ptr_eq(&transport.take().progress, &last));
    for (since, _) in transport.idle.lock().unwrap().iter_mut() {
        *since -= IDLE + Duration::from_secs(1);
    }
    drop(transport.take());
    assert!(transport.idle.lock().unwrap().is_empty());
}

#[test]
fn a_lookup_that_hangs_meets_the_connect_time_out_or_the_deadline() {
    const SHORT: Duration = Duration::from_millis(50);
    let url = ServerUrl::parse("slow.example").unwrap();
    let mut transport = Transport::new(url.clone(), Options::default()).unwrap();
    transport.options.connect_timeout = SHORT;
    let (end, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    transport.names = HostAddresses::with_lookup(url.host, url.port, move |_, _| {
        // Until the test has ended.
        let _ = wait.lock().unwrap().recv();
        Err(io::ErrorKind::Other.into())
    });

    let error = post(&transport).unwrap_err();
    assert!(matches!(error, Error::HostNotFound { .. }), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::NeverRan);

    transport.options.connect_timeout = Duration::from_secs(10);
    let terms = Terms {
        deadline: Some(Instant::now() + SHORT),
        id: None,
    };
    let error = transport.post(&transport.take(), b"", terms).unwrap_err();
    let connect = Phase::Connect;
    assert!(
        matches!(error, Error::TimedOut { phase, .. } if phase == connect),
        "{error:?}"
    );
    assert_eq!(error.kind(), ErrorKind::NeverRan);
    drop(end);
}

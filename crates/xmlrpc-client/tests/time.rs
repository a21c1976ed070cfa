//! Calls that take too long, and calls that are cancelled.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use peer::{BOUND, Listener, Peer, Server, long, options, serve, value};
use xmlrpc_client::{Error, ErrorKind, Phase, ServerProxy};

const SHORT: Duration = Duration::from_millis(150);

/// A server that serves one connection at a time takes no more of a long request than its system
/// has room for. That is no loss, however long it lasts.
#[cfg(unix)]
#[test]
fn a_long_request_may_wait_for_its_server() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        // More than twice the keepalive.
        thread::sleep(Duration::from_secs(5));
        assert!(peer.request().body.len() > 200_000);
        peer.send(value(49));
    });
    let mut options = options();
    options.tcp_keepalive = Some(Duration::from_secs(1));
    let builder = ServerProxy::builder(&server.address).options(options);
    let proxy = builder.build().unwrap();
    let text = "x".repeat(200_000);
    assert_eq!(proxy.call::<i32>("f", (text,)).unwrap(), 49);
    server.done();
}

/// A call, with a short answer time-out, to a server that reads the request, sends this
/// and then goes on as `script` says until the client has gone.
fn timed_out(part: &'static str, script: impl FnOnce(&mut Peer) + Send + 'static) -> Error {
    let server = serve(move |listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.send(part);
        script(&mut peer);
    });
    let mut options = options();
    options.response_timeout = SHORT;
    let proxy = ServerProxy::builder(&server.address)
        .options(options)
        .build()
        .unwrap();
    let begun = Instant::now();
    let error = proxy.call::<i32>("f", ()).unwrap_err();
    assert!(begun.elapsed() >= SHORT && begun.elapsed() < BOUND / 2);
    server.done();
    error
}

fn is_time_out(error: &Error, during: Phase) -> bool {
    matches!(error, Error::TimedOut { phase, .. } if *phase == during)
}

#[test]
fn a_slow_answer_meets_its_time_out() {
    for part in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<?xml",
    ] {
        let error = timed_out(part, |peer| assert!(peer.is_closed()));
        assert!(is_time_out(&error, Phase::Response), "{part:?}: {error:?}");
        assert_eq!(error.kind(), ErrorKind::MayHaveRun);
        assert!(
            error.to_string().contains("may have run, or still run"),
            "{error}"
        );
    }
}

/// A slow drip of bytes does not extend the time-out, in the head or in the body.
#[test]
fn a_drip_meets_the_time_out_too() {
    for head in [
        "HTTP/1.1 200 OK\r\nX: ",
        "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n",
    ] {
        let error = timed_out(head, |peer| {
            while peer.send("x") {
                thread::sleep(Duration::from_millis(5));
            }
        });
        assert!(is_time_out(&error, Phase::Response), "{head}: {error:?}");
    }
}

#[test]
fn a_request_that_is_not_taken_meets_the_send_time_out() {
    let (gone, is_gone) = mpsc::channel();
    let server = serve(move |listener| {
        let _peer = listener.accept();
        is_gone.recv_timeout(BOUND).unwrap();
    });
    let mut options = options();
    options.send_timeout = SHORT;
    let proxy = ServerProxy::builder(&server.address)
        .options(options)
        .build()
        .unwrap();
    let error = proxy.call::<i32>("f", (long(),)).unwrap_err();
    gone.send(()).unwrap();
    assert!(is_time_out(&error, Phase::Send), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::MayHaveRun);
    server.done();
}

/// 192.0.2.1 is nobody's (RFC 5737): packets to it are lost, or there is no route.
#[test]
fn a_host_that_is_silent_was_never_called() {
    let mut options = options();
    options.connect_timeout = SHORT;
    let proxy = ServerProxy::builder("192.0.2.1:9000")
        .options(options)
        .build()
        .unwrap();
    let begun = Instant::now();
    let error = proxy.call::<i32>("f", ()).unwrap_err();
    assert!(begun.elapsed() < BOUND / 2);
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::NeverRan);
}

#[test]
fn a_refusal_does_not_wait_for_its_page() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.send("HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 100\r\n\r\nwait");
        assert!(peer.is_closed());
    });
    let begun = Instant::now();
    let error = server.proxy().call::<i32>("f", ()).unwrap_err();
    assert!(begun.elapsed() < BOUND / 2);
    assert!(
        matches!(&error, Error::Http(http) if http.excerpt == "wait"),
        "{error:?}"
    );
    server.done();
}

#[test]
fn a_deadline_cuts_every_time_out() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        peer.request();
        assert!(peer.is_closed());
    });
    let proxy = server.proxy();
    let begun = Instant::now();
    let attempt = proxy.attempt().deadline(begun + SHORT);
    let error = attempt.call::<i32>("f", ()).unwrap_err();
    assert!(begun.elapsed() >= SHORT && begun.elapsed() < BOUND / 2);
    assert!(is_time_out(&error, Phase::Response), "{error:?}");
    server.done();
}

#[test]
fn a_deadline_that_has_passed_sends_nothing() {
    let server = serve(|listener: Listener| listener);
    let proxy = server.proxy();
    let attempt = proxy.attempt().deadline(Instant::now());
    let error = attempt.call::<i32>("f", ()).unwrap_err();
    assert!(is_time_out(&error, Phase::Connect), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::NeverRan);
    assert!(server.done().is_quiet());
}

/// A server that tells when it has a call, then whether the client has gone; and serves
/// the next call.
fn hanging() -> (Server, mpsc::Receiver<()>) {
    let (taken, is_taken) = mpsc::channel();
    let server = serve(move |listener| {
        let mut peer = listener.accept();
        peer.request();
        taken.send(()).unwrap();
        assert!(peer.is_closed());
        let mut peer = listener.accept();
        peer.request();
        peer.send(value(1));
    });
    (server, is_taken)
}

#[test]
fn a_call_is_cancelled_at_once_and_the_next_one_works() {
    let (server, is_taken) = hanging();
    let proxy = server.proxy();
    let attempt = proxy.attempt();
    let canceller = attempt.canceller();
    let begun = thread::scope(|scope| {
        let call = scope.spawn(|| attempt.call::<i32>("f", ()));
        is_taken.recv_timeout(BOUND).unwrap();
        let begun = Instant::now();
        canceller.cancel();
        let error = call.join().unwrap().unwrap_err();
        assert!(matches!(error, Error::Cancelled), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        begun
    });
    assert!(begun.elapsed() < Duration::from_secs(2));
    canceller.cancel();
    assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 1);
    server.done();
}

#[test]
fn a_call_that_was_cancelled_before_is_not_made() {
    let server = serve(|listener: Listener| listener);
    let proxy = server.proxy();
    let attempt = proxy.attempt();
    attempt.canceller().cancel();
    let error = attempt.call::<i32>("f", ()).unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error:?}");
    assert!(server.done().is_quiet());
}

/// The connection of a call that has returned serves the next one, so a cancellation
/// that comes late must not close it.
#[test]
fn a_late_cancellation_hits_no_other_call() {
    const CALLS: i32 = 300;
    let server = serve(|listener| {
        let mut peer = listener.accept();
        for n in 0..CALLS {
            peer.request();
            peer.send(value(n));
        }
        listener.is_quiet()
    });
    let proxy = server.proxy();
    let (late, cancellers) = mpsc::channel::<xmlrpc_client::Canceller>();
    thread::scope(|scope| {
        scope.spawn(|| cancellers.into_iter().for_each(|c| c.cancel()));
        for n in 0..CALLS {
            let attempt = proxy.attempt();
            let canceller = attempt.canceller();
            assert_eq!(attempt.call::<i32>("f", ()).unwrap(), n);
            late.send(canceller).unwrap();
        }
        drop(late);
    });
    assert!(server.done());
}

/// A cancellation that races with its call: the call has a result or is cancelled, and
/// either way the next one works.
#[test]
fn a_cancellation_that_races_hits_only_its_own_call() {
    let server = serve(|listener| {
        loop {
            let mut peer = listener.accept();
            thread::spawn(move || {
                // A read fails, and ends the thread, when the client has gone.
                loop {
                    let request = peer.request();
                    let end = request.call().method == "end";
                    peer.send(value(i32::from(end)));
                }
            });
        }
    });
    let proxy = server.proxy();
    for _ in 0..300 {
        let attempt = proxy.attempt();
        let canceller = attempt.canceller();
        thread::scope(|scope| {
            scope.spawn(move || canceller.cancel());
            match attempt.call::<i32>("f", ()) {
                Ok(n) => assert_eq!(n, 0),
                Err(Error::Cancelled) => {}
                Err(other) => panic!("{other:?}"),
            }
        });
        assert_eq!(proxy.call::<i32>("end", ()).unwrap(), 1);
    }
}

#[test]
fn one_of_two_calls_is_cancelled() {
    let (taken, are_taken) = mpsc::channel();
    let (go, may_go) = mpsc::channel();
    let server = serve(move |listener| {
        let mut peers = [listener.accept(), listener.accept()];
        for peer in &mut peers {
            peer.request();
        }
        taken.send(()).unwrap();
        may_go.recv_timeout(BOUND).unwrap();
        for mut peer in peers {
            peer.send(value(1));
        }
    });
    let proxy = server.proxy();
    let (one, other) = (proxy.attempt(), proxy.attempt());
    let canceller = one.canceller();
    thread::scope(|scope| {
        let one = scope.spawn(|| one.call::<i32>("f", ()));
        let other = scope.spawn(|| other.call::<i32>("f", ()));
        are_taken.recv_timeout(BOUND).unwrap();
        canceller.cancel();
        assert!(matches!(one.join().unwrap(), Err(Error::Cancelled)));
        go.send(()).unwrap();
        assert_eq!(other.join().unwrap().unwrap(), 1);
    });
    server.done();
}

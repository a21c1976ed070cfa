//! Calls through an HTTP proxy.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use peer::{BOUND, Peer, Server, options, serve, value};
use xmlrpc_client::{Error, ErrorKind, HttpProxy, Options, Phase, ServerProxy};

const SHORT: Duration = Duration::from_millis(150);
/// A server's name that only a proxy could know.
const FAR: &str = "far.invalid:9000";

/// Options that name a proxy, with a password for it.
fn through<T>(proxy: &Server<T>) -> Options {
    let url = format!("http://me:secret@{}", proxy.address);
    let mut options = options();
    options.proxy = Some(HttpProxy::new(&url).unwrap());
    options
}

/// A proxy that reads what it is asked for, sends this, and hangs up if it is to.
fn says(answer: impl Into<String>, hangs_up: bool) -> Server {
    let answer = answer.into();
    serve(move |listener| {
        let mut peer = listener.accept();
        peer.head();
        peer.send(answer);
        if !hangs_up {
            assert!(peer.is_closed());
        }
    })
}

/// Both ways, until both sides have ended.
fn relay(client: Peer, server: TcpStream) {
    let copy = |mut from: TcpStream, mut to: TcpStream| {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    };
    let (from, to) = (client.0.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || copy(from, to));
    copy(server, client.0);
}

#[test]
fn calls_go_through_the_proxy_that_is_named() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        let requests = [1, 2].map(|n| {
            let request = peer.request();
            peer.send(value(n));
            request
        });
        assert!(peer.is_closed());
        requests
    });
    let there = server.address.clone();
    let proxy = serve(move |listener| {
        let mut peer = listener.accept();
        let head = peer.head();
        peer.send("HTTP/1.0 200 Connection established\r\nVia: a\r\n\r\n");
        relay(peer, TcpStream::connect(there).unwrap());
        head
    });
    let url = format!("http://you:other@{FAR}/a");
    let far = ServerProxy::builder(&url)
        .options(through(&proxy))
        .build()
        .unwrap();
    for n in [1, 2] {
        assert_eq!(far.call::<i32>("f", ()).unwrap(), n);
    }
    drop(far);
    let agent = Options::default().user_agent;
    let expected = [
        format!("CONNECT {FAR} HTTP/1.1"),
        format!("Host: {FAR}"),
        format!("User-Agent: {agent}"),
        "Proxy-Authorization: Basic bWU6c2VjcmV0".to_owned(),
    ];
    assert_eq!(proxy.done(), expected);
    for request in server.done() {
        assert_eq!(request.head[0], "POST /a HTTP/1.1");
        assert_eq!(request.header("Host"), Some(FAR));
        assert_eq!(request.header("Authorization"), Some("Basic eW91Om90aGVy"));
        assert_eq!(request.header("Proxy-Authorization"), None);
    }
}

/// A proxy's head is read as a server's: it may be long, and come after interim responses.
#[test]
fn a_proxy_may_answer_with_a_long_head() {
    let fields = "X-Cache: MISS from somewhere far away\r\n".repeat(900);
    for head in [
        format!("HTTP/1.1 200 Connection established\r\n{fields}\r\n"),
        "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.0 200 OK\r\nA: b\r\n c\r\n\r\n".to_owned(),
    ] {
        let server = serve(|listener| {
            let mut peer = listener.accept();
            peer.request();
            peer.send(value(7));
        });
        let there = server.address.clone();
        let proxy = serve(move |listener| {
            let mut peer = listener.accept();
            peer.head();
            peer.send(head);
            relay(peer, TcpStream::connect(there).unwrap());
        });
        let far = ServerProxy::builder(FAR).options(through(&proxy));
        assert_eq!(far.build().unwrap().call::<i32>("f", ()).unwrap(), 7);
        server.done();
        proxy.done();
    }
}

/// The failure of a call through such a proxy, and of only connecting.
fn failures(answer: &str, hangs_up: bool, set: impl Fn(&mut Options)) -> [Error; 2] {
    let fail = |call: fn(&ServerProxy) -> Result<(), Error>| {
        let proxy = says(answer, hangs_up);
        let mut options = through(&proxy);
        set(&mut options);
        let error = call(&ServerProxy::builder(FAR).options(options).build().unwrap()).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(
            text.contains(&proxy.address) && text.contains(FAR),
            "{text}"
        );
        assert!(!text.contains("secret") && !text.contains("bWU6"), "{text}");
        proxy.done();
        error
    };
    [
        fail(|far| far.call::<i32>("f", ()).map(drop)),
        fail(ServerProxy::check_reachable),
    ]
}

#[test]
fn a_proxy_that_refuses_is_told_with_the_remedy() {
    use ErrorKind::{NeverRan, NotAnEndpoint, Refused};
    for (expected, kind, remedy) in [
        (407, Refused, "http://user:password@host:port"),
        (403, Refused, "allow CONNECT"),
        (502, NeverRan, "may not reach"),
        (405, NotAnEndpoint, "is an HTTP proxy"),
        (302, NotAnEndpoint, "is an HTTP proxy"),
        (400, NeverRan, "is an HTTP proxy"),
    ] {
        let answer = format!("HTTP/1.1 {expected} No\r\nContent-Length: 100\r\n\r\n<p>");
        for error in failures(&answer, false, |_| ()) {
            let is_denied =
                matches!(error, Error::ProxyRefused { status, .. } if status == expected);
            assert!(is_denied, "{expected}: {error:?}");
            assert_eq!(error.kind(), kind, "{expected}");
            assert!(error.to_string().contains(remedy), "{error}");
        }
    }
}

#[test]
fn what_is_no_proxy_makes_the_server_unreachable() {
    let long = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(70_000));
    for answer in [
        "",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK",
        &long,
    ] {
        for error in failures(answer, true, |_| ()) {
            let is_unreachable = matches!(error, Error::Unreachable { .. });
            assert!(is_unreachable, "{answer:.40}: {error:?}");
            assert_eq!(error.kind(), ErrorKind::NeverRan);
        }
    }
}

#[test]
fn a_proxy_that_nobody_runs_is_named() {
    let proxy = serve(drop);
    let options = through(&proxy);
    let address = proxy.address.clone();
    proxy.done();
    let far = ServerProxy::builder(FAR).options(options).build().unwrap();
    for error in [
        far.call::<i32>("f", ()).unwrap_err(),
        far.check_reachable().unwrap_err(),
    ] {
        let expected = format!("nothing listens at {address}, the proxy");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}

#[test]
fn a_proxy_that_hangs_meets_the_connect_time_out() {
    for part in ["", "HTTP/1.1 200 Connec"] {
        let begun = Instant::now();
        let short = |options: &mut Options| options.connect_timeout = SHORT;
        for error in failures(part, false, short) {
            let is_silent = matches!(
                &error,
                Error::Unreachable { source, .. } if source.kind() == io::ErrorKind::TimedOut
            );
            assert!(is_silent, "{part}: {error:?}");
        }
        assert!(begun.elapsed() >= 2 * SHORT && begun.elapsed() < BOUND / 2);
    }
}

#[test]
fn a_proxy_that_drips_meets_the_connect_time_out() {
    let proxy = serve(|listener| {
        let mut peer = listener.accept();
        peer.head();
        peer.send("HTTP/1.1 200 OK\r\nX: ");
        while peer.send("x") {
            thread::sleep(Duration::from_millis(5));
        }
    });
    let mut options = through(&proxy);
    options.connect_timeout = SHORT;
    let far = ServerProxy::builder(FAR).options(options).build().unwrap();
    let error = far.call::<i32>("f", ()).unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    proxy.done();
}

#[test]
fn a_deadline_ends_a_call_that_waits_for_the_proxy() {
    let proxy = says("", false);
    let far = ServerProxy::builder(FAR)
        .options(through(&proxy))
        .build()
        .unwrap();
    let begun = Instant::now();
    let attempt = far.attempt().deadline(begun + SHORT);
    let error = attempt.call::<i32>("f", ()).unwrap_err();
    assert!(begun.elapsed() >= SHORT && begun.elapsed() < BOUND / 2);
    let connect = Phase::Connect;
    let is_late = matches!(error, Error::TimedOut { phase, .. } if phase == connect);
    assert!(is_late, "{error:?}");
    assert_eq!(error.kind(), ErrorKind::NeverRan);
    proxy.done();
}

#[test]
fn a_call_that_waits_for_the_proxy_is_cancelled_at_once() {
    let (asked, is_asked) = mpsc::channel();
    let proxy = serve(move |listener| {
        let mut peer = listener.accept();
        peer.head();
        asked.send(()).unwrap();
        assert!(peer.is_closed());
    });
    let far = ServerProxy::builder(FAR)
        .options(through(&proxy))
        .build()
        .unwrap();
    let attempt = far.attempt();
    let canceller = attempt.canceller();
    thread::scope(|scope| {
        let call = scope.spawn(|| attempt.call::<i32>("f", ()));
        is_asked.recv_timeout(BOUND).unwrap();
        let begun = Instant::now();
        canceller.cancel();
        let error = call.join().unwrap().unwrap_err();
        assert!(begun.elapsed() < BOUND / 2);
        assert!(matches!(error, Error::Cancelled), "{error:?}");
    });
    proxy.done();
}

//! The connection that a call takes, kept or new, and the calls that are sent again.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;

use std::sync::mpsc;

use peer::{Listener, answer, long, options, serve, serve_at, value};
use xmlrpc_client::{Error, ErrorKind, ServerProxy, Value};

#[test]
fn a_connection_that_is_kept_serves_the_next_call() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        for n in 0..3 {
            assert_eq!(peer.request().call().params, [Value::Int(n)]);
            peer.send(value(n));
        }
        listener.is_quiet()
    });
    let proxy = server.proxy();
    for n in 0..3 {
        assert_eq!(proxy.call::<i32>("f", (n,)).unwrap(), n);
    }
    assert!(server.done());
}

#[test]
fn a_server_that_hangs_up_unannounced_is_called_on_a_new_connection_each_time() {
    let server = serve(|listener| {
        [1, 2].map(|n| {
            let mut peer = listener.accept();
            let request = peer.request();
            peer.send(value(n));
            assert!(peer.is_closed());
            request.header("connection").map(str::to_owned)
        })
    });
    let mut options = options();
    options.keep_alive = false;
    let proxy = ServerProxy::builder(&server.address)
        .options(options)
        .build()
        .unwrap();
    assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 1);
    assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 2);
    assert_eq!(server.done(), [(); 2].map(|()| Some("close".to_owned())));
}

#[test]
fn an_error_leaves_the_connection_usable() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.send(answer("404 Not Found", "No such page"));
        peer.request();
        peer.send(value(1));
        listener.is_quiet()
    });
    let proxy = server.proxy();
    assert!(matches!(proxy.call::<i32>("f", ()), Err(Error::Http(_))));
    assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 1);
    assert!(server.done());
}

#[test]
fn a_kept_connection_that_the_server_closed_is_replaced() {
    let (closed, is_closed) = mpsc::channel();
    let server = serve(move |listener| {
        for n in 0..3 {
            let mut peer = listener.accept();
            peer.request();
            peer.send(value(n));
            drop(peer);
            closed.send(()).unwrap();
        }
    });
    let proxy = server.proxy();
    for n in 0..3 {
        assert_eq!(proxy.call::<i32>("f", ()).unwrap(), n);
        is_closed.recv_timeout(peer::BOUND).unwrap();
    }
    server.done();
}

#[test]
fn a_request_that_a_kept_connection_never_took_whole_is_sent_again() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.send(value(1));
        // The next request's body is longer than all buffers between here and there.
        peer.head();
        drop(peer);
        let mut peer = listener.accept();
        let body = peer.request().body;
        peer.send(value(2));
        (body.ends_with(b"</methodCall>"), listener.is_quiet())
    });
    let proxy = server.proxy();
    assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 1);
    assert_eq!(proxy.call::<i32>("g", (long(),)).unwrap(), 2);
    assert_eq!(server.done(), (true, true));
}

#[test]
fn a_request_that_a_kept_connection_took_whole_is_not_sent_again() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.send(value(1));
        peer.request();
        drop(peer);
        listener
    });
    let proxy = server.proxy();
    assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 1);
    let error = proxy.call::<i32>("f", ()).unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error}");
    assert_eq!(error.kind(), ErrorKind::MayHaveRun);
    assert!(server.done().is_quiet());
}

#[test]
fn calls_at_the_same_time_have_a_connection_each() {
    const CALLS: i32 = 8;
    let server = serve(|listener| {
        let mut peers: Vec<_> = (0..CALLS).map(|_| listener.accept()).collect();
        for peer in &mut peers {
            let Value::Int(n) = peer.request().call().params[0] else {
                panic!("not an int")
            };
            peer.send(value(n * n));
        }
    });
    let proxy = server.proxy();
    std::thread::scope(|scope| {
        for n in 0..CALLS {
            let proxy = &proxy;
            scope.spawn(move || assert_eq!(proxy.call::<i32>("cuad", (n,)).unwrap(), n * n));
        }
    });
    server.done();
}

#[test]
fn localhost_and_ipv6_are_reached() {
    let script = |listener: Listener| {
        let mut peer = listener.accept();
        let request = peer.request();
        peer.send(value(1));
        request.header("host").map(str::to_owned)
    };
    let server = serve(script);
    let port = server.address.rsplit_once(':').unwrap().1.to_owned();
    let proxy = ServerProxy::builder(&format!("localhost:{port}"))
        .options(options())
        .build()
        .unwrap();
    assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 1);
    assert_eq!(server.done(), Some(format!("localhost:{port}")));

    let Ok(server) = serve_at("[::1]:0", script) else {
        eprintln!("no IPv6 loopback here: not tried");
        return;
    };
    let address = server.address.clone();
    assert_eq!(server.proxy().call::<i32>("f", ()).unwrap(), 1);
    assert_eq!(server.done().as_deref(), Some(&*address));

    // Nothing at 127.0.0.1 of that port, so localhost goes on to ::1.
    let Ok(server) = serve_at("[::1]:0", script) else {
        return;
    };
    let port = server.address.rsplit_once(':').unwrap().1.to_owned();
    if std::net::TcpListener::bind(format!("127.0.0.1:{port}")).is_ok() {
        let proxy = ServerProxy::builder(&format!("localhost:{port}"))
            .options(options())
            .build()
            .unwrap();
        assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 1);
    }
}

//! Calls that succeed, and their bytes on the wire.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;

use std::io;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use peer::{Listener, answer, document, options, serve, value};
use xmlrpc_client::{Credentials, Error, ErrorKind, Fault, ServerProxy, Value};
use xmlrpc_wire::encode_fault;

#[test]
fn a_request_is_what_the_specification_says() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        let request = peer.request();
        peer.send(value(49));
        request
    });
    let address = server.address.clone();
    assert_eq!(server.proxy().call::<i32>("cuad", (7,)).unwrap(), 49);

    let request = server.done();
    assert_eq!(request.head[0], "POST /RPC2 HTTP/1.1");
    assert_eq!(request.header("host"), Some(&*address));
    assert_eq!(request.header("content-type"), Some("text/xml"));
    let agent = concat!("xmlrpc-client/", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("user-agent"), Some(agent));
    let rest = [
        "accept-encoding",
        "expect",
        "cookie",
        "authorization",
        "transfer-encoding",
    ];
    for name in rest {
        assert_eq!(request.header(name), None);
    }
    let body = String::from_utf8(request.body).unwrap();
    let end = "<methodCall><methodName>cuad</methodName><params><param><value><int>7</int></value></param></params></methodCall>";
    assert!(body.ends_with(end), "{body}");
}

#[test]
fn a_named_call_carries_its_name_and_the_time_it_has() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        [(), (), ()].map(|()| {
            let request = peer.request();
            peer.send(value(1));
            request
        })
    });
    let proxy = server.proxy();
    let soon = Instant::now() + Duration::from_secs(5);
    let attempt = || proxy.attempt().call_id("run-7.1");
    assert_eq!(attempt().call::<i32>("f", ()).unwrap(), 1);
    assert_eq!(attempt().deadline(soon).call::<i32>("f", ()).unwrap(), 1);
    let crooked = proxy.attempt().call_id("a\r\nb: c");
    assert_eq!(crooked.call::<i32>("f", ()).unwrap(), 1);

    let [named, timed, unnamed] = server.done();
    assert_eq!(named.header("reparte-call"), Some("run-7.1"));
    let patience = options().response_timeout.as_millis().to_string();
    assert_eq!(named.header("reparte-deadline-ms"), Some(&*patience));
    let left: u64 = timed
        .header("reparte-deadline-ms")
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=5000).contains(&left), "{left}");
    assert_eq!(unnamed.header("reparte-call"), None);
}

#[test]
fn a_server_can_be_reached_without_a_call() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        assert!(peer.is_closed());
    });
    let proxy = server.proxy();
    proxy.check_reachable().unwrap();
    server.done();
    let error = proxy.check_reachable().unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

/// A forwarder of connections closes them while its server is away: it was taken for that server.
#[test]
fn a_server_behind_a_forwarder_that_closes_each_connection_is_not_reachable() {
    let forwarder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = forwarder.local_addr().unwrap().to_string();
    thread::spawn(move || forwarder.incoming().for_each(drop));
    let proxy = ServerProxy::builder(&address).build().unwrap();
    match proxy.check_reachable().unwrap_err() {
        Error::Unreachable { source, .. } => {
            assert_eq!(source.kind(), io::ErrorKind::ConnectionAborted, "{source}");
            assert!(source.to_string().contains("closed at once"), "{source}");
        }
        error => panic!("{error}"),
    }
}

#[test]
fn the_path_and_the_user_agent_are_the_callers() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        let request = peer.request();
        peer.send(value(1));
        request
    });
    let mut options = options();
    options.user_agent = String::new();
    let url = format!("http://{}/a/b?c=d", server.address);
    let proxy = ServerProxy::builder(&url).options(options).build().unwrap();
    assert_eq!(proxy.server(), server.address);
    assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 1);
    let request = server.done();
    assert_eq!(request.head[0], "POST /a/b?c=d HTTP/1.1");
    assert_eq!(request.header("user-agent"), None);
}

/// One answer to one call, as raw bytes, then the end of the connection.
fn answered(raw: impl AsRef<[u8]> + Send + 'static) -> Result<Value, Error> {
    let server = serve(move |listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.send(raw);
    });
    let result = server.proxy().call("f", ());
    server.done();
    result
}

#[test]
fn every_framing_is_read() {
    let body = document(Value::Int(49));
    let (first, second) = body.split_at(20);
    let chunks = format!(
        "{:x}\r\n{first}\r\n{:X};ext=1\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    for raw in [
        // Python's SimpleXMLRPCServer.
        format!(
            "HTTP/1.0 200 OK\r\nServer: BaseHTTP/0.3 Python/2.7.18\r\nContent-type: text/xml\r\nContent-length: {}\r\n\r\n{body}",
            body.len()
        ),
        format!("HTTP/1.0 200 OK\r\n\r\n{body}"),
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"),
        format!("HTTP/1.1 100 Continue\r\n\r\n{}", answer("200 OK", &body)),
        // The type of the answer is not insisted on.
        format!("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n{body}"),
        format!(
            "HTTP/1.0 200 It's fine\r\nX: y\r\n\r\n\n{}",
            body.trim_start_matches('\n')
                .replace("<?xml version=\"1.0\"?>", "")
        ),
    ] {
        assert_eq!(answered(raw.clone()).unwrap(), Value::Int(49), "{raw}");
    }
}

#[test]
fn a_fault_is_the_functions_own_answer() {
    let text = "<type 'exceptions.ValueError'>:math domain\nerror\u{202e}";
    let fault = String::from_utf8(encode_fault(&Fault::new(1, text))).unwrap();
    let error = answered(answer("200 OK", &fault)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fault);
    assert_eq!(
        error.to_string(),
        "fault 1: <type 'exceptions.ValueError'>:math domain\\nerror\\u{202e}"
    );
    let Error::Fault(fault) = error else {
        panic!("{error}")
    };
    assert_eq!((fault.code, &*fault.message), (1, text));
}

#[test]
fn an_answer_of_another_type_is_told() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.send(value(49));
    });
    let error = server.proxy().call::<String>("f", ()).unwrap_err();
    assert!(matches!(error, Error::Mismatch(_)), "{error}");
    assert_eq!(error.kind(), ErrorKind::BadResponse);
}

#[test]
fn what_cannot_be_written_is_not_sent() {
    let server = serve(|listener: Listener| listener);
    let proxy = server.proxy();
    for error in [
        proxy.call::<i32>("f", ("\u{0}",)).unwrap_err(),
        proxy.call::<i32>("f", (f64::NAN,)).unwrap_err(),
        proxy.call::<i32>("bad\u{1}name", ()).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Unrepresentable(_)), "{error}");
        assert_eq!(error.kind(), ErrorKind::Usage);
    }
    assert!(server.done().is_quiet());
}

#[test]
fn proxies_errors_and_cancellers_cross_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<ServerProxy>();
    crosses::<Error>();
    crosses::<xmlrpc_client::Canceller>();
}

#[test]
fn a_redirect_is_followed_if_that_is_asked_for_and_credentials_are_not_sent_on() {
    let goal = serve(|listener| {
        let mut peer = listener.accept();
        let request = peer.request();
        peer.send(value(7));
        request.header("Authorization").map(str::to_owned)
    });
    let location = format!("http://{}/goal", goal.address);
    let server = serve(move |listener| {
        let mut shown = Vec::new();
        for location in ["/second", &location, "/third"] {
            let mut peer = listener.accept();
            let request = peer.request();
            shown.push((
                request.head[0].clone(),
                request.header("Authorization").is_some(),
            ));
            peer.send(format!(
                "HTTP/1.1 308 Permanent Redirect\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
            ));
        }
        shown
    });
    let mut options = options();
    options.credentials = Some(Credentials::token("correct-horse-battery"));
    options.redirects = 2;
    let proxy = ServerProxy::builder(&server.address)
        .options(options.clone())
        .build()
        .unwrap();
    assert_eq!(proxy.call::<i32>("m", ()).unwrap(), 7);
    assert_eq!(goal.done(), None);
    options.redirects = 0;
    let proxy = ServerProxy::builder(&server.address)
        .options(options)
        .build()
        .unwrap();
    let error = proxy.call::<i32>("m", ()).unwrap_err();
    assert!(matches!(error, Error::Http(status) if status.location.as_deref() == Some("/third")));
    let shown = server.done();
    let lines = [
        "POST /RPC2 HTTP/1.1",
        "POST /second HTTP/1.1",
        "POST /RPC2 HTTP/1.1",
    ];
    assert_eq!(shown, lines.map(|line| (line.to_owned(), true)));
}

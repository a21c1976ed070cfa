//! Calls of servers that speak SCGI.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;

use std::sync::mpsc;
use std::time::Duration;

use peer::{BOUND, Listener, Server, check_silence, document, long, options, serve};
use xmlrpc_client::{
    Credentials, Error, ErrorKind, Headers, Options, Phase, ServerProxy, Value, WireError,
};
use xmlrpc_wire::{Limits, decode_call};

fn proxy<T>(server: &Server<T>, options: Options) -> ServerProxy {
    let url = format!("scgi://{}", server.address);
    ServerProxy::builder(&url).options(options).build().unwrap()
}

/// An answer as rTorrent gives it.
fn answer(body: &str) -> String {
    let length = body.len();
    format!("Status: 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Reads a request, writes an answer and hangs up.
fn answer_once(listener: &Listener, answer: impl AsRef<[u8]>) {
    let mut peer = listener.accept();
    peer.scgi_request();
    peer.send(answer);
}

/// Calls a server that gives this answer to one call.
fn call(answer: impl AsRef<[u8]> + Send + 'static, options: Options) -> Result<Value, Error> {
    let server = serve(move |listener| answer_once(&listener, answer));
    let called = proxy(&server, options).call("f", ());
    server.done();
    called
}

#[test]
fn a_call_has_its_fields_and_a_connection_of_its_own() {
    let server = serve(|listener| {
        [1, 2].map(|n| {
            let mut peer = listener.accept();
            let request = peer.scgi_request();
            peer.send(answer(&document(Value::from(n))));
            request
        })
    });
    let mut options = options();
    options.credentials = Some(Credentials::token("secret"));
    options.headers = Headers::from_iter([("X-Key", "a"), ("X-KEY", "b")]);
    let url = format!("SCGI://{}/RPC/a?b=c", server.address);
    let proxy = ServerProxy::builder(&url).options(options).build().unwrap();
    assert_eq!(proxy.server(), server.address);
    let host = server.address.clone();
    for n in [1, 2] {
        let attempt = proxy.attempt().call_id("id-7");
        assert_eq!(attempt.call::<i32>("f", (n,)).unwrap(), n);
    }
    for (n, request) in (1..).zip(server.done()) {
        let call = decode_call(&request.body, &Limits::default()).unwrap();
        assert_eq!((&*call.method, call.params), ("f", vec![Value::from(n)]));
        for (name, value) in [
            ("CONTENT_LENGTH", &*request.body.len().to_string()),
            ("SCGI", "1"),
            ("REQUEST_METHOD", "POST"),
            ("REQUEST_URI", "/RPC/a?b=c"),
            ("DOCUMENT_URI", "/RPC/a"),
            ("QUERY_STRING", "b=c"),
            ("CONTENT_TYPE", "text/xml"),
            ("HTTP_HOST", &host),
            ("HTTP_REPARTE_CALL", "id-7"),
            ("HTTP_X_KEY", "a, b"),
        ] {
            assert_eq!(request.field(name), Some(value), "{name}");
        }
        assert!(request.field("HTTP_AUTHORIZATION").is_some());
        assert!(request.field("HTTP_REPARTE_DEADLINE_MS").is_some());
        let agent = request.field("HTTP_USER_AGENT").unwrap();
        assert!(agent.starts_with("xmlrpc-client/"), "{agent}");
        let mut names: Vec<_> = request.fields.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), request.fields.len(), "no name comes twice");
    }
}

#[test]
fn an_answer_ends_by_its_length_or_with_the_connection() {
    let body = document(Value::Int64(1 << 40));
    for answer in [
        answer(&body),
        format!("Content-Type: text/xml\n\n{body}"),
        answer(&body) + "what is behind it does not count",
    ] {
        assert_eq!(call(answer, options()).unwrap(), Value::Int64(1 << 40));
    }
}

/// A server that keeps the connection open is not waited for.
#[test]
fn an_answer_of_known_length_is_not_waited_for_to_its_end() {
    let (end, is_ended) = mpsc::channel();
    let server = serve(move |listener| {
        let mut peer = listener.accept();
        peer.scgi_request();
        peer.send(answer(&document(Value::from(7))));
        is_ended.recv_timeout(BOUND).unwrap();
    });
    assert_eq!(proxy(&server, options()).call::<i32>("f", ()).unwrap(), 7);
    end.send(()).unwrap();
    server.done();
}

#[test]
fn an_answer_that_comes_in_pieces_is_read() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        peer.scgi_request();
        for byte in answer(&document(Value::from(7))).bytes() {
            peer.send([byte]);
        }
    });
    assert_eq!(proxy(&server, options()).call::<i32>("f", ()).unwrap(), 7);
    server.done();
}

#[test]
fn long_calls_and_answers_go_through() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        let request = peer.scgi_request();
        let mut call = decode_call(&request.body, &Limits::default()).unwrap();
        peer.send(answer(&document(call.params.remove(0))))
    });
    let echoed: Value = proxy(&server, options()).call("f", (long(),)).unwrap();
    assert!(echoed == Value::from(long()));
    assert!(server.done());
}

/// rTorrent leaves the `<value>` of a fault out.
#[test]
fn faults_are_faults_with_any_status() {
    let fault = "<?xml version=\"1.0\"?><methodResponse><fault><struct>\
                 <member><name>faultCode</name><value><i4>-506</i4></value></member>\
                 <member><name>faultString</name><value><string>no</string></value></member>\
                 </struct></fault></methodResponse>";
    for answer in [
        answer(fault),
        answer(fault).replace("200 OK", "500 Internal Server Error"),
    ] {
        let error = call(answer, options()).unwrap_err();
        assert!(
            matches!(&error, Error::Fault(fault) if fault.code == -506),
            "{error:?}"
        );
    }
}

#[test]
fn an_answer_beyond_the_limit_is_a_typed_error() {
    let mut options = options();
    options.limits.bytes = 1000;
    let body = document(Value::from("x".repeat(2000)));
    for answer in [
        answer(&body),
        format!("Status: 200\r\n\r\n{body}"),
        format!("Status: 200\r\nContent-Length: 18446744073709551615\r\n\r\n{body}"),
    ] {
        let error = call(answer, options.clone()).unwrap_err();
        let Error::Malformed(malformed) = &error else {
            panic!("{error:?}");
        };
        let is_limit = matches!(malformed.source, WireError::LimitExceeded { .. });
        assert!(is_limit, "{error}");
    }
    let head = format!("X: {}\r\n", "x".repeat(70_000));
    let error = call(head, options).unwrap_err();
    assert!(matches!(error, Error::OversizedHead { .. }), "{error:?}");
}

#[test]
fn a_status_is_an_error_with_its_fields() {
    let busy = "Status: 503 Busy\r\nRetry-After: 7\r\n\r\nlater";
    let error = call(busy, options()).unwrap_err();
    let retry_after = Some(Duration::from_secs(7));
    assert_eq!(error.kind(), ErrorKind::Busy { retry_after });
    assert!(error.to_string().contains("later"), "{error}");
    let error = call("Location: http://a.example/x\r\n\r\n", options()).unwrap_err();
    let Error::Http(http) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(http.status, 302);
    assert_eq!(http.location.as_deref(), Some("http://a.example/x"));
}

#[test]
fn what_is_no_answer_of_scgi_is_named() {
    for (answer, reason) in [
        ("<methodResponse>\r\n", "colon"),
        ("Status: 200\r\nContent-Length: x\r\n\r\n", "Content-Length"),
        (
            "Status: 200\r\nTransfer-Encoding: chunked\r\n\r\n",
            "Transfer-Encoding",
        ),
    ] {
        let error = call(answer, options()).unwrap_err();
        assert!(matches!(error, Error::NotScgi { .. }), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn another_protocol_is_named() {
    for (answer, reason) in [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "call it by http://"),
        ("SSH-2.0-x\r\n", "SSH"),
        // An alert of TLS has no line end.
        ("\x15\x03\x03\0\x02\x02\x32", "call it by https://"),
    ] {
        let error = call(answer, options()).unwrap_err();
        assert!(matches!(error, Error::OtherProtocol { .. }), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::NotAnEndpoint);
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn an_answer_that_is_cut_may_have_run() {
    let whole = answer(&document(Value::from(7)));
    for length in [0, 5, 30, whole.len() - 1] {
        let cut = whole[..length].to_owned();
        let error = call(cut, options()).unwrap_err();
        let is_lost = matches!(error, Error::Interrupted { phase, .. } if phase == Phase::Response);
        assert!(is_lost, "{length}: {error:?}");
        assert_eq!(error.kind(), ErrorKind::MayHaveRun);
    }
}

#[test]
fn a_server_that_refuses_before_it_has_read_all_is_heard() {
    let server = serve(|listener| {
        let mut peer = listener.accept();
        peer.send("Status: 413 Too Large\r\nContent-Length: 0\r\n\r\n");
        // The rest is not read: the connection breaks.
    });
    let error = proxy(&server, options()).call::<Value>("f", (long(),));
    let error = error.unwrap_err();
    // A reset may overtake the answer.
    let is_told = match &error {
        Error::Http(http) => http.status == 413,
        Error::Interrupted { .. } => true,
        _ => false,
    };
    assert!(is_told, "{error:?}");
    server.done();
}

#[test]
fn a_silent_server_meets_the_time_out_and_a_call_that_waits_is_cancelled() {
    let (asked, is_asked) = mpsc::channel();
    let server = serve(move |listener| {
        for _ in 0..2 {
            let mut peer = listener.accept();
            peer.scgi_request();
            asked.send(()).unwrap();
            assert!(peer.is_closed());
        }
    });
    check_silence(|options| proxy(&server, options), &is_asked);
    let proxy = proxy(&server, options());
    server.done();
    let attempt = proxy.attempt();
    attempt.canceller().cancel();
    let error = attempt.call::<i32>("f", ()).unwrap_err();
    assert!(matches!(error, Error::Cancelled), "{error:?}");
}

#[test]
fn nobody_there_is_unreachable() {
    let url = {
        let server = serve(|_| ());
        let url = format!("scgi://{}", server.address);
        server.done();
        url
    };
    let error = ServerProxy::new(&url).unwrap().call::<i32>("f", ());
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::NeverRan);
}

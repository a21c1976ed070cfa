//! Calls that fail, and their errors.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;

use std::error::Error as _;
use std::net::TcpListener;
use std::time::Duration;

use peer::{Listener, answer, document, long, options, serve, value};
use xmlrpc_client::{Error, ErrorKind, HttpStatus, MalformedResponse, Phase, ServerProxy, Value};

/// Calls a server that writes `raw` when it has the request, and hangs up.
fn refused(raw: impl AsRef<[u8]> + Send + 'static) -> Error {
    let server = serve(move |listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.send(raw);
    });
    let error = server.proxy().call::<Value>("f", ()).unwrap_err();
    server.done();
    error
}

#[test]
fn every_status_says_what_it_means() {
    let busy = |seconds: Option<u64>| ErrorKind::Busy {
        retry_after: seconds.map(Duration::from_secs),
    };
    use ErrorKind::{MayHaveRun, NotAnEndpoint, Refused};
    for (status, headers, kind, text) in [
        (
            "404 Not Found",
            "",
            NotAnEndpoint,
            "no XML-RPC service at /RPC2",
        ),
        (
            "405 Method Not Allowed",
            "",
            NotAnEndpoint,
            "/RPC2 by custom",
        ),
        ("410 Gone", "", NotAnEndpoint, "HTTP status 410"),
        (
            "501 Unsupported method ('POST')",
            "",
            NotAnEndpoint,
            "HTTP status 501",
        ),
        (
            "301 Moved",
            "Location: http://evil.example/\u{202e}x\r\n",
            NotAnEndpoint,
            "call http://evil.example/\\u{202e}x instead",
        ),
        (
            "302 Found",
            "Location: /login\r\n",
            NotAnEndpoint,
            "redirects are not followed",
        ),
        ("304 Not Modified", "", NotAnEndpoint, "HTTP status 304"),
        (
            "307 Temporary Redirect",
            "",
            NotAnEndpoint,
            "redirects are not followed",
        ),
        (
            "401 Unauthorized",
            "",
            Refused,
            "does not take calls from this client",
        ),
        ("403 Forbidden", "", Refused, "HTTP status 403"),
        (
            "407 Proxy Authentication Required",
            "",
            Refused,
            "HTTP status 407",
        ),
        (
            "503 Service Unavailable",
            "Retry-After: 7\r\n",
            busy(Some(7)),
            "try again in 7 s",
        ),
        (
            "503 Service Unavailable",
            "Retry-After: 18446744073709551615\r\n",
            busy(Some(86400)),
            "86400 s",
        ),
        (
            "503 Service Unavailable",
            "Retry-After: Sun, 22 Nov 2026 09:30:29 GMT\r\n",
            busy(None),
            "no room just now",
        ),
        (
            "503 Service Unavailable",
            "Retry-After: -1\r\n",
            busy(None),
            "no room just now",
        ),
        ("429 Too Many Requests", "", busy(None), "no room just now"),
        (
            "500 Internal Server Error",
            "",
            MayHaveRun,
            "HTTP status 500",
        ),
        ("502 Bad Gateway", "", MayHaveRun, "HTTP status 502"),
        ("400 Bad Request", "", MayHaveRun, "HTTP status 400"),
        ("204 No Content", "", MayHaveRun, "HTTP status 204"),
    ] {
        let error = refused(format!(
            "HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\n\r\n"
        ));
        assert!(matches!(error, Error::Http(_)), "{status}: {error:?}");
        assert_eq!(error.kind(), kind, "{status}");
        assert!(error.to_string().contains(text), "{status}: {error}");
        assert!(!error.to_string().contains('\u{202e}'), "{status}: {error}");
    }
}

#[test]
fn a_status_shows_the_beginning_of_its_page() {
    let page = format!("\r\n<html>\r\n\x1b[31m{}", "x".repeat(1 << 20));
    let error = refused(answer("500 Oops", &page));
    let Error::Http(http) = &error else {
        panic!("{error}")
    };
    let HttpStatus { status, path, .. } = &**http;
    assert_eq!((*status, &**path), (500, "/RPC2"));
    assert!(http.excerpt.starts_with("<html>\\r\\n\\u{1b}[31mxxx"));
    assert!(http.excerpt.len() < 400 && http.excerpt.ends_with("x..."));
    assert!(error.to_string().contains(&http.excerpt));
}

#[test]
fn a_page_is_not_an_answer() {
    let page = "<!DOCTYPE html><html><body>It works!</body></html>";
    for raw in [
        format!("HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n{page}"),
        answer("200 OK", page),
        answer("200 OK", "<html/>"),
        answer("200 OK", "hello"),
        answer("200 OK", ""),
    ] {
        let error = refused(raw);
        assert!(matches!(error, Error::Malformed(_)), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert!(error.source().is_some());
        assert!(
            error.to_string().contains("did not answer in XML-RPC"),
            "{error}"
        );
        assert!(error.to_string().contains("its answer "), "{error}");
    }
}

#[test]
fn a_malformed_answer_has_its_position() {
    let error = refused(answer(
        "200 OK",
        "<methodResponse>\n<oops/></methodResponse>",
    ));
    assert!(error.to_string().contains("line 2"), "{error}");
}

/// A server that dies while it answers. With a length or chunks HTTP shows it; without,
/// only the document does.
#[test]
fn a_truncated_answer_is_never_taken_for_whole() {
    let body = document(Value::Int(49));
    for cut in [0, 1, body.len() / 2, body.len() - 1] {
        let part = &body[..cut];
        let error = refused(format!("HTTP/1.0 200 OK\r\n\r\n{part}"));
        assert!(matches!(error, Error::Malformed(_)), "{cut}: {error}");

        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}", body.len());
        let error = refused(format!("{head}\r\n\r\n{part}"));
        assert!(interrupted(&error, Phase::Response), "{cut}: {error:?}");

        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked";
        let error = refused(format!("{head}\r\n\r\n{:x}\r\n{part}", body.len()));
        assert!(interrupted(&error, Phase::Response), "{cut}: {error:?}");
    }
    let head = answer("200 OK", &body);
    for cut in [0, 1, 12, 17, 30] {
        let error = refused(head[..cut].to_owned());
        assert!(interrupted(&error, Phase::Response), "{cut}: {error:?}");
    }
}

/// A packed answer: neither its data nor its check may be missing or wrong.
#[cfg(feature = "gzip")]
#[test]
fn a_truncated_packed_answer_is_never_taken_for_whole() {
    /// The result 49.
    const PACKED: &[u8] = &[
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xb3, 0xc9, 0x4d, 0x2d, 0xc9,
        0xc8, 0x4f, 0x09, 0x4a, 0x2d, 0x2e, 0xc8, 0xcf, 0x2b, 0x4e, 0xb5, 0xb3, 0x29, 0x48, 0x2c,
        0x4a, 0xcc, 0x2d, 0x86, 0xd2, 0x76, 0x36, 0x65, 0x89, 0x39, 0xa5, 0x40, 0xd1, 0xcc, 0xbc,
        0x12, 0x3b, 0x13, 0x4b, 0x1b, 0x7d, 0x10, 0x6d, 0xa3, 0x0f, 0x15, 0xd4, 0x87, 0xaa, 0xd1,
        0x87, 0xe9, 0xd1, 0x47, 0x33, 0x0c, 0x00, 0x80, 0x02, 0xf7, 0xcc, 0x5d, 0x00, 0x00, 0x00,
    ];
    let call = |packed: Vec<u8>| {
        let server = serve(move |listener| {
            let mut peer = listener.accept();
            peer.request();
            peer.send("HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n");
            peer.send(packed);
        });
        let mut options = options();
        options.gzip = true;
        let builder = ServerProxy::builder(&server.address).options(options);
        builder.build().unwrap().call::<i32>("f", ())
    };
    assert_eq!(call(PACKED.to_vec()).unwrap(), 49);
    for cut in [1, 9, PACKED.len() / 2, PACKED.len() - 8, PACKED.len() - 1] {
        call(PACKED[..cut].to_vec()).unwrap_err();
    }
    // Its CRC, and its length.
    for wrong in [8, 1] {
        let mut packed = PACKED.to_vec();
        packed[PACKED.len() - wrong] ^= 1;
        call(packed).unwrap_err();
    }
}

fn interrupted(error: &Error, during: Phase) -> bool {
    assert_eq!(error.kind(), ErrorKind::MayHaveRun);
    matches!(error, Error::Interrupted { phase, .. } if *phase == during)
}

#[test]
fn what_is_not_http_is_told() {
    for raw in [
        "<methodResponse>\r\n",
        // A function may have printed these.
        "done\r\n",
        "\0\0\0\0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nSSH-2.0-x\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let error = refused(raw);
        assert!(matches!(error, Error::NotHttp { .. }), "{raw}: {error:?}");
        assert_eq!(error.kind(), ErrorKind::BadResponse);
    }
}

/// No call runs at such a server.
#[test]
fn another_protocol_is_named() {
    for (raw, reason) in [
        ("SSH-2.0-OpenSSH_9.6\r\n", "in SSH; check the port"),
        ("220 mail.example ESMTP\r\n", "SMTP"),
        // An alert of TLS: the call was no handshake.
        ("\x15\x03\x03\0\x02\x02\x32", "call it by https://"),
        // The first frame of a server that speaks HTTP/2 alone.
        ("\0\0\x06\x04\0\0\0\0\0\0\x05\0\0@\0", "HTTP/2"),
        (
            "HTTP/1.1 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
            "call it by https://",
        ),
    ] {
        let error = refused(raw);
        assert!(matches!(error, Error::OtherProtocol { .. }), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::NotAnEndpoint);
        assert!(error.to_string().contains(reason), "{error}");
    }
}

#[test]
fn an_answer_is_read_up_to_the_limit() {
    let whole = document(Value::Int(49));
    let call = |raw: String, limit: usize| {
        let server = serve(move |listener| {
            let mut peer = listener.accept();
            peer.request();
            peer.send(raw);
            // Endless, as far as the client can tell.
            while peer.send([b' '; 4096]) {}
        });
        let mut options = options();
        options.limits.bytes = limit;
        let proxy = ServerProxy::builder(&server.address)
            .options(options)
            .build()
            .unwrap();
        let result = proxy.call::<i32>("f", ());
        // It may have kept the connection.
        drop(proxy);
        server.done();
        result
    };
    let length = |n: usize| format!("HTTP/1.1 200 OK\r\nContent-Length: {n}\r\n\r\n{whole}");
    assert_eq!(call(length(whole.len()), whole.len()).unwrap(), 49);
    for raw in [
        length(whole.len()),
        length(usize::MAX),
        format!("HTTP/1.0 200 OK\r\n\r\n{whole}"),
    ] {
        let limit = whole.len() - 1;
        let error = call(raw, limit).unwrap_err();
        let Error::Malformed(answer) = &error else {
            panic!("{error}")
        };
        let MalformedResponse { source, .. } = &**answer;
        let xmlrpc_wire::Error::LimitExceeded {
            limit: exceeded,
            max,
            ..
        } = *source
        else {
            panic!("{source}")
        };
        assert_eq!((exceeded, max), (xmlrpc_wire::Limit::Bytes, limit));
        let remedy = "raise the client's limit";
        assert!(error.to_string().contains(remedy), "{error}");
    }
}

#[test]
fn a_server_that_is_not_there_was_never_called() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    for host in ["127.0.0.1", "localhost"] {
        let proxy = ServerProxy::builder(&format!("{host}:{port}"))
            .options(options())
            .build()
            .unwrap();
        let error = proxy.call::<i32>("f", ()).unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::NeverRan);
        assert_eq!(
            error.to_string(),
            format!(
                "nothing listens at {host}:{port} (connection refused): start the server, or check the port"
            )
        );
    }
}

#[test]
fn a_host_that_does_not_resolve_was_never_called() {
    // RFC 2606, 2: there is no .invalid.
    let proxy = ServerProxy::builder("nobody.invalid:9000")
        .options(options())
        .build()
        .unwrap();
    let error = proxy.call::<i32>("f", ()).unwrap_err();
    assert!(matches!(error, Error::HostNotFound { .. }), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::NeverRan);
    assert!(
        error
            .to_string()
            .starts_with("host \"nobody.invalid\" not found ("),
        "{error}"
    );
}

#[test]
fn a_server_that_dies_before_it_answers_may_have_run_the_call() {
    let error = refused("");
    assert!(interrupted(&error, Phase::Response), "{error:?}");
    assert!(
        error.to_string().contains("the call may have run"),
        "{error}"
    );
}

#[test]
fn a_server_that_hangs_up_on_a_request_shows_in_which_phase() {
    let server = serve(|listener| {
        listener.accept().head();
        listener
    });
    let error = server.proxy().call::<i32>("f", (long(),)).unwrap_err();
    assert!(interrupted(&error, Phase::Send), "{error:?}");
    // On a connection of its own: nothing is sent again.
    assert!(server.done().is_not_called());
}

/// Other systems drop what they have received when a connection is reset.
#[cfg(target_os = "linux")]
#[test]
fn a_refusal_before_the_request_was_read_is_still_read() {
    let server = serve(|listener: Listener| {
        let mut peer = listener.accept();
        peer.head();
        peer.send(answer("413 Content Too Large", "at most 1 MiB"));
        drop(peer);
        let mut peer = listener.accept();
        peer.request();
        peer.send(value(1));
    });
    let proxy = server.proxy();
    let error = proxy.call::<i32>("f", (long(),)).unwrap_err();
    assert!(
        matches!(&error, Error::Http(http) if http.status == 413 && http.excerpt == "at most 1 MiB"),
        "{error:?}"
    );
    assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 1);
    server.done();
}

/// An environment can't be changed within a process, so the test runs itself in another.
#[test]
fn no_proxy_is_taken_from_the_environment() {
    const SERVER: &str = "XMLRPC_CLIENT_TEST_SERVER";
    if let Ok(address) = std::env::var(SERVER) {
        let proxy = ServerProxy::builder(&address)
            .options(options())
            .build()
            .unwrap();
        assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 1);
        return;
    }
    let trap = serve(|listener: Listener| listener);
    let server = serve(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.send(value(1));
    });
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "no_proxy_is_taken_from_the_environment"]);
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        child.env(name, format!("http://{}", trap.address));
    }
    let output = child.env(SERVER, &server.address).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    server.done();
    assert!(trap.done().is_quiet());
}

#[test]
fn a_head_beyond_a_limit_names_the_limit() {
    for (fields, limit) in [
        ("A: b\r\n".repeat(1001), "1000 fields"),
        (format!("A: {}\r\n", "x".repeat(70_000)), "64 KiB"),
    ] {
        let error = refused(format!("HTTP/1.1 200 OK\r\n{fields}\r\n"));
        assert!(matches!(error, Error::OversizedHead { .. }), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert!(error.to_string().contains(limit), "{error}");
    }
}

/// davexmlrpc sends its faults with the status 500, and others with 400.
#[test]
fn a_fault_that_comes_with_the_status_of_an_error_is_the_fault() {
    let fault = xmlrpc_wire::encode_fault(&xmlrpc_wire::Fault::new(4, "too many parameters"));
    let fault = String::from_utf8(fault).unwrap();
    for status in [
        "400 Bad Request",
        "404 Not Found",
        "500 Internal Server Error",
    ] {
        match refused(answer(status, &fault)) {
            Error::Fault(fault) => {
                assert_eq!((fault.code, &*fault.message), (4, "too many parameters"))
            }
            other => panic!("{status}: {other:?}"),
        }
    }
    // These say what to do about the call.
    for status in [
        "401 Unauthorized",
        "429 Too Many Requests",
        "503 Service Unavailable",
    ] {
        let error = refused(answer(status, &fault));
        assert!(matches!(error, Error::Http(_)), "{status}: {error:?}");
    }
    // A result is no result with such a status, and a fault is cut at 64 KiB.
    let long = xmlrpc_wire::encode_fault(&xmlrpc_wire::Fault::new(4, "x".repeat(70_000)));
    for body in [document(Value::Int(1)), String::from_utf8(long).unwrap()] {
        let error = refused(answer("500 Internal Server Error", &body));
        assert!(matches!(error, Error::Http(_)), "{error:?}");
    }
}

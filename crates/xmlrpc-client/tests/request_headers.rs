//! Headers of requests: the caller's own, their letters, and cookies.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod peer;

#[cfg(feature = "cookies")]
use peer::document;
use peer::{Request, options, serve, value};
#[cfg(feature = "cookies")]
use xmlrpc_client::Value;
use xmlrpc_client::{Error, Headers, OptionName, Options, ServerProxy};

/// Returns the requests of calls, each with its answer, on one connection.
fn requests(options: Options, answers: &[String]) -> Vec<Request> {
    let scripted = answers.to_vec();
    let server = serve(move |listener| {
        let mut peer = listener.accept();
        let mut requests = Vec::new();
        for answer in scripted {
            requests.push(peer.request());
            peer.send(answer);
        }
        requests
    });
    let builder = ServerProxy::builder(&server.address).options(options);
    let proxy = builder.build().unwrap();
    for _ in answers {
        assert_eq!(proxy.call::<i32>("f", ()).unwrap(), 7);
    }
    server.done()
}

/// The answer 7, with these fields.
#[cfg(feature = "cookies")]
fn answer_with(fields: &str) -> String {
    let body = document(Value::Int(7));
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {length}\r\n\r\n{body}")
}

#[test]
fn each_request_has_the_callers_headers() {
    let mut options = options();
    options.headers = Headers::from_iter([("X-Key", "secret"), ("X-Two", "a"), ("X-Two", "b")]);
    for request in requests(options, &[value(7), value(7)]) {
        assert_eq!(request.header("x-key"), Some("secret"));
        let two = request
            .head
            .iter()
            .filter(|line| line.to_lowercase().starts_with("x-two: "));
        assert_eq!(two.count(), 2);
    }
}

#[test]
fn the_headers_stay_with_their_server() {
    let elsewhere = serve(|listener| {
        let mut peer = listener.accept();
        let request = peer.request();
        peer.send(value(7));
        request
    });
    let to = format!("http://{}/RPC2", elsewhere.address);
    let server = serve(move |listener| {
        let mut peer = listener.accept();
        let request = peer.request();
        peer.send(format!(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
        ));
        request
    });
    let mut options = options();
    options.redirects = 1;
    options.headers = Headers::from_iter([("X-Key", "secret")]);
    let proxy = ServerProxy::builder(&server.address).options(options);
    assert_eq!(proxy.build().unwrap().call::<i32>("f", ()).unwrap(), 7);
    assert_eq!(server.done().header("x-key"), Some("secret"));
    assert_eq!(elsewhere.done().header("x-key"), None);
}

#[test]
fn names_are_written_in_title_case_where_that_is_asked_for() {
    let mut options = options();
    options.headers = Headers::from_iter([("x-api-key", "a-b: c-d")]);
    options.title_case_headers = true;
    for request in requests(options, &[value(7), value(7)]) {
        let (first, fields) = request.head.split_first().unwrap();
        assert_eq!(first, "POST /RPC2 HTTP/1.1");
        assert!(
            fields.contains(&"X-Api-Key: a-b: c-d".to_owned()),
            "{fields:?}"
        );
        assert!(
            fields.contains(&"Content-Type: text/xml".to_owned()),
            "{fields:?}"
        );
        for field in fields {
            let (name, _) = field.split_once(':').unwrap();
            for word in name.split('-') {
                assert!(
                    !word.starts_with(|c: char| c.is_ascii_lowercase()),
                    "{field}"
                );
            }
        }
        // The document is as it was.
        assert_eq!(request.call().method, "f");
    }
}

#[test]
fn a_header_that_breaks_a_request_is_refused() {
    let mut options = options();
    options.headers = Headers::from_iter([("X-Key", "a\r\nHost: b")]);
    let error = ServerProxy::builder("localhost:9").options(options).build();
    assert!(matches!(
        error.unwrap_err(),
        Error::BadOption {
            option: OptionName::Headers,
            ..
        }
    ));
}

#[cfg(feature = "cookies")]
#[test]
fn cookies_come_back_until_they_end() {
    let mut with = options();
    with.cookies = true;
    let answers = [
        answer_with("Set-Cookie: session=a1; Path=/; HttpOnly\r\nSet-Cookie: lang=es\r\n"),
        answer_with("Set-Cookie: other=1; Path=/elsewhere\r\nSet-Cookie: bad\r\n"),
        answer_with("Set-Cookie: session=b2; Path=/\r\nSet-Cookie: lang=es; Max-Age=0\r\n"),
        value(7),
    ];
    let sent: Vec<Vec<String>> = requests(with, &answers)
        .iter()
        .map(|request| {
            let cookies = request.header("cookie").unwrap_or_default();
            let mut pairs: Vec<String> = cookies.split("; ").map(str::to_owned).collect();
            pairs.sort();
            pairs
        })
        .collect();
    assert_eq!(sent[0], [""]);
    assert_eq!(sent[1], ["lang=es", "session=a1"]);
    assert_eq!(sent[2], ["lang=es", "session=a1"]);
    assert_eq!(sent[3], ["session=b2"]);
    // Without the option nothing comes back.
    let requests = requests(options(), &answers[..2]);
    assert_eq!(requests[1].header("cookie"), None);
}

#[cfg(feature = "cookies")]
#[test]
fn cookies_of_other_servers_are_not_taken() {
    let mut with = options();
    with.cookies = true;
    let answers = [
        answer_with("Set-Cookie: a=1; Domain=example.com\r\nSet-Cookie: b=2; Domain=localhost\r\n"),
        value(7),
    ];
    assert_eq!(requests(with, &answers)[1].header("cookie"), None);
}

#[cfg(feature = "cookies")]
#[test]
fn a_cookie_of_the_callers_own_and_a_jar_exclude_each_other() {
    let mut with = options();
    with.cookies = true;
    with.headers = Headers::from_iter([("Cookie", "a=1")]);
    let error = ServerProxy::builder("localhost:9")
        .options(with.clone())
        .build();
    assert!(matches!(
        error.unwrap_err(),
        Error::BadOption {
            option: OptionName::Headers,
            ..
        }
    ));
    with.cookies = false;
    let sent = requests(with, &[value(7)]);
    assert_eq!(sent[0].header("cookie"), Some("a=1"));
}

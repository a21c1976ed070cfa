//! Access: tokens, and web pages of other sites.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use xmlrpc_server::{Token, front};

use xmlrpc_wire::Value;

use crate::client::{Client, document};
use crate::server::{Front, Server, service};

on_both_fronts! {
    a_call_says_that_it_is_xml
    pages_of_others_can_not_call
}

const TOKEN: &str = "correct-horse-battery";
/// `any:` and the token.
const BASIC: &str = "Basic YW55OmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ==";

/// Returns the status of `cuad(7)` with this request line and these headers.
fn status(server: &Server, line: &str, headers: &[&str]) -> u16 {
    let body = document("cuad", (7,));
    let headers = headers.join("\r\n");
    let length = body.len();
    let head = format!("{line} HTTP/1.1\r\n{headers}\r\nContent-Length: {length}\r\n\r\n");
    let mut client = Client::connect(server.address);
    let answer = client.send([head.as_bytes(), &body].concat()).answer();
    if answer.status == 200 {
        assert_eq!(answer.value(), Ok(Value::Int(49)));
    }
    answer.status
}

fn with_token() -> Server {
    let mut options = front::hyper::Options::default();
    options.token = Some(Token::new(TOKEN).unwrap());
    Server::hyper(service(), options)
}

fn a_call_says_that_it_is_xml(front: Front) {
    let server = Server::start(front, service());
    for (content_type, expected) in [
        ("Content-Type: text/xml", 200),
        ("content-type: application/xml; charset=utf-8", 200),
        ("Content-Type: text/plain", 415),
        ("Content-Type: multipart/form-data; text/xml", 415),
        ("X: y", 415),
    ] {
        let headers = ["Host: localhost", content_type];
        assert_eq!(status(&server, "POST /", &headers), expected, "{headers:?}");
    }
}

fn pages_of_others_can_not_call(front: Front) {
    let server = Server::start(front, service());
    let own = format!("Origin: http://{}", server.address);
    let here = format!("Host: {}", server.address);
    for (headers, expected) in [
        ([&*here, "X: y"], 200),
        ([&*here, &*own], 200),
        ([&*here, "Origin: http://evil.example"], 403),
        ([&*here, "Origin: null"], 403),
        (["Host: evil.example", "X: y"], 403),
        (["Host: evil.example", "Origin: http://evil.example"], 403),
    ] {
        let headers = [headers[0], headers[1], "Content-Type: text/xml"];
        assert_eq!(status(&server, "POST /", &headers), expected, "{headers:?}");
    }
}

#[test]
fn no_token_no_call() {
    // A server for each list, since one that refuses a peer often takes its time.
    let server = with_token();
    for (shown, expected) in [
        (format!("Authorization: Bearer {TOKEN}"), 200),
        (format!("Authorization: {BASIC}"), 200),
        ("X: y".to_owned(), 401),
        (format!("Authorization: Bearer {}", &TOKEN[..20]), 401),
        (format!("Authorization: Bearer {TOKEN}x"), 401),
        (format!("Authorization: {TOKEN}"), 401),
        (format!("Cookie: {TOKEN}"), 401),
    ] {
        let headers = ["Host: any.example", "Content-Type: text/xml", &shown];
        let found = status(&server, "POST /RPC2", &headers);
        assert_eq!(found, expected, "{shown}");
    }
    let partial = format!("Authorization: Bearer {}", &TOKEN[1..]);
    for shown in ["X: y", "Authorization: Basic x", &partial] {
        let headers = ["Host: x", "Content-Type: text/xml", shown];
        for path in [
            "/", "/RPC2", "/metrics", "/health", "/x", "/?x", "/../", "*",
        ] {
            let server = with_token();
            for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
                let line = format!("{method} {path}");
                let is_open = path == "/health" && matches!(method, "GET" | "HEAD");
                if is_open {
                    continue;
                }
                if method == "HEAD" {
                    let mut client = Client::connect(server.address);
                    let request = format!("{line} HTTP/1.1\r\nHost: x\r\n{shown}\r\n\r\n");
                    let answer = client.send(request).head();
                    assert!(answer.contains(" 401 "), "{line}: {answer}");
                } else {
                    assert_eq!(status(&server, &line, &headers), 401, "{line} {shown}");
                }
            }
        }
    }
}

#[test]
fn guesses_wait_and_the_token_does_not() {
    let server = with_token();
    let guess = |token: &str| {
        let started = Instant::now();
        let headers = ["Host: x", "Content-Type: text/xml", token];
        let found = status(&server, "POST /", &headers);
        (found, started.elapsed())
    };
    let second = Duration::from_secs(1);
    let mut times = (0..200).map(|number| {
        let (found, time) = guess(&format!("Authorization: Bearer {number}"));
        assert_eq!(found, 401);
        time
    });
    assert!(times.any(|time| time >= second), "no guess waited");
    let (found, time) = guess(&format!("Authorization: Bearer {TOKEN}"));
    assert_eq!(found, 200);
    assert!(time < second, "{time:?}");
}

#[test]
fn a_page_of_others_can_not_call_with_a_token_that_its_browser_kept() {
    let shown = format!("Authorization: {BASIC}");
    let headers = [
        "Host: sums.example",
        "Content-Type: text/xml",
        "Origin: http://evil.example",
        &shown,
    ];
    assert_eq!(status(&with_token(), "POST /", &headers), 403);
}

#[test]
fn a_token_opens_other_addresses() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let mut address = listener.local_addr().unwrap();
    address.set_ip([127, 0, 0, 1].into());
    let mut options = front::hyper::Options::default();
    options.token = Some(Token::new(TOKEN).unwrap());
    let builder = front::hyper::Server::builder(listener, service()).options(options);
    let server = builder.start().unwrap();
    let mut client = Client::connect(address);
    let answer = client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n").answer();
    assert_eq!(answer.status, 401);
    assert!(answer.has_header("www-authenticate", "Basic realm=\"XML-RPC\""));
    server.stop();
    server.wait().unwrap();
}

#[test]
fn a_name_that_is_said_is_the_servers() {
    let mut options = front::hyper::Options::default();
    options.hosts = vec!["Sums.Example".to_owned()];
    let server = Server::hyper(service(), options);
    let content_type = "Content-Type: text/xml";
    for (host, expected) in [
        ("Host: sums.example:9000", 200),
        ("Host: localhost", 200),
        ("Host: other.example", 403),
    ] {
        let found = status(&server, "POST /", &[host, content_type]);
        assert_eq!(found, expected, "{host}");
    }
    // The target's own authority is what counts where there is one (RFC 9112, 3.2.2).
    let headers = ["Host: localhost", content_type];
    assert_eq!(status(&server, "POST http://evil.example/", &headers), 403);
    assert_eq!(status(&server, "POST http://sums.example/", &headers), 200);
}

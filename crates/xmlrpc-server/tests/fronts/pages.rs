//! The hyper front's answers to GET.

use xmlrpc_server::{Resource, Service, Token, front};

use crate::client::{Answer, Client, call};
use crate::server::{Front, Server, service};

fn get(server: &Server, path: &str, headers: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    Client::connect(server.address).send(request).answer()
}

fn text(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    String::from_utf8(answer.body.clone()).unwrap()
}

#[test]
fn the_page_documents_and_counts() {
    let mut service = service();
    service.help("cuad", "The square of <n>.").unwrap();
    let server = Server::start(Front::Hyper, service);
    call(server.address, "cuad", (7,)).unwrap();
    call(server.address, "cuad", ("x",)).unwrap_err();
    for path in ["/", "/RPC2"] {
        let answer = get(&server, path, "");
        assert!(answer.has_header("content-type", "text/html; charset=utf-8"));
        let page = text(&answer);
        assert!(page.contains("The square of &lt;n&gt;."), "{page}");
        assert!(page.contains("calls ended</th><td>2</td>"), "{page}");
    }
    let metrics = text(&get(&server, "/metrics", ""));
    assert!(metrics.contains("\nxmlrpc_calls_total 2\n"), "{metrics}");
    assert!(metrics.contains("\nxmlrpc_faults_total 1\n"), "{metrics}");
    assert_eq!(text(&get(&server, "/health", "")), "ok\n");
    assert_eq!(get(&server, "/favicon.ico", "").status, 404);
    assert_eq!(get(&server, "/healthy", "").status, 404);
}

#[test]
fn with_a_token_health_alone_is_open() {
    let mut options = front::hyper::Options::default();
    options.token = Some(Token::new("correct-horse-battery").unwrap());
    let server = Server::hyper(service(), options);
    let shown = "Authorization: Bearer correct-horse-battery\r\n";
    for (path, open) in [
        ("/", 401),
        ("/RPC2", 401),
        ("/metrics", 401),
        ("/health", 200),
    ] {
        assert_eq!(get(&server, path, "").status, open, "{path}");
        assert_eq!(get(&server, path, shown).status, 200, "{path}");
    }
    for path in ["/health/", "/health/../", "//health", "/Health"] {
        assert_eq!(get(&server, path, "").status, 401, "{path}");
    }
    let post = "POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    let answer = Client::connect(server.address).send(post).answer();
    assert_eq!(answer.status, 401);
}

#[test]
fn a_page_of_others_sees_nothing() {
    let server = Server::start(Front::Hyper, service());
    for path in ["/", "/metrics", "/health"] {
        let foreign = "Origin: http://evil.example\r\n";
        assert_eq!(get(&server, path, foreign).status, 403);
        let request = format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n");
        let answer = Client::connect(server.address).send(request).answer();
        assert_eq!(answer.status, 403);
    }
}

/// Returns a service without functions, whose page replaces the server's.
fn published() -> Service {
    let mut service = Service::new();
    service
        .resource("/", |_| Resource::new("text/html", "<title>Mine</title>"))
        .and_then(|s| {
            s.resource("/data.json", |query| {
                Resource::new("application/json", format!("{query:?}"))
            })
        })
        .and_then(|s| s.resource("/panics", |_| panic!("on purpose")))
        .unwrap();
    service
}

#[test]
fn a_service_publishes_pages_of_its_own() {
    let server = Server::start(Front::Hyper, published());
    let page = get(&server, "/", "");
    assert_eq!(text(&page), "<title>Mine</title>");
    for (name, value) in [
        ("content-type", "text/html"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert!(page.has_header(name, value), "{name}: {}", page.head);
    }
    let head = page.head.to_ascii_lowercase();
    let policy = "content-security-policy: default-src 'none'; script-src 'self';";
    assert!(head.contains(policy), "{head}");
    assert!(!head.contains("unsafe"), "{head}");

    let asked = |path| text(&get(&server, path, ""));
    assert_eq!(asked("/data.json?since=7&x=%20"), r#""since=7&x=%20""#);
    assert_eq!(asked("/data.json"), r#""""#);
    assert!(asked("/RPC2").contains("XML-RPC server"));
    assert_eq!(asked("/health"), "ok\n");

    let mut client = Client::connect(server.address);
    client.send("HEAD /data.json HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let head = client.head();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("ontent-length: 2\r\n"), "{head}");
    let listed = client.call("system.listMethods", ()).unwrap();
    assert!(format!("{listed:?}").contains("system.listMethods"));
}

#[test]
fn what_is_published_can_only_be_read() {
    let server = Server::start(Front::Hyper, published());
    for (line, status) in [
        ("GET /data", 404),
        ("GET /data.json/", 404),
        ("GET /Data.json", 404),
        ("POST /data.json", 404),
        ("PUT /data.json", 404),
        ("DELETE /", 405),
        ("GET /panics", 500),
        ("GET /", 200),
    ] {
        let request = format!("{line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
        let answer = Client::connect(server.address).send(request).answer();
        assert_eq!(answer.status, status, "{line}");
    }
}

#[test]
fn what_is_published_is_for_who_may_call() {
    let server = Server::start(Front::Hyper, published());
    for path in ["/", "/data.json"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n");
        let answer = Client::connect(server.address).send(request).answer();
        assert_eq!(answer.status, 403, "{path}");
        let foreign = "Origin: http://evil.example\r\n";
        assert_eq!(get(&server, path, foreign).status, 403, "{path}");
    }
    let mut options = front::hyper::Options::default();
    options.token = Some(Token::new("correct-horse-battery").unwrap());
    let server = Server::hyper(published(), options);
    let shown = "Authorization: Bearer correct-horse-battery\r\n";
    for path in ["/", "/data.json"] {
        assert_eq!(get(&server, path, "").status, 401, "{path}");
        assert_eq!(get(&server, path, shown).status, 200, "{path}");
    }
}

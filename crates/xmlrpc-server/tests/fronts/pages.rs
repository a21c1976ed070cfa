//! What the hyper front answers to GET.

use xmlrpc_server::{Token, front};

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

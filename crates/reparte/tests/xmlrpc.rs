//! XML-RPC servers as destinations: each way to answer, over real sockets.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]
#![cfg(feature = "xmlrpc")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use reparte::{Error, ErrorKind, Incomplete, Options, Repartidor, TaskErrorKind, XmlRpc};

/// The behaviour of a server at a call.
#[derive(Clone, Copy)]
enum Way {
    /// Answers with the square.
    Square,
    /// Sends this and hangs up.
    Send(&'static str),
    /// Reads, and never answers.
    Hang,
}

/// Starts a server that does this with each call. Returns its address, and a channel with a
/// message for each call and for the end of its connection.
fn serve(way: Way) -> (String, Receiver<&'static str>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (signs, seen) = unbounded();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, signs) = (stream.unwrap(), signs.clone());
            thread::spawn(move || {
                let Some(number) = read_call(&stream) else {
                    return answer(stream, Way::Send(FAULT), 0);
                };
                let _ = signs.send("called");
                answer(stream, way, number);
                let _ = signs.send("closed");
            });
        }
    });
    (address, seen)
}

const FAULT: &str = "HTTP/1.0 200 OK\r\n\r\n<methodResponse><fault><value><struct>\
    <member><name>faultCode</name><value><int>7</int></value></member>\
    <member><name>faultString</name><value><string>no\nsuch</string></value></member>\
    </struct></value></fault></methodResponse>";

/// Reads a request to its end. Returns the first integer in it; None if it asks for the
/// server's status, or is no request.
fn read_call(stream: &TcpStream) -> Option<i64> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    if body.contains("<methodName>reparte.status</methodName>") {
        return None;
    }
    assert!(body.contains("<methodName>cuad</methodName>"), "{body}");
    let digits = body.split(['>', '<']).find_map(|word| word.parse().ok());
    Some(digits.expect("a number is sent"))
}

fn answer(mut stream: TcpStream, way: Way, number: i64) {
    match way {
        Way::Square => {
            let body = response(&format!("<int>{}</int>", number * number));
            stream.write_all(ok(&body).as_bytes()).unwrap();
        }
        // A client that only knocks has gone by then.
        Way::Send(text) => drop(stream.write_all(text.as_bytes())),
        Way::Hang => {
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest);
        }
    }
}

fn response(value: &str) -> String {
    format!(
        "<methodResponse><params><param><value>{value}</value></param></params></methodResponse>"
    )
}

fn ok(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.0 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// Makes one call to such a server alone, and returns its error.
fn call_once(way: Way) -> Incomplete<i64> {
    let (address, _seen) = serve(way);
    let mut options = Options::default();
    options.max_attempts = 1;
    options.outage = Some(Duration::from_millis(20));
    let servers = XmlRpc::list(&[address], "cuad").unwrap();
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(options)
        .start()
        .unwrap();
    let _ = reparto.enviar((7,));
    reparto.terminar().unwrap_err()
}

#[test]
fn calls_are_spread_over_servers() {
    let servers: Vec<String> = (0..3).map(|_| serve(Way::Square).0).collect();
    let mut reparto = Repartidor::new(&servers, "cuad").unwrap();
    for n in 0..30 {
        reparto.enviar((n,)).unwrap();
    }
    let handle = reparto.handle();
    let squares: Vec<i64> = reparto.terminar().unwrap();
    assert_eq!(squares, (0..30).map(|n| n * n).collect::<Vec<_>>());
    let summary = handle.summary();
    assert_eq!((summary.executions, summary.lost()), (30, 0));
    assert!(summary.servers.iter().all(|server| server.tasks > 0));
}

/// Serves one connection at a time, like Perl's RPC::XML::Server: another client waits until
/// the one before it has hung up.
#[test]
fn a_server_of_one_connection_at_a_time_is_not_held_up_by_our_question() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let fault = ok(FAULT.split_once("\r\n\r\n").unwrap().1);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            while matches!(stream.peek(&mut [0]), Ok(1)) {
                let answer = match read_call(&stream) {
                    Some(n) => ok(&response(&format!("<int>{}</int>", n * n))),
                    None => fault.clone(),
                };
                let answer = answer.replacen("HTTP/1.0", "HTTP/1.1", 1);
                stream.write_all(answer.as_bytes()).unwrap();
            }
        }
    });
    let mut options = Options::default();
    options.time_limit = Some(Duration::from_secs(10));
    options.max_attempts = 1;
    let servers = XmlRpc::list(&[address], "cuad").unwrap();
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(options)
        .start()
        .unwrap();
    for n in 0..3 {
        reparto.enviar((n,)).unwrap();
    }
    let squares: Vec<i64> = reparto.terminar().unwrap();
    assert_eq!(squares, [0, 1, 4]);
}

#[test]
fn a_port_where_nothing_listens_costs_no_result() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let servers = [closed.to_string(), serve(Way::Square).0];
    let mut reparto = Repartidor::new(&servers, "cuad").unwrap();
    for n in 0..10 {
        reparto.enviar((n,)).unwrap();
    }
    let handle = reparto.handle();
    let squares: Vec<i64> = reparto.terminar().unwrap();
    assert_eq!(squares, (0..10).map(|n| n * n).collect::<Vec<_>>());
    let summary = handle.summary();
    let died: Vec<_> = summary
        .failed_servers()
        .map(|server| server.name.to_string())
        .collect();
    assert_eq!(died, [closed.to_string()]);
    assert_eq!(summary.executions, 10);
}

#[test]
fn each_way_to_fail_has_its_kind() {
    const WRONG_TYPE: &str = "HTTP/1.0 200 OK\r\n\r\n<methodResponse><params><param>\
        <value><string>x</string></value></param></params></methodResponse>";
    const NO_SUCH_METHOD: &str = "HTTP/1.0 200 OK\r\n\r\n<methodResponse><fault><value><struct>\
        <member><name>faultCode</name><value><int>-32601</int></value></member>\
        <member><name>faultString</name><value>method \"cuad\" is not supported</value></member>\
        </struct></value></fault></methodResponse>";
    const PYTHONS: &str = "HTTP/1.0 200 OK\r\n\r\n<methodResponse><fault><value><struct>\
        <member><name>faultCode</name><value><int>1</int></value></member>\
        <member><name>faultString</name><value>&lt;class 'Exception'&gt;:method \"cuad\" is \
        not supported</value></member></struct></value></fault></methodResponse>";
    let cases = [
        (Way::Send(""), ErrorKind::Interrupted),
        (
            Way::Send("HTTP/1.0 200 OK\r\nContent-Length: 999\r\n\r\n<meth"),
            ErrorKind::Interrupted,
        ),
        (
            Way::Send("HTTP/1.0 200 OK\r\n\r\n<meth"),
            ErrorKind::Malformed,
        ),
        (Way::Send(WRONG_TYPE), ErrorKind::Malformed),
        (
            Way::Send("HTTP/1.0 500 Oh\r\n\r\n"),
            ErrorKind::Http { status: 500 },
        ),
        (Way::Send("HTTP/1.0 401 No\r\n\r\n"), ErrorKind::Refused),
        (Way::Send("HTTP/1.0 403 No\r\n\r\n"), ErrorKind::Forbidden),
        (Way::Send("HTTP/1.0 407 No\r\n\r\n"), ErrorKind::Refused),
        (
            Way::Send("HTTP/1.0 504 Late\r\n\r\nthe call's deadline has passed\n"),
            ErrorKind::Overran,
        ),
        (
            Way::Send("HTTP/1.0 404 Not here\r\n\r\n"),
            ErrorKind::NotFound,
        ),
        (Way::Send(NO_SUCH_METHOD), ErrorKind::NotFound),
        (Way::Send(PYTHONS), ErrorKind::NotFound),
    ];
    for (way, kind) in cases {
        let incomplete = call_once(way);
        let server = &incomplete.summary().servers[0];
        let error = server.last_error.as_ref().unwrap();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(incomplete.outcomes().len(), 1);
    }
}

#[test]
fn a_fault_is_handed_over() {
    let incomplete = call_once(Way::Send(FAULT));
    let outcomes = incomplete.into_outcomes();
    let error = outcomes[0].as_ref().unwrap_err();
    assert_eq!(error.kind(), TaskErrorKind::Permanent);
    let fault = &error.history()[0].error;
    assert_eq!(fault.kind(), ErrorKind::Fault { code: 7 });
    assert_eq!(fault.message(), "no\nsuch");
}

#[test]
fn a_busy_server_is_asked_again() {
    let (busy, _seen) = serve(Way::Send("HTTP/1.0 503 Busy\r\nRetry-After: 1\r\n\r\n"));
    let mut reparto = Repartidor::<_, i64>::new(&[&busy, &serve(Way::Square).0], "cuad").unwrap();
    for n in 0..10 {
        reparto.enviar((n,)).unwrap();
    }
    let handle = reparto.handle();
    reparto.terminar().unwrap();
    let summary = handle.summary();
    assert_eq!(summary.failed_servers().count(), 0);
    assert_eq!(summary.servers[0].failures["busy"], 1);
}

#[test]
fn a_time_limit_ends_a_call() {
    let (hung, _seen) = serve(Way::Hang);
    let mut options = Options::default();
    options.time_limit = Some(Duration::from_millis(50));
    let servers = XmlRpc::list(&[hung, serve(Way::Square).0], "cuad").unwrap();
    let mut reparto = Repartidor::<_, i64>::builder()
        .destinos(servers)
        .options(options)
        .start()
        .unwrap();
    reparto.enviar((3,)).unwrap();
    reparto.enviar((4,)).unwrap();
    let handle = reparto.handle();
    assert_eq!(reparto.terminar().unwrap(), [9, 16]);
    assert_eq!(handle.summary().servers[0].failures["timed out"], 1);
}

/// Found when a run told of an HTTP error where a task had taken too long.
#[test]
fn a_time_limit_that_the_server_keeps_is_one_too() {
    let late = "HTTP/1.0 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n";
    for (limit, kind) in [
        (None, "http error"),
        (Some(Duration::from_secs(9)), "timed out"),
    ] {
        let (late, _seen) = serve(Way::Send(late));
        let mut options = Options::default();
        options.time_limit = limit;
        options.max_attempts = 1;
        let servers = XmlRpc::list(&[late], "cuad").unwrap();
        let mut reparto = Repartidor::<_, i64>::builder()
            .destinos(servers)
            .options(options)
            .start()
            .unwrap();
        reparto.enviar((3,)).unwrap();
        let incomplete = reparto.terminar().unwrap_err();
        assert_eq!(incomplete.summary().servers[0].failures[kind], 1);
    }
}

#[test]
fn dropped_at_work_its_calls_are_cut_off() {
    let (hung, seen) = serve(Way::Hang);
    let mut reparto = Repartidor::<_, i64>::new(&[hung], "cuad").unwrap();
    reparto.enviar((3,)).unwrap();
    let soon = Duration::from_secs(20);
    assert_eq!(seen.recv_timeout(soon), Ok("called"));
    drop(reparto);
    assert_eq!(seen.recv_timeout(soon), Ok("closed"));
}

#[test]
fn addresses_are_checked_at_once() {
    let check = |servers: &[&str]| Repartidor::<(i64,), i64>::new(servers, "cuad").unwrap_err();
    assert!(matches!(check(&[]), Error::NoServers));
    for bad in [
        "",
        "a:b:c",
        "a:0x10",
        "ftp://a:1",
        "0/a:1",
        "x/a:1",
        "a b:1",
    ] {
        let error = check(&["localhost:9000", bad]);
        assert!(matches!(error, Error::BadAddress { .. }), "{bad}: {error}");
    }
    for secretive in ["htp://me:secret@a:1", "http://me:secret@a:x"] {
        let error = check(&[secretive]).to_string();
        assert!(!error.contains("secret"), "{error}");
    }
    let summary = Repartidor::<(i64,), i64>::new(&["http://me:secret@a:1"], "cuad")
        .unwrap()
        .summary();
    assert_eq!(&*summary.servers[0].name, "a:1");

    let servers = ["localhost:9000", "3/localhost:9001", "localhost:9000"];
    let summary = Repartidor::<(i64,), i64>::new(&servers, "cuad")
        .unwrap()
        .summary();
    let slots: Vec<_> = summary
        .servers
        .iter()
        .map(|s| (&*s.name, s.slots))
        .collect();
    assert_eq!(slots, [("localhost:9000", 2), ("localhost:9001", 3)]);
}

//! The log lines of both fronts.

use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use crate::client::{Client, document, request};
use crate::server::{Front, PATIENCE, Server, service};

on_both_fronts! {
    a_request_is_a_line_in_the_articles_form
    a_panic_is_logged
    many_refusals_of_one_peer_are_a_few_lines_and_their_number
}

/// All lines of all tests of this program.
pub(crate) struct Lines(Mutex<Vec<String>>);

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {} {}", record.level(), record.target(), record.args());
        self.0.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}

pub(crate) fn lines() -> &'static Lines {
    static LINES: OnceLock<&'static Lines> = OnceLock::new();
    LINES.get_or_init(|| {
        let lines = Box::leak(Box::new(Lines(Mutex::default())));
        log::set_logger(lines).unwrap();
        log::set_max_level(log::LevelFilter::Info);
        lines
    })
}

/// Waits for a line with this part, which may be written after the answer.
pub(crate) fn line_with(part: &str) -> String {
    let started = Instant::now();
    loop {
        let found = lines()
            .0
            .lock()
            .unwrap()
            .iter()
            .find(|line| line.contains(part))
            .cloned();
        if let Some(line) = found {
            return line;
        }
        assert!(started.elapsed() < PATIENCE, "no line with {part}");
        std::thread::yield_now();
    }
}

fn a_request_is_a_line_in_the_articles_form(front: Front) {
    lines();
    let server = Server::start(front, service());
    let mark = format!("{front:?}").to_lowercase();
    for (line, shown, status) in [
        (
            format!("POST /RPC2?{mark}=1 HTTP/1.1"),
            format!("POST /RPC2?{mark}=1 HTTP/1.1"),
            200,
        ),
        (
            format!("POST /RPC2?{mark}=0 HTTP/1.0"),
            format!("POST /RPC2?{mark}=0 HTTP/1.0"),
            200,
        ),
        (
            format!("POST /{mark}\\b HTTP/1.1"),
            format!("POST /{mark}\\\\b HTTP/1.1"),
            404,
        ),
        (
            format!("GET /RPC2?{mark} HTTP/1.1"),
            format!("GET /RPC2?{mark} HTTP/1.1"),
            405,
        ),
        (
            format!("POST /{mark}{} HTTP/1.1", "a".repeat(300)),
            format!("POST /{mark}{}... HTTP/1.1", "a".repeat(199 - mark.len())),
            404,
        ),
    ] {
        let mut client = Client::connect(server.address);
        client.send(request(&line, &document("cuad", (7,))));
        assert_eq!(client.answer().status, status, "{line}");
        let expected = format!("INFO xmlrpc_server::access 127.0.0.1 \"{shown}\" {status} -");
        assert_eq!(line_with(&shown), expected);
    }
}

fn a_panic_is_logged(front: Front) {
    lines();
    let mut service = service();
    let mark = format!("{front:?}").to_lowercase();
    let text = format!("\u{1b}[31m{mark}");
    service
        .register("loud", move || -> i32 { panic!("{text}") })
        .unwrap();
    let server = Server::start(front, service);
    crate::client::call(server.address, "loud", ()).unwrap_err();
    let expected =
        format!("ERROR xmlrpc_server::service method \"loud\" panicked: \\u{{1b}}[31m{mark}");
    assert_eq!(line_with(&format!("[31m{mark}")), expected);
}

fn many_refusals_of_one_peer_are_a_few_lines_and_their_number(front: Front) {
    const SENT: usize = 300;
    lines();
    let server = Server::start(front, service());
    let mark = format!("/refused-{front:?}").to_lowercase();
    let mut client = Client::connect(server.address);
    for _ in 0..SENT {
        let line = format!("POST {mark} HTTP/1.1");
        client.send(request(&line, &document("cuad", (7,))));
        assert_eq!(client.answer().status, 404);
    }
    drop(server);
    // The count comes with the server's end. Both servers of this test have such lines.
    let started = Instant::now();
    loop {
        let lines = lines().0.lock().unwrap().clone();
        let with_line = lines.iter().filter(|line| line.contains(&mark)).count();
        assert!((20..SENT).contains(&with_line), "{with_line}");
        let counts = lines.iter().filter_map(|line| {
            let line = line.strip_prefix("WARN xmlrpc_server::front::refusal_throttle 127.0.0.1: ");
            let (count, _) = line?.split_once(" more requests were refused")?;
            count.parse::<usize>().ok()
        });
        let without_line: usize = counts.sum();
        if without_line >= SENT - with_line {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{with_line} + {without_line}");
        std::thread::yield_now();
    }
}

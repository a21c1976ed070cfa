//! Servers, proxies and connections that are away for a while.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use test_support::{PATIENCE, TestDirectory};
use xmlrpc_server::front::hyper::{Options, Server};

use crate::common::foreign::{Answer, Foreign};
use crate::fixture::{BLAME, expect_not_told, numbers, start, timed};

/// A server in the test's process that goes away, and comes back at its address.
struct Returning(JoinHandle<Server>);

impl Returning {
    /// A server that goes `after` this time, for this time, with its connections.
    fn serve(after: Duration, gap: Duration) -> (String, Self) {
        let start = |address: &str| {
            let listener = bind(address);
            let mut options = Options::default();
            options.workers = 2;
            options.grace = Duration::from_millis(1);
            let service = timed(|_| Duration::from_millis(50));
            Server::builder(listener, service)
                .options(options)
                .start()
                .unwrap()
        };
        let server = start("127.0.0.1:0");
        let address = server.address().to_string();
        let at = address.clone();
        let thread = thread::spawn(move || {
            thread::sleep(after);
            server.stop();
            // Calls that were running are cut off.
            let _ = server.wait();
            thread::sleep(gap);
            start(&at)
        });
        (address, Returning(thread))
    }

    fn end(self) {
        let server = self.0.join().unwrap();
        server.stop();
        let _ = server.wait();
    }
}

/// Binds an address whose last owner may have gone just now.
fn bind(address: &str) -> TcpListener {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match TcpListener::bind(address) {
            Ok(listener) => return listener,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_gap_of_nine_seconds_is_waited_for_and_told() {
    let files = TestDirectory::new("gap");
    let (address, server) = Returning::serve(Duration::from_millis(500), Duration::from_secs(9));
    let ended = start(&files, &numbers(100), &[&address, "--quiet"]).end();
    ended.expect(&numbers(100));
    ended.expect_told("waits for a server, since none answers; the run ends in ");
    ended.expect_told("the wait is over");
    server.end();
}

#[test]
fn a_gap_that_is_shorter_than_the_outage_is_survived() {
    let gaps = [1.0, 3.0, 4.0, 4.5].map(|gap| {
        thread::spawn(move || {
            let files = TestDirectory::new(&format!("gap of {gap}"));
            let gap = Duration::from_secs_f64(gap);
            let (address, server) = Returning::serve(Duration::from_millis(300), gap);
            let ended = start(&files, &numbers(60), &[&address, "--outage", "5"]).end();
            server.end();
            ended.expect(&numbers(60));
        })
    });
    gaps.into_iter().for_each(|gap| gap.join().unwrap());
}

#[test]
fn a_proxy_whose_server_is_away_for_a_moment_ends_no_run() {
    let files = TestDirectory::new("502");
    let away = Arc::new(AtomicBool::new(false));
    let is_away = Arc::clone(&away);
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let proxy = Foreign::serve_all(move |method, _| {
        if method == "f" {
            count.fetch_add(1, SeqCst);
        }
        match (is_away.load(SeqCst), method) {
            (true, _) => Answer::Status(502, ""),
            (false, "f") => {
                thread::sleep(Duration::from_millis(20));
                Answer::Echo
            }
            (false, _) => Answer::Fault(-32601, "no such method"),
        }
    });
    let address = format!("2/{}", proxy.address);
    let running = start(&files, &numbers(100), &[&address]);
    test_support::until("calls come", || calls.load(SeqCst) >= 10);
    away.store(true, SeqCst);
    thread::sleep(Duration::from_millis(500));
    away.store(false, SeqCst);
    running.end().expect(&numbers(100));
}

/// Serves a proxy that answers the task `last` by 502 until the flag is set.
fn proxy_of_a_last_task(last: &'static str) -> (Foreign, Arc<AtomicBool>) {
    let is_back = Arc::new(AtomicBool::new(false));
    let back = Arc::clone(&is_back);
    let proxy = Foreign::serve(move |argument| match argument == last {
        true if !back.load(SeqCst) => Answer::Status(502, ""),
        _ => Answer::Echo,
    });
    (proxy, is_back)
}

/// It is a gap like any other: no number of such answers is the task's own failure.
#[test]
fn a_last_task_that_is_answered_502_waits_for_the_proxys_server() {
    let runs = [
        ("1", 1, &["--wait-for-servers", "60"][..]),
        ("100", 100, &[]),
    ];
    let runs = runs.map(|(last, count, flags)| {
        thread::spawn(move || {
            let files = TestDirectory::new(&format!("last of {count}"));
            let (proxy, is_back) = proxy_of_a_last_task(last);
            let flags = [&[&*proxy.address][..], flags].concat();
            let running = start(&files, &numbers(count), &flags);
            running.line_after("waits for a server, since none gives a result");
            // More than three of its answers pass meanwhile.
            thread::sleep(Duration::from_secs(8));
            is_back.store(true, SeqCst);
            running.end().expect(&numbers(count));
        })
    });
    runs.into_iter().for_each(|run| run.join().unwrap());
}

#[test]
fn a_last_task_that_is_answered_502_for_ever_is_an_outage() {
    let files = TestDirectory::new("last for ever");
    let (proxy, _) = proxy_of_a_last_task("100");
    let ended = start(&files, &numbers(100), &[&proxy.address, "--outage", "5"]).end();
    ended.expect_code(4);
    assert_eq!(ended.stdout, numbers(99), "{}", ended.stderr);
    ended.expect_told("HTTP status 502");
    ended.expect_told("tasks that were read and not run: 100\n");
}

#[test]
fn a_server_that_hangs_up_on_what_it_does_not_know_is_foreign() {
    for slots in ["", "1/"] {
        let files = TestDirectory::new("foreign");
        let server = Foreign::serve_all(|method, _| match method {
            "f" => Answer::Echo,
            _ => Answer::HangUp,
        });
        let address = format!("{slots}{}", server.address);
        let ended = start(&files, &numbers(6), &[&address]).end();
        ended.expect(&numbers(6));
        expect_not_told(&ended, &BLAME);
    }
}

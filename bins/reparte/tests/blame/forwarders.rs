//! Servers behind a forwarder of connections, such as ssh's, docker's or kubectl's.

use std::fs;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use test_support::{TestDirectory, until};
use xmlrpc_server::{Context, Service};
use xmlrpc_wire::{Fault, Value, encode_response};

use crate::common::foreign::{Answer, Foreign};
use crate::fixture::{account, expect_not_told, numbers, start, timed, with_workers};

/// It gives each connection to its server.
const PASSES: u8 = 0;
/// Its server is away: it takes connections and closes them.
const CLOSES: u8 = 1;
/// It takes connections, and nothing comes through.
const SILENT: u8 = 2;

/// A forwarder of connections. It ends with the test.
struct Forwarder {
    address: String,
    state: Arc<AtomicU8>,
    /// The connections that it has, both ends.
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Forwarder {
    fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (state, open) = (Arc::new(AtomicU8::new(PASSES)), Arc::default());
        let forwarder = Forwarder {
            address,
            state: Arc::clone(&state),
            open: Arc::clone(&open),
        };
        let server = server.to_owned();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if state.load(SeqCst) == CLOSES {
                    continue;
                }
                open.lock().unwrap().push(client.try_clone().unwrap());
                if state.load(SeqCst) == SILENT {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&server) else {
                    continue;
                };
                open.lock().unwrap().push(server.try_clone().unwrap());
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                for (from, to) in [(client, server), back] {
                    let state = Arc::clone(&state);
                    thread::spawn(move || pass(from, &to, &state));
                }
            }
        });
        forwarder
    }

    /// Has its server be away: the connections break.
    fn close(&self) {
        self.state.store(CLOSES, SeqCst);
        for connection in self.open.lock().unwrap().drain(..) {
            // The other side may have closed it.
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    fn pass(&self) {
        self.state.store(PASSES, SeqCst);
    }

    /// Has nothing come through any more, on open connections too.
    fn fall_silent(&self) {
        self.state.store(SILENT, SeqCst);
    }
}

/// Passes on what comes, until the connection ends.
fn pass(mut from: TcpStream, mut to: &TcpStream, state: &AtomicU8) {
    let mut part = [0; 4096];
    loop {
        match io::Read::read(&mut from, &mut part) {
            Ok(count) if count > 0 => {
                if state.load(SeqCst) == SILENT {
                    continue;
                }
                if io::Write::write_all(&mut to, &part[..count]).is_err() {
                    return;
                }
            }
            _ => {
                let _ = to.shutdown(Shutdown::Both);
                return;
            }
        }
    }
}

/// Every break counted as a death that the task had caused: it failed as poison, and so did all
/// others one by one.
#[test]
fn a_gap_behind_a_forwarder_is_waited_for() {
    let of_ours = thread::spawn(|| {
        let server = with_workers(timed(|_| Duration::from_secs(2)), 1);
        survive_a_gap("forwarder", &server.address);
    });
    let of_a_foreign_one = thread::spawn(|| {
        let server = Foreign::serve(|_| {
            thread::sleep(Duration::from_secs(2));
            Answer::Echo
        });
        survive_a_gap("forwarder of a foreign server", &server.address);
    });
    of_ours.join().unwrap();
    of_a_foreign_one.join().unwrap();
}

fn survive_a_gap(name: &str, server: &str) {
    let forwarder = Arc::new(Forwarder::to(server));
    let address = forwarder.address.clone();
    let gap = thread::spawn(move || {
        thread::sleep(Duration::from_secs(1));
        forwarder.close();
        thread::sleep(Duration::from_secs(10));
        forwarder.pass();
    });
    let files = TestDirectory::new(name);
    let (ended, account) = account(&files, "1\n", &[&address, "--wait-for-servers", "60"]);
    ended.expect("1\n");
    ended.expect_told("waits for a server, since none answers; the run ends in ");
    expect_not_told(&ended, &["poison"]);
    assert!(account["executions"].as_u64() <= Some(3), "{account}");
    gap.join().unwrap();
}

/// After one such answer a server was only connected to: nobody noticed if it hung later.
#[test]
fn a_server_whose_proxy_has_answered_502_is_asked_for_its_status_again() {
    let files = TestDirectory::new("status after 502");
    let (is_away, asked) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let (away, count) = (Arc::clone(&is_away), Arc::clone(&asked));
    let proxy = Foreign::serve_all(move |method, _| match (away.load(SeqCst), method) {
        (true, _) => Answer::Status(502, ""),
        (false, "f") => {
            thread::sleep(Duration::from_millis(20));
            Answer::Echo
        }
        (false, "reparte.status") => {
            count.fetch_add(1, SeqCst);
            let members = [("instance", Value::from("a")), ("slots", Value::Int(1))];
            let status = Value::Struct(members.into_iter().collect());
            Answer::Document(encode_response(&status).unwrap())
        }
        (false, _) => Answer::Fault(-32601, "no such method"),
    });
    let running = start(&files, &numbers(10_000), &[&proxy.address]);
    until("its status is asked for", || asked.load(SeqCst) >= 2);
    is_away.store(true, SeqCst);
    thread::sleep(Duration::from_millis(2500));
    is_away.store(false, SeqCst);
    let before = asked.load(SeqCst);
    until("its status is asked for again", || {
        asked.load(SeqCst) >= before + 3
    });
    running.interrupt().expect_code(6);
}

/// The run waited for its last calls up to their time limit of an hour.
#[test]
fn an_interrupted_run_waits_for_a_silent_server_as_long_as_for_an_outage() {
    let files = TestDirectory::new("silent last call");
    let server = with_workers(timed(|_| Duration::from_secs(1000)), 1);
    let forwarder = Forwarder::to(&server.address);
    let running = start(&files, "1\n", &[&forwarder.address, "--outage", "5"]);
    thread::sleep(Duration::from_millis(1500));
    forwarder.fall_silent();
    running.line_after("silent, and asked again");
    let began = Instant::now();
    let ended = running.interrupt();
    ended.expect_code(6);
    ended.expect_told("waits for the last calls, since ");
    ended.expect_told("is down; the run ends in ");
    ended.expect_told("tasks that were read and not run: 1\n");
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_halted_run_does_not_wait_for_a_silent_server() {
    let files = TestDirectory::new("halted beside a silent server");
    let held = with_workers(timed(|_| Duration::from_secs(1000)), 1);
    let forwarder = Forwarder::to(&held.address);
    let mut service = Service::new();
    let fails_late = |call: &Context, _: String| {
        let end = Instant::now() + Duration::from_secs(8);
        while Instant::now() < end && !call.is_cancelled() {
            thread::sleep(Duration::from_millis(5));
        }
        Err::<String, _>(Fault::application("not today"))
    };
    service.register("f", fails_late).unwrap();
    let failing = with_workers(service, 1);
    let path = files.path("failed");
    let flags = [
        &*forwarder.address,
        &failing.address,
        "--halt",
        "1",
        "--outage",
        "2",
        "--failed",
        &path,
    ];
    let running = start(&files, "1\n2\n", &flags);
    thread::sleep(Duration::from_millis(1500));
    forwarder.fall_silent();
    let ended = running.end();
    ended.expect_code(5);
    ended.expect_told("ended by --halt");
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "2\n",
        "{}",
        ended.stderr
    );
}

//! `reparte factor --journal`: a factorization that is killed, and goes on where it was.

#![cfg(all(unix, feature = "factoring"))]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]
#![allow(clippy::print_stderr, reason = "a server tells its address")]

mod common;

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::thread;
use std::time::Duration;

use common::{reparte, run};
use factorizar_service::{WorkLimits, publish_units};
use rustix::process::Signal;
use test_support::{Running, TestDirectory, until};
use xmlrpc_client::ServerProxy;
use xmlrpc_server::front::hyper;
use xmlrpc_server::{Context, Service, Stop};
use xmlrpc_wire::{Fault, Value};

/// A product of two primes of 24 and 25 digits.
const N: &str = "2100000000000000000000924100000000000000000097539";
const N_LINE: &str = "2100000000000000000000924100000000000000000097539: \
                      700000000000000000000123 3000000000000000000000793\n";
/// A product of two primes of 28 and 29 digits.
const MIDDLE: &str = "210000000000000000000000000577000000000000000000000000019";
const MIDDLE_LINE: &str = "210000000000000000000000000577000000000000000000000000019: \
                           7000000000000000000000000019 30000000000000000000000000001\n";

/// The test that becomes a server when the environment variables below are set.
const SERVER: &str = "is_a_server";
/// The file in which it writes each call of the sieve: the first coefficient, and the count. As
/// long as there is a file of this name with `.hold` after it, no call returns.
const LOG: &str = "FACTOR_LOG";
/// The least duration of a call, however fast the machine is.
const PAUSE: Duration = Duration::from_millis(50);

/// A server of units: this test program, started again as its process.
struct UnitServer {
    running: Running,
    address: String,
    log: String,
}

impl UnitServer {
    fn start(files: &TestDirectory, name: &str) -> Self {
        let log = files.path(name);
        File::create(&log).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", SERVER, "--ignored", "--nocapture"])
            .env(LOG, &log);
        let running = Running::start(command);
        let address = running.line_after("listening on http://");
        UnitServer {
            running,
            address,
            log,
        }
    }

    /// Returns the calls that have begun: the first coefficient, and the count.
    fn calls(&self) -> Vec<(u64, u64)> {
        calls(&self.log)
    }

    /// Has no call return from now on.
    fn hold(&self) {
        File::create(format!("{}.hold", self.log)).unwrap();
    }

    fn release(&self) {
        fs::remove_file(format!("{}.hold", self.log)).unwrap();
    }
}

fn calls(log: &str) -> Vec<(u64, u64)> {
    let text = fs::read_to_string(log).unwrap();
    let call = |line: &str| {
        let (first, count) = line.split_once(' ').unwrap();
        (first.parse().unwrap(), count.parse().unwrap())
    };
    text.lines().map(call).collect()
}

#[test]
#[ignore = "a server that other tests start"]
fn is_a_server() {
    let Ok(log) = std::env::var(LOG) else {
        return;
    };
    let hold = format!("{log}.hold");
    let mut units = Service::new();
    publish_units(&mut units, WorkLimits::default(), &Stop::new()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = hyper::Options::default();
    options.workers = 1;
    let units = hyper::Server::builder(listener, units);
    let units = units.options(options.clone()).start().unwrap();
    let units = ServerProxy::new(&format!("http://{}", units.address())).unwrap();
    let mut service = Service::new();
    let curves = |_: String, _: String, _: String, _: String, _: String| Vec::<String>::new();
    service.register("ecm_curves", curves).unwrap();
    let relations = move |_: &Context, n: String, version: String, first: String, count: String| {
        let mut log = OpenOptions::new().append(true).open(&log).unwrap();
        log.write_all(format!("{first} {count}\n").as_bytes())
            .unwrap();
        thread::sleep(PAUSE);
        let answer: Result<Vec<Value>, _> =
            units.call("siqs_relations", (n, version, first, count));
        while fs::exists(&hold).unwrap() {
            thread::sleep(Duration::from_millis(5));
        }
        answer.map_err(|error| Fault::application(error.to_string()))
    };
    service.register("siqs_relations", relations).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    eprintln!("listening on http://{}", listener.local_addr().unwrap());
    let server = hyper::Server::builder(listener, service).options(options);
    server.start().unwrap().wait().unwrap();
}

/// Returns the leading coefficients of each record of relations of this number, as a range.
fn journaled(path: &str, n: &str) -> Vec<(u64, u64)> {
    let bytes = fs::read(path).unwrap_or_default();
    let number = |bytes: &[u8], at: usize, len: usize| {
        let mut number = [0; 8];
        number[..len].copy_from_slice(&bytes[at..at + len]);
        u64::from_le_bytes(number)
    };
    if bytes.len() < 20 {
        return Vec::new();
    }
    let mut records = Vec::new();
    let mut at = 16 + number(&bytes, 12, 4) as usize + 4;
    while at + 12 <= bytes.len() {
        let len = number(&bytes, at, 4) as usize;
        let Some(content) = bytes.get(at + 12..at + 12 + len) else {
            break;
        };
        at += 12 + len;
        let digits = number(content, 1, 8) as usize;
        if content[0] == b's' && &content[9..9 + digits] == n.as_bytes() {
            let range = 9 + digits + 4;
            records.push((number(content, range, 8), number(content, range + 8, 8)));
        }
    }
    records
}

/// Checks that no coefficient is in two records.
fn check_disjoint(records: &[(u64, u64)]) {
    let mut records = records.to_vec();
    records.sort_unstable();
    for pair in records.windows(2) {
        assert!(pair[0].1 <= pair[1].0, "sieved twice: {pair:?}");
    }
}

fn start(arguments: &[&str]) -> Running {
    Running::start(reparte(&[&["factor"], arguments].concat()))
}

/// A server is killed and another one stopped in the middle, then the client is killed, and
/// started again. All but what was in flight is sieved once.
#[test]
fn killed_and_stopped_servers_and_a_killed_client_cost_what_was_in_flight() {
    let files = TestDirectory::new("factor kills");
    let journal = files.path("journal");
    let servers = ["a", "b", "c"].map(|name| UnitServer::start(&files, name));
    let addresses = servers.each_ref().map(|server| server.address.clone());
    let [killed, stopped, left] = servers;
    let [a, b, c] = addresses.each_ref().map(String::as_str);
    let arguments = [MIDDLE, a, b, c, "--journal", &journal, "--threads", "1"];
    let had = || journaled(&journal, MIDDLE).len();
    let begun = || [&killed, &stopped, &left].map(|server| server.calls().len());
    let running = || begun().iter().sum::<usize>() - had();

    let client = start(&arguments);
    until("relations are kept", || had() >= 3);
    for server in [&killed, &stopped, &left] {
        server.hold();
    }
    until("each is in the middle of a call", || running() == 3);
    killed.running.signal(Signal::KILL);
    stopped.running.signal(Signal::STOP);
    let before = had();
    left.release();
    until("the third one goes on", || had() > before);
    left.hold();
    until("it is in the middle of a call again", || running() == 3);
    client.kill();
    left.release();
    let kept = journaled(&journal, MIDDLE);
    check_disjoint(&kept);
    let logs = [&killed.log, &stopped.log, &left.log];
    let calls_before = logs.map(|log| calls(log));

    let client = start(&arguments);
    let ended = client.end();
    assert_eq!(ended.expect_code(0).stdout, MIDDLE_LINE, "{}", ended.stderr);

    let records = journaled(&journal, MIDDLE);
    assert_eq!(records[..kept.len()], kept);
    check_disjoint(&records);
    // No call after the kill is of what the journal had then.
    let mut again = 0;
    for (log, before) in logs.into_iter().zip(&calls_before) {
        for (first, count) in &calls(log)[before.len()..] {
            let is_kept = |&(start, end): &(u64, u64)| start < first + count && *first < end;
            assert!(!kept.iter().any(is_kept), "{first} {count} is sieved again");
            again += count;
        }
    }
    assert!(again > 0);
    // Of the calls before the kill, those in flight alone were lost: one for each server.
    assert_eq!(
        calls_before.iter().map(Vec::len).sum::<usize>(),
        kept.len() + 3
    );
}

/// The journal of several numbers: those before the kill are not sieved again.
#[test]
fn of_several_numbers_each_goes_on() {
    let files = TestDirectory::new("factor numbers");
    let journal = files.path("journal");
    let server = UnitServer::start(&files, "log");
    let arguments = [
        "15",
        N,
        MIDDLE,
        &server.address,
        "--journal",
        &journal,
        "-q",
    ];
    let client = start(&arguments);
    until("the second one is sieved", || {
        journaled(&journal, MIDDLE).len() >= 2
    });
    client.kill();
    let (of_first, of_second) = (journaled(&journal, N), journaled(&journal, MIDDLE));
    let expected = format!("15: 3 5\n{N_LINE}{MIDDLE_LINE}");
    run_to(&arguments, 0).expect(&expected);
    assert_eq!(journaled(&journal, N), of_first);
    let records = journaled(&journal, MIDDLE);
    assert_eq!(records[..of_second.len()], of_second);
    check_disjoint(&records);
    // With all of it in the journal, no server is called.
    let calls = server.calls().len();
    run_to(&arguments, 0).expect(&expected);
    assert_eq!(server.calls().len(), calls);
    let mode = fs::metadata(&journal).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Other numbers are refused by name, and the file stays.
    let before = fs::read(&journal).unwrap();
    let other = ["15", MIDDLE, &server.address, "--journal", &journal, "-q"];
    let ended = run_to(&other, 7);
    assert_eq!(ended.stdout, "15: 3 5\n");
    ended.expect_told(&format!("number 2 there is {N}, not {MIDDLE}"));
    assert_eq!(fs::read(&journal).unwrap(), before);
}

fn run_to(arguments: &[&str], code: i32) -> test_support::Ended {
    let ended = start(arguments).end();
    ended.expect_code(code);
    ended
}

#[test]
fn a_signal_keeps_what_the_running_calls_bring() {
    let files = TestDirectory::new("factor signal");
    let journal = files.path("journal");
    let server = UnitServer::start(&files, "log");
    let arguments = [N, &server.address, "--journal", &journal, "-q"];
    let client = start(&arguments);
    until("it has begun", || journaled(&journal, N).len() >= 2);
    client.signal(Signal::TERM);
    let ended = client.end();
    ended.expect_error(
        6,
        &["ended by a signal", "the same command goes on where it was"],
    );
    // Every call that has begun is in the journal.
    assert_eq!(server.calls().len(), journaled(&journal, N).len());
    run_to(&arguments, 0).expect(N_LINE);
    let calls = server.calls();
    let starts: BTreeSet<u64> = calls.iter().map(|&(first, _)| first).collect();
    assert_eq!(
        starts.len(),
        calls.len(),
        "a unit is sieved twice: {calls:?}"
    );
}

#[test]
fn a_journal_that_cannot_be_used_ends_the_command_with_7() {
    let files = TestDirectory::new("factor unusable");
    let server = UnitServer::start(&files, "log");
    let address = &*server.address;
    let diary = files.write("diary", "Dear diary", 0o600);
    let run_journal = files.path("run");
    let tasks = files.write("tasks", "15\n", 0o600);
    let of_run = ["run", "--function", "factoriz_sum", "--local", "1", "-q"];
    let of_run = [&of_run[..], &["--tasks", &tasks, "--journal", &run_journal]].concat();
    run(&of_run).expect_code(0);
    let missing = files.path("no/such/folder");
    for (journal, told) in [
        (&diary, "holds something else than a journal"),
        (
            &run_journal,
            "is of reparte run: factoriz_sum (string), not of",
        ),
        (&missing, "can't open the journal"),
    ] {
        let ended = run_to(&[N, address, "--journal", journal], 7);
        ended.expect_told(told);
        assert_eq!(ended.stdout, "");
    }
    assert_eq!(fs::read_to_string(&diary).unwrap(), "Dear diary");
    assert_eq!(server.calls(), []);
    // One that another run has, and that goes on.
    let journal = files.path("journal");
    let client = start(&[N, address, "--journal", &journal, "-q"]);
    server.hold();
    until("it has begun", || !server.calls().is_empty());
    run_to(&[N, "--local", "1", "--journal", &journal], 7).expect_told("is in use by another run");
    // It is deleted in the middle of the run.
    fs::remove_file(&journal).unwrap();
    server.release();
    let ended = client.end();
    ended
        .expect_code(7)
        .expect_told("was deleted, replaced or changed");
    let same = ["--journal", &journal, "--account", &journal];
    run_to(&[&[N, address][..], &same].concat(), 7).expect_told("are the same file");
}

/// A write that fails half-way: the file may not grow beyond some kilobytes.
#[test]
fn a_full_disk_ends_the_command_and_loses_nothing() {
    let files = TestDirectory::new("factor full");
    let journal = files.path("journal");
    let arguments = [N, "--local", "1", "--journal", &journal, "-q"];
    let mut shell = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_reparte");
    shell.args(["-c", "ulimit -f 64; exec \"$0\" \"$@\"", program]);
    shell.arg("factor").args(arguments);
    let ended = Running::start(shell).end();
    ended.expect_error(7, &["can't write the journal", "0 numbers are factored"]);
    let kept = journaled(&journal, N);
    assert!(!kept.is_empty());
    run_to(&arguments, 0).expect(N_LINE);
    assert_eq!(journaled(&journal, N)[..kept.len()], kept);
}

/// A line that is added to the hosts file joins the run, and one that is removed leaves it.
#[test]
fn servers_join_and_leave_with_their_lines() {
    let files = TestDirectory::new("factor hosts");
    let (first, second) = (
        UnitServer::start(&files, "first"),
        UnitServer::start(&files, "second"),
    );
    let hosts = files.write("hosts.txt", &format!("{}\n", first.address), 0o600);
    first.hold();
    second.hold();
    let client = start(&[MIDDLE, "--servers", &hosts]);
    until("the first one is called", || !first.calls().is_empty());
    fs::write(&hosts, format!("{}\n{}\n", first.address, second.address)).unwrap();
    client.line_after(&format!("{} joins", second.address));
    until("the second one is called", || !second.calls().is_empty());
    fs::write(&hosts, format!("{}\n", second.address)).unwrap();
    client.line_after(&format!("{} leaves", first.address));
    first.release();
    second.release();
    let ended = client.end();
    assert_eq!(ended.expect_code(0).stdout, MIDDLE_LINE);
    ended.expect_told(&format!("\n{}", second.address));
}

#[test]
fn the_account_has_the_work_of_each_server() {
    let files = TestDirectory::new("factor account");
    let (account, journal) = (files.path("account"), files.path("journal"));
    let server = UnitServer::start(&files, "log");
    let flags = ["--account", &account, "--journal", &journal, "-q"];
    let arguments = [&[N, &*server.address][..], &flags].concat();
    let mut sieved = Vec::new();
    for _ in 0..2 {
        run_to(&arguments, 0).expect(N_LINE);
        let text = fs::read_to_string(&account).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["servers"][0]["name"], *server.address);
        sieved.push(json["yields"].clone());
    }
    let work = &sieved[0][0];
    assert_eq!(work["server"], *server.address);
    assert_eq!(work["put_out"], false);
    for name in ["coefficients", "relations", "seconds"] {
        assert!(work["sieved"][name].as_f64().unwrap() > 0.0, "{work}");
        assert_eq!(work["from_journal"][name].as_f64(), Some(0.0), "{work}");
    }
    // The second run finds the divisor in the journal, and sieves nothing.
    assert_eq!(sieved[1], serde_json::json!([]));
}

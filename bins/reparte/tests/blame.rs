//! `reparte run`: who is to blame for what goes wrong, over real sockets.
//!
//! One bad task costs no server, one bad machine costs no task, and a gap of the network costs
//! neither.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use common::foreign::{Answer, Foreign, Relay, proxy};
use common::functions::Held;
use common::reparte;
use common::server::serve;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use serde_json::Value as Json;
use test_support::{Ended, LocalServer, PATIENCE, Running, TestDirectory};
use xmlrpc_server::front::hyper::{Options, Server};
use xmlrpc_server::{Context, Service};
use xmlrpc_wire::Fault;

/// Starts a run of `f` over the lines of a text.
fn start(files: &TestDirectory, tasks: &str, arguments: &[&str]) -> Running {
    let path = files.path("tasks");
    fs::write(&path, tasks).unwrap();
    let flags = ["run", "--tasks", &*path, "--function", "f"];
    Running::start(reparte(&[&flags, arguments].concat()))
}

fn numbers(to: u32) -> String {
    (1..=to).map(|n| format!("{n}\n")).collect()
}

/// The part of a server in an account.
fn server<'a>(account: &'a Json, address: &str) -> &'a Json {
    let servers = account["servers"].as_array().unwrap();
    let named = |server: &&Json| server["name"].as_str().unwrap().ends_with(address);
    servers.iter().find(named).unwrap()
}

/// Runs `f` to the end, and returns its account too.
fn account(files: &TestDirectory, tasks: &str, arguments: &[&str]) -> (Ended, Json) {
    let path = files.path("account");
    let ended = start(files, tasks, &[arguments, &["--account", &path]].concat()).end();
    let text = fs::read_to_string(&path).unwrap();
    (ended, serde_json::from_str(&text).unwrap())
}

#[track_caller]
fn expect_not_told(ended: &Ended, texts: &[&str]) {
    for text in texts {
        assert!(
            !ended.stderr.contains(text),
            "{text:?} in: {}",
            ended.stderr
        );
    }
}

/// Words that blame a server.
const BLAME: [&str; 6] = [
    "died",
    "quarantine",
    "; out",
    "on trial",
    "suspected",
    "every server",
];

/// Checks that of a hundred tasks only the fiftieth fails, with this answer, or only the last one.
#[track_caller]
fn one_bad_task(answer: fn() -> Answer, told: &str) {
    fails_alone(50, answer, told, &[]);
    fails_alone(50, answer, told, &["--retries", "0"]);
    fails_alone(100, answer, told, &[]);
}

/// Checks that of a hundred tasks only this one fails, with this answer, whatever the number of
/// servers, and that no server is blamed.
#[track_caller]
fn fails_alone(bad: u32, answer: fn() -> Answer, told: &str, flags: &[&str]) {
    for servers in [1, 2] {
        let files = TestDirectory::new("bad task");
        let answer = move |argument: &str| match argument == bad.to_string() {
            true => answer(),
            false => Answer::Echo,
        };
        let servers: Vec<_> = (0..servers).map(|_| Foreign::serve(answer)).collect();
        let addresses: Vec<&str> = servers.iter().map(|server| &*server.address).collect();
        let began = Instant::now();
        let (ended, account) = account(&files, &numbers(100), &[&addresses, flags].concat());
        ended.expect_code(5);
        let expected = numbers(100).replace(&format!("{bad}\n"), "\n");
        assert_eq!(ended.stdout, expected, "{}", ended.stderr);
        ended.expect_told(&format!("task {bad} ({bad}) failed: "));
        ended.expect_told(told);
        expect_not_told(&ended, &BLAME);
        // A gap of a proxy is told from a bad task by several answers, with results in between:
        // by its ten attempts and one call for each server at most.
        let most = if told == "502" { 99 + 10 + 2 } else { 104 };
        let executions = account["executions"].as_u64().unwrap();
        assert!(executions <= most, "{}", ended.stderr);
        assert!(
            began.elapsed() < Duration::from_secs(10),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn an_answer_with_a_control_character_is_one_bad_task() {
    let escape = || {
        let text = "<methodResponse><params><param><value>50\x1b[0m</value></param></params>";
        Answer::Document(format!("<?xml version=\"1.0\"?>{text}</methodResponse>").into())
    };
    one_bad_task(escape, "malformed");
}

#[test]
fn an_answer_that_is_no_document_is_one_bad_task() {
    one_bad_task(
        || Answer::Document(b"<html>sorry</html>".into()),
        "malformed",
    );
}

#[test]
fn an_answer_beyond_the_limit_is_one_bad_task() {
    let long = || {
        let text = "x".repeat(17 << 20);
        Answer::Document(
            format!(
                "<methodResponse><params><param><value>{text}</value></param></params>\
                 </methodResponse>"
            )
            .into(),
        )
    };
    one_bad_task(long, "malformed");
}

#[test]
fn a_status_is_one_bad_task() {
    let statuses: [(fn() -> Answer, _); 5] = [
        (|| Answer::Status(400, ""), "400"),
        (|| Answer::Status(403, ""), "403"),
        (|| Answer::Status(404, ""), "404"),
        (|| Answer::Status(413, ""), "413"),
        (|| Answer::Status(500, ""), "500"),
    ];
    let runs = statuses.map(|(answer, told)| thread::spawn(move || one_bad_task(answer, told)));
    // A last task with this status: see `a_last_task_that_is_answered_502...`.
    for flags in [&[][..], &["--retries", "0"]] {
        fails_alone(50, || Answer::Status(502, ""), "502", flags);
    }
    runs.into_iter().for_each(|run| run.join().unwrap());
}

/// The server answers before it has read the line, and the client has more of it to send.
#[test]
fn a_line_that_is_too_long_for_the_server_is_one_bad_task() {
    let program = ["--function", "f", "--", "wc", "-c"];
    let servers = [serve(&program), serve(&program)];
    let addresses = [&*servers[0].1, &*servers[1].1];
    // As XML it is five times as long: beyond the servers' 16 MiB.
    let long = format!("\n{}\n", "&".repeat(4_000_000));
    let tasks = numbers(20).replace("\n4\n", &long);
    for servers in [&addresses[..1], &addresses] {
        for flags in [&[][..], &["--retries", "0"]] {
            let files = TestDirectory::new("long line");
            let (ended, _) = account(&files, &tasks, &[servers, flags].concat());
            ended.expect_code(5);
            assert_eq!(ended.stdout.lines().count(), 20, "{}", ended.stderr);
            ended.expect_told("task 4 (&&&");
            ended.expect_told("HTTP status 413");
            ended.expect_told("1 of 20 tasks failed");
            expect_not_told(&ended, &BLAME);
        }
    }
}

#[test]
fn a_fault_of_a_library_is_one_bad_task() {
    let text = "the library has no such routine";
    one_bad_task(
        || Answer::Fault(-32601, "the library has no such routine"),
        text,
    );
    one_bad_task(|| Answer::Fault(7, "the library has no such routine"), text);
}

/// A service whose `f` takes a time for its argument, or until the call is cancelled.
fn timed(time: fn(&str) -> Duration) -> Service {
    let mut service = Service::new();
    let f = move |call: &Context, argument: String| {
        let end = Instant::now() + time(&argument);
        while Instant::now() < end && !call.is_cancelled() {
            thread::sleep(
                Duration::from_millis(5).min(end.saturating_duration_since(Instant::now())),
            );
        }
        argument
    };
    service.register("f", f).unwrap();
    service
}

fn with_workers(service: Service, workers: usize) -> LocalServer {
    let mut options = Options::default();
    options.workers = workers;
    LocalServer::with(service, options)
}

#[test]
fn two_slow_tasks_fail_at_their_limit_and_cost_nobody_else_time() {
    let files = TestDirectory::new("slow tasks");
    let time = |argument: &str| match argument {
        "20" | "40" => Duration::from_secs(20),
        _ => Duration::from_millis(100),
    };
    let server = with_workers(timed(time), 2);
    let began = Instant::now();
    let (ended, account) = account(&files, &numbers(60), &[&server.address, "--timeout", "1"]);
    let took = began.elapsed();
    ended.expect_code(5);
    let expected = numbers(60).replace("20\n", "\n").replace("40\n", "\n");
    assert_eq!(ended.stdout, expected, "{}", ended.stderr);
    ended.expect_told("2 of 60 tasks failed");
    ended.expect_told("limit of 1 s");
    expect_not_told(&ended, &BLAME);
    assert_eq!(account["executions"], 60);
    // 58 of 0.1 s, and two of 1 s, on two workers: 3.9 s.
    assert!(took < Duration::from_secs(8), "{took:?} {}", ended.stderr);
}

/// Returns a server that answers each call with a fault at once.
fn broken() -> LocalServer {
    let mut service = Service::new();
    let missing = |_: String| Err::<String, _>(Fault::application("no module named numpy"));
    service.register("f", missing).unwrap();
    with_workers(service, 1)
}

/// Three servers, of which one answers each call with a fault at once; the others take 0.2 s.
fn black_hole() -> [LocalServer; 3] {
    let good = || with_workers(timed(|_| Duration::from_millis(200)), 1);
    [broken(), good(), good()]
}

/// Checks a run over [`black_hole`], which the two good servers need 5 s for.
#[track_caller]
fn check_black_hole(flags: &[&str]) {
    let files = TestDirectory::new("black hole");
    let servers = black_hole();
    let addresses: Vec<&str> = servers.iter().map(|server| &*server.address).collect();
    let began = Instant::now();
    let (ended, account) = account(&files, &numbers(50), &[&addresses, flags].concat());
    let took = began.elapsed();
    ended.expect(&numbers(50));
    let broken = server(&account, addresses[0]);
    assert_eq!(broken["state"], "suspected", "{}", ended.stderr);
    ended.expect_told(&format!("; suspected: {}", addresses[0]));
    ended.expect_told("no module named numpy");
    let told = ended
        .stderr
        .matches("on trial, since its calls fail")
        .count();
    assert!((1..=3).contains(&told), "{}", ended.stderr);
    // Some of its calls are on trial; the bound is far below the one a task that it would get.
    assert!(
        broken["executions"].as_u64().unwrap() <= 20,
        "{}",
        ended.stderr
    );
    assert!(took < Duration::from_secs(8), "{took:?} {}", ended.stderr);
}

#[test]
fn a_machine_whose_calls_all_fail_costs_no_task() {
    check_black_hole(&[]);
}

#[test]
fn a_machine_whose_calls_all_fail_costs_no_task_without_retries() {
    check_black_hole(&["--retries", "0"]);
}

#[test]
fn a_machine_whose_calls_all_fail_starves_no_good_one() {
    check_black_hole(&["--retry-faults"]);
}

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
    ended.expect_told("servers take calls again");
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

#[test]
fn a_host_that_is_short_of_descriptors_fails_no_task() {
    let files = TestDirectory::new("descriptors");
    let this = env!("CARGO_BIN_EXE_reparte");
    let script = format!(
        "ulimit -n 40; exec '{this}' serve 127.0.0.1:0 --function f --workers 16 -- \
         sh -c 'sleep 0.1; echo $1' sh {{}}"
    );
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script]).env_remove("RUST_LOG");
    let short = Running::start(command);
    let first = short.address();
    let program = ["--", "sh", "-c", "sleep 0.1; echo $1", "sh", "{}"];
    let (_good, second) = serve(&[&["--function", "f"], &program[..]].concat());
    for servers in [&[&*first, &*second][..], &[&*first]] {
        let ended = start(&files, &numbers(150), servers).end();
        ended.expect(&numbers(150));
    }
}

/// A user who has all the processes that RLIMIT_NPROC allows. Root has no such limit, so the server
/// is another user's.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root, to start a server of another user"]
fn a_host_that_is_short_of_processes_fails_no_task() {
    use std::process::Command;

    /// A user without a name, who has no other processes.
    const USER: &str = "64321";
    let files = TestDirectory::new("processes");
    // Another user may not get as far as the folder where it was built.
    let copy = files.path("reparte");
    let copied = Command::new("cp")
        .args([env!("CARGO_BIN_EXE_reparte"), &copy])
        .status();
    assert!(copied.unwrap().success());
    let as_user = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]);
        command
    };
    let mut command = as_user();
    command.args([
        &copy,
        "serve",
        "127.0.0.1:0",
        "--function",
        "f",
        "--workers",
        "4",
    ]);
    command
        .args(["--", "sh", "-c", "sleep 0.05; echo $1", "sh", "{}"])
        .env_remove("RUST_LOG");
    let short = Running::start(command);
    let first = short.address();
    // The soft limit, which the user may raise again.
    let limit = |processes: u32| {
        let id = short.id().to_string();
        let mut set = as_user();
        set.args(["prlimit", "--pid", &id, &format!("--nproc={processes}:")]);
        assert!(set.status().unwrap().success());
    };
    let call = || common::run(&["call", &first, "f", "1"]);
    call().expect("1\n");
    limit(1);
    // EAGAIN: refused, since another start may work.
    call().expect_error(8, &["503", "no room for the call at the moment"]);
    assert!(
        short
            .line_after("the program can't be started at the moment")
            .contains("ulimit -u")
    );
    let program = ["--", "sh", "-c", "sleep 0.05; echo $1", "sh", "{}"];
    let (_good, second) = serve(&[&["--function", "f"], &program[..]].concat());
    let ended = start(&files, &numbers(60), &[&first, &second]).end();
    ended.expect(&numbers(60));
    // It is used again.
    limit(1000);
    start(&files, &numbers(60), &[&first])
        .end()
        .expect(&numbers(60));
}

/// Runs a task whose program fails at its first two calls, and returns the end with the
/// number of calls.
fn failing_twice(flags: &[&str]) -> (Ended, usize) {
    let files = TestDirectory::new("failing twice");
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let mut service = Service::new();
    let program = move |task: String| match counted.fetch_add(1, SeqCst) {
        0 | 1 => Err(Fault::application("not yet")),
        _ => Ok(task),
    };
    service.register("f", program).unwrap();
    let server = with_workers(service, 1);
    let flags = [&[&*server.address], flags].concat();
    let ended = start(&files, "1\n", &flags).end();
    (ended, calls.load(SeqCst))
}

/// `--retries` counts lost calls, and `--retry-faults` counts faults.
#[test]
fn faults_that_are_tried_again_are_not_counted_by_retries() {
    let none = ["--retries", "0"];
    let (ended, calls) = failing_twice(&[&none[..], &["--retry-faults"]].concat());
    ended.expect("1\n");
    assert_eq!(calls, 3);
    let (ended, calls) = failing_twice(&[&none[..], &["--retry-faults=1"]].concat());
    ended.expect_code(5);
    assert_eq!(calls, 2);
    let (ended, calls) = failing_twice(&[]);
    ended.expect_code(5);
    assert_eq!(calls, 1);
}

/// Returns how many calls a task that never ends costs, over so many servers.
fn calls_of_a_hanging_task(servers: usize, flags: &[&str]) -> usize {
    let files = TestDirectory::new("hanging");
    let servers: Vec<_> = (0..servers).map(|_| Held::serve()).collect();
    let addresses: Vec<String> = servers
        .iter()
        .map(|(server, ..)| format!("1/{}", server.address))
        .collect();
    for (_, held, _) in &servers {
        (1..=20).for_each(|n| held.release(&n.to_string()));
    }
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let path = files.path("tasks");
    fs::write(&path, format!("hang\n{}", numbers(20))).unwrap();
    let all = ["run", "--tasks", &*path, "--function", "hold"];
    let ended = Running::start(reparte(&[&all, &addresses[..], flags].concat())).end();
    ended.expect_code(5);
    ended.expect_told("1 of 21 tasks failed");
    let calls = servers.iter().flat_map(|(.., called)| called.try_iter());
    calls.filter(|task| task == "hang").count()
}

#[test]
fn hedges_void_no_limit_of_a_hanging_task() {
    for servers in [1, 2, 3] {
        let flags = ["--timeout", "3", "--retries", "1"];
        let calls = calls_of_a_hanging_task(servers, &flags);
        assert!(calls <= 4, "{calls} calls on {servers} servers");
        let again = [&flags[..], &["--retry-time-outs"]].concat();
        let calls = calls_of_a_hanging_task(servers, &again);
        assert!(calls <= 6, "{calls} calls on {servers} servers");
    }
}

#[test]
fn a_server_that_is_always_busy_is_told_also_quietly() {
    let files = TestDirectory::new("busy");
    let busy = Arc::new(AtomicBool::new(true));
    let is_busy = Arc::clone(&busy);
    let server = Foreign::serve(move |_| match is_busy.load(SeqCst) {
        true => Answer::Status(503, "Retry-After: 1"),
        false => Answer::Echo,
    });
    let flags = [
        &*server.address,
        "--quiet",
        "--outage",
        "2",
        "--wait-for-servers",
        "2",
    ];
    let running = start(&files, "1\n", &flags);
    running.line_after("waits for a server, since every one is busy");
    // It has a reason to wait, so the limits of an outage don't count.
    thread::sleep(Duration::from_secs(2));
    busy.store(false, SeqCst);
    running.end().expect("1\n");
}

/// It said that every one is busy.
#[test]
fn a_wait_for_a_busy_server_beside_a_broken_one_names_both() {
    let files = TestDirectory::new("busy and broken");
    let busy = Foreign::serve(|_| Answer::Status(503, "Retry-After: 60"));
    let broken = broken();
    let flags = [&*busy.address, &*broken.address, "--quiet"];
    let running = start(&files, &numbers(20), &flags);
    let why = running.line_after("waits for a server, since ");
    let both = format!("{} is busy; {} is suspected", busy.address, broken.address);
    assert!(why.starts_with(&both), "{why}");
    running.interrupt();
}

/// Its memory suffices for two of the requests, and four are made at a time.
#[test]
fn a_server_without_memory_for_a_request_is_busy() {
    let files = TestDirectory::new("no memory");
    let memory = ["--max-request", "65536", "--max-memory", "1"];
    let program = ["--", "sh", "-c", "sleep 0.1; wc -c"];
    let server = ["serve", "0", "--function", "f", "--workers", "4"];
    let server = Running::start(reparte(&[&server[..], &memory, &program].concat()));
    let address = format!("4/{}", server.line_after("listening on "));
    let tasks: String = (0..12).map(|_| "a".repeat(50_000) + "\n").collect();
    let (ended, account) = account(&files, &tasks, &[&*address, "--outage", "1"]);
    ended.expect(&"50001\n".repeat(12));
    expect_not_told(&ended, &BLAME);
    let failures = account["servers"][0]["failures"].as_object().unwrap();
    let kinds: Vec<_> = failures.keys().collect();
    assert_eq!(kinds, ["busy"], "{account}");
}

#[test]
fn a_server_that_is_busy_for_an_unknown_time_is_an_outage() {
    let files = TestDirectory::new("busy for ever");
    let server = Foreign::serve(|_| Answer::Status(503, ""));
    let flags = [
        &*server.address,
        "--quiet",
        "--outage",
        "5",
        "--wait-for-servers",
        "5",
    ];
    let ended = start(&files, "1\n", &flags).end();
    ended.expect_code(4);
    ended.expect_told("waits for a server, since ");
    ended.expect_told("503");
}

#[test]
fn several_servers_behind_one_address_are_told_and_kill_no_task() {
    let files = TestDirectory::new("several");
    let server = || with_workers(timed(|_| Duration::from_secs(3)), 4);
    let servers = [server(), server()];
    let address = proxy(
        servers
            .iter()
            .map(|server| server.address.clone())
            .collect(),
    );
    let address = format!("4/{address}");
    let (ended, account) = account(&files, &numbers(8), &[&address]);
    ended.expect(&numbers(8));
    ended.expect_told("several servers answer at this address");
    expect_not_told(&ended, &["poison", "started anew", "died"]);
    assert_eq!(account["executions"], 8, "{}", ended.stderr);
}

/// A machine that boots: it is of no use to a run until it has done so.
struct Booting {
    /// Its address, as a run is given it.
    address: String,
    /// The flags that a run needs to call it.
    flags: Vec<String>,
    /// Part of the reason why it is of no use.
    told: &'static str,
    /// Ends the boot.
    end: Box<dyn FnOnce() + Send>,
    /// Its parts, which end with it.
    _parts: Box<dyn Send>,
}

/// A machine whose server answers with this status while it boots.
fn booting_by_status(status: u16, told: &'static str) -> Booting {
    let is_ready = Arc::new(AtomicBool::new(false));
    let ready = Arc::clone(&is_ready);
    let server = Foreign::serve(move |_| match ready.load(SeqCst) {
        true => Answer::Echo,
        false => Answer::Status(status, ""),
    });
    Booting {
        address: server.address.clone(),
        flags: Vec::new(),
        told,
        end: Box::new(move || is_ready.store(true, SeqCst)),
        _parts: Box::new(server),
    }
}

/// A machine whose program's interpreter is not there while it boots.
fn booting_without_interpreter() -> Booting {
    let files = TestDirectory::new("interpreter");
    let program = files.write("program", "#!/no/such/interpreter\n", 0o700);
    let (server, address) = serve(&["--function", "f", "--", &program, "{}"]);
    let whole = files.write("whole", "#!/bin/sh\necho \"$1\"\n", 0o700);
    Booting {
        address,
        flags: Vec::new(),
        told: "can't start the program",
        end: Box::new(move || fs::rename(whole, program).unwrap()),
        _parts: Box::new((server, files)),
    }
}

/// A machine whose clock is wrong while it boots: its certificate is not valid yet.
fn booting_with_early_certificate() -> Booting {
    let files = TestDirectory::new("certificate");
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let key = KeyPair::generate().unwrap();
    let authority = CertifiedIssuer::self_signed(params, key).unwrap();
    let ca = files.write("ca.pem", &authority.pem(), 0o600);
    let start = |name: &str, from_year: i32| {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from_year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap().pem();
        let certificate = files.write(&format!("{name}.pem"), &certificate, 0o600);
        let key = files.write(&format!("{name}.key"), &key.serialize_pem(), 0o600);
        let tls = ["--tls-cert", &certificate, "--tls-key", &key];
        serve(&[&tls, &["--function", "f", "--", "echo", "{}"][..]].concat())
    };
    let (early, early_address) = start("early", 2999);
    let (valid, valid_address) = start("valid", 2020);
    let relay = Relay::to(&early_address);
    let switch = relay.switch();
    Booting {
        address: format!("https://{}", relay.address),
        flags: vec!["--ca".to_owned(), ca],
        told: "certificate",
        end: Box::new(move || switch.set(&valid_address)),
        _parts: Box::new((early, valid, files)),
    }
}

/// Checks each kind of machine that boots, all at a time.
fn check_booting(check: fn(Booting)) {
    let machines: [fn() -> Booting; 5] = [
        || booting_by_status(401, "401"),
        || booting_by_status(403, "403"),
        || booting_by_status(404, "404"),
        booting_without_interpreter,
        booting_with_early_certificate,
    ];
    let checks = machines.map(|machine| thread::spawn(move || check(machine())));
    checks.into_iter().for_each(|check| check.join().unwrap());
}

#[test]
fn a_server_that_is_out_costs_no_task_and_is_named() {
    check_booting(|booting| {
        let files = TestDirectory::new("out");
        let good = with_workers(timed(|_| Duration::from_millis(20)), 1);
        let mut flags = vec![&*booting.address, &*good.address];
        flags.extend(booting.flags.iter().map(String::as_str));
        let (ended, account) = account(&files, &numbers(50), &flags);
        ended.expect(&numbers(50));
        let address = booting.address.trim_start_matches("https://");
        ended.expect_told(&format!("{address}: out, and asked again each minute"));
        ended.expect_told(booting.told);
        let out = server(&account, address);
        assert_eq!(out["state"], "out", "{account}");
        // It is no proxy, and its tasks fail on nobody else: two calls tell.
        let failures = out["failures"].as_object().unwrap().values();
        let failed: u64 = failures.map(|count| count.as_u64().unwrap()).sum();
        assert!(failed <= 2, "{account}");
        assert_eq!(account["failed"], 0, "{account}");
    });
}

#[test]
fn a_server_that_is_out_comes_back_with_its_line() {
    check_booting(|booting| {
        let files = TestDirectory::new("way back");
        let good = with_workers(timed(|_| Duration::from_millis(100)), 1);
        let with_both = format!("{}\n{}\n", good.address, booting.address);
        let hosts = files.write("hosts", &with_both, 0o600);
        let path = files.path("account");
        let mut flags = vec!["--servers", &*hosts, "--account", &path];
        flags.extend(booting.flags.iter().map(String::as_str));
        let running = start(&files, &numbers(80), &flags);
        let address = booting.address.trim_start_matches("https://");
        running.line_after(&format!("{address}: out, and asked again each minute"));
        (booting.end)();
        fs::write(&hosts, format!("{}\n", good.address)).unwrap();
        running.line_after(" leaves");
        fs::write(&hosts, with_both).unwrap();
        running.line_after(" joins");
        running.end().expect(&numbers(80));
        let account: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let back = account["servers"][2].clone();
        assert_eq!(back["state"], "up", "{account}");
        assert!(back["tasks"].as_u64().unwrap() > 0, "{account}");
    });
}

#[test]
#[ignore = "takes more than a minute"]
fn a_server_that_is_out_is_asked_again_each_minute() {
    check_booting(|booting| {
        let files = TestDirectory::new("each minute");
        let good = with_workers(timed(|_| Duration::from_millis(1000)), 1);
        let path = files.path("account");
        let tasks = files.path("tasks");
        fs::write(&tasks, numbers(75)).unwrap();
        let mut flags = vec!["run", "--tasks", &*tasks, "--function", "f"];
        flags.extend(["--account", &*path, &good.address, &booting.address]);
        flags.extend(booting.flags.iter().map(String::as_str));
        let mut running = Running::interactive(reparte(&flags));
        running.line_after("out, and asked again each minute");
        (booting.end)();
        let mut results = String::new();
        // For longer than the end of a program is waited for.
        running.stdout().read_to_string(&mut results).unwrap();
        running.end().expect_code(0);
        assert_eq!(results, numbers(75));
        let account: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let address = booting.address.trim_start_matches("https://");
        let back = server(&account, address);
        assert_eq!(back["state"], "up", "{account}");
        assert!(back["tasks"].as_u64().unwrap() > 0, "{account}");
    });
}

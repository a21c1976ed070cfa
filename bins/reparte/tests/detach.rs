//! Runs over an engine that outlive their command: killed ones that go on with their journal, and
//! detached ones.
//!
//! Needs Debian's `redis-server`: `cargo test -p reparte-cli --test detach -- --ignored`.

#![cfg(all(unix, feature = "redis"))]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::collections::HashMap;
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::process::Command;
use std::thread;
use std::time::Duration;

use common::reparte;
use rustix::process::Signal;
use serde_json::Value as Json;
use test_support::{Ended, RedisServer, Running, TestDirectory, until};

/// A queue with a worker, which notes each execution.
struct Setup {
    server: RedisServer,
    files: TestDirectory,
    _worker: Option<Running>,
}

impl Setup {
    /// Starts a server, and a worker that is busy with each task for so long.
    fn new(slots: &str, seconds: &str) -> Self {
        let mut setup = Self::without_worker();
        setup._worker = Some(setup.worker(slots, seconds));
        setup
    }

    fn without_worker() -> Self {
        Self {
            server: RedisServer::start(),
            files: TestDirectory::new("detach"),
            _worker: None,
        }
    }

    fn worker(&self, slots: &str, seconds: &str) -> Running {
        let url = self.server.url();
        let script = format!(
            "echo $1 >> '{}'; sleep {seconds}; echo $1",
            self.files.path("executions")
        );
        let engine = ["serve", "--engine", &*url, "--function", "f"];
        let program = ["--workers", slots, "--", "sh", "-c", &*script, "sh", "{}"];
        let worker = Running::start(reparte(&[&engine[..], &program].concat()));
        worker.line_after("taking tasks of f");
        worker
    }

    /// Writes tasks, the numbers up to one, and returns the file.
    fn tasks(&self, count: u32) -> String {
        self.files.write("tasks", &numbers(count), 0o600)
    }

    /// Sets the bytes that the server takes for its data; 0 for no limit.
    fn limit_memory(&self, bytes: &str) {
        self.server.command(&["CONFIG", "SET", "maxmemory", bytes]);
    }

    /// Starts a run of more tasks than the server has room for, and returns it once it waits for that.
    fn fill(&self) -> Running {
        self.tasks(20_000);
        self.limit_memory("4mb");
        let run = self.run("journal", &["--detach"]);
        run.line_after("it is full");
        run
    }

    /// Starts the run of the tasks with a journal.
    fn run(&self, journal: &str, more: &[&str]) -> Running {
        let (url, journal) = (self.server.url(), self.files.path(journal));
        let tasks = self.files.path("tasks");
        let engine = ["run", "--engine", &*url, "--function", "f"];
        let files = ["--tasks", &*tasks, "--journal", &*journal];
        Running::start(reparte(&[&engine[..], &files, more].concat()))
    }

    /// Counts the executions of each task.
    fn executions(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        let lines = fs::read_to_string(self.files.path("executions")).unwrap_or_default();
        for line in lines.lines() {
            *counts.entry(line.to_owned()).or_default() += 1;
        }
        counts
    }

    fn status(&self, more: &[&str]) -> String {
        let url = self.server.url();
        common::run(&[&["status", "--engine", &*url], more].concat()).stdout
    }

    /// Returns the status of the only run.
    fn run_status(&self) -> Json {
        let json: Json = serde_json::from_str(&self.status(&["--json"])).unwrap();
        json[0]["runs"][0].clone()
    }
}

fn numbers(count: u32) -> String {
    (0..count).map(|n| format!("{n}\n")).collect()
}

#[track_caller]
fn check_all(ended: &Ended, count: u32) {
    assert_eq!(ended.stdout, numbers(count), "{}", ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

/// Runs tasks with a journal, and kills the command at random instants, so often. Each task is executed
/// once: what workers committed meanwhile, and what they were at work on, is collected.
fn kill_and_go_on(setup: &Setup, journal: &str, count: u32, kills: u32, longest: u64) {
    let before = setup.executions();
    for _ in 0..kills {
        let run = setup.run(journal, &["--quiet"]);
        let random = RandomState::new().hash_one(0);
        thread::sleep(Duration::from_millis(random % longest));
        run.kill();
    }
    check_all(&setup.run(journal, &["--quiet"]).end(), count);
    for (task, times) in setup.executions() {
        let earlier = before.get(&task).copied().unwrap_or(0);
        assert_eq!(times, earlier + 1, "{task} was executed again");
    }
}

#[test]
#[ignore = "needs redis-server"]
fn a_killed_run_goes_on_and_executes_nothing_again() {
    let setup = Setup::new("4", "0.01");
    setup.tasks(200);
    kill_and_go_on(&setup, "journal", 200, 6, 600);
}

/// The promise at its full size.
#[test]
#[ignore = "needs redis-server"]
fn forty_runs_that_are_killed_execute_nothing_again() {
    let setup = Setup::new("4", "0");
    setup.tasks(500);
    for round in 0..40 {
        kill_and_go_on(&setup, &format!("journal-{round}"), 500, 2, 500);
    }
}

#[test]
#[ignore = "needs redis-server"]
fn a_second_command_is_told_who_has_the_run() {
    let setup = Setup::new("1", "600");
    setup.tasks(3);
    let first = setup.run("journal", &[]);
    until("it has the run", || {
        setup.run_status()["holder"].is_object()
    });
    let run = setup.run_status();
    assert_eq!(run["client"], "alive");
    // A copy of the journal is on another disk, perhaps: its lock says nothing.
    fs::copy(setup.files.path("journal"), setup.files.path("copy")).unwrap();
    let second = setup.run("copy", &["--wait-for-servers", "0.5"]).end();
    assert_eq!(second.status.code(), Some(7), "{}", second.stderr);
    let pid = format!("process {} on ", run["holder"]["pid"]);
    assert!(second.stderr.contains(&pid), "{}", second.stderr);
    let name = run["run"].as_str().unwrap();
    let url = setup.server.url();
    let withdraw = ["withdraw", "--engine", &url, "--function", "f", name];
    common::run(&withdraw).expect_error(7, &[&pid]);
    first.kill();
    common::run(&withdraw).expect_code(0);
    assert_eq!(setup.run_status(), Json::Null);
    common::run(&withdraw).expect_error(2, &["no such run", "status --engine"]);
}

/// A command whose run another one had taken once said that every server was down.
#[test]
#[ignore = "needs redis-server"]
fn a_command_that_has_lost_its_run_names_the_other_one() {
    let setup = Setup::new("1", "600");
    setup.tasks(3);
    let run = setup.run("journal", &[]);
    until("it has the run", || {
        setup.run_status()["holder"].is_object()
    });
    let name = setup.run_status()["run"].as_str().unwrap().to_owned();
    let lease = format!("rp:{{f}}:client:{name}");
    setup
        .server
        .command(&["SET", &lease, "\"south\\n7\\n0\\n\\n\\n\""]);
    let ended = run.end();
    assert_eq!(ended.status.code(), Some(7), "{}", ended.stderr);
    let (_, last) = ended.stderr.rsplit_once("error: ").unwrap();
    assert!(last.contains("process 7 on south"), "{}", ended.stderr);
    for bad in ["trying again", "has been down"] {
        assert!(!ended.stderr.contains(bad), "{}", ended.stderr);
    }
}

/// A run that is not kept once was removed beside its client.
#[test]
#[ignore = "needs redis-server"]
fn a_run_without_a_journal_is_not_withdrawn() {
    let setup = Setup::without_worker();
    let url = setup.server.url();
    let engine = ["run", "--engine", &*url, "--function", "f"];
    let tasks = setup.tasks(3);
    let run = Running::start(reparte(&[&engine[..], &["--tasks", &*tasks]].concat()));
    until("its tasks are there", || setup.run_status()["tasks"] == 3);
    let name = setup.run_status()["run"].as_str().unwrap().to_owned();
    let withdraw = ["withdraw", "--engine", &*url, "--function", "f", &*name];
    common::run(&withdraw).expect_error(2, &["has no journal", "end that one"]);
    assert_eq!(setup.run_status()["tasks"], 3);
    run.kill();
}

/// A run that ended since its engine was full once removed its tasks and answers there.
#[test]
#[ignore = "needs redis-server"]
fn a_run_whose_engine_is_full_goes_on_later() {
    let setup = Setup::new("1", "0.3");
    setup.tasks(40);
    let run = setup.run("journal", &["--outage", "2"]);
    until("some are done", || setup.executions().len() >= 2);
    let limit = |bytes: &str| {
        let set = ["CONFIG", "SET", "maxmemory", bytes];
        setup.server.command(&set);
    };
    limit("1");
    let ended = run.end();
    assert_eq!(ended.status.code(), Some(4), "{}", ended.stderr);
    let (_, last) = ended.stderr.rsplit_once("error: ").unwrap();
    for text in ["has failed for", "it is full", "status --engine redis://"] {
        assert!(last.contains(text), "{}", ended.stderr);
    }
    setup.limit_memory("0");
    check_all(&setup.run("journal", &[]).end(), 40);
    assert!(setup.executions().values().all(|times| *times == 1));
}

#[test]
#[ignore = "needs redis-server"]
fn a_detached_run_goes_on_and_is_collected() {
    let setup = Setup::without_worker();
    setup.tasks(100);
    let detached = setup.run("journal", &["--detach"]).end();
    assert_eq!(detached.status.code(), Some(0), "{}", detached.stderr);
    assert_eq!(detached.stdout, "");
    for text in [
        "100 tasks",
        "100 of them",
        "bytes of 67108864",
        "7 days",
        "reparte withdraw",
    ] {
        assert!(
            detached.stderr.contains(text),
            "{text}: {}",
            detached.stderr
        );
    }
    // Once more: all are there.
    let again = setup.run("journal", &["--detach"]).end();
    assert!(
        again.stderr.contains("100 tasks, 0 of them"),
        "{}",
        again.stderr
    );
    let run = setup.run_status();
    assert_eq!(
        (&run["tasks"], &run["client"]),
        (&100.into(), &"silent".into()),
        "{run}"
    );
    assert!(run["detached_bytes"].as_u64().unwrap() > 100 * 256, "{run}");
    let table = setup.status(&[]);
    assert!(
        table.contains("is detached (") && table.contains("expires in 6 days"),
        "{table}"
    );
    let _worker = setup.worker("2", "0.02");
    until("some are done", || {
        setup.run_status()["answers"].as_u64() >= Some(20)
    });
    // A command that collects is interrupted: the run goes on.
    let run = setup.run("journal", &[]);
    let journal = setup.files.path("journal");
    let results = || fs::metadata(&journal).unwrap().len();
    let before = results();
    until("it has some", || results() > before);
    run.signal(Signal::INT);
    let ended = run.end();
    assert_eq!(ended.status.code(), Some(6), "{}", ended.stderr);
    assert!(ended.stderr.contains("goes on"), "{}", ended.stderr);
    until("all are done", || setup.run_status()["tasks"] == 0);
    check_all(&setup.run("journal", &[]).end(), 100);
    assert_eq!(setup.run_status(), Json::Null);
    assert_eq!(setup.executions().values().sum::<usize>(), 100);
    let again = setup.run("journal", &["--detach"]).end();
    assert!(
        again.stderr.contains("100 have their result"),
        "{}",
        again.stderr
    );
    assert_eq!(setup.run_status(), Json::Null);
}

#[test]
#[ignore = "needs redis-server"]
fn a_run_beyond_the_limit_is_not_detached() {
    let setup = Setup::without_worker();
    setup.tasks(100);
    let refused = setup
        .run("journal", &["--detach", "--detach-limit", "5000"])
        .end();
    assert_eq!(refused.status.code(), Some(2), "{}", refused.stderr);
    let (_, text) = refused.stderr.split_once("100 tasks take ").unwrap();
    let bytes = text.split_whitespace().next().unwrap();
    assert!(text.contains("the limit is 5000"), "{}", refused.stderr);
    assert_eq!(setup.run_status(), Json::Null);
    let detached = setup
        .run("journal", &["--detach", "--detach-limit", bytes])
        .end();
    assert_eq!(detached.status.code(), Some(0), "{}", detached.stderr);
}

/// A task that fails is retried by the command that collects.
#[test]
#[ignore = "needs redis-server"]
fn retries_wait_for_the_command_that_collects() {
    let setup = Setup::without_worker();
    setup.tasks(10);
    let url = setup.server.url();
    let log = setup.files.path("executions");
    let script = format!(
        "n=$(grep -cx $1 '{log}'); echo $1 >> '{log}'; test $1 = 7 -a $n = 0 && exit 1; echo $1"
    );
    let serve = [
        "serve",
        "--engine",
        &*url,
        "--function",
        "f",
        "--workers",
        "1",
        "--",
    ];
    let worker = Running::start(reparte(
        &[&serve[..], &["sh", "-c", &*script, "sh", "{}"]].concat(),
    ));
    worker.line_after("taking tasks of f");
    setup.run("journal", &["--detach"]).end();
    until("all are done", || setup.run_status()["tasks"] == 0);
    assert_eq!(setup.executions()["7"], 1);
    check_all(&setup.run("journal", &["--retry-faults"]).end(), 10);
    assert_eq!(setup.executions()["7"], 2);
    assert_eq!(setup.executions().values().sum::<usize>(), 11);
}

/// Ctrl-C once ended the command without a word, and left tasks that nobody moved.
#[test]
#[ignore = "needs redis-server"]
fn a_command_that_is_interrupted_while_it_leaves_its_tasks_tells_of_them() {
    let setup = Setup::without_worker();
    let run = setup.fill();
    run.signal(Signal::INT);
    let ended = run.end();
    assert_eq!(ended.status.code(), Some(6), "{}", ended.stderr);
    let (before, rest) = ended.stderr.split_once(" of 20000 tasks ").unwrap();
    let there: u32 = before.rsplit(' ').next().unwrap().parse().unwrap();
    assert!((1..20_000).contains(&there), "{}", ended.stderr);
    for text in ["are taken back", "the same command begins again"] {
        assert!(rest.contains(text), "{}", ended.stderr);
    }
    assert_eq!(setup.run_status(), Json::Null);
    setup.limit_memory("0");
    let again = setup.run("journal", &["--detach"]).end();
    assert!(again.stderr.contains("20000 of them"), "{}", again.stderr);
}

/// A command that was killed while it left its tasks once had the next one wait for ever.
#[test]
#[ignore = "needs redis-server"]
fn tasks_that_a_killed_command_has_left_are_done_by_the_next_one() {
    let setup = Setup::without_worker();
    let run = setup.fill();
    run.kill();
    setup.limit_memory("0");
    // The first ones are those that are there.
    fs::write(setup.files.path("tasks"), numbers(40)).unwrap();
    let _worker = setup.worker("2", "0");
    check_all(&setup.run("journal", &[]).end(), 40);
    assert_eq!(setup.executions().values().sum::<usize>(), 40);
}

/// The hint once named neither the login nor the authorities.
#[test]
#[ignore = "needs redis-server"]
fn a_run_is_withdrawn_as_its_hint_says() {
    let server = RedisServer::start_with(&["--requirepass", "secret"]);
    let files = TestDirectory::new("detach");
    let login = files.write("my login", "secret\n", 0o600);
    let keys = files.path("keys");
    common::run(&["keys", &keys]).expect_code(0);
    let authorities = format!("{keys}/ca.pem");
    let (tasks, journal) = (
        files.write("tasks", &numbers(3), 0o600),
        files.path("journal"),
    );
    let url = server.url();
    let engine = ["run", "--engine", &*url, "--function", "f", "--detach"];
    let ways = ["--engine-login", &*login, "--ca", &*authorities];
    let work = ["--tasks", &*tasks, "--journal", &*journal];
    let detached = common::run(&[&engine[..], &ways, &work].concat());
    assert_eq!(detached.status.code(), Some(0), "{}", detached.stderr);
    let (_, hint) = detached.stderr.split_once("`reparte withdraw").unwrap();
    let (arguments, _) = hint.split_once('`').unwrap();
    assert!(arguments.contains("--ca "), "{}", detached.stderr);
    let mut shell = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_reparte");
    shell.args(["-c", &format!("\"$0\" withdraw {arguments}"), program]);
    let withdrawn = Running::start(shell).end();
    assert_eq!(withdrawn.status.code(), Some(0), "{}", withdrawn.stderr);
    assert!(
        withdrawn.stderr.contains("with 3 tasks"),
        "{}",
        withdrawn.stderr
    );
}

//! Parts of the tests: workers, runs, and a look at the server's keys.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use redis::{Commands as _, Connection};
use reparte::{Options, Repartidor, TaskError};
use reparte_redis::{RedisQueue, RedisUrl, Worker};
use test_support::{PATIENCE, RedisServer, until};
use xmlrpc_server::{Context, Service};

/// The lease of the tests.
pub(crate) const LEASE: Duration = Duration::from_secs(1);

pub(crate) type Run = Repartidor<(i32,), i32>;

/// The number of times that the function of the workers was begun.
#[derive(Clone, Debug, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

impl Count {
    pub(crate) fn get(&self) -> usize {
        self.0.load(SeqCst)
    }

    pub(crate) fn add(&self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A gate that work waits at until the test opens it, or has failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    pub(crate) fn wait(&self) {
        let shut = self.0.0.lock().unwrap();
        let waited = self
            .0
            .1
            .wait_timeout_while(shut, PATIENCE, |open| !*open)
            .unwrap();
        assert!(!waited.1.timed_out(), "the gate is shut");
    }
}

/// Returns a service that squares numbers, each once the gate is open.
pub(crate) fn gated_squares(gate: &Gate, begun: &Count, ended: &Count) -> Service {
    let (gate, begun, ended) = (gate.clone(), begun.clone(), ended.clone());
    let mut service = Service::new();
    let square = move |n: i32| {
        begun.add();
        gate.wait();
        ended.add();
        n * n
    };
    service.register("cuad", square).unwrap();
    service
}

/// Returns the number of tasks that were submitted to a queue and are there no more.
pub(crate) fn done(server: &RedisServer, function: &str) -> usize {
    let key = format!("rp:{{{function}}}:tasks");
    let stream: HashMap<String, redis::Value> = ask(server, &["XINFO", "STREAM", &key]);
    let number = |name: &str| -> usize { redis::from_redis_value(stream[name].clone()).unwrap() };
    number("entries-added") - number("length")
}

pub(crate) fn url(server: &RedisServer) -> RedisUrl {
    server.url().parse().unwrap()
}

/// Returns a service with a function that squares a number, after a time.
pub(crate) fn squares(name: &str, time: Duration, begun: &Count) -> Service {
    let begun = begun.clone();
    let mut service = Service::new();
    let square = move |context: &Context, n: i32| {
        begun.add();
        let pieces = time.as_millis() / 5;
        for _ in 0..pieces {
            if context.is_cancelled() {
                break;
            }
            thread::sleep(Duration::from_millis(5));
        }
        n * n
    };
    service.register(name, square).unwrap();
    service
}

/// Starts a worker that squares numbers.
pub(crate) fn worker(
    server: &RedisServer,
    function: &str,
    slots: usize,
    time: Duration,
    begun: &Count,
) -> Worker {
    let service = squares(function, time, begun);
    Worker::builder(url(server), function, service)
        .slots(slots)
        .lease(LEASE)
        .start()
        .unwrap()
}

/// Starts a run on the queue of a function. It gives no task to a second worker that is slow, so
/// that each execution more has its reason.
pub(crate) fn run(server: &RedisServer, function: &str) -> Run {
    run_with(server, function, false)
}

/// Starts a run, which may give slow tasks to a second worker.
pub(crate) fn run_with(server: &RedisServer, function: &str, hedge: bool) -> Run {
    let queue = RedisQueue::builder(url(server), function).start().unwrap();
    let mut options = Options::default();
    options.hedge = hedge;
    let run = Repartidor::builder().destinos([queue]).options(options);
    run.start().unwrap()
}

/// Sends tasks.
pub(crate) fn submit(run: &mut Run, numbers: Range<i32>) {
    for n in numbers {
        run.enviar((n,)).unwrap();
    }
}

/// Submits numbers from a thread of its own, which returns the run.
pub(crate) fn submit_aside(mut run: Run, numbers: Range<i32>) -> JoinHandle<Run> {
    thread::spawn(move || {
        submit(&mut run, numbers);
        run
    })
}

/// Ends a run, and returns its results.
pub(crate) fn results(run: Run) -> Vec<Result<i32, TaskError>> {
    match run.terminar() {
        Ok(results) => results.into_iter().map(Ok).collect(),
        Err(incomplete) => incomplete.into_outcomes(),
    }
}

/// Checks that the results are the squares of the numbers from 0 on.
#[track_caller]
pub(crate) fn check_squares(results: Vec<Result<i32, TaskError>>, count: i32) {
    let results: Result<Vec<i32>, _> = results.into_iter().collect();
    let expected: Vec<i32> = (0..count).map(|n| n * n).collect();
    assert_eq!(results.unwrap(), expected);
}

pub(crate) fn connection(server: &RedisServer) -> Connection {
    let client = redis::Client::open(server.url()).unwrap();
    client.get_connection().unwrap()
}

/// Returns the names of all keys, sorted.
pub(crate) fn keys(server: &RedisServer) -> Vec<String> {
    let mut keys: Vec<String> = connection(server).keys("*").unwrap();
    keys.sort();
    keys
}

/// Returns the number of tasks that wait or are at work.
pub(crate) fn tasks(server: &RedisServer, function: &str) -> usize {
    let mut command = redis::cmd("XLEN");
    command.arg(format!("rp:{{{function}}}:tasks"));
    command.query(&mut connection(server)).unwrap()
}

/// Takes so many new tasks of `cuad`, once they are there, as a worker that dies right after it.
pub(crate) fn take_all_and_die(server: &RedisServer, name: &str, count: usize) {
    until("they are taken", || {
        take_and_die(server, "cuad", name, count) == count
    });
}

/// Takes new tasks as a worker that dies right after it: nothing renews their leases.
pub(crate) fn take_and_die(
    server: &RedisServer,
    function: &str,
    name: &str,
    count: usize,
) -> usize {
    let key = format!("rp:{{{function}}}:tasks");
    let mut connection = connection(server);
    let reply: redis::Value = redis::cmd("XREADGROUP")
        .arg("GROUP")
        .arg("w")
        .arg(name)
        .arg("COUNT")
        .arg(count)
        .arg("STREAMS")
        .arg(&key)
        .arg(">")
        .query(&mut connection)
        .unwrap();
    match reply {
        redis::Value::Nil => 0,
        _ => {
            let pending: Vec<redis::Value> = redis::cmd("XPENDING")
                .arg(&key)
                .arg("w")
                .arg("-")
                .arg("+")
                .arg(10_000)
                .arg(name)
                .query(&mut connection)
                .unwrap();
            pending.len()
        }
    }
}

/// Sends a command and returns the reply.
pub(crate) fn ask<T: redis::FromRedisValue>(server: &RedisServer, words: &[&str]) -> T {
    let (name, arguments) = words.split_first().unwrap();
    let mut command = redis::cmd(name);
    command.arg(arguments);
    command.query(&mut connection(server)).unwrap()
}

/// Sets the server's memory limit. With 1 byte it is full: it refuses tasks, and takes results.
pub(crate) fn set_memory(server: &RedisServer, bytes: &str) {
    let _: String = ask(server, &["CONFIG", "SET", "maxmemory", bytes]);
}

/// Calls a script of the protocol on keys of the queue "cuad".
pub(crate) fn eval<T: redis::FromRedisValue>(
    server: &RedisServer,
    script: &str,
    keys: &[&str],
    arguments: &[&str],
) -> T {
    let path = format!("{}/src/scripts/{script}.lua", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let keys: Vec<String> = keys
        .iter()
        .map(|key| format!("rp:{{cuad}}:{key}"))
        .collect();
    let mut command = redis::cmd("EVAL");
    command.arg(text).arg(keys.len()).arg(keys).arg(arguments);
    command.query(&mut connection(server)).unwrap()
}

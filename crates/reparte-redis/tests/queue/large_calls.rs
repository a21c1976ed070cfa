//! Tasks and results that are longer than the server takes at once.

use std::thread;
use std::time::{Duration, Instant};

use reparte::{Call, CallError, CallId, Destino, ErrorKind, TaskId};
use reparte_redis::{Error, RedisQueue, Worker};
use test_support::{PATIENCE, RedisServer};
use xmlrpc_server::Service;

use crate::fixture::{Count, url};

const LONG: usize = 2 << 20;
/// Below the limit, and long enough to be why a connection breaks.
const FITS: usize = (1 << 20) - 10;

type Repeat = dyn Destino<(String, i32), String>;

fn server() -> RedisServer {
    RedisServer::start_with(&["--proto-max-bulk-len", "1mb"])
}

/// Starts a worker that repeats a text so many times. Without times it takes three leases, and counts.
fn repeats(server: &RedisServer, lease: Duration, naps: &Count) -> Worker {
    let mut service = Service::new();
    let naps = naps.clone();
    let repeat = move |text: String, times: i32| {
        if times == 0 {
            naps.add();
            thread::sleep(3 * lease);
        }
        text.repeat(times.unsigned_abs() as usize)
    };
    service.register("repeat", repeat).unwrap();
    let worker = Worker::builder(url(server), "repeat", service);
    worker.lease(lease).slots(16).start().unwrap()
}

fn call(queue: &Repeat, n: u64, text: &str, times: usize) -> Result<String, CallError> {
    let call = Call::new(CallId::new(n)).with_deadline(Instant::now() + PATIENCE);
    queue.call(&(text.to_owned(), i32::try_from(times).unwrap()), &call)
}

/// Its worker lost the connection each time, took the task again when its lease had ended, and the
/// run had no end.
#[test]
#[ignore = "needs redis-server"]
fn results_that_are_too_large_are_faults_and_cost_no_other_task_its_worker() {
    let (server, naps) = (server(), Count::default());
    let workers = [(); 2].map(|()| repeats(&server, Duration::from_secs(1), &naps));
    let queue = RedisQueue::builder(url(&server), "repeat").start().unwrap();
    let queue: &Repeat = &queue;
    thread::scope(|scope| {
        let nap = scope.spawn(|| call(queue, 1, "", 0));
        let long = [2, 3, 4, 5, 6].map(|n| scope.spawn(move || call(queue, n, "x", LONG)));
        for n in 10..20 {
            assert_eq!(call(queue, n, "x", 3).unwrap(), "xxx");
        }
        for long in long {
            let error = long.join().unwrap().unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Fault { .. }), "{error}");
            assert!(error.to_string().contains("proto-max-bulk-len"), "{error}");
        }
        nap.join().unwrap().unwrap();
    });
    // Its lease was renewed all the time.
    assert_eq!(naps.get(), 1);
    drop(workers);
}

/// The queue was out of the run, and with it all of its tasks.
#[test]
#[ignore = "needs redis-server"]
fn a_task_that_is_too_large_fails_alone() {
    let server = server();
    let worker = repeats(&server, Duration::from_secs(5), &Count::default());
    let queue = RedisQueue::builder(url(&server), "repeat").start().unwrap();
    let queue: &Repeat = &queue;
    thread::scope(|scope| {
        let long = scope.spawn(|| call(queue, 1, &"x".repeat(LONG), 1));
        for n in 2..20 {
            assert_eq!(call(queue, n, "x", 1).unwrap(), "x");
        }
        let error = long.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsendable, "{error}");
        assert!(error.to_string().contains("proto-max-bulk-len"), "{error}");
    });
    drop(worker);
}

/// A large task whose connection breaks goes alone from then on. Others overtook it, and it was taken
/// for done.
#[test]
#[ignore = "needs redis-server"]
fn a_large_task_that_fits_survives_a_broken_connection() {
    let server = server();
    let queue = RedisQueue::builder(url(&server), "repeat").start().unwrap();
    let queue: &Repeat = &queue;
    thread::scope(|scope| {
        let calls: Vec<_> = (1..12)
            .map(|n| {
                let text = "x".repeat(if n % 3 == 0 { FITS - 1000 } else { 1 });
                let call = scope.spawn(move || (text.len(), call(queue, n, &text, 1)));
                server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
                call
            })
            .collect();
        let worker = repeats(&server, Duration::from_secs(5), &Count::default());
        for call in calls {
            let (length, result) = call.join().unwrap();
            assert_eq!(result.unwrap().len(), length);
        }
        drop(worker);
    });
}

/// The server was said not to answer.
#[test]
#[ignore = "needs redis-server"]
fn a_deposit_names_the_length_of_a_task_that_is_too_large() {
    let server = server();
    let deposit = RedisQueue::builder(url(&server), "repeat")
        .keep("r", "north")
        .deposit()
        .unwrap();
    let document = deposit.document(("x".repeat(LONG), 1)).unwrap();
    let tasks = [(TaskId::new(0), document)];
    let error = deposit.detach(&tasks, 1, 1, |_| {}).unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { bytes, .. } if bytes >= LONG),
        "{error}"
    );
}

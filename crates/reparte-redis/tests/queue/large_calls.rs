//! Tasks and results that are longer than the server takes at once.

use reparte::{Call, CallId, Destino, ErrorKind};
use reparte_redis::{Error, RedisQueue, Worker};
use test_support::RedisServer;
use xmlrpc_server::Service;

use crate::fixture::url;

const LONG: usize = 2 << 20;

fn server() -> RedisServer {
    RedisServer::start_with(&["--proto-max-bulk-len", "1mb"])
}

/// Starts a worker that gives back so many bytes.
fn repeats(server: &RedisServer) -> Worker {
    let mut service = Service::new();
    let repeat = |text: String, times: i32| text.repeat(times.unsigned_abs() as usize);
    service.register("repeat", repeat).unwrap();
    Worker::builder(url(server), "repeat", service)
        .start()
        .unwrap()
}

/// Its worker lost the connection each time, took the task again when its lease had ended, and the
/// run had no end.
#[test]
#[ignore = "needs redis-server"]
fn a_result_that_is_too_large_is_a_fault() {
    let server = server();
    let worker = repeats(&server);
    let queue = RedisQueue::builder(url(&server), "repeat").start().unwrap();
    let queue: &dyn Destino<(String, i32), String> = &queue;
    let call = |n, times| queue.call(&("x".to_owned(), times), &Call::new(CallId::new(n)));
    std::thread::scope(|scope| {
        let long = scope.spawn(|| call(1, i32::try_from(LONG).unwrap()));
        for n in 2..20 {
            assert_eq!(call(n, 3).unwrap(), "xxx");
        }
        let error = long.join().unwrap().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Fault { .. }), "{error}");
        assert!(error.to_string().contains("proto-max-bulk-len"), "{error}");
    });
    drop(worker);
}

/// The queue was out of the run, and with it all of its tasks.
#[test]
#[ignore = "needs redis-server"]
fn a_task_that_is_too_large_fails_alone() {
    let server = server();
    let worker = repeats(&server);
    let queue = RedisQueue::builder(url(&server), "repeat").start().unwrap();
    let queue: &dyn Destino<(String, i32), String> = &queue;
    let call = |n, text: &str| queue.call(&(text.to_owned(), 1), &Call::new(CallId::new(n)));
    std::thread::scope(|scope| {
        let long = scope.spawn(|| call(1, &"x".repeat(LONG)));
        for n in 2..20 {
            assert_eq!(call(n, "x").unwrap(), "x");
        }
        let error = long.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsendable, "{error}");
        assert!(error.to_string().contains("proto-max-bulk-len"), "{error}");
    });
    drop(worker);
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
    let tasks = [(reparte::TaskId::new(0), document)];
    let error = deposit.detach(&tasks, 1, 1, |_| {}).unwrap_err();
    assert!(
        matches!(error, Error::TooLarge { bytes, .. } if bytes >= LONG),
        "{error}"
    );
}

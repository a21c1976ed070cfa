//! Replies that are held up while a task is taken back, or a run ends.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use reparte::{Call, CallError, CallId};
use reparte_redis::{RedisQueue, RedisUrl};
use test_support::{RedisServer, until};

use crate::fixture::{Count, Gate, ask, keys, worker};

/// A way to the server on which replies may be held up.
struct Way {
    port: u16,
    /// A part of the replies that are held up.
    held: Arc<Mutex<Option<&'static str>>>,
    gate: Gate,
}

impl Way {
    fn new(server: &RedisServer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let way = Self {
            port: listener.local_addr().unwrap().port(),
            held: Arc::default(),
            gate: Gate::default(),
        };
        let (to, held, gate) = (server.port(), Arc::clone(&way.held), way.gate.clone());
        // It ends with the process.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
                let (from_client, to_server) = (client.try_clone(), server.try_clone());
                let (from_client, to_server) = (from_client.unwrap(), to_server.unwrap());
                thread::spawn(move || forward(from_client, to_server, |_| ()));
                let (held, gate) = (Arc::clone(&held), gate.clone());
                let hold = move |reply: &[u8]| {
                    let part = *held.lock().unwrap();
                    if part.is_some_and(|part| String::from_utf8_lossy(reply).contains(part)) {
                        gate.wait();
                    }
                };
                thread::spawn(move || forward(server, client, hold));
            }
        });
        way
    }

    fn url(&self) -> RedisUrl {
        let url = format!("redis://127.0.0.1:{}/0", self.port);
        url.parse().unwrap()
    }

    /// Holds up the replies with this part from now on.
    fn hold(&self, part: &'static str) {
        *self.held.lock().unwrap() = Some(part);
    }
}

/// Copies bytes, after `hold` each time.
fn forward(mut from: TcpStream, mut to: TcpStream, hold: impl Fn(&[u8])) {
    let mut bytes = [0; 4096];
    while let Ok(count) = from.read(&mut bytes)
        && count > 0
    {
        hold(&bytes[..count]);
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// A task whose submission was under way was once counted as not run.
#[test]
#[ignore = "needs redis-server"]
fn a_task_whose_submission_has_no_reply_is_waited_for() {
    let server = RedisServer::start();
    let begun = Count::default();
    let worker = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    let way = Way::new(&server);
    let queue = RedisQueue::builder(way.url(), "cuad").start().unwrap();
    let handle = queue.handle();
    let square = move |n: i32| -> Result<(i32, String), CallError> {
        queue.call_with_worker(&(n,), &Call::new(CallId::new(1)))
    };
    // The connection is there then.
    assert_eq!(square(2).unwrap().0, 4);
    way.hold("");
    let call = thread::spawn(move || square(3));
    until("a worker has begun it", || begun.get() == 2);
    assert_eq!(handle.withdraw(), 0);
    way.gate.open();
    assert_eq!(call.join().unwrap().unwrap().0, 9);
    drop(worker);
}

/// A run that ended while its client compared its tasks with the server was once opened again, and stayed
/// there for a week.
#[test]
#[ignore = "needs redis-server"]
fn a_run_that_ends_during_a_comparison_leaves_nothing() {
    let server = RedisServer::start();
    let way = Way::new(&server);
    let queue = RedisQueue::builder(way.url(), "cuad").keep("r", "north");
    let queue = queue.start().unwrap();
    let handle = queue.handle();
    way.hold("held");
    let mut least = i64::MAX;
    until("the lease is renewed", || {
        let left: i64 = ask(&server, &["PTTL", "rp:{cuad}:client:r"]);
        least = least.min(left);
        left > least + 1000
    });
    handle.close();
    let of_run = || {
        let mut keys = keys(&server);
        keys.retain(|key| key.ends_with(":r"));
        keys
    };
    assert_eq!(of_run(), [""; 0]);
    way.gate.open();
    // It waits for the end of the comparison.
    drop(handle);
    drop(queue);
    assert_eq!(of_run(), [""; 0]);
}

//! Tasks that are taken back before a worker has them.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use reparte::{Call, CallError, CallId};
use reparte_redis::RedisQueue;
use test_support::{RedisServer, until};

use crate::fixture::{Count, Gate, worker};

/// A way to the server on which replies may be held up.
struct Way {
    port: u16,
    holds: Arc<AtomicBool>,
    gate: Gate,
}

impl Way {
    fn new(server: &RedisServer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let way = Self {
            port: listener.local_addr().unwrap().port(),
            holds: Arc::default(),
            gate: Gate::default(),
        };
        let (to, holds, gate) = (server.port(), Arc::clone(&way.holds), way.gate.clone());
        // It ends with the process.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
                let (from_client, to_server) = (client.try_clone(), server.try_clone());
                let (from_client, to_server) = (from_client.unwrap(), to_server.unwrap());
                thread::spawn(move || forward(from_client, to_server, || ()));
                let (holds, gate) = (Arc::clone(&holds), gate.clone());
                let hold = move || {
                    if holds.load(SeqCst) {
                        gate.wait();
                    }
                };
                thread::spawn(move || forward(server, client, hold));
            }
        });
        way
    }
}

/// Copies bytes, after `hold` each time.
fn forward(mut from: TcpStream, mut to: TcpStream, hold: impl Fn()) {
    let mut bytes = [0; 4096];
    while let Ok(count) = from.read(&mut bytes)
        && count > 0
    {
        hold();
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
    let url = format!("redis://127.0.0.1:{}/0", way.port).parse().unwrap();
    let queue = RedisQueue::builder(url, "cuad").start().unwrap();
    let handle = queue.handle();
    let square = move |n: i32| -> Result<(i32, String), CallError> {
        queue.call_with_worker(&(n,), &Call::new(CallId::new(1)))
    };
    // The connection is there then.
    assert_eq!(square(2).unwrap().0, 4);
    way.holds.store(true, SeqCst);
    let call = thread::spawn(move || square(3));
    until("a worker has begun it", || begun.get() == 2);
    assert_eq!(handle.withdraw(), 0);
    way.gate.open();
    assert_eq!(call.join().unwrap().unwrap().0, 9);
    drop(worker);
}

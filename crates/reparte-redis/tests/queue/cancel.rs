//! Cancelled tasks.

use std::thread;
use std::time::{Duration, Instant};

use reparte::{Call, CallId, Destino, ErrorKind};
use reparte_redis::{RedisQueue, Worker};
use test_support::{RedisServer, until};
use xmlrpc_server::{Context, Service};

use crate::fixture::{Count, LEASE, tasks, url};

#[test]
#[ignore = "needs redis-server"]
fn a_worker_learns_of_a_cancelled_task_at_its_next_renewal() {
    let server = RedisServer::start();
    let (begun, stopped) = (Count::default(), Count::default());
    let mut service = Service::new();
    let (started, ended) = (begun.clone(), stopped.clone());
    let wait = move |context: &Context, n: i32| {
        started.add();
        while !context.is_cancelled() {
            thread::sleep(Duration::from_millis(2));
        }
        ended.add();
        n
    };
    service.register("wait", wait).unwrap();
    let _worker = Worker::builder(url(&server), "wait", service)
        .lease(LEASE)
        .start()
        .unwrap();
    let queue = RedisQueue::builder(url(&server), "wait").start().unwrap();
    let queue: &dyn Destino<(i32,), i32> = &queue;
    let id = CallId::new(3);
    thread::scope(|scope| {
        let call = Call::new(id);
        let made = scope.spawn(move || queue.call(&(1,), &call));
        until("the work has begun", || begun.get() == 1);
        let cancelled = Instant::now();
        queue.cancel(id);
        let error = made.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        until("the work has stopped", || stopped.get() == 1);
        assert!(cancelled.elapsed() < LEASE, "{:?}", cancelled.elapsed());
    });
    until("the task is gone", || tasks(&server, "wait") == 0);
}

#[test]
#[ignore = "needs redis-server"]
fn a_call_ends_at_its_deadline_and_its_task_is_removed() {
    let server = RedisServer::start();
    let queue = RedisQueue::builder(url(&server), "none").start().unwrap();
    let queue: &dyn Destino<(i32,), i32> = &queue;
    let deadline = Instant::now() + Duration::from_millis(200);
    let call = Call::new(CallId::new(1)).with_deadline(deadline);
    let error = queue.call(&(1,), &call).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(Instant::now() >= deadline);
    until("the task is gone", || tasks(&server, "none") == 0);
}

//! Runs that outlive their client: one client at a time, and what workers did meanwhile is collected.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use reparte::{Journal, Options, Repartidor, TaskId};
use reparte_redis::{
    Error, Monitor, RedisQueue, RedisQueueBuilder, RedisQueueHandle, RunStatus, Worker,
};
use test_support::{RedisServer, TestDirectory, until};
use xmlrpc_server::Service;

use crate::fixture::{
    Count, Gate, Run, ask, check_squares, gated_squares, keys, results, run, submit, submit_aside,
    tasks, url, worker,
};

pub(crate) fn kept(server: &RedisServer) -> RedisQueueBuilder {
    RedisQueue::builder(url(server), "cuad").keep("r", "north")
}

/// Starts a client of the kept run, with a journal.
pub(crate) fn client(server: &RedisServer, journal: &Path) -> (Run, RedisQueueHandle) {
    let queue = kept(server).start().unwrap();
    let handle = queue.handle();
    let mut options = Options::default();
    options.hedge = false;
    let run = Repartidor::builder()
        .destinos([queue])
        .options(options)
        .journal(Journal::open(journal, "cuad").unwrap());
    (run.start().unwrap(), handle)
}

/// Sends numbers from a thread of its own, until the run takes no more.
fn send_aside(mut run: Run, numbers: std::ops::Range<i32>) -> JoinHandle<()> {
    thread::spawn(move || {
        for n in numbers {
            if run.enviar((n,)).is_err() {
                break;
            }
        }
    })
}

pub(crate) fn run_status(server: &RedisServer) -> RunStatus {
    let queues = Monitor::new(url(server), reparte_redis::Options::default()).queues();
    queues.unwrap().remove(0).runs.remove(0)
}

/// Submits numbers as a run that goes on without a client. Returns how many were not there.
pub(crate) fn detach(server: &RedisServer, numbers: std::ops::Range<i32>) -> usize {
    let deposit = kept(server).deposit().unwrap();
    let tasks = numbers.map(|n| {
        let place = TaskId::new(u64::try_from(n).unwrap());
        (place, deposit.document((n,)).unwrap())
    });
    let tasks: Vec<_> = tasks.collect();
    deposit
        .detach(&tasks, 1000, 1 << 20, |_| {})
        .unwrap()
        .submitted
}

#[test]
#[ignore = "needs redis-server"]
fn a_second_client_is_told_who_has_the_run() {
    let server = RedisServer::start();
    let first = kept(&server).start().unwrap();
    let error = kept(&server).start().unwrap_err();
    let Error::Held { holder, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((holder.host(), holder.pid()), ("north", std::process::id()));
    let text = error.to_string();
    assert!(
        text.contains("process") && text.contains("on north, since 20"),
        "{text}"
    );
    for error in [
        kept(&server).deposit().map(drop).unwrap_err(),
        kept(&server).withdraw().map(drop).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Held { .. }), "{error}");
    }
    assert!(run_status(&server).is_client_alive());
    first.handle().leave();
    assert!(!run_status(&server).is_client_alive());
    assert!(run_status(&server).expires_in > Duration::from_secs(6 * 86_400));
    drop(kept(&server).start().unwrap());
    for bad in ["", "a b", "a:b", &"x".repeat(101)] {
        let queue = RedisQueue::builder(url(&server), "cuad").keep(bad, "north");
        assert!(
            matches!(queue.start(), Err(Error::BadOption { .. })),
            "{bad:?}"
        );
    }
}

/// A client that was stopped for longer than its lease ends, and takes nothing away from the next one.
#[test]
#[ignore = "needs redis-server"]
fn a_client_that_has_lost_its_lease_ends() {
    let server = RedisServer::start();
    let files = TestDirectory::new("kept");
    let (mut first, handle) = client(&server, Path::new(&files.path("first")));
    first.enviar((3,)).unwrap();
    until("it is there", || tasks(&server, "cuad") == 1);
    let _: () = ask(&server, &["SET", "rp:{cuad}:client:r", "south\n7\n0\n\n\n"]);
    let failed = results(first).remove(0).unwrap_err().to_string();
    assert!(failed.contains("process 7 on south"), "{failed}");
    handle.close();
    let held: String = ask(&server, &["GET", "rp:{cuad}:client:r"]);
    assert!(held.starts_with("south"), "{held}");
    assert_eq!(tasks(&server, "cuad"), 1);
}

/// Work that was committed while no client was there was once executed again.
#[test]
#[ignore = "needs redis-server"]
fn a_later_client_collects_what_was_done_meanwhile() {
    let server = RedisServer::start();
    let files = TestDirectory::new("kept");
    let journal = files.path("journal");
    let journal = Path::new(&journal);
    let (gate, begun, ended) = <(Gate, Count, Count)>::default();
    let service = gated_squares(&gate, &begun, &ended);
    let worker = Worker::builder(url(&server), "cuad", service).slots(2);
    let _worker = worker.start().unwrap();
    let (first, handle) = client(&server, journal);
    let control = first.handle();
    let sender = send_aside(first, 0..40);
    until("a window is there", || tasks(&server, "cuad") == 16);
    until("some are at work", || begun.get() == 2);
    control.drain();
    handle.leave();
    sender.join().unwrap();
    gate.open();
    until("they are done", || tasks(&server, "cuad") == 0);
    assert_eq!(run_status(&server).answers, 16);
    let (mut next, handle) = client(&server, journal);
    submit(&mut next, 0..40);
    check_squares(results(next), 40);
    handle.close();
    assert_eq!(begun.get(), 40, "nothing is executed again");
    let left = keys(&server);
    assert!(!left.iter().any(|key| key.ends_with(":r")), "{left:?}");
}

/// A task whose call is another one than before is not the one that is there.
#[test]
#[ignore = "needs redis-server"]
fn a_task_with_another_call_is_another_task() {
    let server = RedisServer::start();
    assert_eq!(detach(&server, 0..4), 4);
    assert_eq!(detach(&server, 0..6), 2);
    let deposit = kept(&server).deposit().unwrap();
    let other = [(TaskId::new(1), deposit.document((9,)).unwrap())];
    assert_eq!(
        deposit
            .detach(&other, 1000, 1 << 20, |_| {})
            .unwrap()
            .submitted,
        1
    );
    assert_eq!(run_status(&server).backlog, 6);
    let begun = Count::default();
    let _worker = worker(&server, "cuad", 2, Duration::ZERO, &begun);
    until("all are done", || run_status(&server).answers == 6);
    let files = TestDirectory::new("kept");
    let (mut next, _) = client(&server, Path::new(&files.path("journal")));
    for n in [0, 9, 7, 3, 4, 5] {
        next.enviar((n,)).unwrap();
    }
    let results: Vec<i32> = results(next).into_iter().map(Result::unwrap).collect();
    assert_eq!(results, [0, 81, 49, 9, 16, 25]);
    assert_eq!(begun.get(), 7, "the 2 became a 7");
}

#[test]
#[ignore = "needs redis-server"]
fn a_detached_run_goes_on_without_a_client() {
    let server = RedisServer::start();
    let before = keys(&server);
    assert_eq!(detach(&server, 0..300), 300);
    let status = run_status(&server);
    assert_eq!((status.backlog, status.tasks), (300, 0));
    assert_eq!(status.detached.unwrap().tasks, 1000);
    assert!(status.holder.is_none());
    let begun = Count::default();
    let worker = worker(&server, "cuad", 4, Duration::from_millis(5), &begun);
    until("some are done", || run_status(&server).answers >= 50);
    let on_the_queue = tasks(&server, "cuad");
    assert!(on_the_queue <= 16, "{on_the_queue} tasks are on the queue");
    // A client that looks in and goes again changes nothing.
    let files = TestDirectory::new("kept");
    let journal = files.path("journal");
    let (run, handle) = client(&server, Path::new(&journal));
    let control = run.handle();
    let sender = send_aside(run, 0..300);
    until("it has some", || begun.get() >= 120);
    control.drain();
    // All calls that wait end, however many the client has made by now.
    handle.withdraw();
    handle.leave();
    sender.join().unwrap();
    until("all are done", || {
        begun.get() == 300 && tasks(&server, "cuad") == 0
    });
    let (mut run, handle) = client(&server, Path::new(&journal));
    submit(&mut run, 0..300);
    check_squares(results(run), 300);
    handle.close();
    assert_eq!(begun.get(), 300, "nothing is executed again");
    drop(worker);
    let mut after = keys(&server);
    after.retain(|key| !["tasks", "lease"].iter().any(|name| key.ends_with(name)));
    assert_eq!(after, before);
}

/// A note that work has begun was once counted as an answer.
#[test]
#[ignore = "needs redis-server"]
fn the_status_of_a_run_counts_answers_and_no_work_that_has_begun() {
    let server = RedisServer::start();
    detach(&server, 0..20);
    let (gate, begun, ended) = <(Gate, Count, Count)>::default();
    let service = gated_squares(&gate, &begun, &ended);
    let worker = Worker::builder(url(&server), "cuad", service).slots(2);
    let _worker = worker.start().unwrap();
    until("work has begun", || {
        ask::<usize>(&server, &["XLEN", "rp:{cuad}:res:r"]) == 2
    });
    let status = run_status(&server);
    assert_eq!((status.answers, status.tasks + status.backlog), (0, 20));
    gate.open();
    until("all are done", || run_status(&server).answers == 20);
}

/// A detached run has as many tasks on the queue as one with a client, so that both have their turn.
#[test]
#[ignore = "needs redis-server"]
fn a_short_run_does_not_wait_for_a_long_detached_one() {
    let server = RedisServer::start();
    detach(&server, 0..400);
    let order = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&order);
    let mut service = Service::new();
    let square = move |n: i32| {
        noted.lock().unwrap().push(n);
        thread::sleep(Duration::from_millis(10));
        n * n
    };
    service.register("cuad", square).unwrap();
    let worker = Worker::builder(url(&server), "cuad", service).slots(2);
    let _worker = worker.start().unwrap();
    until("the long one is at work", || {
        run_status(&server).answers >= 10
    });
    let mut short = run(&server, "cuad");
    submit(&mut short, 1000..1020);
    assert!(results(short).iter().all(Result::is_ok));
    // Each has 16 tasks on the queue at a time. The last 4 of the short one come behind 16 of the other.
    let order = order.lock().unwrap();
    let is_short = |n: &i32| *n >= 1000;
    let first = order.iter().position(is_short).unwrap();
    let last = order.iter().rposition(is_short).unwrap();
    let between = last + 1 - first - 20;
    assert!(between <= 60, "{between} tasks of the long one went first");
    assert!(order.len() < 400);
}

#[test]
#[ignore = "needs redis-server"]
fn a_detached_run_is_withdrawn_as_a_whole() {
    let server = RedisServer::start();
    assert_eq!(kept(&server).withdraw().unwrap(), None);
    let before = keys(&server);
    detach(&server, 0..50);
    let begun = Count::default();
    let worker = worker(&server, "cuad", 1, Duration::from_millis(5), &begun);
    until("some are done", || run_status(&server).answers >= 10);
    let tasks = kept(&server).withdraw().unwrap().unwrap();
    assert!((20..=40).contains(&tasks), "{tasks}");
    drop(worker);
    let mut after = keys(&server);
    after.retain(|key| !["tasks", "lease"].iter().any(|name| key.ends_with(name)));
    assert_eq!(after, before);
    assert!(begun.get() < 50);
}

/// A deposit whose process dies is no run: no worker begins it, and the server forgets it soon.
#[test]
#[ignore = "needs redis-server"]
fn a_run_that_is_not_detached_yet_is_not_begun() {
    let server = RedisServer::start();
    let begun = Count::default();
    let _worker = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    let deposit = kept(&server).deposit().unwrap();
    let tasks: Vec<_> = (0..1000)
        .map(|n| (TaskId::new(n), deposit.document((7,)).unwrap()))
        .collect();
    let mut there = None;
    let detached = deposit.detach(&tasks, 1, 1, |done| {
        if done == 1000 {
            there = Some((run_status(&server), begun.get()));
        }
    });
    assert_eq!(detached.unwrap().submitted, 1000);
    let (status, begun_before) = there.unwrap();
    assert_eq!((status.backlog, begun_before), (1000, 0));
    assert!(status.expires_in <= Duration::from_secs(120));
    until("it is begun", || begun.get() > 0);
}

/// The engine forgets a detached run's keys, and its client submits what it still waits for.
#[test]
#[ignore = "needs redis-server"]
fn a_kept_run_outlives_an_engine_that_is_emptied() {
    let server = RedisServer::start();
    detach(&server, 0..60);
    let files = TestDirectory::new("kept");
    let (run, _) = client(&server, Path::new(&files.path("journal")));
    let run = submit_aside(run, 0..60);
    until("its window is on the queue", || {
        run_status(&server).tasks == 16
    });
    let _: () = ask(&server, &["FLUSHALL"]);
    let begun = Count::default();
    let _worker = worker(&server, "cuad", 2, Duration::ZERO, &begun);
    check_squares(results(run.join().unwrap()), 60);
}

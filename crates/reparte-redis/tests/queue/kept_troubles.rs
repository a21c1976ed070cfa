//! Kept runs on a server that is full, that is emptied, or whose clock was set back; and a run that is
//! not kept.

use std::path::Path;
use std::thread;
use std::time::Duration;

use reparte::TaskId;
use reparte_redis::{Error, RedisQueue};
use test_support::{RedisServer, TestDirectory, until};

use crate::fixture::{
    Count, ask, check_squares, keys, results, run, set_memory, submit, submit_aside, tasks, url,
    worker,
};
use crate::kept_runs::{client, detach, kept, run_status};

/// The answers of a detached run filled the server, and no client could begin to collect them: it
/// refused the lease.
#[test]
#[ignore = "needs redis-server"]
fn the_answers_that_fill_a_server_are_collected() {
    let server = RedisServer::start_with(&["--maxmemory-policy", "noeviction"]);
    let files = TestDirectory::new("kept");
    let begun = Count::default();
    let worker = worker(&server, "cuad", 2, Duration::ZERO, &begun);
    detach(&server, 0..20);
    until("all are done", || run_status(&server).answers == 20);
    set_memory(&server, "1");
    let (mut next, handle) = client(&server, Path::new(&files.path("journal")));
    submit(&mut next, 0..20);
    check_squares(results(next), 20);
    handle.close();
    assert_eq!(begun.get(), 20);
    let left = keys(&server);
    assert!(!left.iter().any(|key| key.ends_with(":r")), "{left:?}");
    drop(worker);
}

/// The numbers of a client once began at the clock alone: its tasks were refused, and the answers to an
/// earlier client were deleted as its own.
#[test]
#[ignore = "needs redis-server"]
fn a_clock_that_was_set_back_costs_nothing() {
    let server = RedisServer::start();
    let files = TestDirectory::new("kept");
    detach(&server, 0..6);
    // The last task is that of a client whose clock was years ahead.
    let highest = "4000000000000000";
    let wait = "rp:{cuad}:wait:r";
    let last: Vec<(String, Vec<String>)> =
        ask(&server, &["XREVRANGE", wait, "+", "-", "COUNT", "1"]);
    let (id, mut task) = last.into_iter().next().unwrap();
    let _: i32 = ask(&server, &["XDEL", wait, &id]);
    task[3] = highest.to_owned();
    let task: Vec<&str> = task.iter().map(String::as_str).collect();
    let id = format!("{highest}-0");
    let _: String = ask(&server, &[&["XADD", wait, &id], &task[..]].concat());
    let known: String = ask(&server, &["HGET", "rp:{cuad}:kept:r", "5"]);
    let known = known.replacen(known.split(' ').next().unwrap(), highest, 1);
    let _: i32 = ask(&server, &["HSET", "rp:{cuad}:kept:r", "5", &known]);
    let _: i32 = ask(&server, &["HSET", "rp:{cuad}:open:r", "highest", highest]);
    assert_eq!(detach(&server, 0..10), 4);
    let begun = Count::default();
    let _worker = worker(&server, "cuad", 2, Duration::ZERO, &begun);
    until("all are done", || run_status(&server).answers == 10);
    let (mut next, handle) = client(&server, Path::new(&files.path("journal")));
    submit(&mut next, 0..10);
    check_squares(results(next), 10);
    handle.close();
    assert_eq!(begun.get(), 10, "nothing is executed again");
}

/// A client once went on to take its run for a detached one, whose tasks the server had forgotten.
#[test]
#[ignore = "needs redis-server"]
fn a_server_that_is_emptied_forgets_that_a_run_is_detached() {
    let server = RedisServer::start();
    detach(&server, 0..60);
    let queue = kept(&server).start().unwrap();
    let handle = queue.handle();
    assert!(handle.is_detached());
    let _: () = ask(&server, &["FLUSHALL"]);
    until("it is known", || !handle.is_detached());
}

/// The run of a client that was there once was removed, and then said not to be there.
#[test]
#[ignore = "needs redis-server"]
fn a_run_that_is_not_kept_is_not_withdrawn() {
    let server = RedisServer::start();
    let mut run = run(&server, "cuad");
    submit(&mut run, 0..3);
    until("they are there", || tasks(&server, "cuad") == 3);
    let name = run_status(&server).run;
    let queue = RedisQueue::builder(url(&server), "cuad").keep(&*name, "north");
    let error = queue.withdraw().unwrap_err();
    assert!(matches!(error, Error::NotKept { .. }), "{error}");
    assert_eq!(tasks(&server, "cuad"), 3);
    assert_eq!(run_status(&server).tasks, 3);
    let begun = Count::default();
    let _worker = worker(&server, "cuad", 2, Duration::ZERO, &begun);
    check_squares(results(run), 3);
    assert_eq!(begun.get(), 3);
}

/// The answers of a detached run once had no limit.
#[test]
#[ignore = "needs redis-server"]
fn a_detached_run_waits_once_its_answers_take_their_bytes() {
    let server = RedisServer::start();
    let files = TestDirectory::new("kept");
    let begun = Count::default();
    let _worker = worker(&server, "cuad", 2, Duration::ZERO, &begun);
    let deposit = kept(&server).deposit().unwrap();
    let task = |n: i32| {
        let place = TaskId::new(n.unsigned_abs().into());
        (place, deposit.document((n,)).unwrap())
    };
    let all: Vec<_> = (0..100).map(task).collect();
    deposit.detach(&all, 1, 1000, |_| {}).unwrap();
    until("it waits", || {
        let run = run_status(&server);
        run.tasks == 0 && run.detached.is_some_and(|bytes| bytes.is_full())
    });
    let run = run_status(&server);
    let bytes = run.detached.unwrap();
    let each = bytes.answers / u64::try_from(run.answers).unwrap();
    // Those that were on the queue are done.
    assert!(bytes.answers < 1000 + 17 * each, "{bytes:?}");
    assert_eq!(run.backlog + run.answers, 100);
    let (mut next, handle) = client(&server, Path::new(&files.path("journal")));
    submit(&mut next, 0..100);
    check_squares(results(next), 100);
    handle.close();
    assert_eq!(begun.get(), 100);
}

/// A client of a run whose deposit had died waited for tasks that no worker moved.
#[test]
#[ignore = "needs redis-server"]
fn a_run_whose_deposit_has_died_is_collected() {
    let server = RedisServer::start();
    let files = TestDirectory::new("kept");
    detach(&server, 0..40);
    // As a deposit leaves it that dies before it detaches the run.
    let _: i32 = ask(&server, &["HDEL", "rp:{cuad}:detached", "r"]);
    let begun = Count::default();
    let _worker = worker(&server, "cuad", 2, Duration::ZERO, &begun);
    let (run, handle) = client(&server, Path::new(&files.path("journal")));
    let run = submit_aside(run, 0..40);
    until("all are done", || begun.get() == 40);
    check_squares(results(run.join().unwrap()), 40);
    handle.close();
    let left = keys(&server);
    assert!(!left.iter().any(|key| key.ends_with(":r")), "{left:?}");
    assert_eq!(begun.get(), 40, "nothing is executed again");
}

/// A client once looked for answers behind the last one of a stream that was gone.
#[test]
#[ignore = "needs redis-server"]
fn answers_are_read_after_a_server_was_emptied_and_its_clock_set_back() {
    let server = RedisServer::start();
    let files = TestDirectory::new("kept");
    let (mut run, handle) = client(&server, Path::new(&files.path("journal")));
    let add = ["XADD", "rp:{cuad}:res:r", "9999999999999-0", "n", "1"];
    let rest = ["kind", "begun", "answer", "", "by", "a-1", "ms", "1"];
    let _: String = ask(&server, &[&add[..], &rest].concat());
    until("it is read", || {
        ask::<i32>(&server, &["XLEN", "rp:{cuad}:res:r"]) == 0
    });
    let _: () = ask(&server, &["FLUSHALL"]);
    let begun = Count::default();
    let _worker = worker(&server, "cuad", 2, Duration::ZERO, &begun);
    submit(&mut run, 0..3);
    let results = thread::spawn(move || results(run));
    until("they are delivered", || results.is_finished());
    check_squares(results.join().unwrap(), 3);
    handle.close();
}

/// A deposit could once be ended with its process alone.
#[test]
#[ignore = "needs redis-server"]
fn a_deposit_that_is_stopped_tells_what_is_there() {
    let server = RedisServer::start();
    let stopped = || {
        let deposit = kept(&server).deposit().unwrap();
        let handle = deposit.handle();
        let task = |n: u16| {
            let document = deposit.document((i32::from(n),)).unwrap();
            (TaskId::new(n.into()), document)
        };
        let all: Vec<_> = (0..1000).map(task).collect();
        let stop = |there| {
            if there >= 256 {
                handle.stop();
            }
        };
        deposit.detach(&all, 1, 1, stop).unwrap_err()
    };
    let error = stopped();
    let expected = matches!(
        error,
        Error::Stopped {
            there: 256,
            stays: false
        }
    );
    assert!(expected, "{error}");
    let left = keys(&server);
    assert!(!left.iter().any(|key| key.ends_with(":r")), "{left:?}");
    // A run that was there before keeps them, and its client collects them.
    detach(&server, 0..10);
    let error = stopped();
    let expected = matches!(
        error,
        Error::Stopped {
            there: 256,
            stays: true
        }
    );
    assert!(expected, "{error}");
    assert_eq!(run_status(&server).backlog, 256);
}

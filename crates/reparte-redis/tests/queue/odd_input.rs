//! Workers and clients of others that send what this crate never sends.

use std::collections::HashMap;
use std::time::Duration;

use redis::Value;
use reparte::Destino;
use reparte_redis::RedisQueue;
use test_support::{RedisServer, until};

use crate::fixture::{
    Count, ask, check_squares, connection, eval, results, run, submit, take_all_and_die,
    take_and_die, tasks, url, worker,
};
use crate::kept_runs::detach;

/// A name that is no UTF-8, such as one with a host's in Latin-1.
const ODD_NAME: &[u8] = b"espa\xf1a-1";

/// A first worker without a sensible lease once failed all announcements of the queue, for ever.
#[test]
#[ignore = "needs redis-server"]
fn a_lease_that_is_none_stops_nobody() {
    let announce = |server: &RedisServer, lease: &str| -> String {
        let keys = ["tasks", "seen", "workers", "lease"];
        eval(server, "announce", &keys, &["odd-1", "1 0 x", lease])
    };
    for (lease, chosen) in [
        ("soon", "15000"),
        ("-1", "15000"),
        ("0", "300"),
        ("99999999999999999999", "3600000"),
    ] {
        let server = RedisServer::start();
        assert_eq!(announce(&server, lease), chosen, "{lease}");
        let workers: Vec<String> = ask(&server, &["HKEYS", "rp:{cuad}:workers"]);
        assert_eq!(workers, ["odd-1"], "{lease}");
        // Another hand may write there too.
        let _: () = ask(&server, &["SET", "rp:{cuad}:lease", lease]);
        assert_eq!(announce(&server, "4000"), chosen, "{lease}");
    }
}

/// A worker that tells of such slots once kept all others from the tasks of detached runs.
#[test]
#[ignore = "needs redis-server"]
fn slots_without_number_move_no_more_than_others() {
    let server = RedisServer::start();
    detach(&server, 0..50);
    let odd = "99999999999999999999 0 x";
    let _: i32 = ask(&server, &["HSET", "rp:{cuad}:workers", "odd-1", odd]);
    let keys = ["tasks", "res:r", "open:r", "wait:r", "detached", "workers"];
    let moved: i32 = eval(&server, "feed", &keys, &["r"]);
    assert_eq!(moved, 16);
}

/// A call of FEED once moved as many tasks as there was room for, while all others waited.
#[test]
#[ignore = "needs redis-server"]
fn a_call_moves_so_many_tasks_at_most() {
    let server = RedisServer::start();
    detach(&server, 0..1100);
    let workers = "rp:{cuad}:workers";
    let _: i32 = ask(&server, &["HSET", workers, "large-1", "60000 0 x"]);
    let keys = ["tasks", "res:r", "open:r", "wait:r", "detached", "workers"];
    let feed = || -> i32 { eval(&server, "feed", &keys, &["r"]) };
    assert_eq!([feed(), feed(), feed()], [1024, 76, 0]);
}

/// A run whose tasks can't be moved once kept all workers from tasks that were given back or lost.
#[test]
#[ignore = "needs redis-server"]
fn a_detached_run_that_is_broken_stops_no_other_one() {
    let server = RedisServer::start();
    detach(&server, 0..5);
    let _: () = ask(&server, &["SET", "rp:{cuad}:wait:r", "odd"]);
    let mut run = run(&server, "cuad");
    submit(&mut run, 0..3);
    take_all_and_die(&server, "dead-1", 3);
    let begun = Count::default();
    let _worker = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    check_squares(results(run), 3);
}

/// The fields of an entry were once looked for by their names here, and by their places in scripts: it was
/// given back and taken again without a pause.
#[test]
#[ignore = "needs redis-server"]
fn an_entry_with_its_fields_in_another_order_is_removed() {
    let server = RedisServer::start();
    let begun = Count::default();
    let _worker = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    let add = ["XADD", "rp:{cuad}:tasks", "*"];
    for fields in [
        &["n", "1", "run", "r", "call", "<x/>"][..],
        &["run", "r", "call", "<x/>", "n", "1"],
        &["odd", "1"],
    ] {
        let _: String = ask(&server, &[&add[..], fields].concat());
    }
    until("they are removed", || tasks(&server, "cuad") == 0);
    assert_eq!(begun.get(), 0);
}

/// The names of the workers that were lost with such an entry once stayed.
#[test]
#[ignore = "needs redis-server"]
fn an_entry_that_is_no_task_leaves_nothing() {
    let server = RedisServer::start();
    let _: i32 = eval(&server, "open", &["tasks", "res:r", "open:r"], &["60000"]);
    let _: String = ask(&server, &["XADD", "rp:{cuad}:tasks", "*", "odd", "1"]);
    let taken = take_and_die(&server, "cuad", "dead-1", 1);
    assert_eq!(taken, 1);
    let begun = Count::default();
    let _worker = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    until("it is removed", || tasks(&server, "cuad") == 0);
    until("nothing is left of it", || {
        ask::<i32>(&server, &["EXISTS", "rp:{cuad}:lost"]) == 0
    });
}

/// A task that was lost with a worker of such a name was once taken, and neither begun nor given back.
#[test]
#[ignore = "needs redis-server"]
fn a_task_of_a_dead_worker_with_an_odd_name_is_done() {
    let server = RedisServer::start();
    let mut run = run(&server, "cuad");
    submit(&mut run, 0..2);
    until("they are there", || tasks(&server, "cuad") == 2);
    let mut command = redis::cmd("XREADGROUP");
    command.arg("GROUP").arg("w").arg(ODD_NAME);
    command.arg("STREAMS").arg("rp:{cuad}:tasks").arg(">");
    let _: Value = command.query(&mut connection(&server)).unwrap();
    let begun = Count::default();
    let worker = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    check_squares(results(run), 2);
    assert_eq!(begun.get(), 2);
    drop(worker);
}

/// The names and the slots of all workers behind such a name once changed places.
#[test]
#[ignore = "needs redis-server"]
fn a_worker_with_an_odd_name_hides_no_other_one() {
    let server = RedisServer::start();
    let _: i32 = ask(&server, &["HSET", "rp:{cuad}:workers", "a-1", "20 0 x"]);
    let mut command = redis::cmd("HSET");
    command.arg("rp:{cuad}:workers").arg(ODD_NAME).arg("30 0 x");
    let _: i32 = command.query(&mut connection(&server)).unwrap();
    let _: i32 = ask(&server, &["HSET", "rp:{cuad}:workers", "z-1", "40 0 x"]);
    let queue = RedisQueue::builder(url(&server), "cuad").start().unwrap();
    let queue: &dyn Destino<(i32,), i32> = &queue;
    assert_eq!(queue.slots(), 180);
    let status = queue.status().unwrap().unwrap();
    let names: Vec<String> = status.workers.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["a-1", "espa\u{fffd}a-1", "z-1"]);
}

/// A reason of several lines once made names of workers of them.
#[test]
#[ignore = "needs redis-server"]
fn a_reason_of_several_lines_is_one_line() {
    let server = RedisServer::start();
    let run = ["tasks", "res:r", "open:r"];
    let _: i32 = eval(&server, "open", &run, &["60000"]);
    let id: String = eval(&server, "submit", &run, &["r", "1", "<x/>", "0", "0"]);
    let read = ["XREADGROUP", "GROUP", "w", "a-1", "STREAMS"];
    let _: Value = ask(&server, &[&read[..], &["rp:{cuad}:tasks", ">"]].concat());
    let reason = "no file\nb-1\t7\tx\nc-1\t7\ty\r\n";
    let keys = ["tasks", "unfit", "workers"];
    let arguments = ["a-1", &*id, reason, "60000"];
    let workers = "rp:{cuad}:workers";
    for name in ["a-1", "d-1"] {
        let _: i32 = ask(&server, &["HSET", workers, name, "1 0 x"]);
    }
    let lines: String = eval(&server, "unfit", &keys, &arguments);
    assert_eq!(lines, "", "one worker is unfit");
    let unfit: HashMap<String, String> = ask(&server, &["HGETALL", "rp:{cuad}:unfit"]);
    assert_eq!(unfit[&id].lines().count(), 1, "{unfit:?}");
}

/// An entry among the answers that is none once failed all reads behind it.
#[test]
#[ignore = "needs redis-server"]
fn an_entry_that_is_no_answer_is_passed() {
    let server = RedisServer::start();
    detach(&server, 0..2);
    let add = ["XADD", "rp:{cuad}:res:r", "*", "n", "1"];
    let id: String = ask(&server, &add);
    let keys = ["res:r", "kept:r", "detached"];
    let arguments = ["r", "256", "1000", "", &*id, "", "1"];
    let left: Vec<Value> = eval(&server, "collect", &keys, &arguments);
    assert_eq!(left.len(), 0, "{left:?}");
}

//! Runs whose client is dead.

use std::time::Duration;

use test_support::{RedisServer, until};

use crate::fixture::{
    Count, ask, check_squares, connection, eval, keys, results, run, submit, take_and_die, tasks,
    worker,
};

/// A run is dead when its stream of results has expired.
#[test]
#[ignore = "needs redis-server"]
fn the_tasks_of_a_dead_run_are_removed_and_not_begun() {
    let server = RedisServer::start();
    let begun = Count::default();
    let live = run(&server, "cuad");
    let mut connection = connection(&server);
    for n in 1..=20 {
        let fields = [
            ("run", "dead"),
            ("n", "1"),
            ("call", "<x/>"),
            ("limit", "0"),
        ];
        add(&mut connection, &format!("{n}-1"), &fields);
    }
    add(&mut connection, "99-1", &[("odd", "1")]);
    let worker = worker(&server, "cuad", 2, Duration::ZERO, &begun);
    let mut live = live;
    submit(&mut live, 0..5);
    check_squares(results(live), 5);
    until("the tasks are gone", || tasks(&server, "cuad") == 0);
    assert_eq!(begun.get(), 5);
    drop(worker);
}

/// Nobody reads them. A task of the run that a worker has died of leaves nothing either.
#[test]
#[ignore = "needs redis-server"]
fn the_results_of_a_dead_run_go_with_it() {
    let server = RedisServer::start();
    let begun = Count::default();
    let of_run = ["tasks", "res:dead", "open:dead"];
    let _: i32 = eval(&server, "open", &of_run, &["60000"]);
    let submit = |n: &str| -> String {
        let call = "<methodCall><methodName>cuad</methodName><params><param><value><int>3</int>\
                    </value></param></params></methodCall>";
        eval(&server, "submit", &of_run, &["dead", n, call, "0", "0", ""])
    };
    submit("1");
    let first = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    until("its result is there", || {
        ask::<usize>(&server, &["XLEN", "rp:{cuad}:res:dead"]) == 1
    });
    drop(first);
    let id = submit("2");
    until("a worker has the other task", || {
        take_and_die(&server, "cuad", "dead-1", 1) == 1
    });
    for key in ["rp:{cuad}:lost", "rp:{cuad}:unfit"] {
        let _: i32 = ask(&server, &["HSET", key, &id, "dead-0"]);
    }
    // The last sign of its client.
    let alive: Vec<String> = eval(&server, "check", &of_run, &["200", "dead", "0"]);
    assert_eq!(alive, ["alive"]);
    until("the run has expired", || {
        !keys(&server).iter().any(|key| key.contains(":dead"))
    });
    let second = worker(&server, "cuad", 1, Duration::ZERO, &begun);
    until("its task is removed", || tasks(&server, "cuad") == 0);
    assert_eq!(begun.get(), 1, "the task of the dead run is not begun");
    drop(second);
    let left = keys(&server);
    let is_of_queue = |key: &String| {
        let last = key.rsplit(':').next().unwrap();
        ["lease", "seen", "sweep", "tasks"].contains(&last)
    };
    assert!(left.iter().all(is_of_queue), "{left:?}");
}

fn add(connection: &mut redis::Connection, id: &str, fields: &[(&str, &str)]) {
    let mut command = redis::cmd("XADD");
    command.arg("rp:{cuad}:tasks").arg(id).arg(fields);
    let _: String = command.query(connection).unwrap();
}

//! Runs whose client is dead.

use std::time::Duration;

use test_support::{RedisServer, until};

use crate::fixture::{Count, check_squares, connection, results, run, submit, tasks, worker};

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

fn add(connection: &mut redis::Connection, id: &str, fields: &[(&str, &str)]) {
    let mut command = redis::cmd("XADD");
    command.arg("rp:{cuad}:tasks").arg(id).arg(fields);
    let _: String = command.query(connection).unwrap();
}

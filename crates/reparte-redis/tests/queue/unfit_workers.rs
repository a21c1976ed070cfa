//! Workers that can't do their work.

use std::time::{Duration, Instant};

use reparte::ErrorKind;
use reparte_redis::Worker;
use test_support::{RedisServer, until};
use xmlrpc_server::{Context, Fault, Service};

use crate::fixture::{Count, ask, check_squares, results, run, submit, tasks, url, worker};

/// Without a pause, it would take and give back each task before another worker could.
#[test]
#[ignore = "needs redis-server"]
fn a_worker_that_can_not_do_its_work_pauses_and_others_do_it() {
    let refuse = |context: &Context, _: i32| -> i32 {
        context.refuse();
        0
    };
    let fail = |_: i32| -> Result<i32, Fault> { Err(Fault::new(Fault::HOST_UNFIT, "no program")) };
    for kind in ["refuses", "unfit", "other function"] {
        let server = RedisServer::start();
        let asked = Count::default();
        let mut service = Service::new();
        match kind {
            "refuses" => service.register("cuad", refuse),
            "unfit" => service.register("cuad", fail),
            _ => service.register("other", |n: i32| n),
        }
        .unwrap();
        let broken = Worker::builder(url(&server), "cuad", service).slots(1);
        let broken = broken.start().unwrap();
        let mut run = run(&server, "cuad");
        submit(&mut run, 0..10);
        until("the broken worker has given one back", || {
            let tasks = "rp:{cuad}:tasks";
            let mut connection = crate::fixture::connection(&server);
            let pending: Vec<redis::Value> = redis::cmd("XPENDING")
                .arg(tasks)
                .arg("w")
                .arg("-")
                .arg("+")
                .arg(1)
                .arg("-")
                .query(&mut connection)
                .unwrap();
            !pending.is_empty()
        });
        let sound = worker(&server, "cuad", 1, Duration::from_millis(5), &asked);
        check_squares(results(run), 10);
        assert_eq!(asked.get(), 10, "{kind}");
        drop((broken, sound));
    }
}

fn unfit(server: &RedisServer, name: &str, lease: Duration) -> Worker {
    let fail = |_: i32| -> Result<i32, Fault> { Err(Fault::new(Fault::HOST_UNFIT, "no program")) };
    let mut service = Service::new();
    service.register("cuad", fail).unwrap();
    let worker = Worker::builder(url(server), "cuad", service).slots(1);
    worker.name(name).lease(lease).start().unwrap()
}

/// A task that every worker is unfit for once went from one to the next for ever.
#[test]
#[ignore = "needs redis-server"]
fn a_task_that_three_workers_are_unfit_for_fails_and_names_them() {
    let server = RedisServer::start();
    let names = ["one", "two", "three"];
    let workers = names.map(|name| unfit(&server, name, Duration::from_secs(60)));
    let mut run = run(&server, "cuad");
    submit(&mut run, 3..4);
    let error = results(run).remove(0).unwrap_err();
    let kinds: Vec<_> = error
        .history()
        .iter()
        .map(|call| call.error.kind())
        .collect();
    assert_eq!(kinds, [ErrorKind::GivenUp], "{error}");
    let text = error.to_string();
    for worker in &workers {
        let named = format!("{}: no program", worker.name());
        assert!(text.contains(&named), "{text}");
    }
    assert_eq!(tasks(&server, "cuad"), 0);
    let left: Vec<String> = ask(&server, &["KEYS", "rp:{cuad}:unfit"]);
    assert!(left.is_empty(), "{left:?}");
}

/// Another worker may come: the task fails only after a time.
#[test]
#[ignore = "needs redis-server"]
fn a_task_that_the_only_worker_is_unfit_for_fails_after_a_time() {
    let server = RedisServer::start();
    let lease = Duration::from_millis(500);
    let worker = unfit(&server, "only", lease);
    let mut run = run(&server, "cuad");
    let since = Instant::now();
    submit(&mut run, 3..4);
    let error = results(run).remove(0).unwrap_err().to_string();
    assert!(error.contains(worker.name()), "{error}");
    assert!(since.elapsed() >= lease * 4);
}

//! Workers that can't do their work.

use std::time::Duration;

use reparte_redis::Worker;
use test_support::{RedisServer, until};
use xmlrpc_server::{Context, Fault, Service};

use crate::fixture::{Count, check_squares, results, run, submit, url, worker};

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

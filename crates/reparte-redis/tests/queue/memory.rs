//! The server's memory over a long run.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use reparte::Repartidor;
use reparte_redis::RedisQueue;
use test_support::{RedisServer, until};

use crate::fixture::{Count, Run, ask, keys, tasks, url, worker};

fn memory(server: &RedisServer) -> u64 {
    let info: String = ask(server, &["INFO", "memory"]);
    let lines = info.lines().filter_map(|line| line.split_once(':'));
    let fields: HashMap<&str, &str> = lines.collect();
    fields["used_memory_dataset"].parse().unwrap()
}

/// The number of tasks is `REPARTE_TASKS`.
#[test]
#[ignore = "needs redis-server"]
fn memory_is_bounded_by_the_window_and_not_by_the_tasks() {
    let count = std::env::var("REPARTE_TASKS").map_or(5_000, |count| count.parse().unwrap());
    let server = RedisServer::start_with(&["--appendonly", "no"]);
    let begun = Count::default();
    let _workers = [1, 2].map(|_| worker(&server, "cuad", 64, Duration::ZERO, &begun));
    let queue = RedisQueue::builder(url(&server), "cuad").start().unwrap();
    let mut run: Run = Repartidor::builder().destinos([queue]).start().unwrap();
    let (mut sent, mut least, mut most) = (0, u64::MAX, 0);
    let began = Instant::now();
    for round in 1..=10 {
        while sent < count * round / 10 {
            run.enviar((sent % 1000,)).unwrap();
            sent += 1;
        }
        let used = memory(&server);
        (least, most) = (least.min(used), most.max(used));
    }
    run.terminar().unwrap();
    let rate = f64::from(count) / began.elapsed().as_secs_f64();
    println!("{count} tasks, {rate:.0} a second; the data had {least} to {most} bytes meanwhile");
    until("the run is closed", || {
        !keys(&server).iter().any(|key| key.contains("res:"))
    });
    let left = keys(&server);
    println!("{} bytes at the end, in {left:?}", memory(&server));
    assert_eq!(tasks(&server, "cuad"), 0);
    assert!(left.len() <= 5, "{left:?}");
    // A task on the queue and its answer have less than 2 KB, and 256 are there at most.
    assert!(most < least + (1 << 20), "{least} to {most}");
}

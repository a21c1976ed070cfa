//! A master that Sentinels replace.

use std::process::Command;
use std::time::Duration;

use reparte::Repartidor;
use reparte_redis::{RedisQueue, RedisUrl, Worker};
use rustix::process::Signal;
use test_support::{RedisServer, Running, TestDirectory, until};

use crate::fixture::{Count, LEASE, Run, check_squares, results, squares, submit_aside};

/// Starts a Sentinel that replaces a master after a second, alone.
fn sentinel(directory: &TestDirectory, port: u16, master: u16) -> Running {
    let text = format!(
        "port {port}\nbind 127.0.0.1\nsentinel monitor m 127.0.0.1 {master} 1\n\
         sentinel down-after-milliseconds m 1000\nsentinel failover-timeout m 3000\n"
    );
    let configuration = directory.write("sentinel.conf", &text, 0o600);
    let mut command = Command::new("redis-server");
    command.current_dir(directory.directory());
    command.args([&configuration, "--sentinel"]);
    Running::start(command)
}

#[test]
#[ignore = "needs redis-server"]
fn a_failover_to_a_replica_that_lacks_the_last_writes_costs_no_result() {
    let mut master = RedisServer::start();
    let port = master.port().to_string();
    let replica = RedisServer::start_with(&["--replicaof", "127.0.0.1", &port]);
    let asked = |server: &RedisServer, section: &str| -> String {
        let client = redis::Client::open(server.url()).unwrap();
        let mut connection = client.get_connection().unwrap();
        redis::cmd("INFO")
            .arg(section)
            .query(&mut connection)
            .unwrap()
    };
    until("the replica follows", || {
        asked(&replica, "replication").contains("master_link_status:up")
    });
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let sentinel_port = free.local_addr().unwrap().port();
    drop(free);
    let directory = TestDirectory::new("sentinel");
    let _sentinel = sentinel(&directory, sentinel_port, master.port());
    let ask = format!("redis://127.0.0.1:{sentinel_port}");
    until("the Sentinel knows the replica", || {
        let client = redis::Client::open(ask.clone()).unwrap();
        client.get_connection().is_ok_and(|mut connection| {
            let known: Vec<redis::Value> = redis::cmd("SENTINEL")
                .arg("replicas")
                .arg("m")
                .query(&mut connection)
                .unwrap_or_default();
            known.len() == 1
        })
    });
    let url: RedisUrl = format!("redis-sentinel://127.0.0.1:1,127.0.0.1:{sentinel_port}/m/0")
        .parse()
        .unwrap();
    let begun = Count::default();
    let start = || {
        let service = squares("cuad", Duration::from_millis(30), &begun);
        let worker = Worker::builder(url.clone(), "cuad", service);
        worker.slots(2).lease(LEASE).start().unwrap()
    };
    let workers = [start(), start()];
    let queue = RedisQueue::builder(url.clone(), "cuad").start().unwrap();
    let run: Run = Repartidor::builder().destinos([queue]).start().unwrap();
    let sender = submit_aside(run, 0..200);
    until("some are done", || begun.get() >= 40);
    // The replica is cut off: it lacks what the master then does.
    replica.signal(Signal::STOP);
    let client = redis::Client::open(master.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let cut: usize = redis::cmd("CLIENT")
        .arg(&["KILL", "TYPE", "replica"])
        .query(&mut connection)
        .unwrap();
    assert_eq!(cut, 1);
    let now = begun.get();
    until("some more are done", || begun.get() >= now + 20);
    master.kill();
    replica.signal(Signal::CONT);
    check_squares(results(sender.join().unwrap()), 200);
    // Work that the new master had forgotten was done again, and not delivered again.
    assert!(begun.get() > 200, "{}", begun.get());
    assert!(asked(&replica, "replication").contains("role:master"));
    drop(workers);
}

//! Runs in which nothing fails.

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use reparte::ErrorKind;
use reparte_redis::{RedisQueue, RedisUrl, Worker};
use test_support::{RedisServer, TestDirectory, until};
use xmlrpc_server::{Context, Fault, Service};

use crate::fixture::{
    Count, Gate, check_squares, keys, results, run, squares, submit, submit_aside, take_and_die,
    tasks, url, worker,
};

#[test]
#[ignore = "needs redis-server"]
fn tasks_are_answered_once_and_in_order() {
    let server = RedisServer::start();
    let begun = Count::default();
    let workers = [1, 2].map(|slots| worker(&server, "cuad", slots, Duration::ZERO, &begun));
    let mut run = run(&server, "cuad");
    submit(&mut run, 0..500);
    check_squares(results(run), 500);
    assert_eq!(begun.get(), 500);
    drop(workers);
}

#[test]
#[ignore = "needs redis-server"]
fn tasks_wait_for_the_first_worker() {
    let server = RedisServer::start();
    let begun = Count::default();
    let sender = submit_aside(run(&server, "cuad"), 0..1000);
    until("tasks are on the queue", || tasks(&server, "cuad") == 16);
    let worker = worker(&server, "cuad", 4, Duration::ZERO, &begun);
    check_squares(results(sender.join().unwrap()), 1000);
    assert_eq!(begun.get(), 1000);
    drop(worker);
}

#[test]
#[ignore = "needs redis-server"]
fn ten_runs_share_a_queue_and_two_queues_a_server() {
    let server = RedisServer::start();
    let begun = Count::default();
    let _square = worker(&server, "cuad", 4, Duration::from_millis(1), &begun);
    let mut service = Service::new();
    service.register("neg", |n: i32| -n).unwrap();
    let _neg = Worker::builder(url(&server), "neg", service)
        .start()
        .unwrap();
    let runs: Vec<_> = (0..10).map(|_| run(&server, "cuad")).collect();
    let mut negated = run(&server, "neg");
    thread::scope(|scope| {
        for mut run in runs {
            scope.spawn(move || {
                submit(&mut run, 0..50);
                check_squares(results(run), 50);
            });
        }
        submit(&mut negated, 0..50);
        let found: Vec<_> = results(negated).into_iter().map(Result::unwrap).collect();
        assert_eq!(found, (0..50).map(|n| -n).collect::<Vec<_>>());
    });
    assert_eq!(begun.get(), 500);
}

/// Memory is bounded: nothing of a run stays.
#[test]
#[ignore = "needs redis-server"]
fn the_server_has_the_same_keys_after_a_run_as_before() {
    let server = RedisServer::start();
    let begun = Count::default();
    let worker = worker(&server, "cuad", 2, Duration::ZERO, &begun);
    let before = keys(&server);
    let mut first = run(&server, "cuad");
    submit(&mut first, 0..100);
    check_squares(results(first), 100);
    // The key of the sweep lives for a second.
    let sweep = "rp:{cuad}:sweep".to_owned();
    let without_sweep = |keys: Vec<String>| -> Vec<String> {
        keys.into_iter().filter(|key| *key != sweep).collect()
    };
    let before = without_sweep(before);
    // The run closes its queue in a thread of its own.
    until("the run is closed", || {
        without_sweep(keys(&server)) == before
    });
    assert_eq!(tasks(&server, "cuad"), 0);
    worker.handle().stop();
    worker.wait(Duration::from_secs(5));
    // What is left has no worker and no task.
    let left = without_sweep(keys(&server));
    assert_eq!(left, ["rp:{cuad}:lease", "rp:{cuad}:tasks"]);
    assert_eq!(take_and_die(&server, "cuad", "x", 10), 0);
}

#[test]
#[ignore = "needs redis-server"]
fn a_fault_is_the_tasks_failure() {
    let server = RedisServer::start();
    let mut service = Service::new();
    let fail = |n: i32| -> Result<i32, Fault> { Err(Fault::new(n, "on request")) };
    service.register("fail", fail).unwrap();
    let _worker = Worker::builder(url(&server), "fail", service)
        .start()
        .unwrap();
    let mut run = run(&server, "fail");
    run.enviar((77,)).unwrap();
    let error = results(run).remove(0).unwrap_err();
    assert!(error.to_string().contains("on request"), "{error}");
    let kinds: Vec<_> = error
        .history()
        .iter()
        .map(|call| call.error.kind())
        .collect();
    assert_eq!(kinds, [ErrorKind::Fault { code: 77 }]);
}

/// The time counts from the start of the work, and not from the submission.
#[test]
#[ignore = "needs redis-server"]
fn a_time_limit_counts_from_the_start_of_the_work() {
    let server = RedisServer::start();
    let limit = Duration::from_secs(4);
    let (begun, gate) = <(Count, Gate)>::default();
    let mut service = Service::new();
    let held = (begun.clone(), gate.clone());
    // The number 0 waits for the gate. All others give the milliseconds that they have left.
    let left = move |context: &Context, n: i32| -> i32 {
        held.0.add();
        if n == 0 {
            held.1.wait();
        }
        let left = context.time_left().unwrap_or_default();
        i32::try_from(left.as_millis()).unwrap()
    };
    service.register("cuad", left).unwrap();
    let worker = Worker::builder(url(&server), "cuad", service).slots(1);
    let _worker = worker.start().unwrap();
    let mut holder = run(&server, "cuad");
    submit(&mut holder, 0..1);
    until("the slot is held", || begun.get() == 1);
    let queue = RedisQueue::builder(url(&server), "cuad").time_limit(limit);
    let queue = queue.start().unwrap();
    let mut limited: crate::fixture::Run = reparte::Repartidor::builder()
        .destinos([queue])
        .start()
        .unwrap();
    submit(&mut limited, 1..2);
    until("it is on the queue", || tasks(&server, "cuad") == 2);
    let since = Instant::now();
    until("the limit has passed", || since.elapsed() > limit);
    assert_eq!(begun.get(), 1);
    gate.open();
    let left = results(limited).remove(0).unwrap();
    assert!(left > 0, "no time is left");
    assert_eq!(results(holder).remove(0).unwrap(), 0);
}

#[test]
#[ignore = "needs redis-server"]
fn work_beyond_its_limit_is_told() {
    let server = RedisServer::start();
    let mut service = Service::new();
    let slow = |context: &Context, _: i32| -> Result<i32, Fault> {
        while !context.is_cancelled() {
            thread::sleep(Duration::from_millis(2));
        }
        Err(Fault::application("stopped"))
    };
    service.register("slow", slow).unwrap();
    let _worker = Worker::builder(url(&server), "slow", service)
        .start()
        .unwrap();
    let queue = RedisQueue::builder(url(&server), "slow").time_limit(Duration::from_millis(100));
    let queue = queue.start().unwrap();
    let mut run: crate::fixture::Run = reparte::Repartidor::builder()
        .destinos([queue])
        .start()
        .unwrap();
    run.enviar((1,)).unwrap();
    let error = results(run).remove(0).unwrap_err();
    let kinds: Vec<_> = error
        .history()
        .iter()
        .map(|call| call.error.kind())
        .collect();
    assert!(kinds.contains(&ErrorKind::Overran), "{error}");
}

#[test]
#[ignore = "needs redis-server"]
fn a_user_with_a_password_is_let_in() {
    // The commands are those of docs/engine.md.
    let user = "--user reparte on >secret ~rp:* -@all +@stream +@hash +@sortedset +@scripting \
                +@connection +exists +del +set +get +pexpire +pttl +time +info --user default off";
    let server = RedisServer::start_with(&user.split(' ').collect::<Vec<_>>());
    let service = squares("cuad", Duration::ZERO, &Count::default());
    let error = Worker::builder(url(&server), "cuad", service)
        .start()
        .unwrap_err();
    assert!(!error.is_transient(), "{error}");
    let mut options = reparte_redis::Options::default();
    options.user = Some("reparte".to_owned());
    options.password = Some("secret".to_owned());
    let service = squares("cuad", Duration::ZERO, &Count::default());
    let _worker = Worker::builder(url(&server), "cuad", service)
        .options(options.clone())
        .start()
        .unwrap();
    let queue = RedisQueue::builder(url(&server), "cuad").options(options);
    let queue = queue.start().unwrap();
    let mut run: crate::fixture::Run = reparte::Repartidor::builder()
        .destinos([queue])
        .start()
        .unwrap();
    submit(&mut run, 0..5);
    check_squares(results(run), 5);
}

#[test]
#[ignore = "needs redis-server"]
fn a_server_with_tls_is_trusted_by_its_authority_alone() {
    let key = rcgen::KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned()];
    let certificate = rcgen::CertificateParams::new(names)
        .unwrap()
        .self_signed(&key)
        .unwrap()
        .pem();
    let directory = TestDirectory::new("redis tls");
    let chain = directory.write("chain.pem", &certificate, 0o600);
    let key = directory.write("key.pem", &key.serialize_pem(), 0o600);
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let tls = ["--tls-port", &port, "--tls-auth-clients", "no"];
    let files = ["--tls-cert-file", &chain, "--tls-key-file", &key];
    let _server = RedisServer::start_with(&[tls, files].concat());
    let url: RedisUrl = format!("rediss://localhost:{port}").parse().unwrap();
    let service = || squares("cuad", Duration::ZERO, &Count::default());
    let error = Worker::builder(url.clone(), "cuad", service()).start();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("certificate"), "{error}");
    let mut options = reparte_redis::Options::default();
    options.authorities = Some(certificate.into_bytes());
    let worker = Worker::builder(url.clone(), "cuad", service()).options(options.clone());
    let _worker = worker.start().unwrap();
    let queue = RedisQueue::builder(url, "cuad").options(options);
    let destinos = [queue.start().unwrap()];
    let mut run: crate::fixture::Run = reparte::Repartidor::builder()
        .destinos(destinos)
        .start()
        .unwrap();
    submit(&mut run, 0..5);
    check_squares(results(run), 5);
}

//! Work in this process: alone, beside servers, and when none is left.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod fake_server;

use std::sync::mpsc::channel;
use std::thread;

use fake_server::{SOON, fake_servers, next, send, short_outage};
use reparte::{
    Call, CallError, Destino, Error, ErrorKind, Event, Local, Repartidor, ServerState,
    TaskErrorKind, from_fn,
};

fn squares() -> impl Destino<u32, u32> {
    Local::new(|n: &u32, _: &Call| Ok(n * n))
}

fn expected(tasks: u32) -> Vec<u32> {
    (0..tasks).map(|n| n * n).collect()
}

#[test]
fn a_run_needs_no_server() {
    let mut reparto = Repartidor::builder().destinos([squares()]).start().unwrap();
    let handle = reparto.handle();
    send(&mut reparto, 0..100);
    assert_eq!(reparto.terminar().unwrap(), expected(100));
    let summary = handle.summary();
    let cores = thread::available_parallelism().unwrap().get();
    assert_eq!(
        (&*summary.servers[0].name, summary.servers[0].slots),
        ("local", cores)
    );
}

#[test]
fn a_pool_works_with_all_of_its_threads() {
    let (sender, arrived) = channel();
    let pool = Local::new(move |n: &u32, call: &Call| {
        sender.send(*n).unwrap();
        while !call.is_cancelled() {
            thread::yield_now();
        }
        Ok(0)
    });
    let pool = pool.with_slots(3).with_name("here");
    let mut reparto = Repartidor::builder().destinos([pool]).start().unwrap();
    let handle = reparto.handle();
    send(&mut reparto, 0..3);
    let mut at_once: Vec<u32> = (0..3)
        .map(|_| arrived.recv_timeout(SOON).unwrap())
        .collect();
    at_once.sort_unstable();
    assert_eq!(at_once, [0, 1, 2]);
    assert_eq!(&*handle.summary().servers[0].name, "here");
    // A cancelled call may return early.
    handle.cancel_all();
    let incomplete = reparto.terminar().unwrap_err();
    let kinds = incomplete
        .outcomes()
        .iter()
        .map(|o| o.as_ref().unwrap_err().kind());
    assert!(kinds.eq([TaskErrorKind::Cancelled; 3]));
}

#[test]
fn a_panic_is_its_tasks_failure_and_no_other() {
    let pool = Local::new(|&n: &u32, _: &Call| match n {
        1 => panic!("no ones, please"),
        3 => Err(CallError::fault(3, "no threes")),
        _ => Ok(n * n),
    });
    let mut reparto = Repartidor::builder()
        .destinos([pool.with_slots(2)])
        .start()
        .unwrap();
    send(&mut reparto, 0..20);
    let incomplete = reparto.terminar().unwrap_err();
    for (n, outcome) in (0..).zip(incomplete.outcomes()) {
        let Err(error) = outcome else {
            assert_eq!(*outcome.as_ref().unwrap(), n * n);
            continue;
        };
        let (code, text) = match n {
            1 => (-32603, "the function panicked: no ones, please"),
            _ => (3, "no threes"),
        };
        assert_eq!((error.kind(), error.calls()), (TaskErrorKind::Permanent, 1));
        let failed = &error.history()[0].error;
        assert_eq!(
            (failed.kind(), failed.message()),
            (ErrorKind::Fault { code }, text)
        );
    }
    let summary = incomplete.summary();
    assert_eq!((summary.done, summary.failed), (18, 2));
    assert_eq!(summary.servers[0].state, ServerState::Up);
}

#[test]
fn local_threads_work_beside_servers() {
    let servers: [Box<dyn Destino<u32, u32>>; 2] = [
        Box::new(from_fn("far", |n: &u32| Ok(n * n))),
        Box::new(squares()),
    ];
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    let handle = reparto.handle();
    send(&mut reparto, 0..200);
    assert_eq!(reparto.terminar().unwrap(), expected(200));
    assert!(
        handle
            .summary()
            .servers
            .iter()
            .all(|server| server.tasks > 0)
    );
}

#[test]
fn a_reserve_is_left_alone_while_there_are_servers() {
    let mut reparto = Repartidor::builder()
        .destinos([from_fn("far", |n: &u32| Ok(n * n))])
        .options(short_outage())
        .fallback(squares())
        .start()
        .unwrap();
    let handle = reparto.handle();
    send(&mut reparto, 0..50);
    assert_eq!(reparto.terminar().unwrap(), expected(50));
    let summary = handle.summary();
    let states: Vec<_> = summary.servers.iter().map(|s| (s.tasks, s.state)).collect();
    assert_eq!(states, [(50, ServerState::Up), (0, ServerState::Reserve)]);
}

#[test]
fn a_reserve_takes_over_when_no_server_is_left() {
    for kind in [ErrorKind::Unreachable, ErrorKind::Refused, ErrorKind::Wrong] {
        let (servers, calls) = fake_servers(&[("a", 1), ("b", 1)]);
        let mut reparto = Repartidor::builder()
            .destinos(servers)
            .options(short_outage())
            .fallback(squares())
            .start()
            .unwrap();
        let handle = reparto.handle();
        let events = handle.events(1000);
        send(&mut reparto, 0..2);
        next(&calls).square();
        send(&mut reparto, 2..3);
        let failing = thread::spawn(move || calls.into_iter().for_each(|call| call.fail(kind)));
        send(&mut reparto, 3..30);
        assert_eq!(reparto.terminar().unwrap(), expected(30), "{kind}");
        let summary = handle.summary();
        assert_eq!(summary.servers[2].tasks, 29, "{kind}");
        assert_eq!(summary.servers[2].state, ServerState::Up);
        let fell_back = events.filter(
            |event| matches!(event, Event::ReserveInUse { server, .. } if &**server == "local"),
        );
        assert_eq!(fell_back.count(), 1);
        failing.join().unwrap();
    }
}

#[test]
fn a_reserve_of_no_slots_is_refused() {
    let none = Local::new(|n: &u32, _: &Call| Ok(*n)).with_slots(0);
    let run = Repartidor::builder().destinos([squares()]).fallback(none);
    let error = run.start().unwrap_err();
    assert!(matches!(error, Error::NoSlots { server, .. } if server == "local"));
}

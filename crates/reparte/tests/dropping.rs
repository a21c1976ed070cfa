//! A run that is dropped early ends: nothing hangs, and no thread is left.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod fake_server;

use std::panic::{AssertUnwindSafe, catch_unwind};

use fake_server::{SOON, fake_servers, next, send};
use reparte::{Call, CallError, CallId, Destino, Options, Repartidor};

/// Checks that all servers are dropped: the channel of their calls is then disconnected.
fn check_all_gone(calls: &crossbeam_channel::Receiver<fake_server::PendingCall>) {
    let gone = Err(crossbeam_channel::RecvTimeoutError::Disconnected);
    assert_eq!(calls.recv_timeout(SOON).map(|held| held.args), gone);
}

#[test]
fn dropped_idle_its_threads_end() {
    let (servers, calls) = fake_servers(&[("a", 2), ("b", 1)]);
    drop(Repartidor::builder().destinos(servers).start().unwrap());
    check_all_gone(&calls);
}

#[test]
fn dropped_at_work_its_calls_are_cancelled() {
    let (servers, calls) = fake_servers(&[("a", 2), ("b", 1)]);
    let mut options = Options::default();
    options.read_ahead = 1;
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(options)
        .start()
        .unwrap();
    send(&mut reparto, 0..4);
    let held: Vec<_> = (0..3).map(|_| next(&calls)).collect();
    drop(reparto);
    check_all_gone(&calls);
    drop(held);
}

#[test]
fn a_call_that_cannot_be_cancelled_is_not_waited_for() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let servers = servers
        .into_iter()
        .map(fake_server::FakeServer::ignoring_cancel);
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    reparto.enviar(1).unwrap();
    let held = next(&calls);
    drop(reparto);
    held.square();
    check_all_gone(&calls);
}

#[test]
fn dropped_iterators_end_their_run() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    reparto.enviar(1).unwrap();
    let held = next(&calls);
    drop(reparto.as_completed());
    check_all_gone(&calls);
    drop(held);

    let (servers, calls) = fake_servers(&[("a", 1)]);
    let reparto = Repartidor::builder().destinos(servers).start().unwrap();
    let mut map = reparto.map(0..);
    let answers = std::thread::spawn(move || {
        next(&calls).square();
        calls
    });
    assert_eq!(map.next().unwrap().1.unwrap(), 0);
    drop(map);
    let calls = answers.join().unwrap();
    // The next call may have begun.
    while calls.recv_timeout(SOON).is_ok() {}
    check_all_gone(&calls);
}

#[test]
fn a_panic_in_cancel_harms_nobody() {
    struct PanicsInCancel(fake_server::FakeServer);

    impl Destino<u32, u32> for PanicsInCancel {
        fn name(&self) -> &str {
            "panics"
        }

        fn call(&self, args: &u32, call: &Call) -> Result<u32, CallError> {
            self.0.call(args, call)
        }

        fn cancel(&self, _call: CallId) {
            panic!("no");
        }
    }

    let (servers, calls) = fake_servers(&[("a", 1)]);
    let servers = servers.into_iter().map(PanicsInCancel);
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    reparto.enviar(1).unwrap();
    let held = next(&calls);
    drop(reparto);
    held.square();
    check_all_gone(&calls);
}

#[test]
fn a_panic_between_sending_and_ending_does_not_hang() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(move || {
        reparto.enviar(1).unwrap();
        panic!("the caller's own");
    }));
    assert!(panicked.is_err());
    while calls.recv_timeout(SOON).is_ok() {}
    check_all_gone(&calls);
}

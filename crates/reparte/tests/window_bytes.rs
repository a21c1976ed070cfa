//! The bytes of results that an iterator holds.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod fake_server;

use std::sync::mpsc;
use std::thread;

use fake_server::{FakeServer, NEVER, SOON, error, fake_servers, next, next_two, send};
use reparte::{ErrorKind, Journal, Options, Repartidor, RepartidorBuilder};

/// The size of each result.
const BYTES: usize = 5;

/// Returns a builder whose window has room for two results.
fn builder(servers: Vec<FakeServer>) -> RepartidorBuilder<u32, u32> {
    let mut options = Options::default();
    options.window_bytes = 2 * BYTES;
    options.read_ahead = 100;
    options.hedge = false;
    Repartidor::builder()
        .destinos(servers)
        .options(options)
        .result_bytes(|_| BYTES)
}

#[test]
fn tasks_wait_while_results_fill_the_window() {
    let (servers, calls) = fake_servers(&[("a", 2)]);
    let (mut sender, mut outcomes) = builder(servers).start().unwrap().split_ordered();
    for n in 1..=6 {
        sender.enviar(n).unwrap();
    }
    drop(sender);
    let [first, second] = next_two(&calls);
    assert_eq!((first.args, second.args), (1, 2));
    second.square();
    let third = next(&calls);
    assert_eq!(third.args, 3);
    third.square();
    // Both results wait for the first, and no task begins.
    assert!(calls.recv_timeout(NEVER).is_err());
    // The first is retried all the same.
    first.fail(ErrorKind::Unreachable);
    let first = next(&calls);
    assert_eq!(first.args, 1);
    first.square();
    let mut given = || outcomes.next().unwrap().1.unwrap();
    assert_eq!([given(), given()], [1, 4]);
    // The third result alone is left.
    let [fourth, fifth] = next_two(&calls);
    assert_eq!((fourth.args, fifth.args), (4, 5));
    fourth.square();
    fifth.square();
    assert_eq!([given(), given(), given()], [9, 16, 25]);
    next(&calls).square();
    assert_eq!(given(), 36);
    assert!(outcomes.next().is_none());
}

#[test]
fn results_in_any_order_fill_the_window_until_they_are_taken() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let (mut sender, mut outcomes) = builder(servers).start().unwrap().split();
    for n in 1..=4 {
        sender.enviar(n).unwrap();
    }
    drop(sender);
    next(&calls).square();
    next(&calls).square();
    // The oldest task may begin, whatever the window holds.
    let third = next(&calls);
    third.square();
    let fourth = next(&calls);
    fourth.square();
    let results: Vec<u32> = outcomes
        .by_ref()
        .map(|(_, square)| square.unwrap())
        .collect();
    assert_eq!(results, [1, 4, 9, 16]);
}

#[test]
fn all_results_are_collected_without_a_limit() {
    let (servers, calls) = fake_servers(&[("a", 3)]);
    let mut reparto = builder(servers).start().unwrap();
    send(&mut reparto, 1..=9);
    let first = next(&calls);
    for _ in 2..=9 {
        next(&calls).square();
    }
    first.square();
    assert_eq!(
        reparto.terminar().unwrap(),
        [1, 4, 9, 16, 25, 36, 49, 64, 81]
    );
}

#[test]
fn results_of_an_earlier_run_wait_for_the_window_too() {
    let path = std::env::temp_dir().join(format!("reparte-window-{}", std::process::id()));
    let journal = || Journal::open(&path, "window").unwrap();
    let tasks = 1..=5;
    let (servers, calls) = fake_servers(&[("a", 5)]);
    let mut reparto = builder(servers).journal(journal()).start().unwrap();
    send(&mut reparto, tasks.clone());
    for _ in tasks.clone() {
        let call = next(&calls);
        match call.args {
            1 => call.answer(Err(error(ErrorKind::Fault { code: 1 }))),
            _ => call.square(),
        }
    }
    reparto.terminar().unwrap_err();

    let (servers, calls) = fake_servers(&[("a", 1)]);
    let reparto = builder(servers).journal(journal()).start().unwrap();
    let (mut sender, outcomes) = reparto.split_ordered();
    let (told, sent) = mpsc::channel();
    let sending = thread::spawn(move || {
        for n in 1..=5 {
            sender.enviar(n).unwrap();
            told.send(n).unwrap();
        }
    });
    for n in 1..=3 {
        assert_eq!(sent.recv_timeout(SOON), Ok(n));
    }
    // Two results wait for the first.
    assert!(sent.recv_timeout(NEVER).is_err());
    next(&calls).square();
    let results: Vec<u32> = outcomes.map(|(_, square)| square.unwrap()).collect();
    assert_eq!(results, [1, 4, 9, 16, 25]);
    sending.join().unwrap();
    std::fs::remove_file(&path).unwrap();
}

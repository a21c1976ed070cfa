//! A run in two halves: one thread sends, another reads the outcomes.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod fake_server;

use std::sync::mpsc;
use std::thread;

use fake_server::{NEVER, SOON, fake_servers, next};
use reparte::{ErrorKind, Options, Repartidor, TaskErrorKind, TryNextError};

fn window(tasks: usize) -> Options {
    let mut options = Options::default();
    options.window = tasks;
    options
}

#[test]
fn outcomes_come_while_the_next_task_is_waited_for() {
    let (servers, calls) = fake_servers(&[("a", 2)]);
    let (mut sender, mut outcomes) = Repartidor::builder()
        .destinos(servers)
        .start()
        .unwrap()
        .split();
    let first = sender.enviar(1).unwrap();
    let second = sender.enviar(2).unwrap();
    assert_eq!(outcomes.try_next().unwrap_err(), TryNextError::Empty);
    let (early, late) = (next(&calls), next(&calls));
    late.square();
    let (task, outcome) = outcomes.next().unwrap();
    assert!(task == first || task == second);
    outcome.unwrap();
    early.square();
    outcomes.next().unwrap().1.unwrap();
    drop(sender);
    assert!(outcomes.next().is_none());
    assert_eq!(outcomes.try_next().unwrap_err(), TryNextError::Ended);
    assert!(outcomes.next().is_none());
}

#[test]
fn the_window_counts_what_waits_for_an_earlier_one() {
    let (servers, calls) = fake_servers(&[("a", 2)]);
    let reparto = Repartidor::builder()
        .destinos(servers)
        .options(window(2))
        .start()
        .unwrap();
    let (mut sender, mut outcomes) = reparto.split_ordered();
    let (told, sent) = mpsc::channel();
    let sending = thread::spawn(move || {
        for n in 1..=3 {
            sender.enviar(n).unwrap();
            told.send(n).unwrap();
        }
    });
    let (one, two) = (next(&calls), next(&calls));
    let (first, second) = if one.args == 1 {
        (one, two)
    } else {
        (two, one)
    };
    assert_eq!(
        [sent.recv_timeout(SOON), sent.recv_timeout(SOON)],
        [Ok(1), Ok(2)]
    );
    second.square();
    // A slot is free, and the second waits for the first: the third is not sent.
    assert_eq!(outcomes.try_next().unwrap_err(), TryNextError::Empty);
    assert!(sent.recv_timeout(NEVER).is_err());
    first.square();
    assert_eq!(outcomes.next().unwrap().1.unwrap(), 1);
    assert_eq!(sent.recv_timeout(SOON), Ok(3));
    next(&calls).square();
    let rest: Vec<u32> = outcomes
        .by_ref()
        .map(|(_, outcome)| outcome.unwrap())
        .collect();
    assert_eq!(rest, [4, 9]);
    sending.join().unwrap();
}

#[test]
fn tasks_sent_before_come_first() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(window(1))
        .start()
        .unwrap();
    reparto.enviar(7).unwrap();
    let (sender, outcomes) = reparto.split_ordered();
    drop(sender);
    next(&calls).square();
    let all: Vec<u32> = outcomes.map(|(_, outcome)| outcome.unwrap()).collect();
    assert_eq!(all, [49]);
}

#[test]
fn a_sender_learns_that_nobody_reads() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let (mut sender, outcomes) = Repartidor::builder()
        .destinos(servers)
        .options(window(1))
        .start()
        .unwrap()
        .split();
    sender.enviar(1).unwrap();
    let _cut = next(&calls);
    let sending = thread::spawn(move || sender.enviar(2).unwrap_err().into_args());
    drop(outcomes);
    assert_eq!(sending.join().unwrap(), 2);
}

#[test]
fn a_run_that_is_ended_waits_for_its_calls_alone() {
    let (servers, calls) = fake_servers(&[("a", 1), ("b", 1)]);
    let mut options = window(9);
    options.read_ahead = 5;
    let reparto = Repartidor::builder()
        .destinos(servers)
        .options(options)
        .start()
        .unwrap();
    let handle = reparto.handle();
    let (mut sender, outcomes) = reparto.split_ordered();
    for n in 1..=4 {
        sender.enviar(n).unwrap();
    }
    let (one, other) = (next(&calls), next(&calls));
    assert!(!handle.summary().is_stopping);
    handle.drain();
    let lost = other.args;
    one.square();
    other.fail(ErrorKind::Interrupted);
    assert_eq!(sender.enviar(5).unwrap_err().into_args(), 5);
    let outcomes: Vec<_> = outcomes.map(|(_, outcome)| outcome).collect();
    assert_eq!(outcomes.len(), 4);
    for (n, outcome) in (1..).zip(&outcomes) {
        match outcome {
            Ok(square) => assert!(n <= 2 && n != lost && *square == n * n),
            Err(error) => assert_eq!(error.kind(), TaskErrorKind::NotRun, "{error}"),
        }
    }
    let summary = handle.summary();
    assert!(summary.is_stopping);
    assert_eq!((summary.done, summary.not_run, summary.lost()), (1, 3, 0));
    assert!(calls.try_recv().is_err());
}

/// Found when the window had one place more for each of them.
#[test]
fn tasks_beyond_the_window_that_were_sent_before_are_counted() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut options = window(1);
    options.read_ahead = 1;
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(options)
        .start()
        .unwrap();
    reparto.enviar(1).unwrap();
    reparto.enviar(2).unwrap();
    next(&calls).square();
    next(&calls).square();
    reparto.enviar(3).unwrap();
    reparto.enviar(4).unwrap();
    // Four are not given, and the window is of two.
    let (mut sender, mut outcomes) = reparto.split_ordered();
    let (told, sent) = mpsc::channel();
    let sending = thread::spawn(move || told.send(sender.enviar(5).unwrap()).unwrap());
    next(&calls).square();
    for _ in 0..2 {
        outcomes.next().unwrap().1.unwrap();
    }
    assert!(sent.recv_timeout(NEVER).is_err());
    outcomes.next().unwrap().1.unwrap();
    sent.recv_timeout(SOON).unwrap();
    next(&calls).square();
    next(&calls).square();
    assert_eq!(outcomes.by_ref().count(), 2);
    sending.join().unwrap();
}

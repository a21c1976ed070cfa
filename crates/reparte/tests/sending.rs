//! Sending blocks as it should. Results come in order, or as their tasks end.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod fake_server;

use std::thread;

use crossbeam_channel::unbounded;
use fake_server::{NEVER, SOON, fake_servers, next, send};
use reparte::{
    AsCompleted, Error, Incomplete, MAX_SLOTS, Map, MapUnordered, Options, Repartidor, SendError,
    from_fn,
};

#[test]
fn results_come_in_order_of_sending() {
    let (servers, calls) = fake_servers(&[("a", 1), ("b", 2)]);
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    for n in 1..=3 {
        assert_eq!(reparto.enviar(n).unwrap().index(), u64::from(n) - 1);
    }
    let mut held: Vec<_> = (0..3).map(|_| next(&calls)).collect();
    held.sort_by_key(|held| held.args);
    held.into_iter()
        .rev()
        .for_each(fake_server::PendingCall::square);
    let handle = reparto.handle();
    assert_eq!(reparto.terminar().unwrap(), [1, 4, 9]);

    let summary = handle.summary();
    assert_eq!((summary.tasks, summary.done, summary.lost()), (3, 3, 0));
    assert_eq!((summary.executions, summary.retries), (3, 0));
    let tasks: Vec<_> = summary.servers.iter().map(|s| s.tasks).collect();
    assert_eq!(tasks, [1, 2]);
}

#[test]
fn results_come_as_they_end() {
    let (servers, calls) = fake_servers(&[("a", 3)]);
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    send(&mut reparto, 1..=3);
    let mut held: Vec<_> = (0..3).map(|_| next(&calls)).collect();
    held.sort_by_key(|held| held.args);
    let mut ended = reparto.as_completed();
    for n in [3_u32, 1, 2] {
        let at = held.iter().position(|held| held.args == n).unwrap();
        held.swap_remove(at).square();
        let (task, result) = ended.next().unwrap();
        assert_eq!((task.index(), result.unwrap()), (u64::from(n) - 1, n * n));
    }
    assert!(ended.next().is_none());
    assert!(ended.next().is_none());
}

#[test]
fn sending_blocks_until_a_slot_is_free() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    reparto.enviar(1).unwrap();
    let first = next(&calls);
    let (sent_to, sent) = unbounded();
    let sender = thread::spawn(move || {
        reparto.enviar(2).unwrap();
        sent_to.send(()).unwrap();
        reparto.terminar().unwrap()
    });
    assert!(sent.recv_timeout(NEVER).is_err());
    first.square();
    sent.recv_timeout(SOON).unwrap();
    next(&calls).square();
    assert_eq!(sender.join().unwrap(), [1, 4]);
}

#[test]
fn with_a_read_ahead_so_many_wait() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut options = Options::default();
    options.read_ahead = 2;
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(options)
        .start()
        .unwrap();
    send(&mut reparto, 1..=3);
    let first = next(&calls);
    let (sent_to, sent) = unbounded();
    let sender = thread::spawn(move || {
        reparto.enviar(4).unwrap();
        sent_to.send(()).unwrap();
        reparto.terminar().unwrap()
    });
    assert!(sent.recv_timeout(NEVER).is_err());
    first.square();
    sent.recv_timeout(SOON).unwrap();
    (0..3).for_each(|_| next(&calls).square());
    assert_eq!(sender.join().unwrap(), [1, 4, 9, 16]);
}

#[test]
fn a_map_is_in_order_and_bounded() {
    let (servers, calls) = fake_servers(&[("a", 2)]);
    let mut options = Options::default();
    options.window = 5;
    let reparto = Repartidor::builder()
        .destinos(servers)
        .options(options)
        .start()
        .unwrap();
    let (asked_to, asked) = unbounded();
    let tasks = (1..=20).inspect(move |&n| asked_to.send(n).unwrap());
    let (read_to, read) = unbounded();
    let reader = thread::spawn(move || {
        for (_, result) in reparto.map(tasks) {
            read_to.send(result.unwrap()).unwrap();
        }
    });
    // The first is held; the other slot works until the window is full.
    let (first, others): (Vec<_>, Vec<_>) = (0..2)
        .map(|_| next(&calls))
        .partition(|held| held.args == 1);
    others
        .into_iter()
        .for_each(fake_server::PendingCall::square);
    (3..=5).for_each(|_| next(&calls).square());
    assert!(calls.recv_timeout(NEVER).is_err());
    assert!(read.is_empty());
    assert_eq!(asked.len(), 5);
    first.into_iter().for_each(fake_server::PendingCall::square);
    (6..=20).for_each(|_| next(&calls).square());
    reader.join().unwrap();
    let squares: Vec<_> = (1..=20).map(|n| n * n).collect();
    assert_eq!(read.iter().collect::<Vec<_>>(), squares);
}

#[test]
fn a_map_as_they_end_overtakes() {
    let (servers, calls) = fake_servers(&[("a", 2)]);
    let reparto = Repartidor::builder().destinos(servers).start().unwrap();
    let reader = thread::spawn(move || {
        let ended = reparto.map_unordered([1, 2, 3]);
        ended
            .map(|(task, result)| (task.index(), result.unwrap()))
            .collect::<Vec<_>>()
    });
    let (first, second): (Vec<_>, Vec<_>) = (0..2)
        .map(|_| next(&calls))
        .partition(|held| held.args == 1);
    second
        .into_iter()
        .for_each(fake_server::PendingCall::square);
    let third = next(&calls);
    assert_eq!(third.args, 3);
    first.into_iter().for_each(fake_server::PendingCall::square);
    third.square();
    let ended = reader.join().unwrap();
    assert_eq!(ended[0], (1, 4));
    assert_eq!(ended.len(), 3);
}

#[test]
fn terminar_is_exempt_from_the_window() {
    let mut options = Options::default();
    options.window = 1;
    let mut reparto = Repartidor::builder()
        .destinos([from_fn("a", |n: &u32| Ok(n + 1))])
        .options(options)
        .start()
        .unwrap();
    send(&mut reparto, 0..3000);
    assert_eq!(reparto.terminar().unwrap(), (1..=3000).collect::<Vec<_>>());
}

#[test]
fn without_tasks_there_are_no_results() {
    let servers = || [from_fn("a", |n: &u32| Ok(*n))];
    let reparto = Repartidor::builder().destinos(servers()).start().unwrap();
    assert!(reparto.terminar().unwrap().is_empty());
    let reparto = Repartidor::builder().destinos(servers()).start().unwrap();
    assert_eq!(reparto.map([]).count(), 0);
}

#[test]
fn servers_that_make_no_sense_are_refused_at_once() {
    let make = |slots: &[usize]| {
        let servers = slots
            .iter()
            .map(|&n| from_fn("a", |n: &u32| Ok(*n)).with_slots(n));
        Repartidor::builder().destinos(servers).start().unwrap_err()
    };
    assert!(matches!(make(&[]), Error::NoServers));
    assert!(matches!(make(&[1, 0]), Error::NoSlots { server, .. } if server == "a"));
    let slots = MAX_SLOTS + 1;
    assert!(matches!(make(&[MAX_SLOTS, 1]), Error::TooManySlots { slots: s, .. } if s == slots));
    assert!(matches!(make(&[usize::MAX, 2]), Error::TooManySlots { .. }));
}

#[test]
fn a_dispatcher_and_its_iterators_can_change_threads() {
    fn check<T: Send>() {}
    check::<Repartidor<u32, u32>>();
    check::<AsCompleted<u32, u32>>();
    check::<Map<u32, u32, std::ops::Range<u32>>>();
    check::<MapUnordered<u32, u32, std::ops::Range<u32>>>();
    check::<SendError<u32>>();
    check::<Incomplete<u32>>();
}

/// All slots return their calls at the same time, and each gets its next one.
#[test]
fn many_slots_end_their_calls_at_once() {
    for read_ahead in [0, 1, 64] {
        let mut options = Options::default();
        options.read_ahead = read_ahead;
        let servers = ["a", "b"].map(|name| from_fn(name, |n: &u32| Ok(*n)).with_slots(16));
        let reparto = Repartidor::builder()
            .destinos(servers)
            .options(options)
            .start()
            .unwrap();
        let results: Result<Vec<u32>, _> = reparto.map(0..2000).map(|(_, n)| n).collect();
        assert_eq!(results.unwrap(), (0..2000).collect::<Vec<_>>());
    }
}

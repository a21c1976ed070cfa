//! Searches: endless sources of tasks, which a result ends.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod fake_server;

use std::iter;
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;

use fake_server::{NEVER, fake_servers, next, short_outage};
use reparte::{
    Call, CallError, ErrorKind, Journal, Local, Options, Repartidor, Search, TaskError,
    TaskErrorKind, TaskId, from_fn,
};

fn squares(slots: usize) -> Search<u32, u32> {
    let pool = Local::new(|n: &u32, _: &Call| Ok(n * n)).with_slots(slots);
    let run = Repartidor::builder().destinos([pool]).start();
    run.unwrap().search()
}

/// Breaks at the square of `root` or of a larger number.
fn until(root: u32) -> impl FnMut(TaskId, Result<u32, TaskError>) -> ControlFlow<u32> {
    move |_, square| match square.unwrap() {
        square if square >= root * root => Break(square),
        _ => Continue(()),
    }
}

#[test]
fn an_endless_source_ends_with_the_result_that_is_searched() {
    let mut search = squares(3);
    for round in 1..=3 {
        let found = search.until(0.., until(100 * round)).unwrap().unwrap();
        assert!(found >= 10_000 * round * round);
    }
    let summary = search.summary();
    assert_eq!(summary.not_run, 0);
    assert!(summary.done >= 600, "{summary}");
}

#[test]
fn a_source_that_ends_first_gives_none_and_every_outcome() {
    let mut search = squares(2);
    assert_eq!(search.until([], until(1)).unwrap(), None);
    let mut sum = 0;
    let found = search.until(1..=100, |_, square| {
        sum += square.unwrap();
        Continue::<()>(())
    });
    assert_eq!((found.unwrap(), sum), (None, 338_350));
    assert_eq!(search.until(1..=3, until(3)).unwrap(), Some(9));
}

#[test]
fn tasks_that_were_sent_before_are_part_of_the_first_search() {
    let pool = Local::new(|n: &u32, _: &Call| Ok(n * n)).with_slots(1);
    let mut run = Repartidor::builder().destinos([pool]).start().unwrap();
    run.enviar(7).unwrap();
    let mut given = Vec::new();
    let found = run.search().until([8], |task, square| {
        given.push((task.index(), square.unwrap()));
        Continue::<()>(())
    });
    assert_eq!(found.unwrap(), None);
    given.sort_unstable();
    assert_eq!(given, [(0, 49), (1, 64)]);
}

#[test]
fn the_end_of_a_search_cancels_what_runs_and_the_next_finds_free_slots() {
    let (servers, calls) = fake_servers(&[("a", 1), ("b", 1)]);
    let run = Repartidor::builder().destinos(servers).start().unwrap();
    let mut search = run.search();
    for round in 0..3 {
        thread::scope(|scope| {
            let searching = scope.spawn(|| search.until(10 * round.., until(0)).unwrap());
            // A slot that became free at the end of the round before may have begun a task of
            // that round, which was cancelled with the others.
            let mut started =
                iter::repeat_with(|| next(&calls)).filter(|call| call.args / 10 == round);
            let (one, other) = (started.next().unwrap(), started.next().unwrap());
            let args = one.args;
            one.square();
            assert_eq!(searching.join().unwrap(), Some(args * args));
            // The other's call was cancelled: its answer is not waited for.
            drop(other);
        });
    }
    let summary = search.summary();
    assert_eq!((summary.done, summary.not_run), (3, 0), "{summary}");
    // Nothing has failed but what was cancelled.
    assert_eq!(summary.failed, summary.cancelled, "{summary}");
    assert!(summary.cancelled >= 3, "{summary}");
}

#[test]
fn a_call_that_cannot_be_cancelled_keeps_its_slot_alone() {
    let (servers, calls) = fake_servers(&[("a", 2)]);
    let servers = servers.into_iter().map(|server| server.ignoring_cancel());
    let run = Repartidor::builder().destinos(servers).start().unwrap();
    let mut search = run.search();
    let mut kept = Vec::new();
    for _ in 0..2 {
        thread::scope(|scope| {
            let searching = scope.spawn(|| search.until(1.., until(0)).unwrap());
            let answered = next(&calls);
            if kept.is_empty() {
                kept.push(next(&calls));
            }
            answered.square();
            assert!(searching.join().unwrap().is_some());
        });
        assert!(calls.recv_timeout(NEVER).is_err());
    }
    kept.remove(0).square();
}

#[test]
fn failed_tasks_are_given_and_do_not_end_a_search() {
    let odd = |n: &u32| match n % 2 {
        1 => Ok(*n),
        _ => Err(CallError::fault(7, "even")),
    };
    let servers = ["a", "b"].map(|name| from_fn(name, odd));
    let run = Repartidor::builder().destinos(servers).start().unwrap();
    let mut failed = 0;
    let found = run.search().until(2.., |_, outcome| match outcome {
        Ok(n) if n > 1000 => Break(n),
        Ok(_) => Continue(()),
        Err(error) => {
            assert_eq!(error.kind(), TaskErrorKind::Permanent);
            failed += 1;
            Continue(())
        }
    });
    assert!(found.unwrap().is_some());
    // Those of the last calls are still being checked on the other server.
    assert!(failed >= 450, "{failed}");
}

#[test]
fn the_end_of_the_run_ends_a_search_with_the_task_that_was_not_taken() {
    let served = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&served);
    let dies = from_fn("mortal", move |n: &u32| match count.fetch_add(1, SeqCst) {
        0..10 => Ok(*n),
        _ => Err(CallError::new(ErrorKind::Unreachable, "gone")),
    });
    let run = Repartidor::builder()
        .destinos([dies])
        .options(short_outage());
    let mut search = run.start().unwrap().search();
    let mut outcomes = Vec::new();
    let ended = search.until(0.., |_, outcome| {
        outcomes.push(outcome.map_err(|error| error.kind()));
        Continue::<()>(())
    });
    let error = ended.unwrap_err();
    assert_eq!(error.summary().done, 10);
    assert_eq!(error.into_args() as usize, outcomes.len());
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        10
    );
    assert_eq!(outcomes.last(), Some(&Err(TaskErrorKind::NotRun)));
    // So does every later one, with its first task.
    let ended = search.until(7.., |_, _| Break(()));
    assert_eq!(ended.unwrap_err().into_args(), 7);
}

#[test]
fn a_handle_ends_a_search() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let run = Repartidor::builder().destinos(servers).start().unwrap();
    let mut search = run.search();
    let handle = search.handle();
    thread::scope(|scope| {
        let searching = scope.spawn(|| {
            search
                .until(0.., until(9))
                .map_err(|error| error.into_args())
        });
        let call = next(&calls);
        handle.drain();
        call.square();
        assert!(searching.join().unwrap().is_err());
    });
}

#[test]
fn a_read_ahead_feeds_the_slots_while_an_outcome_is_taken() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut options = Options::default();
    options.read_ahead = 4;
    let run = Repartidor::builder().destinos(servers).options(options);
    let mut search = run.start().unwrap().search();
    thread::scope(|scope| {
        let searching = scope.spawn(|| {
            search.until(1.., |_, _| {
                // The slot has its next task meanwhile.
                let args = next(&calls).args;
                Break(args)
            })
        });
        next(&calls).square();
        assert_eq!(searching.join().unwrap().unwrap(), Some(2));
    });
}

#[test]
fn a_journal_of_other_tasks_ends_a_search() {
    let path = std::env::temp_dir().join(format!("reparte-search-{}", std::process::id()));
    let journal = || Journal::open(&path, "square").unwrap();
    let start = |journal| {
        let pool = Local::new(|n: &u32, _: &Call| Ok(n * n)).with_slots(1);
        let run = Repartidor::builder().destinos([pool]).journal(journal);
        run.start().unwrap().search()
    };
    let mut first = start(journal());
    assert_eq!(first.until(1..=3, until(9)).unwrap(), None);
    assert_eq!(first.finish().done, 3);
    let mut resumed = start(journal());
    assert_eq!(resumed.until(1..=3, until(9)).unwrap(), None);
    assert_eq!(resumed.finish().resumed, 3);
    let error = start(journal()).until(5.., until(9)).unwrap_err();
    assert!(error.summary().journal_error.is_some());
    assert_eq!(error.into_args(), 5);
    std::fs::remove_file(path).unwrap();
}

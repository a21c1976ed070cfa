//! Runs that go on where an earlier one was.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod fake_server;

use std::error::Error as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use fake_server::{fake_servers, next, send, short_outage};
use reparte::{
    CallError, Destino, ErrorKind, Event, Journal, JournalError, JournalErrorKind, Repartidor,
    TaskErrorKind, from_fn,
};

/// A journal's path, in a folder that is removed when this is dropped.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("reparte-runs-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("journal")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn open(path: &Path) -> Journal<u32, u32> {
    Journal::open(path, "square").unwrap()
}

/// Returns a server of squares, which counts its executions.
fn squares(executions: &Arc<AtomicU64>) -> impl Destino<u32, u32> + use<> {
    let executions = Arc::clone(executions);
    from_fn("here", move |n: &u32| {
        executions.fetch_add(1, SeqCst);
        Ok(n * n)
    })
}

/// Runs these tasks with the journal there. Returns their results, and how many were executed.
fn run(path: &Path, tasks: std::ops::Range<u32>) -> (Vec<u32>, u64) {
    let executions = Arc::default();
    let mut reparto = Repartidor::builder()
        .destinos([squares(&executions)])
        .journal(open(path))
        .start()
        .unwrap();
    send(&mut reparto, tasks);
    (reparto.terminar().unwrap(), executions.load(SeqCst))
}

fn expected(tasks: std::ops::Range<u32>) -> Vec<u32> {
    tasks.map(|n| n * n).collect()
}

#[track_caller]
fn journal_error(error: &dyn std::error::Error) -> &JournalError {
    let source = error.source().expect("it has a source");
    source.downcast_ref().expect("it is the journal's")
}

#[test]
fn a_second_run_executes_what_is_missing() {
    let place = Place::new("resume");
    let path = place.path();
    assert_eq!(run(&path, 0..5), (expected(0..5), 5));
    assert_eq!(run(&path, 0..8), (expected(0..8), 3));
    assert_eq!(run(&path, 0..8), (expected(0..8), 0));
    // Fewer tasks are no other tasks.
    assert_eq!(run(&path, 0..2), (expected(0..2), 0));
    assert_eq!(run(&path, 0..9), (expected(0..9), 1));
}

#[test]
fn what_was_in_flight_when_a_run_was_dropped_is_executed_again() {
    let place = Place::new("dropped");
    let (servers, calls) = fake_servers(&[("a", 2)]);
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .journal(open(&place.path()))
        .start()
        .unwrap();
    send(&mut reparto, 0..2);
    let (first, second) = (next(&calls), next(&calls));
    // Only the later one has its result.
    let (early, late) = match first.args {
        0 => (first, second),
        _ => (second, first),
    };
    late.square();
    send(&mut reparto, 2..3);
    let third = next(&calls);
    drop(reparto);
    // Its file is free once the run is over, whatever the calls do.
    let journal = loop {
        match Journal::<u32, u32>::open(place.path(), "square") {
            Ok(journal) => break journal,
            Err(error) => assert!(matches!(error.kind, JournalErrorKind::Locked), "{error}"),
        }
        std::thread::yield_now();
    };
    assert_eq!(journal.len(), 1);
    drop(journal);
    drop((early, third));
    assert_eq!(run(&place.path(), 0..3), (expected(0..3), 2));
}

#[test]
fn other_tasks_are_refused_by_the_first_that_differs() {
    let place = Place::new("other");
    let path = place.path();
    run(&path, 0..6);
    let before = fs::read(&path).unwrap();
    let executions = Arc::default();
    let with_journal = || {
        Repartidor::builder()
            .destinos([squares(&executions)])
            .journal(open(&path))
            .start()
            .unwrap()
    };
    let tasks = [0, 1, 2, 33, 4, 55];

    let mut reparto = with_journal();
    send(&mut reparto, tasks[..3].iter().copied());
    let error = reparto.enviar(33).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("its task number 4 (counted from 1) has other arguments"),
        "{text}"
    );
    let is_third = |error: &JournalError| matches!(error.kind, JournalErrorKind::OtherTask { task, .. } if task.index() == 3);
    assert!(is_third(journal_error(&error)));
    assert_eq!(error.into_args(), 33);
    let incomplete = reparto.terminar().unwrap_err();
    assert!(is_third(journal_error(&incomplete)));
    assert_eq!(incomplete.outcomes().iter().flatten().count(), 3);

    let reparto = with_journal();
    let handle = reparto.handle();
    let mut outcomes: Vec<_> = reparto.map(tasks).map(|(_, outcome)| outcome).collect();
    let refused = outcomes.pop().unwrap().unwrap_err();
    assert_eq!(
        (refused.task().index(), refused.kind()),
        (3, TaskErrorKind::NotRun)
    );
    assert_eq!(
        outcomes.into_iter().flatten().collect::<Vec<_>>(),
        expected(0..3)
    );
    assert!(is_third(handle.summary().journal_error.as_ref().unwrap()));

    assert_eq!(executions.load(SeqCst), 0);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn with_every_server_down_what_the_journal_has_is_given() {
    let place = Place::new("down");
    run(&place.path(), 0..5);
    let dead = || {
        from_fn("dead", |_: &u32| {
            Err(CallError::new(ErrorKind::Unreachable, "on purpose"))
        })
    };
    let with_journal = || {
        Repartidor::builder()
            .destinos([dead()])
            .options(short_outage())
            .journal(open(&place.path()))
            .start()
            .unwrap()
    };
    let mut reparto = with_journal();
    let handle = reparto.handle();
    let mut events = handle.events(100);
    send(&mut reparto, 0..5);
    assert_eq!(reparto.terminar().unwrap(), expected(0..5));
    let summary = handle.summary();
    assert_eq!(
        (summary.done, summary.resumed, summary.executions),
        (5, 5, 0)
    );
    assert!(
        summary
            .to_string()
            .contains("5 tasks: 5 done (5 from the journal), 0 failed")
    );
    assert!(summary.to_json().contains("\"resumed\":5"));
    let resumed = events
        .by_ref()
        .filter(|event| matches!(event, Event::TaskResumed { .. }));
    assert_eq!(resumed.count(), 5);

    let outcomes: Vec<_> = with_journal().map(0..7).collect();
    let had: Vec<u32> = outcomes
        .into_iter()
        .flat_map(|(_, outcome)| outcome)
        .collect();
    assert_eq!(had, expected(0..5));
}

#[test]
fn failures_and_wrong_answers_are_not_written() {
    let place = Place::new("failures");
    let server = from_fn("here", |&n: &u32| match n {
        1 => Err(CallError::fault(1, "on purpose")),
        _ => Ok(n * n),
    });
    let mut reparto = Repartidor::builder()
        .destinos([server])
        .journal(open(&place.path()))
        .verify(|n, _| match n {
            2 => Err("on purpose".to_owned()),
            _ => Ok(()),
        })
        .start()
        .unwrap();
    send(&mut reparto, 0..3);
    assert_eq!(
        reparto
            .terminar()
            .unwrap_err()
            .outcomes()
            .iter()
            .flatten()
            .count(),
        1
    );
    assert_eq!(open(&place.path()).len(), 1);
    assert_eq!(run(&place.path(), 0..3), (expected(0..3), 2));
}

#[test]
fn a_result_that_cannot_be_read_ends_the_run() {
    let place = Place::new("unreadable");
    let journal = |read: fn(&[u8]) -> Option<u32>| {
        let bytes = |n: &u32| n.to_be_bytes().to_vec();
        Journal::open_with(place.path(), "squares of mine", bytes, bytes, read).unwrap()
    };
    let run = |read| {
        let executions = Arc::default();
        let mut reparto = Repartidor::builder()
            .destinos([squares(&executions)])
            .journal(journal(read))
            .start()
            .unwrap();
        let sent = reparto.enviar(7);
        (sent.map(drop), reparto.terminar())
    };
    let whole = |from: &[u8]| Some(u32::from_be_bytes(from.try_into().ok()?));
    assert_eq!(run(whole).1.unwrap(), [49]);
    assert_eq!(run(whole).1.unwrap(), [49]);
    let (sent, results) = run(|_| None);
    let error = sent.unwrap_err();
    assert!(
        matches!(journal_error(&error).kind, JournalErrorKind::Unreadable { task, .. } if task.index() == 0)
    );
    assert!(results.unwrap_err().source().is_some());
}

#[test]
fn synced_results_are_there_too() {
    let place = Place::new("synced");
    let executions = Arc::default();
    let mut reparto = Repartidor::builder()
        .destinos([squares(&executions)])
        .journal(open(&place.path()).synced())
        .start()
        .unwrap();
    send(&mut reparto, 0..5);
    assert_eq!(reparto.terminar().unwrap(), expected(0..5));
    assert_eq!(run(&place.path(), 0..5), (expected(0..5), 0));
}

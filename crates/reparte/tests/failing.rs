//! Servers and tasks fail: which tasks are retried, and which outcomes and messages result.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod fake_server;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use fake_server::{error, fake_servers, next, send, short_outage};
use reparte::{
    CallError, Destino, ErrorKind, Event, Options, Repartidor, RetryFaults, RunSummary,
    ServerState, TaskError, TaskErrorKind, from_fn,
};

type Servers = Vec<Box<dyn Destino<u32, u32>>>;

/// Returns a server that squares, and one that runs the closure.
fn square_and(other: impl Fn(&u32) -> Result<u32, CallError> + Send + Sync + 'static) -> Servers {
    vec![
        Box::new(from_fn("good", |n: &u32| Ok(n * n))),
        Box::new(from_fn("other", other)),
    ]
}

/// Sends these tasks, checks that each has its result, and returns the summary.
fn squares(servers: Servers, tasks: std::ops::Range<u32>) -> RunSummary {
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    let handle = reparto.handle();
    for n in tasks.clone() {
        reparto.enviar(n).unwrap();
    }
    let results = reparto.terminar().unwrap();
    assert_eq!(results, tasks.map(|n| n * n).collect::<Vec<_>>());
    handle.summary()
}

#[test]
fn a_fault_is_tried_again_where_that_is_asked_for() {
    let calls = AtomicU32::new(0);
    let moody = move |n: &u32| match calls.fetch_add(1, SeqCst) % 2 {
        0 => Err(CallError::fault(75, "later, perhaps")),
        _ => Ok(n * n),
    };
    let mut options = Options::default();
    options.retry_faults = RetryFaults::Codes(vec![75]);
    let mut reparto = Repartidor::builder()
        .destinos([from_fn("moody", moody)])
        .options(options)
        .start()
        .unwrap();
    let handle = reparto.handle();
    send(&mut reparto, 0..8);
    assert_eq!(reparto.terminar().unwrap(), [0, 1, 4, 9, 16, 25, 36, 49]);
    assert_eq!(handle.summary().retries, 8);
}

#[test]
fn a_task_of_which_servers_die_fails_by_name() {
    let deadly = |n: &u32| match n {
        3 => Err(error(ErrorKind::Interrupted)),
        n => Ok(n * n),
    };
    let servers = ["a", "b"].map(|name| from_fn(name, deadly).with_slots(2));
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    send(&mut reparto, 0..50);
    let incomplete = reparto.terminar().unwrap_err();
    let failed: Vec<_> = incomplete
        .outcomes()
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .collect();
    let [failed] = &failed[..] else {
        panic!("{incomplete}");
    };
    assert_eq!(
        (failed.task().index(), failed.kind()),
        (3, TaskErrorKind::Poison)
    );
    assert_eq!((failed.calls(), failed.history().len()), (3, 3));
    assert!(
        failed
            .to_string()
            .starts_with("task 3: poison, its servers died: ")
    );
}

#[test]
fn a_dead_server_costs_no_result() {
    let summary = squares(square_and(|_| Err(error(ErrorKind::Unreachable))), 0..500);
    let dead = &summary.servers[1];
    assert_eq!((dead.tasks, dead.executions, dead.deaths), (0, 0, 1));
    assert!(dead.failures["unreachable"] < 50, "it eats the queue");
    assert_eq!(dead.state, ServerState::Down);
    let died: Vec<_> = summary
        .failed_servers()
        .map(|server| &*server.name)
        .collect();
    assert_eq!(died, ["other"]);
    assert_eq!((summary.executions, summary.lost()), (500, 0));
    assert!(
        summary.to_string().ends_with("; never answered: other"),
        "{summary}"
    );
}

#[test]
fn a_server_that_dies_at_work_costs_no_result() {
    let left = AtomicU32::new(10);
    let summary = squares(
        square_and(
            move |n| match left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)) {
                Ok(_) => Ok(n * n),
                Err(_) => Err(error(ErrorKind::Interrupted)),
            },
        ),
        0..3000,
    );
    assert_eq!(summary.servers[1].tasks, 10);
    assert_eq!(summary.servers[1].deaths, 1);
    assert!(summary.retries > 0);
}

#[test]
fn a_server_that_returns_is_used_again() {
    let (servers, calls) = fake_servers(&[("a", 2)]);
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    reparto.enviar(1).unwrap();
    next(&calls).fail(ErrorKind::Interrupted);
    next(&calls).square();
    reparto.enviar(2).unwrap();
    reparto.enviar(3).unwrap();
    let (second, third) = (next(&calls), next(&calls));
    second.square();
    third.square();
    let handle = reparto.handle();
    assert_eq!(reparto.terminar().unwrap(), [1, 4, 9]);
    let server = &handle.summary().servers[0];
    assert_eq!((server.state, server.deaths), (ServerState::Up, 1));
    assert_eq!(
        server.last_error.as_ref().unwrap().kind(),
        ErrorKind::Interrupted
    );
}

/// The server is alone: beside another one a hedge might bring the result first, and the call
/// that panics would be cancelled.
#[test]
fn a_panic_is_a_failed_call() {
    let first = AtomicBool::new(true);
    let unlucky = from_fn("unlucky", move |n: &u32| {
        assert!(!first.swap(false, SeqCst), "no luck with {n}");
        Ok(n * n)
    });
    let summary = squares(vec![Box::new(unlucky)], 0..50);
    let server = &summary.servers[0];
    assert_eq!(server.failures["panicked"], 1);
    assert_eq!((server.tasks, server.executions), (50, 51));
    let error = server.last_error.as_ref().unwrap();
    assert!(error.message().starts_with("no luck with"), "{error}");
}

#[test]
fn a_fault_is_not_retried_and_the_rest_is_handed_over() {
    let odd = |n: &u32| match n % 2 {
        0 => Ok(n / 2),
        _ => Err(CallError::fault(7, "odd")),
    };
    let mut reparto = Repartidor::builder()
        .destinos([from_fn("a", odd)])
        .start()
        .unwrap();
    send(&mut reparto, 0..5);
    let incomplete = reparto.terminar().unwrap_err();
    assert_eq!(
        incomplete.to_string(),
        "3 of 5 tasks have their result, 2 failed\n  task 1: a: fault 7: odd\n  task 3: a: fault 7: odd"
    );
    assert_eq!(incomplete.summary().executions, 5);
    let outcomes = incomplete.into_outcomes();
    let had: Vec<_> = outcomes.iter().filter_map(|o| o.as_ref().ok()).collect();
    assert_eq!(had, [&0, &1, &2]);
    let error = outcomes[1].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.calls()), (TaskErrorKind::Permanent, 1));
}

/// Returns the error of a task that fails so on each of two servers, with two attempts.
fn failed_twice(kind: ErrorKind) -> TaskError {
    let mut options = Options::default();
    options.max_attempts = 2;
    let servers = ["a", "b"].map(|name| from_fn(name, move |_: &u32| Err::<u32, _>(error(kind))));
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(options)
        .start()
        .unwrap();
    reparto.enviar(1).unwrap();
    let mut outcomes = reparto.terminar().unwrap_err().into_outcomes();
    outcomes.remove(0).unwrap_err()
}

fn servers_of(error: &TaskError) -> Vec<&str> {
    error.history().iter().map(|call| &*call.server).collect()
}

#[test]
fn a_task_that_never_succeeds_is_given_up_with_its_history() {
    let error = failed_twice(ErrorKind::TimedOut);
    assert_eq!(error.kind(), TaskErrorKind::GivenUp);
    assert_eq!(servers_of(&error), ["a", "b"]);
    assert_eq!(
        error.to_string(),
        "task 0: given up after 2 calls, the last to b: timed out: on purpose"
    );
}

#[test]
fn a_task_whose_answers_nobody_can_read_fails_by_the_last_of_them() {
    let error = failed_twice(ErrorKind::Malformed);
    assert_eq!(error.kind(), TaskErrorKind::Permanent);
    assert_eq!(servers_of(&error)[..2], ["a", "b"]);
}

#[test]
fn a_total_outage_hands_over_what_was_had() {
    let (servers, calls) = fake_servers(&[("a", 1), ("b", 1)]);
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(short_outage())
        .start()
        .unwrap();
    reparto.enviar(1).unwrap();
    next(&calls).square();
    reparto.enviar(2).unwrap();
    let dead = std::thread::spawn(move || {
        for held in calls {
            let kind = match &*held.server {
                "a" => ErrorKind::Unreachable,
                _ => ErrorKind::TimedOut,
            };
            held.fail(kind);
        }
    });
    // The sender learns of it, with the task in its hands again.
    let unsent = loop {
        if let Err(unsent) = reparto.enviar(3) {
            break unsent;
        }
    };
    assert_eq!(
        unsent.to_string(),
        "no server takes the task: every server has been down for 0.05 s\n  \
         a: unreachable: on purpose\n  b: timed out: on purpose"
    );
    assert_eq!(unsent.into_args(), 3);

    let incomplete = reparto.terminar().unwrap_err();
    let text = incomplete.to_string();
    assert!(text.starts_with("1 of "), "{text}");
    assert!(
        text.ends_with(
            " not run: every server has been down for 0.05 s\n  \
             a: unreachable: on purpose\n  b: timed out: on purpose"
        ),
        "{text}"
    );
    let summary = incomplete.summary().clone();
    assert_eq!((summary.done, summary.pending, summary.lost()), (1, 0, 0));
    let outcomes = incomplete.into_outcomes();
    assert_eq!(outcomes[0].as_ref().ok(), Some(&1));
    assert_eq!(
        outcomes[1].as_ref().unwrap_err().kind(),
        TaskErrorKind::NotRun
    );
    dead.join().unwrap();
}

#[test]
fn a_map_tells_of_an_outage() {
    let left = AtomicU32::new(3);
    let dying = move |n: &u32| match left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)) {
        Ok(_) => Ok(n * n),
        Err(_) => Err(error(ErrorKind::Unreachable)),
    };
    let reparto = Repartidor::builder()
        .destinos([from_fn("a", dying)])
        .options(short_outage())
        .start()
        .unwrap();
    let handle = reparto.handle();
    let outcomes: Vec<_> = reparto.map(0..100).collect();
    let had: Vec<_> = outcomes
        .iter()
        .map_while(|(_, o)| o.as_ref().ok())
        .collect();
    assert_eq!(had, [&0, &1, &4]);
    // Those sent, and the one that found no server; the rest were not asked for.
    let sent = usize::try_from(handle.summary().tasks).unwrap();
    assert_eq!(outcomes.len(), sent + 1);
    for ((task, outcome), index) in outcomes.iter().zip(0..).skip(3) {
        assert_eq!(task.index(), index);
        let error = outcome.as_ref().unwrap_err();
        assert_eq!(
            (error.kind(), error.task().index()),
            (TaskErrorKind::NotRun, index)
        );
    }
}

#[test]
fn a_map_over_a_run_that_is_over_says_so() {
    let refusing = from_fn("a", |_: &u32| Err::<u32, _>(error(ErrorKind::Refused)));
    let mut reparto = Repartidor::builder().destinos([refusing]).start().unwrap();
    while reparto.enviar(1).is_ok() {}
    let sent = usize::try_from(reparto.summary().tasks).unwrap();
    // Those sent before come first; the one task that is left is an error too.
    let outcomes: Vec<_> = reparto.map([2]).collect();
    assert_eq!(outcomes.len(), sent + 1);
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_err()));
}

#[test]
fn servers_that_refuse_are_out_at_once() {
    let mut options = Options::default();
    options.outage = None;
    let kinds = [("a", ErrorKind::Refused), ("b", ErrorKind::NotFound)];
    let servers =
        kinds.map(|(name, kind)| from_fn(name, move |_: &u32| Err::<u32, _>(error(kind))));
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(options)
        .start()
        .unwrap();
    while reparto.enviar(1).is_ok() {}
    let incomplete = reparto.terminar().unwrap_err();
    let text = incomplete.to_string();
    assert!(
        text.ends_with(
            " not run: every server refuses the calls of this run\n  \
             a: refused: on purpose\n  b: not found: on purpose"
        ),
        "{text}"
    );
    let summary = incomplete.summary();
    assert_eq!(
        (summary.executions, summary.failed_servers().count()),
        (0, 2)
    );
}

/// Its state was `down`, and the last line named it as one that died.
#[test]
fn a_server_that_answers_uselessly_after_it_was_busy_has_not_died() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut options = Options::default();
    options.outage = Some(Duration::from_secs(3));
    let builder = Repartidor::builder().destinos(servers).options(options);
    let mut reparto = builder.start().unwrap();
    let handle = reparto.handle();
    let events = handle.events(100);
    reparto.enviar(1).unwrap();
    next(&calls).fail(ErrorKind::Busy { retry_after: None });
    next(&calls).fail(ErrorKind::Malformed);
    let mut asides = events.filter_map(|event| match event {
        Event::ServerSetAside { state, .. } => Some(state),
        _ => None,
    });
    assert_eq!(asides.next(), Some(ServerState::Busy));
    assert_eq!(asides.next(), Some(ServerState::Failing));
    let summary = handle.summary();
    let failed: Vec<_> = summary.failed_servers().collect();
    assert_eq!(failed.len(), 1, "{summary}");
    assert_eq!(
        (failed[0].deaths, failed[0].state),
        (0, ServerState::Failing)
    );
    let text = summary.to_string();
    assert!(text.ends_with("; failing: a"), "{text}");
    // Its second chance.
    next(&calls).square();
    assert_eq!(reparto.terminar().unwrap(), [1]);
    let summary = handle.summary();
    assert_eq!(summary.failed_servers().count(), 0, "{summary}");
}

/// The run ended with "every server has been down", though it answered.
#[test]
fn an_outage_of_useless_answers_is_told_as_one() {
    let calls = AtomicU32::new(0);
    let server = from_fn("a", move |_: &u32| {
        let is_first = calls.fetch_add(1, SeqCst) == 0;
        let busy = ErrorKind::Busy { retry_after: None };
        Err::<u32, _>(error(if is_first {
            busy
        } else {
            ErrorKind::Http { status: 502 }
        }))
    });
    let mut options = Options::default();
    options.outage = Some(Duration::from_secs(1));
    let builder = Repartidor::builder().destinos([server]).options(options);
    let mut reparto = builder.start().unwrap();
    reparto.enviar(1).unwrap();
    let text = reparto.terminar().unwrap_err().to_string();
    assert!(
        text.contains("no server has given a result for 1 s"),
        "{text}"
    );
}

#[test]
fn a_busy_server_is_no_outage() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(short_outage())
        .start()
        .unwrap();
    reparto.enviar(1).unwrap();
    let retry_after = Some(Duration::from_millis(120));
    next(&calls).fail(ErrorKind::Busy { retry_after });
    next(&calls).square();
    let handle = reparto.handle();
    assert_eq!(reparto.terminar().unwrap(), [1]);
    let summary = handle.summary();
    assert_eq!(
        (summary.executions, summary.failed_servers().count()),
        (1, 0)
    );
}

//! The handle of a run: tasks are cancelled, servers added and removed, events read; and slow
//! tasks are sent twice, the costliest first.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod fake_server;

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use fake_server::{NEVER, SOON, fake_servers, next, send};
use reparte::{
    Call, CallEnd, CallError, CallId, CallReason, Destino, Error, ErrorKind, Event, Handle,
    Options, Repartidor, ServerState, Status, TaskError, TaskErrorKind, TryNextError, from_fn,
};

fn read_ahead(tasks: usize) -> Options {
    let mut options = Options::default();
    options.read_ahead = tasks;
    options
}

#[test]
fn the_last_server_is_replaced_without_an_end_of_the_run() {
    let (mut servers, calls) = fake_servers(&[("a", 1), ("a", 2)]);
    let second = servers.pop().unwrap();
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(read_ahead(9))
        .start()
        .unwrap();
    let handle = reparto.handle();
    handle.replace_server("a", second).unwrap();
    send(&mut reparto, 1..=2);
    let (one, two) = (next(&calls), next(&calls));
    one.square();
    two.square();
    assert_eq!(reparto.terminar().unwrap(), [1, 4]);
    let states = handle
        .summary()
        .servers
        .iter()
        .map(|s| (s.state, s.tasks))
        .collect::<Vec<_>>();
    assert_eq!(states, [(ServerState::Removed, 0), (ServerState::Up, 2)]);
}

#[test]
fn a_cancelled_task_ends_and_its_call_is_cut_off() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(read_ahead(9))
        .start()
        .unwrap();
    let handle = reparto.handle();
    let running = reparto.enviar(1).unwrap();
    let waiting = reparto.enviar(2).unwrap();
    send(&mut reparto, [3]);
    let _cut = next(&calls);
    handle.cancel(waiting);
    handle.cancel(running);
    next(&calls).square();
    let incomplete = reparto.terminar().unwrap_err();
    let summary = incomplete.summary();
    assert_eq!((summary.done, summary.failed, summary.lost()), (1, 2, 0));
    assert_eq!(summary.cancelled, 2);
    let text = summary.to_string();
    assert!(
        text.contains("1 done, 0 failed, 2 cancelled, 0 lost"),
        "{text}"
    );
    let outcomes = incomplete.into_outcomes();
    for outcome in &outcomes[..2] {
        let error = outcome.as_ref().unwrap_err();
        assert_eq!(error.kind(), TaskErrorKind::Cancelled);
        assert!(error.to_string().ends_with(": cancelled"), "{error}");
    }
    assert_eq!(outcomes[2].as_ref().ok(), Some(&9));
}

#[test]
fn all_tasks_can_be_cancelled_and_others_sent_after_them() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(read_ahead(9))
        .start()
        .unwrap();
    send(&mut reparto, 1..=5);
    let _cut = next(&calls);
    reparto.handle().cancel_all();
    while reparto.summary().failed < 5 {
        std::thread::yield_now();
    }
    send(&mut reparto, [7]);
    next(&calls).square();
    let outcomes = reparto.terminar().unwrap_err().into_outcomes();
    let had: Vec<_> = outcomes.iter().filter_map(|o| o.as_ref().ok()).collect();
    assert_eq!((outcomes.len(), had), (6, vec![&49]));
}

#[test]
fn servers_are_added_and_removed() {
    let (mut servers, calls) = fake_servers(&[("a", 1), ("b", 1)]);
    let second = servers.pop().unwrap();
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(read_ahead(9))
        .start()
        .unwrap();
    let handle = reparto.handle();
    send(&mut reparto, 1..=3);
    let first = next(&calls);
    handle.add_server(second).unwrap();
    let joined = next(&calls);
    assert_eq!((&*first.server, &*joined.server), ("a", "b"));
    assert!(handle.remove_server("a") && !handle.remove_server("c"));
    first.square();
    joined.square();
    let last = next(&calls);
    assert_eq!(last.server, "b");
    last.square();
    assert_eq!(reparto.terminar().unwrap(), [1, 4, 9]);
    let summary = handle.summary();
    let states: Vec<_> = summary.servers.iter().map(|s| s.state).collect();
    assert_eq!(states, [ServerState::Removed, ServerState::Up]);
    assert_eq!(summary.failed_servers().count(), 0);
    let late = from_fn("late", |n: &u32| Ok(*n));
    assert!(matches!(handle.add_server(late), Err(Error::RunEnded)));
}

#[test]
fn a_slow_task_is_sent_a_second_time_and_the_first_answer_counts() {
    let (servers, calls) = fake_servers(&[("a", 1), ("b", 1)]);
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    let handle = reparto.handle();
    let mut events = handle.events(100);
    send(&mut reparto, 1..=2);
    // Either of the two may be the first to say that it is called.
    let (slow, quick) = (next(&calls), next(&calls));
    let free = quick.server.to_string();
    quick.square();
    let hedge = next(&calls);
    assert_eq!((hedge.args, &*hedge.server), (slow.args, &*free));
    hedge.square();
    assert_eq!(reparto.terminar().unwrap(), [1, 4]);
    let summary = handle.summary();
    assert_eq!((summary.executions, summary.retries), (3, 0));
    assert_eq!(
        (summary.hedges, summary.hedges_won, summary.hedges_lost),
        (1, 1, 0)
    );
    // The cut-off call is no failure of its server's.
    let mut servers = summary.servers.iter();
    assert!(
        servers.all(|server| server.failures.is_empty()),
        "{summary}"
    );
    let hedges = |event: &Event| {
        matches!(
            event,
            Event::CallStarted {
                reason: CallReason::Hedge,
                ..
            }
        )
    };
    assert_eq!(events.by_ref().filter(hedges).count(), 1);
    assert_eq!(events.missed(), 0);
}

#[test]
fn the_costliest_task_goes_first_and_results_stay_in_order() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(read_ahead(9))
        .cost(|&n: &u32| u64::from(n % 4))
        .start()
        .unwrap();
    send(&mut reparto, [1, 2, 3, 4, 7]);
    let order: Vec<u32> = (0..5)
        .map(|_| {
            let held = next(&calls);
            let args = held.args;
            held.square();
            args
        })
        .collect();
    assert_eq!(order, [1, 3, 7, 2, 4]);
    assert_eq!(reparto.terminar().unwrap(), [1, 4, 9, 16, 49]);
}

#[test]
fn nobody_waits_for_a_slow_observer() {
    let servers = [from_fn("a", |n: &u32| Ok(n + 1))];
    let reparto = Repartidor::builder().destinos(servers).start().unwrap();
    let mut events = reparto.handle().events(3);
    assert_eq!(reparto.map(0..100).count(), 100);
    // Sent, started, returned and done for each, and the end, less the three that fit.
    assert_eq!(events.missed(), 398);
    assert!(events.try_next().is_ok());
    assert_eq!(events.by_ref().count(), 2);
    assert_eq!(events.try_next().unwrap_err(), TryNextError::Ended);
    let late = events.next_timeout(NEVER);
    assert_eq!(late.unwrap_err(), TryNextError::Ended);
}

/// Returns the end of each call, which must come after its start: its task, its server, and
/// what it brought.
fn ends(events: impl Iterator<Item = Event>) -> Vec<(u64, String, String)> {
    let mut started = Vec::new();
    let mut ends = Vec::new();
    for event in events {
        match event {
            Event::CallStarted { call, at, .. } => started.push((call, at)),
            Event::CallReturned {
                task,
                call,
                server,
                end,
                at,
                ..
            } => {
                let place = started.iter().position(|&(known, _)| known == call);
                let place = place.expect("a call starts before it returns, and returns once");
                assert!(started.remove(place).1 <= at);
                let end = match end {
                    CallEnd::Failed(error) => error.to_string(),
                    end => format!("{end:?}"),
                };
                ends.push((task.index(), server.to_string(), end));
            }
            _ => {}
        }
    }
    ends
}

fn end(task: u64, server: &str, end: &str) -> (u64, String, String) {
    (task, server.to_owned(), end.to_owned())
}

#[test]
fn each_call_that_has_returned_is_told_of() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(read_ahead(9))
        .start()
        .unwrap();
    let handle = reparto.handle();
    let events = handle.events(100);
    let cancelled = reparto.enviar(1).unwrap();
    send(&mut reparto, 2..=3);
    let _cut = next(&calls);
    handle.cancel(cancelled);
    next(&calls).answer(Err(CallError::fault(7, "no such")));
    next(&calls).square();
    assert_eq!(reparto.terminar().unwrap_err().outcomes().len(), 3);
    assert_eq!(
        ends(events),
        [
            end(0, "a", "Cancelled"),
            end(1, "a", "fault 7: no such"),
            end(2, "a", "Result"),
        ]
    );
}

#[test]
fn a_hedge_that_was_in_vain_is_told_of_as_cancelled() {
    let (servers, calls) = fake_servers(&[("a", 1), ("b", 1)]);
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(read_ahead(9))
        .start()
        .unwrap();
    let events = reparto.handle().events(100);
    send(&mut reparto, 0..2);
    let (slow, quick) = (next(&calls), next(&calls));
    let (task, won, in_vain) = (
        u64::from(slow.args),
        slow.server.clone(),
        quick.server.clone(),
    );
    quick.square();
    let hedge = next(&calls);
    assert_eq!((hedge.args, &hedge.server), (slow.args, &in_vain));
    slow.square();
    // The hedge's slot is free again only once it has returned, and with one more task than
    // the other has room for, that is before the run's end.
    send(&mut reparto, 2..4);
    let (third, fourth) = (next(&calls), next(&calls));
    third.square();
    fourth.square();
    assert_eq!(reparto.terminar().unwrap(), [0, 1, 4, 9]);
    let ends = ends(events);
    for expected in [end(task, &won, "Result"), end(task, &in_vain, "Cancelled")] {
        assert!(ends.contains(&expected), "{expected:?} in {ends:?}");
    }
}

#[test]
fn a_lost_call_is_told_of_before_it_returns() {
    let (mut servers, calls) = fake_servers(&[("a", 1), ("b", 1)]);
    let stubborn = servers.remove(0).ignoring_cancel();
    let mut options = read_ahead(9);
    options.time_limit = Some(Duration::from_millis(50));
    options.hedge = false;
    let mut reparto = Repartidor::builder()
        .destinos([stubborn])
        .options(options)
        .start()
        .unwrap();
    let handle = reparto.handle();
    let mut events = handle.events(100);
    send(&mut reparto, [5]);
    let overrun = next(&calls);
    let lost =
        std::iter::from_fn(|| events.next_timeout(SOON).ok()).find_map(|event| match event {
            Event::CallLost {
                call,
                error,
                server,
                ..
            } => Some((call, error.kind(), server)),
            Event::CallReturned { .. } => panic!("it has not returned"),
            _ => None,
        });
    let (call, kind, server) = lost.expect("it is lost");
    assert_eq!((kind, &*server), (ErrorKind::TimedOut, "a"));
    overrun.square();
    let returned =
        std::iter::from_fn(|| events.next_timeout(SOON).ok()).find_map(|event| match event {
            Event::CallReturned { call, end, .. } => Some((call, end)),
            _ => None,
        });
    let (returned, end) = returned.expect("it returns");
    assert!(
        returned == call && matches!(end, CallEnd::Cancelled),
        "{end:?}"
    );
}

/// A server that reports its status, and can be made to hang.
struct HangingServer {
    hangs: AtomicBool,
    slots: usize,
}

impl Destino<u32, u32> for HangingServer {
    fn name(&self) -> &str {
        "hanging"
    }

    fn call(&self, args: &u32, call: &Call) -> Result<u32, CallError> {
        while self.hangs.load(SeqCst) {
            if call.is_cancelled() {
                return Err(CallError::new(ErrorKind::Cancelled, "cut off"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(args * 2)
    }

    fn has_status(&self) -> bool {
        true
    }

    fn learns_slots(&self) -> bool {
        true
    }

    fn status(&self) -> Result<Option<Status>, CallError> {
        match self.hangs.load(SeqCst) {
            true => Err(CallError::new(ErrorKind::TimedOut, "not a word")),
            false => Ok(Some(Status::new("first", self.slots))),
        }
    }
}

#[test]
fn slots_are_learnt_and_a_hang_is_an_outage() {
    let server = std::sync::Arc::new(HangingServer {
        hangs: AtomicBool::new(false),
        slots: 3,
    });
    let mut options = Options::default();
    options.outage = Some(Duration::from_millis(100));
    let mut reparto = Repartidor::builder()
        .destinos([std::sync::Arc::clone(&server)])
        .options(options)
        .start()
        .unwrap();
    let handle = reparto.handle();
    while handle.summary().servers[0].slots != 3 {
        std::thread::yield_now();
    }
    server.hangs.store(true, SeqCst);
    send(&mut reparto, 0..3);
    // It was well when it was last asked: a second, and the word that there is none.
    let mut events = handle.events(100);
    let aside =
        std::iter::from_fn(|| events.next_timeout(SOON).ok()).find_map(|event| match event {
            Event::ServerSetAside { state, .. } => Some(state),
            _ => None,
        });
    assert_eq!(aside, Some(ServerState::Down));
    let incomplete = reparto.terminar().unwrap_err();
    assert!(incomplete.outcomes().iter().all(Result::is_err));
    let server = &incomplete.summary().servers[0];
    assert_eq!((server.deaths, server.slots), (1, 3));
    assert!(server.downtime >= Duration::from_millis(100), "{server:?}");
}

/// A destination that uses the handle of its own run in `cancel`.
struct HandleUser(fake_server::FakeServer, Arc<OnceLock<Handle<u32, u32>>>);

impl Destino<u32, u32> for HandleUser {
    fn name(&self) -> &str {
        "handle user"
    }

    fn call(&self, args: &u32, call: &Call) -> Result<u32, CallError> {
        Destino::call(&self.0, args, call)
    }

    fn cancel(&self, call: CallId) {
        self.0.cancel(call);
        use_handle(&self.1);
    }
}

fn use_handle(handle: &OnceLock<Handle<u32, u32>>) {
    let handle = handle.get().unwrap();
    assert_eq!(handle.summary().lost(), 0);
    handle.cancel_all();
    drop(handle.events(1));
}

#[test]
fn a_cost_and_a_cancel_may_use_the_handle() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let handle = Arc::<OnceLock<_>>::default();
    let destino = |server| HandleUser(server, Arc::clone(&handle));
    let seen = Arc::clone(&handle);
    let mut reparto = Repartidor::builder()
        .destinos(servers.into_iter().map(destino))
        .options(read_ahead(1))
        .cost(move |&n| {
            if n == 2 {
                use_handle(&seen);
            }
            n.into()
        })
        .start()
        .unwrap();
    handle
        .set(reparto.handle())
        .unwrap_or_else(|_| panic!("it is set once"));
    reparto.enviar(1).unwrap();
    let held = next(&calls);
    // Its cost has both cancelled.
    reparto.enviar(2).unwrap();
    let incomplete = reparto.terminar().unwrap_err();
    let cancelled = |outcome: &Result<u32, TaskError>| {
        outcome.as_ref().unwrap_err().kind() == TaskErrorKind::Cancelled
    };
    assert!(incomplete.outcomes().iter().all(cancelled), "{incomplete}");
    drop(held);
}

#[test]
fn a_server_with_too_many_slots_is_not_added() {
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(read_ahead(9))
        .start()
        .unwrap();
    let handle = reparto.handle();
    let large = from_fn("large", |n: &u32| Ok(*n)).with_slots(reparte::MAX_SLOTS);
    let slots = reparte::MAX_SLOTS + 1;
    let refused = handle.replace_server("a", large);
    assert!(matches!(refused, Err(Error::TooManySlots { slots: all, .. }) if all == slots));
    // The one that it was to replace is still there.
    send(&mut reparto, [3]);
    next(&calls).square();
    assert_eq!(reparto.terminar().unwrap(), [9]);
}

/// Found when the threads of a removed server stayed until the run's end.
#[cfg(target_os = "linux")]
#[test]
fn removed_servers_have_no_threads() {
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let (servers, calls) = fake_servers(&[("a", 1)]);
    let mut reparto = Repartidor::builder()
        .destinos(servers)
        .options(read_ahead(9))
        .start()
        .unwrap();
    let handle = reparto.handle();
    for _ in 0..30 {
        let other = from_fn("other", |n: &u32| Ok(*n)).with_slots(200);
        handle.add_server(other).unwrap();
        assert!(handle.remove_server("other"));
    }
    let deadline = std::time::Instant::now() + SOON;
    while threads() > 1000 {
        assert!(
            std::time::Instant::now() < deadline,
            "{} threads",
            threads()
        );
        std::thread::yield_now();
    }
    send(&mut reparto, [3]);
    next(&calls).square();
    assert_eq!(reparto.terminar().unwrap(), [9]);
}

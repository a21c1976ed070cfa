//! P7 and P8: tasks that kill their servers, and the number of calls that failures cost.

use std::time::{Duration, Instant};

use reparte::{ErrorKind, Options, Repartidor, RetryFaults, RunSummary, TaskErrorKind, XmlRpc};

use crate::event_watch::later;
use crate::supervisor::Supervised;
use crate::{full, nap_server, repartidor};

/// P7: a number that kills its server costs three servers one process each. All other tasks
/// get their result, and the error says what happened.
#[test]
fn p7_a_task_that_kills_its_servers_is_given_up_and_the_rest_is_done() {
    let servers = [(); 3].map(|()| Supervised::start(2));
    let addresses = servers.each_ref().map(|server| &server.address);
    let work = XmlRpc::list(&addresses, "work").unwrap();
    let mut reparto: Repartidor<(i32, i32), i32> =
        Repartidor::builder().destinos(work).start().unwrap();
    let tasks = if full() { 1000 } else { 100 };
    for n in 0..tasks {
        reparto.enviar((20, n)).unwrap();
    }
    let incomplete = reparto.terminar().expect_err("one task is poison");
    let lost = servers.each_ref().map(Supervised::lost);
    eprintln!("P7: of {tasks} tasks one is poison; processes lost: {lost:?}\n{incomplete}");
    for (n, outcome) in (0..).zip(incomplete.outcomes()) {
        match outcome {
            Ok(result) => assert_eq!(*result, n),
            Err(error) => assert_eq!(
                (n, error.kind()),
                (nap_server::DEADLY, TaskErrorKind::Poison)
            ),
        }
    }
    let poison = usize::try_from(nap_server::DEADLY).unwrap();
    let error = incomplete.outcomes()[poison].as_ref().unwrap_err();
    let mut killed: Vec<&str> = error.history().iter().map(|call| &*call.server).collect();
    killed.sort_unstable();
    killed.dedup();
    assert_eq!((killed.len(), error.calls()), (3, 3), "{error}");
    let broke = |kind| kind == ErrorKind::Interrupted;
    assert!(error.history().iter().all(|call| broke(call.error.kind())));
    assert!(incomplete.to_string().contains("poison"), "{incomplete}");
    assert!(lost.iter().all(|&processes| processes <= 1), "{lost:?}");
}

/// A stream of 100 tasks a second for 30 s, one of which kills its servers. It waits for 5 s at
/// most until a server is held for it, and dies three times, a second each at most with the
/// server's new start: so results in order don't wait behind it until the stream ends.
#[test]
fn a_poison_task_holds_up_a_stream_for_a_bounded_time() {
    let servers = [(); 3].map(|()| Supervised::start(2));
    let addresses = servers.each_ref().map(|server| &server.address);
    let work = XmlRpc::list(&addresses, "work").unwrap();
    let mut options = Options::default();
    options.window = 4096;
    let run: Repartidor<(i32, i32), i32> = Repartidor::builder()
        .destinos(work)
        .options(options)
        .start()
        .unwrap();
    let (mut sender, outcomes) = run.split_ordered();
    let deadly = u64::try_from(nap_server::DEADLY).unwrap();
    let sending = std::thread::spawn(move || {
        let mut sent = Instant::now();
        for n in 0..3000 {
            if n == nap_server::DEADLY {
                sent = Instant::now();
            }
            if sender.enviar((5, n)).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        sent
    });
    let mut ended = None;
    for (task, outcome) in outcomes {
        if task.index() == deadly {
            ended = Some(Instant::now());
            assert_eq!(outcome.unwrap_err().kind(), TaskErrorKind::Poison);
        } else {
            outcome.unwrap();
        }
    }
    let held = ended.unwrap() - sending.join().unwrap();
    eprintln!("a poison task in a stream: given up after {held:?}");
    assert!(held <= Duration::from_secs(5 + 3), "{held:?}");
}

/// Starts a dispatcher of tasks that fail in a share of their calls, and are tried again.
fn moody(servers: &[&String]) -> Repartidor<(i32, i32), i32> {
    let mut options = Options::default();
    options.retry_faults = RetryFaults::Codes(vec![75]);
    options.max_attempts = u32::MAX;
    Repartidor::builder()
        .destinos(XmlRpc::list(servers, "moody").unwrap())
        .options(options)
        .start()
        .unwrap()
}

fn share(account: &RunSummary) -> f64 {
    account.retries as f64 / account.executions.max(1) as f64
}

/// P8: while few calls fail, at most a tenth of the calls are retries.
#[test]
fn p8_in_steady_state_few_calls_are_retries() {
    let servers = [nap_server::start(4), nap_server::start(4)];
    let mut reparto = moody(&[&servers[0].1, &servers[1].1]);
    let handle = reparto.handle();
    let tasks = if full() { 20_000 } else { 2000 };
    for n in 0..tasks {
        reparto.enviar((5, n)).unwrap();
    }
    assert_eq!(reparto.terminar().unwrap(), (0..tasks).collect::<Vec<_>>());
    let account = handle.summary();
    eprintln!(
        "P8: {} executions of {tasks} tasks, {:.1} % retries",
        account.executions,
        100.0 * share(&account)
    );
    assert!(share(&account) <= 0.1, "{account}");
}

/// P8: while all calls fail, retries are a tenth of the calls, and those that the elapsed time
/// adds to the budget.
#[test]
fn p8_while_every_call_fails_calls_are_at_most_doubled() {
    let servers = [nap_server::start(4), nap_server::start(4)];
    let mut reparto = moody(&[&servers[0].1, &servers[1].1]);
    let handle = reparto.handle();
    let tasks = if full() { 20_000 } else { 2000 };
    for n in 0..tasks {
        reparto.enviar((100, n)).unwrap();
    }
    let account = handle.summary();
    let times = account.executions as f64 / f64::from(tasks);
    eprintln!("P8: every call fails: {times:.2} calls a task");
    assert!(times <= 2.0, "{account}");
    handle.cancel_all();
    assert!(reparto.terminar().is_err());
}

/// P8: while all servers are down, calls are at most doubled.
#[test]
fn p8_while_every_server_is_down_calls_are_at_most_doubled() {
    let servers = [nap_server::start(4), nap_server::start(4)];
    let addresses = servers.each_ref().map(|(_, address)| address.clone());
    let mut options = Options::default();
    options.outage = None;
    options.read_ahead = 1000;
    let mut reparto = repartidor(&[&addresses[0], &addresses[1]], options);
    let handle = reparto.handle();
    let (tasks, gone) = if full() { (1000, 20) } else { (200, 2) };
    let started = Instant::now();
    let restarted = later(Duration::from_millis(300), move || {
        for (server, _) in servers {
            server.kill();
        }
        std::thread::sleep(Duration::from_secs(gone));
        addresses.map(|address| nap_server::start_at(&address, 4, &[]))
    });
    for n in 0..tasks {
        reparto.enviar((50, n)).unwrap();
    }
    assert_eq!(reparto.terminar().unwrap(), (0..tasks).collect::<Vec<_>>());
    let account = handle.summary();
    let failures = account.servers.iter().flat_map(|s| s.failures.values());
    let calls = account.done + failures.sum::<u64>();
    let times = calls as f64 / f64::from(tasks);
    eprintln!(
        "P8: all servers gone for {gone} s: {times:.2} calls a task, over after {:.1} s",
        started.elapsed().as_secs_f64()
    );
    assert!(times <= 2.0, "{account}");
    drop(restarted.join());
}

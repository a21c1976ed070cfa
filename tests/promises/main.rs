//! What `reparte` promises, kept over real processes and signals. docs/reliability.md
//! has the figures, and says how to run the large variants: `PROMISES=full`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]
#![allow(clippy::print_stderr, reason = "what was measured is for the reader")]

#[path = "../common/mod.rs"]
mod common;
#[cfg(target_os = "linux")]
mod connection_share;
mod event_watch;
mod killed_client;
mod nap_server;
#[cfg(target_os = "linux")]
mod network_namespace;
#[cfg(target_os = "linux")]
mod partition;
#[path = "../common/python_scripts.rs"]
mod python_scripts;
mod retries;
#[cfg(target_os = "linux")]
mod scale;
mod supervisor;
mod wrong_answers;

use std::time::{Duration, Instant};

use event_watch::{Watch, later};
use reparte::{CallReason, Event, Options, Repartidor, RunSummary, ServerState, XmlRpc};
use rustix::process::Signal;
use test_support::Running;

type Nap = (i32, i32);

/// Whether the numbers are those of docs/reliability.md, not those of a quick test.
fn full() -> bool {
    std::env::var("PROMISES").is_ok_and(|value| value == "full")
}

fn repartidor(servers: &[&String], options: Options) -> Repartidor<Nap, i32> {
    Repartidor::builder()
        .destinos(XmlRpc::list(servers, "nap").unwrap())
        .options(options)
        .start()
        .unwrap()
}

fn is_aside(event: &Event, of: &str) -> bool {
    matches!(event, Event::ServerSetAside { server, .. } if &**server == of)
}

/// P1: however many of the servers are killed, and whenever, all results come, once.
#[test]
fn p1_killed_servers_cost_no_result() {
    let (seeds, tasks) = if full() { (200, 2000) } else { (3, 300) };
    for seed in 0..seeds {
        kill_some(seed, tasks);
    }
}

fn kill_some(seed: u32, tasks: i32) {
    // Any numbers will do, if another seed gives others.
    let random =
        |n: u32, below: u32| (seed * 7919 + n * 104_729).wrapping_mul(2_654_435_761) % below;
    let mut servers: Vec<_> = (0..4).map(|_| nap_server::start(1)).collect();
    let addresses: Vec<String> = servers.iter().map(|(_, address)| address.clone()).collect();
    let mut reparto = repartidor(&addresses.iter().collect::<Vec<_>>(), Options::default());
    let handle = reparto.handle();
    let kills: Vec<_> = (0..1 + random(0, 3))
        .map(|n| {
            let (victim, _) = servers.swap_remove(random(n + 1, servers.len() as u32) as usize);
            let after = Duration::from_micros(u64::from(random(n + 9, 250 * tasks.unsigned_abs())));
            later(after, move || victim.kill())
        })
        .collect();
    for n in 0..tasks {
        reparto.enviar((1, n)).unwrap();
    }
    let results = reparto.terminar().unwrap();
    assert_eq!(results, (0..tasks).collect::<Vec<_>>(), "seed {seed}");
    let account = handle.summary();
    assert_eq!(
        (account.done, account.lost()),
        (u64::from(tasks.unsigned_abs()), 0)
    );
    kills.into_iter().for_each(|kill| drop(kill.join()));
}

/// P2: a server that hangs is found out, its task goes elsewhere, its late answer
/// nowhere.
#[test]
fn p2_a_hung_server_is_found_out() {
    let (hung, first) = nap_server::start(1);
    let (_other, second) = nap_server::start(1);
    let mut options = Options::default();
    options.hedge = false;
    let mut reparto = repartidor(&[&first, &second], options);
    let handle = reparto.handle();
    let mut watch = Watch::new(handle.events(1000));
    reparto.enviar((2500, 0)).unwrap();
    reparto.enviar((100, 1)).unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    hung.signal(Signal::STOP);
    let stopped = Instant::now();
    let found = watch.after(stopped, |event| is_aside(event, &first));
    let again = watch.after(stopped, |event| {
        matches!(
            event,
            Event::CallStarted {
                reason: CallReason::Retry,
                ..
            }
        )
    });
    eprintln!(
        "P2: a hang is found after {found:?}, its task runs elsewhere {:?} later",
        again - found
    );
    assert!(found <= Duration::from_millis(3500), "{found:?}");
    assert!(again - found <= Duration::from_secs(1), "{again:?}");
    // It goes on, and answers at once: one of the two answers is dropped.
    hung.signal(Signal::CONT);
    assert_eq!(reparto.terminar().unwrap(), [0, 1]);
    let account = handle.summary();
    assert_eq!(
        (account.done, account.executions, account.lost()),
        (2, 3, 0)
    );
}

/// P3: a death is noticed at once, a return soon.
#[test]
fn p3_a_death_is_noticed_and_so_is_the_return() {
    let (dead, first) = nap_server::start(1);
    let mut options = Options::default();
    options.outage = None;
    let mut reparto = repartidor(&[&first], options);
    let mut watch = Watch::new(reparto.handle().events(1000));
    reparto.enviar((300, 0)).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let killed = Instant::now();
    let restarted = later(Duration::from_secs(1), {
        let address = first.clone();
        move || (nap_server::start_at(&address, 1, &[]), Instant::now())
    });
    drop(dead.kill());
    let noticed = watch.after(killed, |event| is_aside(event, &first));
    let (_again, up) = restarted.join().unwrap();
    let flows = watch.after(killed, |event| {
        matches!(
            event,
            Event::CallStarted {
                reason: CallReason::Retry,
                ..
            }
        )
    });
    let flows = flows.saturating_sub(up.duration_since(killed));
    eprintln!("P3: a death is noticed after {noticed:?}, work flows {flows:?} after the return");
    assert!(noticed <= Duration::from_millis(100), "{noticed:?}");
    assert!(flows <= Duration::from_secs(5), "{flows:?}");
    assert_eq!(reparto.terminar().unwrap(), [0]);
}

/// P9: slots are busy while tasks remain.
#[test]
fn p9_slots_are_busy_while_tasks_remain() {
    let servers = [nap_server::start(2), nap_server::start(2)];
    let tasks = if full() { 1000 } else { 120 };
    let mut reparto = repartidor(&[&servers[0].1, &servers[1].1], Options::default());
    let handle = reparto.handle();
    for n in 0..tasks {
        reparto.enviar((20 + n % 5 * 10, n)).unwrap();
    }
    // The last task has a slot just now: up to here none lacked one.
    let account = handle.summary();
    let shares: Vec<f64> = account.servers.iter().map(|s| s.busy_share()).collect();
    eprintln!("P9: busy shares {shares:.3?}");
    assert!(
        account.servers.iter().all(|server| server.slots == 2),
        "{account}"
    );
    assert!(shares.iter().all(|&share| share >= 0.95), "{shares:?}");
    reparto.terminar().unwrap();
}

/// What happens to one of two servers in the middle of a run.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Kill,
    Stop,
    KillAndRestart,
}

/// P10: kill.
#[test]
fn p10_one_of_two_killed() {
    table(Fault::Kill);
}

/// P10: stop.
#[test]
fn p10_one_of_two_stopped() {
    table(Fault::Stop);
}

/// P10: kill and restart.
#[test]
fn p10_one_of_two_killed_and_restarted() {
    table(Fault::KillAndRestart);
}

/// P10: kill, with the article's servers, Python's.
#[test]
#[ignore = "needs Python 2.7 and 3"]
fn p10_one_of_two_pythons_killed() {
    for major in ["2", "3"] {
        table_of(Fault::Kill, Some(major));
    }
}

/// P10: kill and restart, with the article's servers, Python's.
#[test]
#[ignore = "needs Python 2.7 and 3"]
fn p10_one_of_two_pythons_killed_and_restarted() {
    for major in ["2", "3"] {
        table_of(Fault::KillAndRestart, Some(major));
    }
}

fn table(fault: Fault) {
    table_of(fault, None);
}

/// A server of ours, or one of that Python, on a port.
fn start_on(port: &str, python: Option<&str>) -> (Running, String) {
    match python {
        None => nap_server::start_at(&format!("127.0.0.1:{port}"), 1, &[]),
        Some(major) => {
            let address = format!("127.0.0.1:{port}");
            let running = python_scripts::script(major, "servers/python.py", &[&address]);
            let address = running.line_after("listening on http://");
            (running, address)
        }
    }
}

/// The bench that other dispatchers were put to: 100 tasks of 0.2 s on two workers, the
/// fault after 3 s. None of what was delivered is done again.
fn table_of(fault: Fault, python: Option<&'static str>) {
    let (tasks, nap, at, most) = match full() {
        true => (100, 200, 3000, 18.5),
        // The floor is 6 s less what two did in the time before the fault.
        false => (60, 100, 500, 7.5),
    };
    let (victim, first) = start_on("0", python);
    let (_other, second) = start_on("0", python);
    let started = Instant::now();
    let mut reparto = repartidor(&[&first, &second], Options::default());
    let handle = reparto.handle();
    let address = first.clone();
    let trouble = later(Duration::from_millis(at), move || {
        befall(victim, fault, &address, python)
    });
    for n in 0..tasks {
        reparto.enviar((nap, n)).unwrap();
    }
    let results = reparto.terminar().unwrap();
    let took = started.elapsed().as_secs_f64();
    let account = handle.summary();
    eprintln!(
        "P10, {fault:?}: {} of {tasks} in {took:.1} s, {} executions",
        results.len(),
        account.executions
    );
    assert_eq!(results, (0..tasks).collect::<Vec<_>>());
    check_executions(&account, tasks);
    assert!(took <= most, "{took} s\n{account}");
    drop(trouble.join());
}

/// One task was aboard at the fault, and may have run twice. No other has.
fn check_executions(account: &RunSummary, tasks: i32) {
    let tasks = u64::from(tasks.unsigned_abs());
    assert_eq!((account.done, account.lost()), (tasks, 0), "{account}");
    assert!(account.executions <= tasks + 1, "{account}");
    assert_eq!(account.failed_servers().count(), 1, "{account}");
    assert_ne!(account.servers[1].state, ServerState::Down, "{account}");
}

fn befall(victim: Running, fault: Fault, address: &str, python: Option<&str>) -> Option<Running> {
    match fault {
        Fault::Stop => {
            victim.signal(Signal::STOP);
            Some(victim)
        }
        Fault::Kill => {
            victim.kill();
            None
        }
        Fault::KillAndRestart => {
            victim.kill();
            std::thread::sleep(Duration::from_secs(1));
            let (_, port) = address.rsplit_once(':').unwrap();
            Some(start_on(port, python).0)
        }
    }
}

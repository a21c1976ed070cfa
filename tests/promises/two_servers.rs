//! P10: one of two servers is killed, stopped, or killed and started again.

use std::time::{Duration, Instant};

use reparte::{Options, RunSummary, ServerState};
use rustix::process::Signal;
use test_support::Running;

use crate::event_watch::later;
use crate::{full, nap_server, python_scripts, repartidor};

/// The fault of one of two servers in the middle of a run.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Kill,
    Stop,
    KillAndRestart,
}

/// P10: one server is killed.
#[test]
fn p10_one_of_two_killed() {
    check_fault(Fault::Kill);
}

/// P10: one server is stopped, and hangs.
#[test]
fn p10_one_of_two_stopped() {
    check_fault(Fault::Stop);
}

/// P10: one server is killed, and started again.
#[test]
fn p10_one_of_two_killed_and_restarted() {
    check_fault(Fault::KillAndRestart);
}

/// P10: one server is killed, with the article's servers in Python.
#[test]
#[ignore = "needs Python 2.7 and 3"]
fn p10_one_of_two_pythons_killed() {
    for major in ["2", "3"] {
        check_fault_of(Fault::Kill, Some(major));
    }
}

/// P10: one server is killed, and started again, with the article's servers in Python.
#[test]
#[ignore = "needs Python 2.7 and 3"]
fn p10_one_of_two_pythons_killed_and_restarted() {
    for major in ["2", "3"] {
        check_fault_of(Fault::KillAndRestart, Some(major));
    }
}

fn check_fault(fault: Fault) {
    check_fault_of(fault, None);
}

/// Starts a server on a port: ours, or one in that Python. Returns its address too.
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

/// Runs 100 tasks of 0.2 s on two workers, with the fault after 3 s: all results arrive in time,
/// and no task whose result was delivered runs again.
fn check_fault_of(fault: Fault, python: Option<&'static str>) {
    let (tasks, nap, at, most) = match full() {
        true => (100, 200, 3000, 18.5),
        // One server alone would need 6 s, less the work of two servers before the fault.
        false => (60, 100, 500, 7.5),
    };
    let (victim, first) = start_on("0", python);
    let (_other, second) = start_on("0", python);
    let started = Instant::now();
    let mut reparto = repartidor(&[&first, &second], Options::default());
    let handle = reparto.handle();
    let address = first.clone();
    let trouble = later(Duration::from_millis(at), move || {
        apply(victim, fault, &address, python)
    });
    for n in 0..tasks {
        reparto.enviar((nap, n)).unwrap();
    }
    let results = reparto.terminar().unwrap();
    let took = started.elapsed().as_secs_f64();
    let summary = handle.summary();
    eprintln!(
        "P10, {fault:?}: {} of {tasks} in {took:.1} s, {} executions",
        results.len(),
        summary.executions
    );
    assert_eq!(results, (0..tasks).collect::<Vec<_>>());
    check_executions(&summary, tasks);
    assert!(took <= most, "{took} s\n{summary}");
    drop(trouble.join());
}

/// Checks that at most one task was tried again: the one that was running at the fault. A busy
/// machine may make a call slow enough for a hedge, besides.
fn check_executions(summary: &RunSummary, tasks: i32) {
    let tasks = u64::from(tasks.unsigned_abs());
    assert_eq!((summary.done, summary.lost()), (tasks, 0), "{summary}");
    let hedges = summary.hedges;
    assert!(
        summary.executions <= tasks + 1 + hedges && hedges <= 3,
        "{summary}"
    );
    assert_eq!(summary.failed_servers().count(), 1, "{summary}");
    assert_ne!(summary.servers[1].state, ServerState::Down, "{summary}");
}

fn apply(victim: Running, fault: Fault, address: &str, python: Option<&str>) -> Option<Running> {
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

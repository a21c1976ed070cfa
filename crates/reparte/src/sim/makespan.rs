//! The makespan: how much later the last of many tasks ends than with perfect
//! placement, on servers that never fail.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::{CallId, ServerId, TaskId};
use crate::options::RetryFaults;
use crate::plan::Plan;
use crate::plan::action::{Action, RunEnd};
use crate::plan::event::{Event, Role, ServerConfig, ServerStatus};
use crate::plan::options::PlanOptions;

const SERVERS: usize = 4;
/// Time from a probe to its answer.
const STATUS: Duration = Duration::from_millis(1);

/// Something that returns at a time.
enum Pending {
    Call(CallId),
    Probe(ServerId),
}

/// Runs tasks of these durations, sent as fast as they are accepted, and returns
/// when the run is over. With `costs`, the longest of those that wait goes first.
fn run(tasks: &[Duration], read_ahead: usize, costs: bool) -> Duration {
    let config = ServerConfig {
        slots: 1,
        learns_slots: true,
        has_status: true,
        reserve: false,
        role: Role::Server,
    };
    let options = PlanOptions {
        read_ahead,
        max_attempts: 1,
        max_fault_attempts: 1,
        outage: Some(Duration::from_secs(5)),
        outage_before_answer: Some(Duration::from_secs(5)),
        time_limit: None,
        time_limit_medians: None,
        retry_faults: RetryFaults::None,
        retry_time_outs: false,
        halt: None,
        hedge: true,
        seed: 1,
    };
    let mut plan = Plan::new(&[config; SERVERS], options);
    let mut agenda: BTreeMap<(Duration, usize), Pending> = BTreeMap::new();
    let (mut now, mut entries, mut sent) = (Duration::ZERO, 0, 0);
    let mut event = Event::TimerFired;
    loop {
        plan.handle(event, now);
        while let Some(action) = plan.poll_action() {
            entries += 1;
            match action {
                Action::StartCall { task, call, .. } => {
                    let took = tasks[usize::try_from(task.index()).unwrap()];
                    agenda.insert((now + took, entries), Pending::Call(call));
                }
                Action::ProbeServer { server } => {
                    agenda.insert((now + STATUS, entries), Pending::Probe(server));
                }
                Action::EndRun(end) => {
                    assert_eq!(end, RunEnd::Completed);
                    return now;
                }
                _ => {}
            }
        }
        event = if sent < tasks.len() && plan.accepts_task() {
            let cost = if costs { tasks[sent].as_micros() } else { 0 };
            sent += 1;
            Event::TaskSent {
                task: TaskId::new(sent as u64 - 1),
                cost: u64::try_from(cost).unwrap(),
            }
        } else if sent == tasks.len() {
            sent += 1;
            Event::InputClosed
        } else {
            let next = agenda.first_key_value().map(|(&(at, _), _)| at);
            let wake = plan.next_timer();
            now = [next, wake].into_iter().flatten().min().unwrap();
            if next != Some(now) {
                Event::TimerFired
            } else {
                match agenda.pop_first().unwrap().1 {
                    Pending::Call(call) => Event::CallReturned {
                        call,
                        outcome: Ok(()),
                    },
                    Pending::Probe(server) => Event::ProbeReturned {
                        server,
                        outcome: Ok(Some(ServerStatus {
                            instance: server.index() as u64,
                            slots: 1,
                            time_left: None,
                        })),
                    },
                }
            }
        };
    }
}

/// Returns when the last server is done if each takes the next task when free.
fn perfect(tasks: &[Duration]) -> Duration {
    let mut free = [Duration::ZERO; SERVERS];
    for &task in tasks {
        *free.iter_mut().min().unwrap() += task;
    }
    free.into_iter().max().unwrap()
}

/// Draws durations from Pareto's distribution, alpha 1.2, 20 s in all.
fn heavy_tail(mut state: u64) -> Vec<Duration> {
    let mut uniform = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((state >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
    };
    let raw: Vec<f64> = (0..200).map(|_| uniform().powf(-1.0 / 1.2)).collect();
    let sum: f64 = raw.iter().sum();
    let scaled = raw.iter().map(|x| Duration::from_secs_f64(x / sum * 20.0));
    scaled.collect()
}

/// The seed of `tests/versus/dispatch.rs`, which measures real time, and others.
const SEEDS: [u64; 9] = [20_050_822, 1, 2, 3, 4, 5, 6, 7, 8];

#[track_caller]
fn check(name: &str, took: Duration, perfect: Duration) {
    let over = took.as_secs_f64() / perfect.as_secs_f64() - 1.0;
    eprintln!("{name}: {took:?} {perfect:?} {over:+.4}");
    assert!(over < 0.02, "{name}: {took:?}, {perfect:?} is perfect");
}

#[test]
fn in_order_of_sending_placement_is_near_to_perfect() {
    for seed in SEEDS {
        let tasks = heavy_tail(seed);
        check("in order", run(&tasks, 0, false), perfect(&tasks));
    }
}

#[test]
fn longest_first_placement_is_near_to_perfect() {
    for seed in SEEDS {
        let tasks = heavy_tail(seed);
        let mut longest_first = tasks.clone();
        longest_first.sort_unstable_by_key(|&task| Reverse(task));
        let took = run(&tasks, tasks.len(), true);
        check("longest first", took, perfect(&longest_first));
    }
}

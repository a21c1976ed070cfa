//! The plan's behaviour, as scripts: what it is told and, indented, what it
//! asks for. They are read as documentation, and compared letter by letter.
//!
//! | line | meaning |
//! | --- | --- |
//! | `servers 1 4` | the slots of each server, first |
//! | `option read_ahead 2` | or `max_attempts`, or `outage` in ms or `none` |
//! | `at 20` | it is now 20 ms |
//! | `send 0 1` | these tasks are sent, if they are wanted |
//! | `end 3 ok` | a call ends, with a result or with a kind of error |
//! | `wake` | the plan is woken when it asked to be |
//! | `closed`, `abandoned` | no more tasks; no more interest |

use std::fmt::Write;
use std::time::Duration;

use super::{Action, Event, Plan, PlanOptions};
use crate::{CallId, ErrorKind, TaskId};

/// Runs the events of a script and writes it again with what was asked for.
fn replay(script: &str) -> String {
    let mut options = PlanOptions {
        read_ahead: 0,
        max_attempts: 10,
        outage: Some(Duration::from_secs(5)),
        seed: 1,
    };
    let mut plan = None;
    let mut slots = Vec::new();
    let mut now = Duration::ZERO;
    let mut told = String::new();
    for line in script.lines() {
        if line.starts_with("  ") {
            continue;
        }
        writeln!(told, "{line}").unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        let events: Vec<Event> = match words[..] {
            [] | ["#", ..] => continue,
            ["servers", ..] => {
                slots = words[1..].iter().map(|n| n.parse().unwrap()).collect();
                continue;
            }
            ["option", "read_ahead", n] => {
                options.read_ahead = n.parse().unwrap();
                continue;
            }
            ["option", "max_attempts", n] => {
                options.max_attempts = n.parse().unwrap();
                continue;
            }
            ["option", "outage", ms] => {
                options.outage = ms.parse().ok().map(Duration::from_millis);
                continue;
            }
            ["at", ms] => {
                now = Duration::from_millis(ms.parse().unwrap());
                continue;
            }
            ["send", ..] => words[1..]
                .iter()
                .map(|n| Event::Sent {
                    task: TaskId::new(n.parse().unwrap()),
                })
                .collect(),
            ["end", call, ref outcome @ ..] => vec![Event::Ended {
                call: CallId::new(call.parse().unwrap()),
                outcome: read_outcome(outcome),
            }],
            ["wake"] => vec![Event::Woken],
            ["closed"] => vec![Event::Closed],
            ["abandoned"] => vec![Event::Abandoned],
            _ => panic!("what is {line:?}?"),
        };
        let plan = plan.get_or_insert_with(|| Plan::new(&slots, options.clone()));
        for event in events {
            match event {
                Event::Woken => {
                    now = plan.next_wake().expect("there is something to wake for");
                    writeln!(told, "  it is {}", ms(now)).unwrap();
                }
                Event::Sent { .. } if !plan.wants_task() => {
                    writeln!(told, "  not wanted").unwrap();
                    continue;
                }
                _ => {}
            }
            plan.handle(event, now);
            while let Some(action) = plan.poll_action() {
                writeln!(told, "  {}", write_action(action)).unwrap();
            }
            assert!(
                plan.next_wake().is_none_or(|wake| wake > now),
                "wakes in vain"
            );
        }
    }
    told
}

fn read_outcome(words: &[&str]) -> Result<(), ErrorKind> {
    let retry_after = |ms: &str| Some(Duration::from_millis(ms.parse().unwrap()));
    Err(match *words {
        ["ok"] => return Ok(()),
        ["fault", code] => ErrorKind::Fault {
            code: code.parse().unwrap(),
        },
        ["busy"] => ErrorKind::Busy { retry_after: None },
        ["busy", ms] => ErrorKind::Busy {
            retry_after: retry_after(ms),
        },
        ["unreachable"] => ErrorKind::Unreachable,
        ["interrupted"] => ErrorKind::Interrupted,
        ["malformed"] => ErrorKind::Malformed,
        ["refused"] => ErrorKind::Refused,
        ["not-found"] => ErrorKind::NotFound,
        ["unsendable"] => ErrorKind::Unsendable,
        _ => panic!("what is {words:?}?"),
    })
}

fn ms(time: Duration) -> String {
    format!("{} ms", time.as_micros() as f64 / 1000.0)
}

fn write_action(action: Action) -> String {
    match action {
        Action::Start {
            task,
            call,
            server,
            retry,
        } => {
            let again = if retry { " again" } else { "" };
            format!("call {call}: task {task}{again} on server {server}")
        }
        Action::Cancel { call, server } => format!("cancel call {call} on server {server}"),
        Action::Deliver { task, server } => format!("deliver task {task} from server {server}"),
        Action::Fail { task, why } => format!("fail task {task}: {why:?}"),
        Action::SetAside { server, until, why } => {
            format!("set server {server} aside until {}: {why:?}", ms(until))
        }
        Action::TakeBack { server } => format!("take server {server} back"),
        Action::PutOut { server } => format!("put server {server} out"),
        Action::End(end) => format!("the end: {end:?}"),
    }
}

/// Compares; with `BLESS=1` in the environment writes the script anew instead,
/// to be read before it is kept.
fn check(name: &str, script: &str) {
    let told = replay(script);
    if std::env::var_os("BLESS").is_some() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/plan/scripts/");
        std::fs::write(format!("{folder}{name}.txt"), told).unwrap();
        return;
    }
    assert!(told == script, "{name} tells another story:\n{told}");
}

macro_rules! scripts {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let name = stringify!($name);
            check(name, include_str!(concat!("scripts/", stringify!($name), ".txt")));
        }
    )*};
}

scripts! {
    a_task_goes_to_the_idlest_server
    a_dead_server_does_not_eat_the_queue
    a_retry_goes_elsewhere_first
    a_retry_goes_back_when_the_others_are_at_work_for_long
    a_fault_is_the_tasks_answer
    a_task_is_given_up_after_its_attempts
    a_busy_server_is_left_alone_as_long_as_it_asks
    a_server_that_refuses_is_out
    an_outage_ends_the_run
    an_answer_ends_the_outage
    an_outage_waits_for_calls_in_flight
    an_answer_from_a_dying_server_puts_the_outage_off
    when_the_outage_is_over_time_no_task_is_taken
    without_tasks_there_is_no_outage
    an_old_call_tells_nothing_of_a_returned_server
    with_a_read_ahead_tasks_wait
    an_abandoned_run_cancels_its_calls
}

//! The plan's behaviour, as scripts: what it is told and, indented, what it
//! asks for. They are read as documentation, and compared letter by letter.
//!
//! | line | meaning |
//! | --- | --- |
//! | `servers 1 4` | the slots of each server, first; `s4`: it can be asked how it is; `l1`: its slots are learnt so; `r1`: it is kept in reserve |
//! | `option read_ahead 2` | or `max_attempts`, `limit_medians`; `outage`, `limit` in ms or `none`; `retry_faults none`, `all` or codes |
//! | `at 20` | it is now 20 ms |
//! | `send 0 1` | these tasks are sent, if they are wanted; `2*50`: task 2, of cost 50 |
//! | `end 3 ok` | a call ends, with a result or with a kind of error |
//! | `status 0 7 4` | server 0 says that it is instance 7 and takes 4 calls |
//! | `reached 0`, `silent 0 unreachable` | it can be reached, and says no more; or not even that |
//! | `join s1`, `leave 0`, `cancel 3` | servers come and go; a task is cancelled |
//! | `wake` | the plan is woken when it asked to be; `woken`: now |
//! | `closed`, `stopped`, `abandoned` | no more tasks; no more calls; no more interest |
//! | `journal-failed` | results can't be kept |

use std::fmt::Write;
use std::time::Duration;

use crate::ids::ServerId;
use crate::plan::Plan;
use crate::plan::action::{Action, CallReason, Hedges, LossReason, RunEnd, TaskFailure};
use crate::plan::event::{Event, ServerConfig, ServerStatus};
use crate::plan::options::PlanOptions;
use crate::{CallId, ErrorKind, RetryFaults, TaskId};

/// Runs the events of a script and writes it again with what was asked for.
pub(crate) fn replay(script: &str) -> String {
    let mut options = PlanOptions {
        read_ahead: 0,
        max_attempts: 10,
        outage: Some(Duration::from_secs(5)),
        time_limit: None,
        time_limit_medians: None,
        retry_faults: RetryFaults::None,
        hedge: true,
        seed: 1,
    };
    let mut plan = None;
    let mut sites = Vec::new();
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
                sites = words[1..].iter().map(|word| read_site(word)).collect();
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
            ["option", "outage", time] => {
                options.outage = (time != "none").then(|| read_ms(time));
                continue;
            }
            ["option", "seed", n] => {
                options.seed = n.parse().unwrap();
                continue;
            }
            ["option", "retry_faults", ref codes @ ..] => {
                options.retry_faults = read_faults(codes);
                continue;
            }
            ["option", "hedge", yes] => {
                options.hedge = yes.parse().unwrap();
                continue;
            }
            ["option", "limit", time] => {
                options.time_limit = (time != "none").then(|| read_ms(time));
                continue;
            }
            ["option", "limit_medians", n] => {
                options.time_limit_medians = n.parse().ok();
                continue;
            }
            ["at", time] => {
                now = read_ms(time);
                continue;
            }
            ["send", ..] => words[1..]
                .iter()
                .map(|word| {
                    let (task, cost) = word.split_once('*').unwrap_or((word, "0"));
                    Event::TaskSent {
                        task: TaskId::new(task.parse().unwrap()),
                        cost: cost.parse().unwrap(),
                    }
                })
                .collect(),
            ["status", server, instance, slots] => vec![Event::ProbeReturned {
                server: read_server(server),
                outcome: Ok(Some(ServerStatus {
                    instance: instance.parse().unwrap(),
                    slots: slots.parse().unwrap(),
                })),
            }],
            ["reached", server] => vec![Event::ProbeReturned {
                server: read_server(server),
                outcome: Ok(None),
            }],
            ["silent", server, ref kind @ ..] => vec![Event::ProbeReturned {
                server: read_server(server),
                outcome: Err(read_outcome(kind).unwrap_err()),
            }],
            ["join", site] => vec![Event::ServerAdded {
                config: read_site(site),
            }],
            ["leave", server] => vec![Event::ServerRemoved {
                server: read_server(server),
            }],
            ["cancel", task] => vec![Event::TaskCancelled {
                task: TaskId::new(task.parse().unwrap()),
            }],
            ["end", call, ref outcome @ ..] => vec![Event::CallReturned {
                call: CallId::new(call.parse().unwrap()),
                outcome: read_outcome(outcome),
            }],
            ["wake" | "woken"] => vec![Event::TimerFired],
            ["closed"] => vec![Event::InputClosed],
            ["stopped"] => vec![Event::DrainRequested],
            ["abandoned"] => vec![Event::Abandoned],
            ["journal-failed"] => vec![Event::JournalFailed],
            _ => panic!("what is {line:?}?"),
        };
        let plan = plan.get_or_insert_with(|| Plan::new(&sites, options.clone()));
        for event in events {
            match event {
                Event::TimerFired if words[0] == "wake" => {
                    now = plan.next_timer().expect("there is something to wake for");
                    writeln!(told, "  it is {}", ms(now)).unwrap();
                }
                Event::TaskSent { .. } if !plan.accepts_task() => {
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
                plan.next_timer().is_none_or(|wake| wake > now),
                "wakes in vain"
            );
        }
    }
    told
}

fn read_ms(word: &str) -> Duration {
    let ms: f64 = word.parse().unwrap();
    Duration::from_nanos((ms * 1e6).round() as u64)
}

fn read_server(word: &str) -> ServerId {
    ServerId::new(word.parse().unwrap())
}

fn read_faults(words: &[&str]) -> RetryFaults {
    match *words {
        ["none"] => RetryFaults::None,
        ["all"] => RetryFaults::All,
        _ => RetryFaults::Codes(words.iter().map(|code| code.parse().unwrap()).collect()),
    }
}

fn read_site(word: &str) -> ServerConfig {
    ServerConfig {
        slots: word.trim_start_matches(['s', 'l', 'r']).parse().unwrap(),
        learns_slots: word.starts_with('l'),
        has_status: word.starts_with(['s', 'l']),
        reserve: word.starts_with('r'),
    }
}

fn read_outcome(words: &[&str]) -> Result<(), ErrorKind> {
    let retry_after = |ms: &str| Some(read_ms(ms));
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
        ["unanswered"] => ErrorKind::Unanswered,
        ["interrupted"] => ErrorKind::Interrupted,
        ["malformed"] => ErrorKind::Malformed,
        ["wrong"] => ErrorKind::Wrong,
        ["refused"] => ErrorKind::Refused,
        ["not-found"] => ErrorKind::NotFound,
        ["http", status] => ErrorKind::Http {
            status: status.parse().unwrap(),
        },
        ["panicked"] => ErrorKind::Panicked,
        ["cancelled"] => ErrorKind::Cancelled,
        ["timed-out"] => ErrorKind::TimedOut,
        ["unsendable"] => ErrorKind::Unsendable,
        _ => panic!("what is {words:?}?"),
    })
}

fn ms(time: Duration) -> String {
    format!("{} ms", time.as_micros() as f64 / 1000.0)
}

pub(crate) fn write_action(action: Action) -> String {
    match action {
        Action::StartCall {
            task,
            call,
            server,
            reason,
        } => {
            let reason = match reason {
                CallReason::First => "",
                CallReason::Retry => " again",
                CallReason::Hedge => " a second time",
            };
            format!("call {call}: task {task}{reason} on server {server}")
        }
        Action::CancelCall { call, server } => format!("cancel call {call} on server {server}"),
        Action::LoseCall {
            task,
            call,
            server,
            reason,
        } => {
            let reason = match reason {
                LossReason::TimeLimit => "Overrun",
                LossReason::ServerRestarted => "Restarted",
            };
            format!("lose call {call} of task {task} on server {server}: {reason}")
        }
        Action::ProbeServer { server } => format!("ask server {server}"),
        Action::DeliverResult {
            task,
            server,
            hedges,
        } => format!(
            "deliver task {task} from server {server}{}",
            write_hedges(hedges)
        ),
        Action::FailTask {
            task,
            reason,
            hedges,
        } => {
            let reason = match reason {
                TaskFailure::Answered => "Answered",
                TaskFailure::GivenUp => "GivenUp",
                TaskFailure::Poison => "Poison",
                TaskFailure::Cancelled => "Cancelled",
            };
            format!("fail task {task}: {reason}{}", write_hedges(hedges))
        }
        Action::SetAside {
            server,
            until,
            reason,
        } => {
            format!("set server {server} aside until {}: {reason:?}", ms(until))
        }
        Action::TakeBack { server } => format!("take server {server} back"),
        Action::UseReserve { server } => format!("fall back on server {server}"),
        Action::MarkOut { server } => format!("put server {server} out"),
        Action::SetSlots { server, slots } => format!("server {server} has {slots} slots"),
        Action::EndRun(RunEnd::Drained) => "the end: Stopped".to_owned(),
        Action::EndRun(end) => format!("the end: {end:?}"),
    }
}

fn write_hedges(hedges: Hedges) -> String {
    match hedges {
        Hedges { made: 0, .. } => String::new(),
        Hedges { made, won } => format!(" ({made} hedged, won: {won})"),
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
    a_fault_is_tried_again_if_asked
    a_task_that_kills_its_servers_runs_alone_last
    a_broken_connection_is_no_death
    a_connection_that_nothing_answers_is_a_hang
    retries_wait_for_the_budget
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
    a_call_that_overruns_its_limit_is_lost
    a_cancelled_task_ends_at_once
    a_dead_server_is_taken_back_by_a_probe
    a_failed_hedge_leaves_the_first_call_alone
    a_failed_journal_ends_the_run
    a_foreign_server_is_doubted_when_its_task_takes_long
    a_foreign_server_is_probed_then_tried
    a_hedge_waits_for_the_sender
    a_hung_server_is_found_and_its_task_runs_elsewhere
    a_hung_server_that_goes_on_first_keeps_its_task
    a_limit_can_rest_on_the_median
    a_restart_loses_the_calls_of_the_one_before
    a_server_that_fails_at_once_again_and_again_is_quarantined
    a_reserve_is_used_when_all_are_down
    a_reserve_is_used_when_all_are_out
    a_silent_server_is_left_alone
    a_wrong_answer_puts_its_server_out
    an_outage_does_not_wait_for_doubted_calls
    a_stopped_run_waits_for_doubted_calls_too
    a_stopped_run_waits_for_its_calls_and_makes_no_more
    servers_join_and_leave
    slots_are_learnt
    slow_tasks_are_sent_a_second_time
    the_costliest_task_goes_first
    without_hedges_slow_tasks_are_waited_for
}

//! The words of a script, read as events.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::{CallId, ServerId, TaskId};
use crate::options::RetryFaults;
use crate::plan::event::{Event, Role, ServerConfig, ServerStatus};

/// Reads the words of one event.
pub(super) fn read_event(words: &[&str]) -> Event {
    match *words {
        ["send", word] => {
            let (task, cost) = word.split_once('*').unwrap_or((word, "0"));
            Event::TaskSent {
                task: TaskId::new(task.parse().unwrap()),
                cost: cost.parse().unwrap(),
            }
        }
        ["status", server, instance, slots, ref left @ ..] => Event::ProbeReturned {
            server: read_server(server),
            outcome: Ok(Some(ServerStatus {
                instance: instance.parse().unwrap(),
                slots: slots.parse().unwrap(),
                time_left: left.first().map(|left| read_ms(left)),
            })),
        },
        ["reached", server] => Event::ProbeReturned {
            server: read_server(server),
            outcome: Ok(None),
        },
        ["silent", server, ref kind @ ..] => Event::ProbeReturned {
            server: read_server(server),
            outcome: Err(read_outcome(kind).unwrap_err()),
        },
        ["join", config] => Event::ServerAdded {
            config: read_config(config),
        },
        ["leave", server] => Event::ServerRemoved {
            server: read_server(server),
        },
        ["drop", server] => Event::ServerDropped {
            server: read_server(server),
        },
        ["cancel", task] => Event::TaskCancelled {
            task: TaskId::new(task.parse().unwrap()),
        },
        ["end", call, ref outcome @ ..] => Event::CallReturned {
            call: CallId::new(call.parse().unwrap()),
            outcome: read_outcome(outcome),
        },
        ["begin", call, worker, ms] => Event::CallBegan {
            call: CallId::new(call.parse().unwrap()),
            worker: read_server(worker),
            at_work: read_ms(ms),
        },
        ["lose", call, worker] => Event::WorkerLost {
            call: CallId::new(call.parse().unwrap()),
            worker: read_server(worker),
        },
        ["unfit", call, worker] => Event::WorkerUnfit {
            call: CallId::new(call.parse().unwrap()),
            worker: read_server(worker),
        },
        ["wake" | "woken"] => Event::TimerFired,
        ["closed"] => Event::InputClosed,
        ["stopped"] => Event::DrainRequested,
        ["abandoned"] => Event::Abandoned,
        ["journal-failed"] => Event::JournalFailed,
        ["window-full"] => Event::WindowChanged { is_full: true },
        ["window-open"] => Event::WindowChanged { is_full: false },
        _ => panic!("unknown event {words:?}"),
    }
}

/// Reads a time in milliseconds.
pub(super) fn read_ms(word: &str) -> Duration {
    let ms: f64 = word.parse().unwrap();
    Duration::from_nanos((ms * 1e6).round() as u64)
}

fn read_server(word: &str) -> ServerId {
    ServerId::new(word.parse().unwrap())
}

pub(super) fn read_faults(words: &[&str]) -> RetryFaults {
    match *words {
        ["none"] => RetryFaults::None,
        ["all"] => RetryFaults::All,
        _ => RetryFaults::Codes(words.iter().map(|code| code.parse().unwrap()).collect()),
    }
}

/// Reads a server's slots, with the letter that says how it is used.
pub(super) fn read_config(word: &str) -> ServerConfig {
    ServerConfig {
        slots: match word.split_once('@') {
            Some(_) => 1,
            None => word
                .trim_start_matches(['s', 'l', 'r', 'h'])
                .parse()
                .unwrap(),
        },
        learns_slots: word.starts_with(['l', 'h']),
        has_status: word.starts_with(['s', 'l', 'h']),
        reserve: word.starts_with('r'),
        role: match word.split_once('@') {
            Some((_, host)) => Role::Worker(read_server(host)),
            None if word.starts_with('h') => Role::Host,
            None => Role::Server,
        },
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
        ["overran"] => ErrorKind::Overran,
        ["forbidden"] => ErrorKind::Forbidden,
        ["unfit"] => ErrorKind::Unfit,
        ["unsendable"] => ErrorKind::Unsendable,
        ["given-up"] => ErrorKind::GivenUp,
        ["unchecked"] => ErrorKind::Unchecked,
        _ => panic!("unknown outcome {words:?}"),
    })
}

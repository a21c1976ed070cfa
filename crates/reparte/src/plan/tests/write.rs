//! Events and actions, written as the words of a script.

use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::options::RetryFaults;
use crate::plan::action::{Action, CallReason, Hedges, LossReason, RunEnd, TaskFailure};
use crate::plan::event::{Event, Role, ServerConfig};

/// Writes an event.
pub(crate) fn event_line(event: Event) -> String {
    match event {
        Event::TaskSent { task, cost } => format!("send {task}*{cost}"),
        Event::InputClosed => "closed".to_owned(),
        Event::CallBegan {
            call,
            worker,
            at_work,
        } => format!("begin {call} {worker} {}", exact_ms(at_work)),
        Event::WorkerLost { call, worker } => format!("lose {call} {worker}"),
        Event::WorkerUnfit { call, worker } => format!("unfit {call} {worker}"),
        Event::CallReturned { call, outcome } => match outcome {
            Ok(()) => format!("end {call} ok"),
            Err(kind) => format!("end {call} {}", kind_words(kind)),
        },
        Event::ProbeReturned { server, outcome } => match outcome {
            Ok(Some(status)) => {
                let left = status.time_left.map(|left| format!(" {}", exact_ms(left)));
                let left = left.unwrap_or_default();
                format!("status {server} {} {}{left}", status.instance, status.slots)
            }
            Ok(None) => format!("reached {server}"),
            Err(kind) => format!("silent {server} {}", kind_words(kind)),
        },
        Event::ServerAdded { config } => format!("join {}", config_word(config)),
        Event::ServerRemoved { server } => format!("leave {server}"),
        Event::ServerDropped { server } => format!("drop {server}"),
        Event::TaskCancelled { task } => format!("cancel {task}"),
        Event::DrainRequested => "stopped".to_owned(),
        Event::Abandoned => "abandoned".to_owned(),
        Event::JournalFailed => "journal-failed".to_owned(),
        Event::WindowChanged { is_full: true } => "window-full".to_owned(),
        Event::WindowChanged { is_full: false } => "window-open".to_owned(),
        Event::TimerFired => "woken".to_owned(),
    }
}

/// Writes an action.
pub(crate) fn action_line(action: Action) -> String {
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
            hedges_words(hedges)
        ),
        Action::FailTask {
            task,
            reason,
            hedges,
        } => {
            let reason = match reason {
                TaskFailure::Permanent => "Answered",
                TaskFailure::GivenUp => "GivenUp",
                TaskFailure::Poison => "Poison",
                TaskFailure::Cancelled => "Cancelled",
            };
            format!("fail task {task}: {reason}{}", hedges_words(hedges))
        }
        Action::SetAside {
            server,
            until,
            reason,
        } => {
            format!("set server {server} aside until {}: {reason:?}", ms(until))
        }
        Action::AskAgain { server } => format!("ask server {server} once more"),
        Action::TakeBack { server } => format!("take server {server} back"),
        Action::UseReserve { server } => format!("fall back on server {server}"),
        Action::MarkOut { server } => format!("put server {server} out"),
        Action::SetSlots { server, slots } => format!("server {server} has {slots} slots"),
        Action::NoteInstances { server } => format!("several instances are server {server}"),
        Action::SetEnding { server, is_ending } => match is_ending {
            true => format!("server {server} has too little time left"),
            false => format!("server {server} has enough time left"),
        },
        Action::SetAlias { server, of } => format!("server {server} is server {of}"),
        Action::StartWaiting { cause, limit, .. } => {
            let limit = limit.map_or("never".to_owned(), ms);
            format!("wait: {cause:?}, the end is at {limit}")
        }
        Action::StopWaiting => "wait no more".to_owned(),
        Action::EndRun(RunEnd::Drained) => "the end: Stopped".to_owned(),
        Action::EndRun(end) => format!("the end: {end:?}"),
    }
}

fn hedges_words(hedges: Hedges) -> String {
    match hedges {
        Hedges { made: 0, .. } => String::new(),
        Hedges { made, won } => format!(" ({made} hedged, won: {won})"),
    }
}

/// Writes a time with its unit, to the microsecond.
pub(super) fn ms(time: Duration) -> String {
    format!("{} ms", time.as_micros() as f64 / 1000.0)
}

/// Writes a time in milliseconds, to the nanosecond.
pub(crate) fn exact_ms(time: Duration) -> String {
    (time.as_nanos() as f64 / 1e6).to_string()
}

/// Writes which faults are tried again.
pub(crate) fn faults_words(retried: &RetryFaults) -> String {
    match retried {
        RetryFaults::None => "none".to_owned(),
        RetryFaults::All => "all".to_owned(),
        RetryFaults::Codes(codes) => {
            let codes: Vec<String> = codes.iter().map(i32::to_string).collect();
            codes.join(" ")
        }
    }
}

/// Writes a server's slots, with the letter that says how it is used.
pub(crate) fn config_word(config: ServerConfig) -> String {
    if let Some(host) = config.role.host() {
        return format!("w@{host}");
    }
    let letter = match (config.has_status, config.learns_slots) {
        _ if config.reserve => "r",
        _ if config.role == Role::Host => "h",
        (false, _) => "",
        (true, false) => "s",
        (true, true) => "l",
    };
    format!("{letter}{}", config.slots)
}

fn kind_words(kind: ErrorKind) -> String {
    match kind {
        ErrorKind::Fault { code } => format!("fault {code}"),
        ErrorKind::Busy { retry_after } => match retry_after {
            Some(time) => format!("busy {}", exact_ms(time)),
            None => "busy".to_owned(),
        },
        ErrorKind::Overran => "overran".to_owned(),
        ErrorKind::Http { status } => format!("http {status}"),
        kind => kind.name().replace(' ', "-"),
    }
}

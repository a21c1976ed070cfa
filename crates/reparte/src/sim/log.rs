//! A run as a script, in the words of the plan's tests.

use std::fmt::Write;
use std::time::Duration;

use super::habits::Habits;
use crate::plan::action::Action;
use crate::plan::event::{Event, ServerConfig};
use crate::plan::tests::{replay, write_action};
use crate::{ErrorKind, RetryFaults};

/// The most lines that are printed; only an endless run has more.
const SHOWN: usize = 5000;

/// Prints itself when its run panics.
pub(super) struct Log {
    script: String,
    at: Duration,
}

impl Drop for Log {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let lines = self.script.lines().take(SHOWN);
            let script: Vec<&str> = lines.collect();
            eprintln!("to replay it in the plan's tests:\n{}", script.join("\n"));
        }
    }
}

impl Log {
    pub(super) fn new(habits: &Habits, sites: &[ServerConfig], seed: u64) -> Self {
        let mut script = String::new();
        let ms = |time: Option<Duration>| time.map_or("none".to_owned(), ms);
        let none = |n: Option<u32>| n.map_or("none".to_owned(), |n| n.to_string());
        for (name, value) in [
            ("seed", seed.to_string()),
            ("read_ahead", habits.read_ahead.to_string()),
            ("max_attempts", habits.max_attempts.to_string()),
            ("outage", ms(habits.outage)),
            ("limit", ms(habits.time_limit)),
            ("limit_medians", none(habits.time_limit_medians)),
            ("hedge", habits.hedge.to_string()),
            ("retry_faults", faults(&habits.retry_faults)),
        ] {
            writeln!(script, "option {name} {value}").unwrap();
        }
        let sites: Vec<String> = sites.iter().map(|&s| site(s)).collect();
        writeln!(script, "servers {}", sites.join(" ")).unwrap();
        Self {
            script,
            at: Duration::ZERO,
        }
    }

    pub(super) fn told(&mut self, event: Event, now: Duration) {
        if now != self.at {
            self.at = now;
            writeln!(self.script, "at {}", ms(now)).unwrap();
        }
        let line = match event {
            Event::TaskSent { task, cost } => format!("send {task}*{cost}"),
            Event::InputClosed => "closed".to_owned(),
            Event::CallReturned { call, outcome } => match outcome {
                Ok(()) => format!("end {call} ok"),
                Err(error) => format!("end {call} {}", kind(error)),
            },
            Event::ProbeReturned { server, outcome } => match outcome {
                Ok(Some(pulse)) => format!("status {server} {} {}", pulse.instance, pulse.slots),
                Ok(None) => format!("reached {server}"),
                Err(error) => format!("silent {server} {}", kind(error)),
            },
            Event::ServerAdded { config } => format!("join {}", site(config)),
            Event::ServerRemoved { server } => format!("leave {server}"),
            Event::TaskCancelled { task } => format!("cancel {task}"),
            Event::DrainRequested => "stopped".to_owned(),
            Event::Abandoned => "abandoned".to_owned(),
            Event::JournalFailed => "journal-failed".to_owned(),
            Event::TimerFired => "woken".to_owned(),
        };
        writeln!(self.script, "{line}").unwrap();
    }

    pub(super) fn asked(&mut self, action: Action) {
        writeln!(self.script, "  {}", write_action(action)).unwrap();
    }

    /// Whether the script, replayed, has the plan ask for the same.
    pub(super) fn check_replay(&self) {
        assert!(replay(&self.script) == self.script, "it goes otherwise");
    }
}

fn ms(time: Duration) -> String {
    (time.as_nanos() as f64 / 1e6).to_string()
}

fn faults(retried: &RetryFaults) -> String {
    match retried {
        RetryFaults::None => "none".to_owned(),
        RetryFaults::All => "all".to_owned(),
        RetryFaults::Codes(codes) => {
            let codes: Vec<String> = codes.iter().map(i32::to_string).collect();
            codes.join(" ")
        }
    }
}

fn site(site: ServerConfig) -> String {
    let mark = match (site.has_status, site.learns_slots) {
        _ if site.reserve => "r",
        (false, _) => "",
        (true, false) => "s",
        (true, true) => "l",
    };
    format!("{mark}{}", site.slots)
}

fn kind(error: ErrorKind) -> String {
    match error {
        ErrorKind::Fault { code } => format!("fault {code}"),
        ErrorKind::Busy { retry_after } => match retry_after {
            Some(time) => format!("busy {}", ms(time)),
            None => "busy".to_owned(),
        },
        ErrorKind::Http { status } => format!("http {status}"),
        error => error.name().replace(' ', "-"),
    }
}

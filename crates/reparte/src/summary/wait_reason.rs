//! The words for a wait: why no server takes calls, by the states of the servers, and what ends.

use std::fmt;
use std::time::Duration;

use untrusted_text::OneLine;

use crate::plan::action::WaitCause;
use crate::summary::server::{ServerState, ServerSummary};
use crate::summary::{RunSummary, Waiting};

/// The most servers in one state that are named.
const NAMED: usize = 3;

impl RunSummary {
    /// Returns why the tasks that are left do not begin, in words, if the run
    /// [waits](Self::waiting) for a server.
    ///
    /// Where only some servers are busy, it names them and says what the others are:
    /// `a:9000 is busy; b:9000 and c:9000 are suspected`.
    #[must_use]
    pub fn wait_reason(&self) -> Option<String> {
        let waiting = self.waiting.as_ref()?;
        let states = self.servers.iter().map(Condition::of);
        let mut conditions: Vec<Condition> = states.flatten().collect();
        conditions.sort_unstable();
        conditions.dedup();
        // A suspected server answers, also while a trial of it is in flight.
        let any_answers = self
            .servers
            .iter()
            .any(|server| matches!(server.state, ServerState::Suspected | ServerState::Failing));
        Some(match (waiting.cause, &*conditions) {
            (WaitCause::Busy, [Condition::Busy] | []) => "every one is busy".to_owned(),
            (WaitCause::LastCalls, []) => "no more are made".to_owned(),
            (WaitCause::SecondOpinion, []) => "they are to be tried again".to_owned(),
            (WaitCause::TimeLeft, [Condition::Ending] | []) => {
                "none has enough time left for a call".to_owned()
            }
            (
                WaitCause::Busy
                | WaitCause::SecondOpinion
                | WaitCause::TimeLeft
                | WaitCause::LastCalls,
                conditions,
            ) => {
                let groups = conditions.iter().map(|&condition| self.group(condition));
                groups.collect::<Vec<_>>().join("; ")
            }
            (WaitCause::Outage, [Condition::Ended]) => "every one has ended".to_owned(),
            (WaitCause::Outage, _) if any_answers => "none gives a result".to_owned(),
            (WaitCause::Outage, _) => "none answers".to_owned(),
        })
    }

    /// Returns the servers that are in this condition, and that they are: `a and b are busy`.
    fn group(&self, condition: Condition) -> String {
        let servers = self.servers.iter();
        let servers = servers.filter(|server| Condition::of(server) == Some(condition));
        let mut names: Vec<String> = servers
            .map(|server| OneLine::new(&server.name).to_string())
            .collect();
        if names.len() > NAMED + 1 {
            let others = names.split_off(NAMED).len();
            names.push(format!("{others} others"));
        }
        let is_one = names.len() == 1;
        let last = names.pop().unwrap_or_default();
        let first = match names.is_empty() {
            true => String::new(),
            false => names.join(", ") + " and ",
        };
        format!("{first}{last} {}", condition.predicate(is_one))
    }
}

impl Waiting {
    /// Returns what the wait ends and when, in words: `the run ends in 597 s if that lasts`. `None`
    /// if it ends nothing. `now` is the time since the start of the run, such as
    /// [`RunSummary::elapsed`].
    #[must_use]
    pub fn limit_text(&self, now: Duration) -> Option<String> {
        let left = self.until?.saturating_sub(now);
        // Rounded up: the time that is left is not over.
        let seconds = left.as_millis().div_ceil(1000);
        let ends = self.cause.end_text();
        Some(format!("{ends} in {seconds} s if that lasts"))
    }
}

/// The condition of a server that takes no calls, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Condition {
    /// It was busy or of no use, and runs a task again, as a trial.
    OnTrial,
    Busy,
    Ending,
    Suspected,
    Failing,
    Down,
    Ended,
    Out,
    Quarantined,
}

impl Condition {
    /// Returns the condition of a server while no server takes calls. None if it has left, or is
    /// not in use yet.
    fn of(server: &ServerSummary) -> Option<Self> {
        Some(match server.state {
            ServerState::Busy | ServerState::Suspected | ServerState::Failing
                if server.running > 0 =>
            {
                Self::OnTrial
            }
            ServerState::Busy => Self::Busy,
            ServerState::Ending => Self::Ending,
            ServerState::Ended => Self::Ended,
            ServerState::Suspected => Self::Suspected,
            ServerState::Failing => Self::Failing,
            ServerState::Down => Self::Down,
            ServerState::Out => Self::Out,
            ServerState::Quarantined => Self::Quarantined,
            ServerState::Up | ServerState::Removed | ServerState::Reserve | ServerState::Alias => {
                return None;
            }
        })
    }

    fn predicate(self, is_one: bool) -> Predicate {
        let (one, many, what) = match self {
            Self::OnTrial => ("has", "have", "one task on trial"),
            Self::Busy => ("is", "are", "busy"),
            Self::Ending => ("has", "have", "too little time left for a call"),
            Self::Ended => ("has", "have", "ended"),
            Self::Suspected => ("is", "are", "suspected"),
            Self::Failing => ("is", "are", "failing"),
            Self::Down => ("is", "are", "down"),
            Self::Out => ("is", "are", "out"),
            Self::Quarantined => ("is", "are", "in quarantine"),
        };
        Predicate(if is_one { one } else { many }, what)
    }
}

/// A verb, and the rest of the sentence.
struct Predicate(&'static str, &'static str);

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the reason for a wait for servers `a`, `b`, … in these states, of which those in
    /// `running` have a call.
    fn reason(cause: WaitCause, states: &[ServerState], running: &[usize]) -> Option<String> {
        let mut summary = RunSummary::default();
        for (n, &state) in (0_u8..).zip(states) {
            let name = char::from(b'a' + n).to_string();
            let mut server = ServerSummary::new(name.into(), 1, state);
            server.running = usize::from(running.contains(&usize::from(n)));
            summary.servers.push(server);
        }
        assert_eq!(summary.wait_reason(), None);
        summary.waiting = Some(Waiting {
            cause,
            since: Duration::ZERO,
            until: None,
        });
        summary.wait_reason()
    }

    #[test]
    fn a_wait_says_which_server_is_busy_and_what_the_others_are() {
        use ServerState::{Busy, Down, Failing, Out, Quarantined, Removed, Reserve, Suspected, Up};
        let many = [Busy, Busy, Busy, Busy, Busy, Down];
        let cases: [(&[ServerState], &[usize], &str); 11] = [
            (&[Busy], &[], "every one is busy"),
            (&[Busy, Busy, Removed, Reserve], &[], "every one is busy"),
            (&[Suspected, Busy], &[], "b is busy; a is suspected"),
            (&[Busy, Down], &[], "a is busy; b is down"),
            (&[Down, Down, Busy], &[1], "c is busy; a and b are down"),
            (&[Busy], &[0], "a has one task on trial"),
            (&[Busy, Busy], &[1], "b has one task on trial; a is busy"),
            (
                &[Busy, Out, Failing],
                &[],
                "a is busy; c is failing; b is out",
            ),
            (
                &[Busy, Suspected],
                &[1],
                "b has one task on trial; a is busy",
            ),
            (&[Busy, Quarantined], &[], "a is busy; b is in quarantine"),
            (&many, &[], "a, b, c and 2 others are busy; f is down"),
        ];
        for (states, running, expected) in cases {
            let reason = reason(WaitCause::Busy, states, running);
            assert_eq!(reason.as_deref(), Some(expected), "{states:?}");
        }
        for (states, expected) in [
            (&[Up, Down][..], "b is down"),
            (&[Up, Up], "they are to be tried again"),
        ] {
            let reason = reason(WaitCause::SecondOpinion, states, &[]);
            assert_eq!(reason.as_deref(), Some(expected), "{states:?}");
        }
        for (states, expected) in [
            ([Down, Out], "none answers"),
            ([Down, Suspected], "none gives a result"),
            ([Failing, Removed], "none gives a result"),
        ] {
            let reason = reason(WaitCause::Outage, &states, &[]);
            assert_eq!(reason.as_deref(), Some(expected), "{states:?}");
        }
        // It said that none answers while the trial ran.
        let on_trial = reason(WaitCause::Outage, &[Down, Suspected], &[1]);
        assert_eq!(on_trial.as_deref(), Some("none gives a result"));
        let last_call = reason(WaitCause::LastCalls, &[Up, Down], &[1]);
        assert_eq!(last_call.as_deref(), Some("b is down"));
    }

    #[test]
    fn the_end_of_a_wait_is_rounded_up() {
        let at = |until| Waiting {
            cause: WaitCause::SecondOpinion,
            since: Duration::ZERO,
            until,
        };
        let now = Duration::from_millis(1500);
        for (until, text) in [
            (None, None),
            (Some(now * 2), Some("these tasks end in 2 s if that lasts")),
            (Some(now), Some("these tasks end in 0 s if that lasts")),
            (Some(now / 2), Some("these tasks end in 0 s if that lasts")),
        ] {
            assert_eq!(at(until).limit_text(now).as_deref(), text);
        }
    }

    #[test]
    fn four_servers_are_named() {
        let reason = reason(WaitCause::Busy, &[ServerState::Busy; 4], &[0, 1, 2, 3]);
        let expected = "a, b, c and d have one task on trial";
        assert_eq!(reason.as_deref(), Some(expected));
    }
}

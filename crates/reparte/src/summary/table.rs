//! The summary of a run as a table.

use std::fmt;

use untrusted_text::OneLine;

use crate::error::call::{CallError, ErrorKind};
use crate::summary::RunSummary;
use crate::summary::server::{ServerState, ServerSummary};

impl fmt::Display for RunSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self
            .servers
            .iter()
            .map(|server| OneLine::new(&server.name).to_string())
            .collect();
        let wide = names
            .iter()
            .map(|name| name.chars().count())
            .chain(["server".len()])
            .max()
            .unwrap_or_default();
        let states = self.servers.iter().map(|server| server.state.to_string());
        let states: Vec<String> = states.collect();
        let of_state = states.iter().map(String::len).chain(["state".len()]).max();
        let of_state = of_state.unwrap_or_default();
        writeln!(
            f,
            "{:wide$}  slots   tasks  executions  {:of_state$}  failures",
            "server", "state"
        )?;
        for ((name, state), server) in names.iter().zip(&states).zip(&self.servers) {
            writeln!(
                f,
                "{name:wide$}  {:>5}  {:6}  {:10}  {state:of_state$}  {}",
                match server.host {
                    Some(_) => "-".to_owned(),
                    None => server.slots.to_string(),
                },
                server.tasks,
                server.executions,
                Failures(server),
            )?;
        }
        self.write_totals(f)
    }
}

impl RunSummary {
    fn write_totals(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} done",
            Count(self.tasks, "task", "tasks"),
            self.done,
        )?;
        if self.resumed > 0 {
            write!(f, " ({} from the journal)", self.resumed)?;
        }
        let failed = self.failed.saturating_sub(self.cancelled);
        write!(f, ", {failed} failed")?;
        for (count, what) in [
            (self.cancelled, "cancelled"),
            (self.pending, "pending"),
            (self.not_run, "not run"),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        write!(
            f,
            ", {} lost; {}, {}",
            self.lost(),
            Count(self.executions, "execution", "executions"),
            Count(self.retries, "retry", "retries")
        )?;
        if self.hedges > 0 {
            write!(f, ", {}", Count(self.hedges, "hedge", "hedges"))?;
        }
        for word in FailedAs::ALL {
            let failed = self.failed_servers();
            let servers = failed.filter(|server| FailedAs::of(server) == word);
            write_names(f, word.text(), &servers.collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

/// The word for a server that has failed, in the order in which the last line has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FailedAs {
    /// Its connections broke, or were refused.
    Died,
    /// It answered nothing for a time.
    Silent,
    /// It was down from the start.
    NeverAnswered,
    Suspected,
    /// A proxy answered last, without its server: nothing is known of that.
    AwayBehindProxy,
    /// It answers in ways that are of no use.
    Failing,
    Quarantined,
    Out,
}

impl FailedAs {
    const ALL: [Self; 8] = [
        Self::Died,
        Self::Silent,
        Self::NeverAnswered,
        Self::Suspected,
        Self::AwayBehindProxy,
        Self::Failing,
        Self::Quarantined,
        Self::Out,
    ];

    fn of(server: &ServerSummary) -> Self {
        match server.state {
            ServerState::Out => Self::Out,
            ServerState::Quarantined => Self::Quarantined,
            ServerState::Suspected => match server.last_error.as_ref().map(CallError::kind) {
                Some(ErrorKind::Http { status: 502 | 504 }) => Self::AwayBehindProxy,
                _ => Self::Suspected,
            },
            ServerState::Failing => Self::Failing,
            _ if server.executions == 0 => Self::NeverAnswered,
            _ if server.deaths > server.silences => Self::Died,
            _ => Self::Silent,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Died => "died",
            Self::Silent => "fell silent",
            Self::NeverAnswered => "never answered",
            Self::Suspected => "suspected",
            Self::AwayBehindProxy => "answered 502 or 504 last",
            Self::Failing => "failing",
            Self::Quarantined => "in quarantine",
            Self::Out => "out",
        }
    }
}

fn write_names(f: &mut fmt::Formatter<'_>, what: &str, servers: &[&ServerSummary]) -> fmt::Result {
    for (n, server) in servers.iter().enumerate() {
        match n {
            0 => write!(f, "; {what}: ")?,
            _ => f.write_str(", ")?,
        }
        write!(f, "{}", OneLine::new(&server.name))?;
        if server.state == ServerState::Up {
            f.write_str(" (came back)")?;
        }
    }
    Ok(())
}

/// Displays a figure with its noun, in the singular and the plural.
struct Count(u64, &'static str, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.0 == 1 { self.1 } else { self.2 };
        write!(f, "{} {noun}", self.0)
    }
}

/// Displays a server's failures by kind, and its last error.
struct Failures<'a>(&'a ServerSummary);

impl fmt::Display for Failures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = self.0;
        if let (Some(of), true) = (&server.alias_of, server.failures.is_empty()) {
            return write!(f, "the same server as {}", OneLine::new(of));
        }
        if server.failures.is_empty() {
            // No call has failed, and the server may have all the same: it was asked.
            return match &server.last_error {
                Some(error) => write!(f, "last: {error}"),
                None if server.deaths > 0 => f.write_str("said nothing"),
                None => f.write_str("-"),
            };
        }
        for (n, (kind, count)) in server.failures.iter().enumerate() {
            let before = if n == 0 { "" } else { ", " };
            write!(f, "{before}{count} {kind}")?;
        }
        match &server.last_error {
            Some(error) => write!(f, "; last: {error}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_who_died() {
        let mut first = ServerSummary::new("localhost:9000".into(), 1, ServerState::Up);
        first.tasks = 7;
        first.executions = 7;
        let mut second = ServerSummary::new("far\naway:9001".into(), 2, ServerState::Up);
        second.tasks = 3;
        second.executions = 4;
        second.failures = [("interrupted", 1), ("unreachable", 2)].into();
        second.last_error = Some(CallError::new(ErrorKind::Unreachable, "refused"));
        second.state = ServerState::Down;
        second.deaths = 1;
        let mut third = ServerSummary::new("c".into(), 1, ServerState::Up);
        third.executions = 1;
        third.deaths = 1;
        let mut fourth = ServerSummary::new("d".into(), 1, ServerState::Up);
        fourth.state = ServerState::Out;
        let mut silent = ServerSummary::new("f".into(), 1, ServerState::Up);
        silent.executions = 1;
        silent.deaths = 1;
        silent.silences = 1;
        let mut broken = ServerSummary::new("g".into(), 1, ServerState::Suspected);
        broken.executions = 3;
        broken.failures = [("fault", 3)].into();
        broken.last_error = Some(CallError::fault(1, "no module"));
        let mut failing = ServerSummary::new("h".into(), 1, ServerState::Failing);
        failing.executions = 1;
        failing.failures = [("malformed", 1)].into();
        let mut away = ServerSummary::new("i".into(), 1, ServerState::Suspected);
        away.executions = 3;
        away.failures = [("http", 3)].into();
        away.last_error = Some(CallError::new(ErrorKind::Http { status: 502 }, "gone"));
        let mut fifth = ServerSummary::new("e".into(), 1, ServerState::Up);
        fifth.state = ServerState::Down;
        fifth.deaths = 1;
        let summary = RunSummary {
            servers: vec![
                first, second, third, fourth, fifth, silent, broken, away, failing,
            ],
            tasks: 10,
            done: 10,
            executions: 11,
            retries: 1,
            ..RunSummary::default()
        };
        assert_eq!(
            summary.to_string(),
            "\
server          slots   tasks  executions  state      failures
localhost:9000      1       7           7  up         -
far\\naway:9001      2       3           4  down       1 interrupted, 2 unreachable; last: unreachable: refused
c                   1       0           1  up         said nothing
d                   1       0           0  out        -
e                   1       0           0  down       said nothing
f                   1       0           1  up         said nothing
g                   1       0           3  suspected  3 fault; last: fault 1: no module
i                   1       0           3  suspected  3 http; last: http status 502: gone
h                   1       0           1  failing    1 malformed
10 tasks: 10 done, 0 failed, 0 lost; 11 executions, 1 retry; died: far\\naway:9001, c (came back); fell silent: f (came back); never answered: e; suspected: g; answered 502 or 504 last: i; failing: h; out: d"
        );
    }
}

//! How far a run is, on standard error: a line that changes on a terminal, else a line
//! now and then.

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use reparte::{RunSummary, ServerState};

use super::{InputProgress, Steering};
use crate::console::Console;

/// How often a terminal is drawn anew.
const DRAWN: Duration = Duration::from_millis(200);
/// How often a line is written elsewhere.
const WRITTEN: Duration = Duration::from_secs(10);

/// Shows how far a run is until it is dropped.
#[derive(Debug)]
pub(super) struct Progress {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    pub(super) fn start(console: &Console, run: &Steering, facts: &Arc<InputProgress>) -> Self {
        let (stop, stopped) = channel::<()>();
        let (console, run, facts) = (console.clone(), run.clone(), Arc::clone(facts));
        let show = move || {
            let bar = io::stderr()
                .is_terminal()
                .then(|| console.bar(ProgressBar::new(0).with_style(style(ENDLESS))));
            let interval = if bar.is_some() { DRAWN } else { WRITTEN };
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                let state = State {
                    account: run.summary(),
                    expected: facts.expected(),
                };
                match &bar {
                    Some(bar) => state.draw(bar),
                    None => console.tell(&state),
                }
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        };
        Progress {
            stop: Some(stop),
            // Without a thread nothing is shown, and nothing else is amiss.
            thread: thread::Builder::new()
                .name("progress".to_owned())
                .spawn(show)
                .ok(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A line without the bar, as long as nobody knows how much is to come.
const ENDLESS: &str = "{wide_msg}";
const BOUNDED: &str = "[{bar:16}] {wide_msg}";

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

/// How far a run is.
struct State {
    account: RunSummary,
    expected: Option<(u64, bool)>,
}

impl State {
    fn ended(&self) -> u64 {
        self.account.done + self.account.failed
    }

    fn draw(&self, bar: &ProgressBar) {
        if let Some((expected, _)) = self.expected {
            if bar.length() == Some(0) {
                bar.set_style(style(BOUNDED));
            }
            bar.set_length(expected.max(1));
        }
        bar.set_position(self.ended());
        bar.set_message(self.to_string());
    }

    /// Tasks that end in a second, of those that were not in a journal.
    fn rate(&self) -> f64 {
        let ended = self.ended() - self.account.resumed;
        ended as f64 / self.account.elapsed.as_secs_f64().max(0.001)
    }

    /// How long the rest will take if it goes on so.
    fn left(&self) -> Option<Duration> {
        let (expected, _) = self.expected?;
        let rest = expected.checked_sub(self.ended())?;
        Duration::try_from_secs_f64(rest as f64 / self.rate()).ok()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = &self.account;
        write!(f, "{}", account.done)?;
        match self.expected {
            Some((expected, true)) => write!(f, " of {expected} done")?,
            Some((expected, false)) => write!(f, " of ~{expected} done")?,
            None => f.write_str(" done")?,
        }
        if account.failed > 0 {
            write!(f, ", {} failed", account.failed)?;
        }
        let rate = self.rate();
        let places = if rate < 10.0 { 1 } else { 0 };
        write!(f, ", {rate:.places$}/s")?;
        if let Some(left) = self.left() {
            write!(f, ", {} left", Clock(left))?;
        }
        let servers = account.servers.iter();
        let there = servers.filter(|server| server.state != ServerState::Removed);
        let up = |state| matches!(state, ServerState::Up | ServerState::Busy);
        let up = there.clone().filter(|server| up(server.state)).count();
        let busy: usize = account.servers.iter().map(|server| server.running).sum();
        write!(f, "; {up}/{} servers up, {busy} busy", there.count())
    }
}

/// A time as hours, minutes and seconds; the hours only where there are some.
struct Clock(Duration);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        match hours {
            0 => write!(f, "{minutes}:{seconds:02}"),
            _ => write!(f, "{hours}:{minutes:02}:{seconds:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_goes_by_the_rate_of_what_was_computed() {
        let mut account = RunSummary::default();
        account.done = 60;
        account.resumed = 40;
        account.failed = 5;
        account.elapsed = Duration::from_secs(10);
        let state = |expected| State {
            account: account.clone(),
            expected,
        };
        for (expected, line) in [
            (
                Some((165, true)),
                "60 of 165 done, 5 failed, 2.5/s, 0:40 left; 0/0 servers up, 0 busy",
            ),
            (
                Some((9065, false)),
                "60 of ~9065 done, 5 failed, 2.5/s, 1:00:00 left; 0/0 servers up, 0 busy",
            ),
            (None, "60 done, 5 failed, 2.5/s; 0/0 servers up, 0 busy"),
        ] {
            assert_eq!(state(expected).to_string(), line);
        }
    }

    #[test]
    fn nothing_is_left_to_say_before_anything_has_ended() {
        let state = State {
            account: RunSummary::default(),
            expected: Some((9, true)),
        };
        assert_eq!(state.left(), None);
    }
}

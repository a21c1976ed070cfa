//! The progress of a run on standard error: a line that changes if it is a terminal, and else
//! a new line every few seconds.

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use reparte::{RunSummary, ServerState};

use crate::console::Console;
use crate::run::dispatcher::RunHandle;
use crate::run::input_progress::InputProgress;
use crate::task_estimate::TaskEstimate;

/// The time between two drawings of the line on a terminal.
const DRAW_INTERVAL: Duration = Duration::from_millis(200);
/// The time between two lines elsewhere.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

/// The time that a last drawing has.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows the progress of a run until it is dropped.
#[derive(Debug)]
pub(super) struct ProgressDisplay {
    /// Dropped to stop the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ProgressDisplay {
    /// Starts a thread for the display. If it can't, shows nothing: nothing else depends on it.
    pub(super) fn start(console: &Console, run: &RunHandle, input: &Arc<InputProgress>) -> Self {
        let (stop, stopped) = channel::<()>();
        let (console, run, input) = (console.clone(), run.clone(), Arc::clone(input));
        let show = move || {
            let bar = io::stderr()
                .is_terminal()
                .then(|| console.bar(ProgressBar::new(0).with_style(style(WITHOUT_BAR))));
            let interval = if bar.is_some() {
                DRAW_INTERVAL
            } else {
                LINE_INTERVAL
            };
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                let line = ProgressLine {
                    summary: run.summary(),
                    estimate: input.estimate(),
                };
                match &bar {
                    Some(bar) => line.draw(bar),
                    None => console.tell(&line),
                }
            }
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        };
        let thread = thread::Builder::new().name("progress".to_owned());
        ProgressDisplay {
            stop: Some(stop),
            thread: thread.spawn(show).ok(),
        }
    }
}

impl Drop for ProgressDisplay {
    fn drop(&mut self) {
        drop(self.stop.take());
        // A terminal that takes nothing keeps the thread in its drawing.
        let deadline = Instant::now() + PATIENCE;
        let is_drawing = |thread: &JoinHandle<()>| !thread.is_finished();
        while self.thread.as_ref().is_some_and(is_drawing) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The template while the number of tasks is not known.
const WITHOUT_BAR: &str = "{wide_msg}";
const WITH_BAR: &str = "[{bar:16}] {wide_msg}";

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

/// The progress of a run at one time. Displays as the line of the progress.
struct ProgressLine {
    summary: RunSummary,
    estimate: Option<TaskEstimate>,
}

impl ProgressLine {
    /// Returns how many tasks have ended.
    fn ended(&self) -> u64 {
        self.summary.done + self.summary.failed
    }

    fn draw(&self, bar: &ProgressBar) {
        if let Some(TaskEstimate { tasks, .. }) = self.estimate {
            if bar.length() == Some(0) {
                bar.set_style(style(WITH_BAR));
            }
            bar.set_length(tasks.max(1));
        }
        bar.set_position(self.ended());
        bar.set_message(self.to_string());
    }

    /// Returns how many tasks end per second, without those that the journal had.
    fn rate(&self) -> f64 {
        let ended = self.ended() - self.summary.resumed;
        ended as f64 / self.summary.elapsed.as_secs_f64().max(0.001)
    }

    /// Estimates the time that the other tasks take at this rate.
    fn time_left(&self) -> Option<Duration> {
        let open = self.estimate?.tasks.checked_sub(self.ended())?;
        Duration::try_from_secs_f64(open as f64 / self.rate()).ok()
    }
}

impl fmt::Display for ProgressLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = &self.summary;
        write!(f, "{}", summary.done)?;
        match self.estimate {
            Some(TaskEstimate { tasks, is_exact }) => {
                let about = if is_exact { "" } else { "~" };
                write!(f, " of {about}{tasks} done")?;
            }
            None => f.write_str(" done")?,
        }
        if summary.failed > 0 {
            write!(f, ", {} failed", summary.failed)?;
        }
        let rate = self.rate();
        let places = if rate < 10.0 { 1 } else { 0 };
        write!(f, ", {rate:.places$}/s")?;
        if let Some(left) = self.time_left() {
            write!(f, ", {} left", Clock(left))?;
        }
        let servers = summary.servers.iter();
        let present = servers.filter(|server| server.state != ServerState::Removed);
        let is_up = |state| matches!(state, ServerState::Up | ServerState::Busy);
        let up = present.clone().filter(|server| is_up(server.state)).count();
        let busy: usize = summary.servers.iter().map(|server| server.running).sum();
        write!(f, "; {up}/{} servers up, {busy} busy", present.count())?;
        if let Some(waiting) = &summary.waiting {
            let so_far = summary.elapsed.saturating_sub(waiting.since);
            write!(f, "; waits for a server, {} s so far", so_far.as_secs())?;
            if let Some(until) = waiting.until {
                let left = until.saturating_sub(summary.elapsed);
                write!(f, ", gives up in {}", Clock(left))?;
            }
        }
        Ok(())
    }
}

/// A duration as minutes and seconds, with hours in front if there are any.
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
        let mut summary = RunSummary::default();
        summary.done = 60;
        summary.resumed = 40;
        summary.failed = 5;
        summary.elapsed = Duration::from_secs(10);
        let estimate = |tasks, is_exact| Some(TaskEstimate { tasks, is_exact });
        for (estimate, expected) in [
            (
                estimate(165, true),
                "60 of 165 done, 5 failed, 2.5/s, 0:40 left; 0/0 servers up, 0 busy",
            ),
            (
                estimate(9065, false),
                "60 of ~9065 done, 5 failed, 2.5/s, 1:00:00 left; 0/0 servers up, 0 busy",
            ),
            (None, "60 done, 5 failed, 2.5/s; 0/0 servers up, 0 busy"),
        ] {
            let line = ProgressLine {
                summary: summary.clone(),
                estimate,
            };
            assert_eq!(line.to_string(), expected);
        }
    }

    #[test]
    fn nothing_is_left_to_say_before_anything_has_ended() {
        let line = ProgressLine {
            summary: RunSummary::default(),
            estimate: Some(TaskEstimate {
                tasks: 9,
                is_exact: true,
            }),
        };
        assert_eq!(line.time_left(), None);
    }
}

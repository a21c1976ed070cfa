//! The progress of a run, as a line.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;
use reparte::RunSummary;

use crate::clock::Clock;
use crate::progress_display::{ServersUp, style_beside};
use crate::run::dispatcher::RunHandle;
use crate::run::input_progress::InputProgress;
use crate::task_estimate::TaskEstimate;

/// Returns the line of the progress, for
/// [`ProgressDisplay`](crate::progress_display::ProgressDisplay).
pub(super) fn line(
    run: &RunHandle,
    input: &Arc<InputProgress>,
) -> impl Fn(Option<&ProgressBar>) -> String + Send + 'static {
    let (run, input) = (run.clone(), Arc::clone(input));
    move |bar| {
        let line = ProgressLine {
            summary: run.summary(),
            estimate: input.estimate(),
        };
        let text = line.to_string();
        if let Some(bar) = bar {
            line.draw(bar, &text);
        }
        text
    }
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

    /// Sets how far the bar is, beside this text.
    fn draw(&self, bar: &ProgressBar, text: &str) {
        if let Some(TaskEstimate { tasks, .. }) = self.estimate {
            bar.set_style(style_beside(text));
            bar.set_length(tasks.max(1));
        }
        bar.set_position(self.ended());
    }

    /// Returns how many tasks end per second, without those that the journal had.
    fn rate(&self) -> f64 {
        let ended = self.ended() - self.summary.resumed;
        ended as f64 / self.summary.elapsed.as_secs_f64().max(0.001)
    }

    /// Estimates the time that the other tasks take at this rate, if they are to be done.
    fn time_left(&self) -> Option<Duration> {
        if self.summary.is_stopping {
            return None;
        }
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
        write!(f, "; {}", ServersUp(summary))?;
        if let Some(waiting) = &summary.waiting {
            let so_far = summary.elapsed.saturating_sub(waiting.since);
            let (waits, so_far) = (waiting.cause.text(), so_far.as_secs());
            write!(f, "; {waits}, {so_far} s so far")?;
            if let Some(until) = waiting.until {
                let left = until.saturating_sub(summary.elapsed);
                write!(f, ", or {} in {}", waiting.cause.end_text(), Clock(left))?;
            }
        }
        Ok(())
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

    /// It went on to tell how long the tasks would take that are not run.
    #[test]
    fn a_run_that_stops_has_no_time_left() {
        let mut summary = RunSummary::default();
        summary.done = 5;
        summary.elapsed = Duration::from_secs(10);
        summary.is_stopping = true;
        let estimate = Some(TaskEstimate {
            tasks: 9,
            is_exact: true,
        });
        let line = ProgressLine { summary, estimate };
        let expected = "5 of 9 done, 0.5/s; 0/0 servers up, 0 busy";
        assert_eq!(line.to_string(), expected);
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

//! Progress on standard error: a line that changes if it is a terminal, and else a new line every
//! few seconds.

use std::fmt;
use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use reparte::{RunSummary, ServerState};

use crate::console::Console;
use crate::terminal_size::terminal_size;

/// The time between two drawings of the line on a terminal.
const DRAW_INTERVAL: Duration = Duration::from_millis(200);
/// The time between two lines elsewhere.
const LINE_INTERVAL: Duration = Duration::from_secs(10);
/// The time that a last drawing has.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows progress until it is dropped.
#[derive(Debug)]
pub(crate) struct ProgressDisplay {
    /// Dropped to stop the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ProgressDisplay {
    /// Starts a thread that shows what `line` returns. On a terminal `line` gets the bar, and may
    /// set its style and position. If no thread starts, nothing is shown: nothing else depends
    /// on it.
    pub(crate) fn start(
        console: &Console,
        line: impl Fn(Option<&ProgressBar>) -> String + Send + 'static,
    ) -> Self {
        let (stop, stopped) = channel::<()>();
        let console = console.clone();
        let show = move || {
            let bar = io::stderr()
                .is_terminal()
                .then(|| console.bar(ProgressBar::new(0).with_style(style(TEXT))));
            let interval = match bar {
                Some(_) => DRAW_INTERVAL,
                None => LINE_INTERVAL,
            };
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                let line = line(bar.as_ref());
                match &bar {
                    Some(bar) => bar.set_message(line),
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

/// The bar, and what stands beside it.
const BAR: &str = "[{bar:16}] ";
const BAR_COLUMNS: usize = 19;
const TEXT: &str = "{wide_msg}";

/// Returns the style of a line with this text: a bar is before it if the terminal has room for
/// both.
pub(crate) fn style_beside(text: &str) -> ProgressStyle {
    let columns = terminal_size(io::stderr()).map(|size| size.columns);
    match has_room(columns, text) {
        true => style(&[BAR, TEXT].concat()),
        false => style(TEXT),
    }
}

/// Returns whether a line of these columns has room for the bar beside the text.
fn has_room(columns: Option<usize>, text: &str) -> bool {
    columns.is_none_or(|columns| BAR_COLUMNS + text.chars().count() <= columns)
}

/// Returns the style of a bar with this template.
fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("=> ")
}

/// The servers of a run: how many are up, and how many calls they have.
pub(crate) struct ServersUp<'a>(pub(crate) &'a RunSummary);

impl fmt::Display for ServersUp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers = self.0.servers.iter();
        let is_gone = |state| {
            matches!(
                state,
                ServerState::Removed | ServerState::Ended | ServerState::Alias
            )
        };
        let present = servers.filter(|server| !is_gone(server.state));
        let is_up = |state| {
            matches!(
                state,
                ServerState::Up | ServerState::Busy | ServerState::Ending
            )
        };
        let up = present.clone().filter(|server| is_up(server.state)).count();
        // The calls of workers are also those of their host.
        let places = self.0.servers.iter().filter(|server| server.host.is_none());
        let busy: usize = places.map(|server| server.running).sum();
        write!(f, "{up}/{} servers up, {busy} busy", present.count())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bar took 19 of 20 columns, and the text one.
    #[test]
    fn the_bar_leaves_room_for_the_text() {
        let text = "12 of 200 done, 12/s";
        for (columns, has_bar) in [
            (Some(20), false),
            (Some(38), false),
            (Some(39), true),
            (None, true),
        ] {
            assert_eq!(has_room(columns, text), has_bar, "{columns:?}");
        }
        assert_eq!(BAR_COLUMNS, "[================] ".len());
    }
}

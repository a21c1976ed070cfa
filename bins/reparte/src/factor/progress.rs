//! The progress of a factorization on standard error: a line that changes if it is a terminal, and
//! else a new line every few seconds.

use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use reparte::{Handle, ServerState};

use crate::console::Console;
use crate::factor::job::{Task, TaskResult};
use crate::factor::stage::SharedStage;

/// The time between two drawings of the line on a terminal.
const DRAW_INTERVAL: Duration = Duration::from_millis(200);
/// The time between two lines elsewhere.
const LINE_INTERVAL: Duration = Duration::from_secs(10);
/// The time that a last drawing has.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows the progress until it is dropped.
#[derive(Debug)]
pub(super) struct ProgressDisplay {
    /// Dropped to stop the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ProgressDisplay {
    /// Starts a thread for the display. If it can't, shows nothing: nothing else depends on it.
    pub(super) fn start(
        console: &Console,
        run: &Handle<Task, TaskResult>,
        stage: &SharedStage,
    ) -> Self {
        let (stop, stopped) = channel::<()>();
        let (console, run, stage) = (console.clone(), run.clone(), stage.clone());
        let show = move || {
            let style = ProgressStyle::with_template("{wide_msg}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = io::stderr()
                .is_terminal()
                .then(|| console.bar(ProgressBar::new(0).with_style(style)));
            let interval = match bar {
                Some(_) => DRAW_INTERVAL,
                None => LINE_INTERVAL,
            };
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                let line = format!("{}; {}", stage.get(), servers(&run));
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

fn servers(run: &Handle<Task, TaskResult>) -> String {
    let summary = run.summary();
    let servers = summary.servers.iter();
    let present = servers.filter(|server| server.state != ServerState::Removed);
    let is_up = |state| matches!(state, ServerState::Up | ServerState::Busy);
    let up = present.clone().filter(|server| is_up(server.state)).count();
    let busy: usize = summary.servers.iter().map(|server| server.running).sum();
    let waits = match &summary.waiting {
        Some(_) => "; waits for a server",
        None => "",
    };
    format!("{up}/{} servers up, {busy} busy{waits}", present.count())
}

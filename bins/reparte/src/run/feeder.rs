//! The feeder: the thread that reads tasks and sends them to the dispatcher.
//!
//! It has a thread of its own because it waits: for the input, which may be a terminal, and
//! for room in the dispatcher's window. Meanwhile the main thread prints outcomes.

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;

use reparte::TaskId;

use crate::exit::Failure;
use crate::run::dispatcher::TaskSender;
use crate::run::task::Task;
use crate::run::task_reader::TaskReader;

/// The main thread's side of the feeder: it finds the tasks of outcomes.
#[derive(Debug)]
pub(super) struct Feeder {
    /// The tasks in the order in which they are sent. Each one is put here before it is sent,
    /// so it is here before its outcome.
    sent: Receiver<Arc<Task>>,
    /// The number of tasks that were taken from `sent`. The task with index n is the nth in it.
    received: u64,
    /// The tasks that were taken from `sent` and have no outcome yet, by their indices.
    unfinished: HashMap<u64, Arc<Task>>,
    /// Set by the feeder's thread, at most once, before it drops its sender. The run ends
    /// after that, so it is final once all outcomes are read.
    error: Arc<OnceLock<FeedError>>,
}

/// The reason why the feeder stopped before the end of the input.
#[derive(Debug)]
pub(super) enum FeedError {
    /// The run takes no more tasks.
    RunEnded,
    /// The input can't be read any further.
    Input(io::Error),
}

impl Feeder {
    /// Starts the thread. Nobody waits for it: it may wait for the input for ever.
    pub(super) fn start(tasks: TaskReader, mut sender: TaskSender) -> Result<Self, Failure> {
        let (sent_to, sent) = channel();
        let error = Arc::new(OnceLock::new());
        let error_of_thread = Arc::clone(&error);
        thread::Builder::new()
            .name("tasks".to_owned())
            .spawn(move || {
                if let Err(error) = feed(tasks, &mut sender, &sent_to) {
                    // Only this thread sets it, and only once.
                    let _ = error_of_thread.set(error);
                }
            })
            .map_err(|error| Failure::server(format_args!("can't start a thread: {error}")))?;
        Ok(Feeder {
            sent,
            received: 0,
            unfinished: HashMap::new(),
            error,
        })
    }

    /// Takes the task of an outcome. Each task has one outcome, so a second call of the same
    /// task finds nothing.
    pub(super) fn take(&mut self, id: TaskId) -> Option<Arc<Task>> {
        while self.received <= id.index() {
            let task = self.sent.recv().ok()?;
            self.unfinished.insert(self.received, task);
            self.received += 1;
        }
        self.unfinished.remove(&id.index())
    }

    /// Returns why tasks of the input were not sent, if some were not.
    pub(super) fn error(&self) -> Option<&FeedError> {
        self.error.get()
    }
}

fn feed(
    tasks: TaskReader,
    sender: &mut TaskSender,
    sent: &Sender<Arc<Task>>,
) -> Result<(), FeedError> {
    for task in tasks {
        let task = Arc::new(task.map_err(FeedError::Input)?);
        sent.send(Arc::clone(&task))
            .map_err(|_| FeedError::RunEnded)?;
        sender.enviar(task).map_err(|_| FeedError::RunEnded)?;
    }
    Ok(())
}

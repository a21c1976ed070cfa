//! Tasks on their way from the input to the dispatcher, in a thread of their own: it
//! may wait for the input while results come in.

use std::collections::HashMap;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;

use reparte::{TaskId, TaskSender};

use super::{CallResult, Task, TaskReader};
use crate::exit::Failure;

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Feeder {
    sent: Receiver<Arc<Task>>,
    /// Those whose outcome has not come.
    open: HashMap<u64, Arc<Task>>,
    received: u64,
    stopped: Arc<OnceLock<FeedStop>>,
}

/// Why no more tasks are sent, other than that there are no more.
#[derive(Debug)]
pub(super) enum FeedStop {
    /// The run is over.
    Over,
    /// The input can't be read any further.
    Input(io::Error),
}

impl Feeder {
    pub(super) fn start(
        tasks: TaskReader,
        mut sender: TaskSender<Arc<Task>, CallResult>,
    ) -> Result<Self, Failure> {
        let (sent_to, sent) = channel();
        let stopped = Arc::new(OnceLock::new());
        let report = Arc::clone(&stopped);
        // It may wait for the input for ever, and nobody waits for it.
        thread::Builder::new()
            .name("tasks".to_owned())
            .spawn(move || {
                if let Err(why) = send(tasks, &mut sender, &sent_to) {
                    // It is set here alone; and before the sender's end, which is the
                    // run's.
                    let _ = report.set(why);
                }
            })
            .map_err(|error| Failure::server(format_args!("can't start a thread: {error}")))?;
        Ok(Feeder {
            sent,
            open: HashMap::new(),
            received: 0,
            stopped,
        })
    }

    /// The task of an outcome, which comes once.
    pub(super) fn task(&mut self, id: TaskId) -> Option<Arc<Task>> {
        while self.received <= id.index() {
            // It is there since before the task was sent.
            self.open.insert(self.received, self.sent.recv().ok()?);
            self.received += 1;
        }
        self.open.remove(&id.index())
    }

    /// Why the tasks that were not sent were not.
    pub(super) fn stopped(&self) -> Option<&FeedStop> {
        self.stopped.get()
    }
}

fn send(
    tasks: TaskReader,
    sender: &mut TaskSender<Arc<Task>, CallResult>,
    sent: &Sender<Arc<Task>>,
) -> Result<(), FeedStop> {
    for task in tasks {
        let task = Arc::new(task.map_err(FeedStop::Input)?);
        sent.send(Arc::clone(&task)).map_err(|_| FeedStop::Over)?;
        sender.enviar(task).map_err(|_| FeedStop::Over)?;
    }
    Ok(())
}

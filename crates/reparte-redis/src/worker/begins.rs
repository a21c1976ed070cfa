//! The thread that tells clients which tasks a worker has begun.

use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::script::{Script, ScriptCall, millis};
use crate::shutdown::Shutdown;
use crate::thread::Thread;
use crate::worker::running::Running;
use crate::worker::tenure::Tenure;

/// The time of work after which a task's client is told of it. Most tasks of a fast function end
/// before.
const TOLD_AFTER: Duration = Duration::from_millis(250);

/// Starts the thread that tells of the tasks at work, until `end`.
pub(crate) fn tell(tenure: &Tenure, running: Arc<Running>, end: Shutdown) -> Result<Thread, Error> {
    let tenure = tenure.clone();
    Thread::start("redis-begins", move || {
        while !end.wait(TOLD_AFTER) {
            for begin in running.take_begins(TOLD_AFTER) {
                let results = tenure.keys.of_run(&begin.run).results();
                let keys = [tenure.keys.tasks(), results, tenure.keys.lost()];
                let call = ScriptCall::new(Script::Begin, keys)
                    .arg(tenure.worker.as_bytes())
                    .arg(begin.id.as_bytes())
                    .arg(begin.n)
                    .number(millis(begin.at_work));
                let running = Arc::clone(&running);
                tenure.commands.send(call, move |told| {
                    if let Err(error) = told {
                        log::debug!("the begin of a task is not told: {error}");
                        running.tell_later(&begin.id, begin.at_work);
                    }
                });
            }
        }
    })
}

//! A worker that takes its calls from the queue on an engine.

use std::sync::Arc;
use std::time::Duration;

use cli_support::output::eprint;
use reparte_redis::Worker;
use rustix::system::uname;
use xmlrpc_server::Service;

use crate::exit::Failure;
use crate::flags::engine::{Engine, failure};
use crate::program::process_groups::ProcessGroups;
use crate::serve::shutdown;

/// Answers tasks of the queue of `function` until a signal comes. Tasks at work then have `grace`.
pub(super) fn run(
    engine: Engine,
    function: &str,
    service: Service,
    slots: Option<u16>,
    grace: Duration,
    groups: &Arc<ProcessGroups>,
) -> Result<(), Failure> {
    let url = engine.url.clone();
    let mut worker = Worker::builder(engine.url, function, service)
        .options(engine.options)
        .name(uname().nodename().to_string_lossy());
    if let Some(slots) = slots {
        worker = worker.slots(slots.into());
    }
    let worker = worker.start().map_err(|error| failure(&error))?;
    let handle = worker.handle();
    shutdown::at_signal(groups, grace, move || handle.stop())?;
    eprint(format_args!(
        "taking tasks of {function} from {url} as {}",
        worker.name()
    ));
    worker.wait(grace);
    Ok(())
}

//! A worker that takes its calls from the queue on an engine.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use cli_support::output::eprint;
use reparte_redis::Worker;
use xmlrpc_server::Service;

use crate::exit::Failure;
use crate::flags::engine::{Engine, failure, host_name};
use crate::program::runner::ProgramRunner;
use crate::serve::shutdown;

/// Answers tasks of the queue of `function` until a signal comes, or the time of its end. Tasks at work then have `grace`.
/// `program` is the one that the service runs, if it runs one.
pub(super) fn run(
    engine: Engine,
    function: &str,
    service: Service,
    slots: Option<u16>,
    grace: Duration,
    program: Option<&Arc<ProgramRunner>>,
    ends_at: Option<SystemTime>,
) -> Result<(), Failure> {
    let url = engine.url.clone();
    let mut worker = Worker::builder(engine.url, function, service)
        .options(engine.options)
        .name(host_name());
    let cores = || thread::available_parallelism().map_or(1, NonZero::get);
    let slots = slots.map_or_else(cores, usize::from);
    worker = worker.slots(slots);
    // A worker that takes tasks may be given one at once.
    if let Some(program) = program {
        program.start_ahead(slots);
    }
    let worker = worker.start().map_err(|error| failure(&error))?;
    let handle = worker.handle();
    shutdown::at_signal(program, grace, ends_at, move || handle.stop())?;
    eprint(format_args!(
        "taking tasks of {function} from {url} as {}",
        worker.name()
    ));
    worker.wait(grace);
    Ok(())
}

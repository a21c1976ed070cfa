//! How a server ends.

use std::sync::Arc;
use std::time::Duration;

use xmlrpc_server::Stop;

use super::process_groups::ProcessGroups;
use crate::exit::Failure;
use crate::output::tell;

/// What ends the server at the first signal, which leaves its calls `grace` to finish. The
/// second ends the process, and its children, at once.
pub(super) fn at_signal(
    process_groups: &Arc<ProcessGroups>,
    grace: Duration,
) -> Result<Stop, Failure> {
    let (stop, process_groups) = (Stop::new(), Arc::clone(process_groups));
    let stopped = stop.clone();
    let init_process = move || {
        let seconds = grace.as_secs_f64();
        tell(format_args!(
            "stopping: running calls have {seconds} s; once more to end at once"
        ));
        stopped.stop();
    };
    procdistrib::at_signal(init_process, move || process_groups.kill())?;
    Ok(stop)
}

//! How a server ends.

use std::sync::Arc;
use std::time::Duration;

use cli_support::signals::stop_at_signal;
use xmlrpc_server::Stop;

use super::process_groups::ProcessGroups;
use crate::exit::Failure;

/// What ends the server at the first signal, which leaves its calls `grace` to finish. The
/// second ends the process, and its children, at once.
pub(super) fn at_signal(
    process_groups: &Arc<ProcessGroups>,
    grace: Duration,
) -> Result<Stop, Failure> {
    let (stop, process_groups) = (Stop::new(), Arc::clone(process_groups));
    let stopped = stop.clone();
    stop_at_signal(grace, move || stopped.stop(), move || process_groups.kill())?;
    Ok(stop)
}

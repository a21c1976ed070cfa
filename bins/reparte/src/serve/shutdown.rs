//! The shutdown of a server by a signal.

use std::sync::Arc;
use std::time::Duration;

use cli_support::signals::stop_at_signal;
use xmlrpc_server::Stop;

use crate::exit::Failure;
use crate::serve::process_groups::ProcessGroups;

/// Watches for signals. The first one stops the server: running calls have `grace` to finish.
/// The second one kills the programs and ends the process.
pub(super) fn at_signal(groups: &Arc<ProcessGroups>, grace: Duration) -> Result<Stop, Failure> {
    let (stop, groups) = (Stop::new(), Arc::clone(groups));
    let stopped = stop.clone();
    stop_at_signal(grace, move || stopped.stop(), move || groups.kill())?;
    Ok(stop)
}

//! How a server ends.

use std::sync::Arc;

use xmlrpc_server::Stop;

use super::children::Children;
use crate::exit::Failure;
use crate::output::tell;
use crate::signals;

/// What ends the server at the first signal. The second ends the process, and its
/// children, at once.
pub(super) fn at_signal(children: &Arc<Children>) -> Result<Stop, Failure> {
    let (stop, children) = (Stop::new(), Arc::clone(children));
    let stopped = stop.clone();
    let first = move || {
        tell("stopping: running calls have 10 s; once more to end at once");
        stopped.stop();
    };
    signals::watch(first, move || children.kill())?;
    Ok(stop)
}

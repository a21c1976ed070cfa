//! The interrupt of a run: Ctrl-C or SIGTERM.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use cli_support::signals::at_signal;
use reparte::Handle;

use crate::console::Console;
use crate::exit::Failure;

/// A flag that is set once a signal has come.
#[derive(Debug)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Watches for signals. The first one ends the run once its calls have returned, and then
    /// calls `also`; the second one calls `last` and ends the process.
    pub(crate) fn watch<A: 'static, R: 'static>(
        run: &Handle<A, R>,
        console: &Console,
        also: impl Fn() + Send + 'static,
        last: impl FnOnce() + Send + 'static,
    ) -> Result<Self, Failure> {
        let has_come = Arc::new(AtomicBool::new(false));
        let (run, console) = (run.clone(), console.clone());
        let flag = Arc::clone(&has_come);
        let first = move |_| {
            // The flag is set before the run ends, so that the verdict on the run sees it. The
            // run is drained before the calls are counted: a call that starts in between would
            // be waited for and not counted.
            flag.store(true, SeqCst);
            run.drain();
            let running: usize = run.summary().servers.iter().map(|s| s.running).sum();
            console.tell(format_args!(
                "stopping: makes no more calls, and waits for the {running} that run; once more to \
                 end at once"
            ));
            also();
        };
        at_signal(first, last)?;
        Ok(Interrupt(has_come))
    }

    pub(crate) fn has_come(&self) -> bool {
        self.0.load(SeqCst)
    }
}

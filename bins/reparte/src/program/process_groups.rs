//! The process groups of the running programs, so that none outlives the server. A run has them
//! too, for the programs that check its results.
//!
//! A program leads a process group of its own, and what it starts is in that group too. The
//! group's id is the program's process id. It can't be another group's as long as the program
//! was not waited for, even if it has ended.

use std::collections::HashSet;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::program::guard::Guard;
use crate::program::start_error::StartError;

/// All process groups that exist.
///
/// Lock order: `is_closed`, then `groups`.
#[derive(Debug, Default)]
pub(crate) struct ProcessGroups {
    /// True once no more programs may be started. A start holds it for reading until its group
    /// is in `groups`, so that whoever has closed it sees all groups.
    is_closed: RwLock<bool>,
    /// The groups whose programs were not waited for.
    groups: Mutex<HashSet<Pid>>,
    /// Notified after a group was removed.
    removed: Condvar,
    /// Kills the groups if the server is killed. `None` if it could not be started.
    guard: Option<Guard>,
}

/// A program, and all that it has started. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    groups: Arc<ProcessGroups>,
    pub(crate) child: Child,
    pub(crate) id: Pid,
    is_waited_for: bool,
}

impl ProcessGroups {
    /// Returns no groups yet, under a guard.
    pub(crate) fn guarded() -> Self {
        ProcessGroups {
            guard: Guard::start(),
            ..ProcessGroups::default()
        }
    }

    /// Starts a program in a process group of its own.
    ///
    /// # Errors
    ///
    /// The system can't start it, or the server stops.
    pub(crate) fn start(
        self: &Arc<Self>,
        command: &mut Command,
    ) -> Result<ProcessGroup, StartError> {
        let is_closed = self
            .is_closed
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if *is_closed {
            return Err(StartError::Stopping);
        }
        command.process_group(0);
        let child = match &self.guard {
            Some(guard) => guard.watch(command, Command::spawn),
            None => command.spawn(),
        };
        let child = child.map_err(StartError::from)?;
        let id = Pid::from_child(&child);
        self.lock().insert(id);
        Ok(ProcessGroup {
            groups: Arc::clone(self),
            child,
            id,
            is_waited_for: false,
        })
    }

    /// Returns whether no program runs.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Returns whether running programs have to end, since the server does.
    pub(crate) fn is_closed(&self) -> bool {
        *self
            .is_closed
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells all programs to end, and waits until they have. The threads that run them see that
    /// this is closed, and end them.
    pub(crate) fn end(&self) {
        self.close();
        let mut groups = self.lock();
        while !groups.is_empty() {
            groups = self
                .removed
                .wait(groups)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Kills all programs, for a process that ends at once.
    pub(crate) fn kill(&self) {
        self.close();
        for &group in &*self.lock() {
            send_signal(group, Signal::KILL);
        }
    }

    fn close(&self) {
        *self
            .is_closed
            .write()
            .unwrap_or_else(PoisonError::into_inner) = true;
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<Pid>> {
        // Each change is one insertion or removal, so a poisoned set is whole.
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProcessGroup {
    /// Asks all processes of the group to end. Those that are stopped go on, so that they can.
    pub(crate) fn terminate(&self) {
        send_signal(self.id, Signal::TERM);
        send_signal(self.id, Signal::CONT);
    }

    /// Waits for the program, and kills what it has left running.
    pub(crate) fn wait(mut self) -> io::Result<ExitStatus> {
        self.finish()
    }

    fn finish(&mut self) -> io::Result<ExitStatus> {
        self.is_waited_for = true;
        // The order matters: once the program is waited for, its id may be another group's. So
        // the group is killed and removed before.
        send_signal(self.id, Signal::KILL);
        if let Some(guard) = &self.groups.guard {
            guard.remove(self.id);
        }
        self.groups.lock().remove(&self.id);
        let status = self.child.wait();
        self.groups.removed.notify_all();
        status
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if !self.is_waited_for {
            // Nobody wants the status.
            let _ = self.finish();
        }
    }
}

fn send_signal(group: Pid, signal: Signal) {
    // It fails if no process of the group is left.
    let _ = kill_process_group(group, signal);
}

//! The programs that run, so that none outlives the server.

use std::collections::HashSet;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock};

use rustix::process::{Pid, Signal, kill_process_group};

/// All process groups that are there. Each is led by a program that has not been waited
/// for yet, so that its number is nobody else's.
#[derive(Debug, Default)]
pub(super) struct ProcessGroups {
    /// Whether no more may be started. Held for reading while one is.
    closed: RwLock<bool>,
    groups: Mutex<HashSet<Pid>>,
    left: Condvar,
}

/// A program and all that it starts; ended when dropped.
#[derive(Debug)]
pub(super) struct ProcessGroup<'c> {
    groups: &'c ProcessGroups,
    pub(super) child: Child,
    pub(super) id: Pid,
    is_waited_for: bool,
}

impl ProcessGroups {
    /// Starts a program in a process group of its own.
    pub(super) fn start(&self, command: &mut Command) -> io::Result<ProcessGroup<'_>> {
        let closed = self.closed.read().unwrap_or_else(PoisonError::into_inner);
        if *closed {
            return Err(io::Error::other("the server is stopping"));
        }
        let child = command.process_group(0).spawn()?;
        let id = Pid::from_child(&child);
        self.groups().insert(id);
        Ok(ProcessGroup {
            groups: self,
            child,
            id,
            is_waited_for: false,
        })
    }

    /// Whether those that run are to end.
    pub(super) fn are_to_end(&self) -> bool {
        *self.closed.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those that run to end, and waits until all have.
    pub(super) fn end(&self) {
        self.close();
        let mut groups = self.groups();
        while !groups.is_empty() {
            groups = self
                .left
                .wait(groups)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Kills those that run, for a process that ends at once.
    pub(super) fn kill(&self) {
        self.close();
        for &group in &*self.groups() {
            signal(group, Signal::KILL);
        }
    }

    fn close(&self) {
        *self.closed.write().unwrap_or_else(PoisonError::into_inner) = true;
    }

    fn groups(&self) -> MutexGuard<'_, HashSet<Pid>> {
        // Each change is one insertion or removal: a poisoned set is whole.
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProcessGroup<'_> {
    /// Asks all of the group to end.
    pub(super) fn terminate(&self) {
        signal(self.id, Signal::TERM);
    }

    /// Kills all that is left of the group.
    pub(super) fn kill(&self) {
        signal(self.id, Signal::KILL);
    }

    /// How the program ended. What it has left running is killed.
    pub(super) fn wait(mut self) -> io::Result<ExitStatus> {
        self.finish()
    }

    fn finish(&mut self) -> io::Result<ExitStatus> {
        self.is_waited_for = true;
        // In this order: once it is waited for, its number may be another group's.
        self.kill();
        self.groups.groups().remove(&self.id);
        let status = self.child.wait();
        self.groups.left.notify_all();
        status
    }
}

impl Drop for ProcessGroup<'_> {
    fn drop(&mut self) {
        if !self.is_waited_for {
            // Its status is of no use to anybody.
            let _ = self.finish();
        }
    }
}

fn signal(group: Pid, signal: Signal) {
    // It fails where none of the group is left.
    let _ = kill_process_group(group, signal);
}

//! The programs of the check of `--verify`. On Unix none outlives the run, however that ends.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

#[cfg(unix)]
use crate::program::process_groups::{ProcessGroup, ProcessGroups};

/// The most bytes that are kept of the end of the program's error output.
const KEPT: usize = 2000;
/// The longest time between two looks at the program and at the call.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);
/// The time for which the error output of a program that has ended is waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The end of an execution.
#[derive(Debug)]
pub(super) struct CheckEnd {
    pub(super) status: ExitStatus,
    /// The end of its error output.
    pub(super) error_output: String,
}

/// The programs of a check that run.
#[derive(Debug)]
pub(super) struct CheckPrograms {
    /// Each program has a group of its own: Ctrl-C at a terminal ends the run, which still waits
    /// for the check.
    #[cfg(unix)]
    groups: Arc<ProcessGroups>,
}

impl CheckPrograms {
    /// Returns no programs yet. A guard will kill them if this process is killed.
    pub(super) fn guarded() -> Self {
        CheckPrograms {
            #[cfg(unix)]
            groups: Arc::new(ProcessGroups::guarded()),
        }
    }

    /// Kills all programs, for a process that ends at once.
    pub(super) fn kill(&self) {
        #[cfg(unix)]
        self.groups.kill();
    }

    /// Starts the program, gives it its input, and waits for its end. `None` if it was killed
    /// since nobody waits for the verdict any more.
    ///
    /// # Errors
    ///
    /// The program can't be started.
    pub(super) fn execute(
        &self,
        program: &Path,
        input: Vec<u8>,
        is_cancelled: impl Fn() -> bool,
    ) -> io::Result<Option<CheckEnd>> {
        let mut command = Command::new(program);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut program = self.start(&mut command)?;
        // Nobody waits for these threads: a process that outlives the program may hold its pipes.
        write_input(&mut program.child, input)?;
        let errors = read_errors(&mut program.child)?;
        let has_ended = wait(&mut program.child, &errors, is_cancelled);
        let status = program.wait()?;
        if !has_ended {
            return Ok(None);
        }
        // Its end is the sign that the output is whole.
        let _ = errors.at_end.recv_timeout(LAST_WORDS);
        let kept = errors.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Some(CheckEnd {
            status,
            error_output: String::from_utf8_lossy(&kept).trim_end().to_owned(),
        }))
    }

    #[cfg(unix)]
    fn start(&self, command: &mut Command) -> io::Result<ProcessGroup> {
        Ok(self.groups.start(command)?)
    }

    #[cfg(not(unix))]
    fn start(&self, command: &mut Command) -> io::Result<Program> {
        let child = command.spawn()?;
        Ok(Program { child })
    }
}

/// A program without a group. It is killed when this is dropped.
#[cfg(not(unix))]
struct Program {
    child: Child,
}

#[cfg(not(unix))]
impl Program {
    /// Waits for the program, and kills it if it still runs.
    fn wait(mut self) -> io::Result<ExitStatus> {
        // It fails if the program has ended.
        let _ = self.child.kill();
        self.child.wait()
    }
}

#[cfg(not(unix))]
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Waits until the program has ended. Returns false if it is no longer wanted before.
fn wait(child: &mut Child, errors: &ErrorOutput, is_cancelled: impl Fn() -> bool) -> bool {
    let mut pause = Duration::from_millis(1);
    loop {
        // Mostly the output ends with the program, which ends the wait at once.
        if errors.at_end.recv_timeout(pause) == Err(RecvTimeoutError::Disconnected) {
            thread::sleep(Duration::from_micros(100).max(pause / 10));
        }
        if has_ended(child) {
            return true;
        }
        if is_cancelled() {
            return false;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn write_input(child: &mut Child, input: Vec<u8>) -> io::Result<()> {
    let Some(mut stdin) = child.stdin.take() else {
        return Ok(());
    };
    // The program need not read all of it, or any.
    let write = move || drop(stdin.write_all(&input));
    let thread = thread::Builder::new().name("check input".to_owned());
    thread.spawn(write).map(drop)
}

/// The error output of a program, as a thread reads it.
struct ErrorOutput {
    kept: Arc<Mutex<Vec<u8>>>,
    /// Disconnected at its end.
    at_end: Receiver<()>,
}

fn read_errors(child: &mut Child) -> io::Result<ErrorOutput> {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let (until_end, at_end) = channel();
    if let Some(mut stderr) = child.stderr.take() {
        let kept = Arc::clone(&kept);
        let read = move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = stderr.read(&mut part) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(part.iter().take(count));
                let surplus = kept.len().saturating_sub(KEPT);
                kept.drain(..surplus);
            }
            drop(until_end);
        };
        let thread = thread::Builder::new().name("check errors".to_owned());
        thread.spawn(read)?;
    }
    Ok(ErrorOutput { kept, at_end })
}

/// Returns whether the program has ended. It is not waited for, so that its id stays its own.
#[cfg(unix)]
fn has_ended(child: &mut Child) -> bool {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let ended = waitid(WaitId::Pid(Pid::from_child(child)), options);
    !matches!(ended, Ok(None))
}

#[cfg(not(unix))]
fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

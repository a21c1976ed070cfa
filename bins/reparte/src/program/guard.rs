//! The guard: a process that kills the programs of a server that was itself killed. A run whose
//! results are checked by programs has one too.
//!
//! Nothing of a process runs after SIGKILL, or after the system has taken it for its memory. So
//! the server starts this command again as a second process, and tells it through a pipe which
//! process groups begin and end. The pipe is closed with the server, however that ends.
//!
//! | line | tells |
//! | --- | --- |
//! | `? MARK` | a program is about to start, with this mark in its environment |
//! | `+ GROUP` | a program has started, and leads this process group |
//! | `! MARK` | the program with this mark is no longer about to start: its group was told, or it can't start |
//! | `- GROUP` | the group has ended |
//!
//! A server that is killed while it starts a program can't tell the group. The guard then looks
//! for the program's mark (`mark`). Each process that was forked and has not executed its
//! program yet holds the server's end of the pipe, which is closed at that moment. So the pipe is
//! at its end only when all programs of the server have their own environment.
//!
//! Linux's PR_SET_PDEATHSIG would do this for the program alone, and not for what it has
//! started; and it has to be asked for between fork and exec, which safe Rust can't.

use std::env;
use std::fmt;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::PoisonError;

use rustix::io::ioctl_fionbio;
use rustix::process::{Pid, RawPid, Signal, kill_process_group};

use crate::program::mark::{self, ProgramMarks};

/// The name under which the guard runs, as its first argument and in lists of processes. It
/// lacks the command's own, so that what kills all servers by their name leaves it.
const NAME: &str = "program-guard";

/// The server's end of the guard.
#[derive(Debug)]
pub(crate) struct Guard {
    /// The process and its pipe. `None` once the guard has gone, or does not read, which is logged
    /// once.
    running: Mutex<Option<(Child, ChildStdin)>>,
    marks: ProgramMarks,
}

impl Guard {
    /// Starts the guard. Without one, which is logged, the server works as well.
    pub(crate) fn start() -> Option<Self> {
        let started = Guard::spawn();
        let untold = |error: &io::Error| {
            log::warn!("if this process is killed, its programs run on: no guard ({error})");
        };
        started.inspect_err(untold).ok()
    }

    fn spawn() -> io::Result<Self> {
        let marks = ProgramMarks::new()?;
        let mut process = Command::new(env::current_exe()?)
            .arg0(NAME)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C is for the server.
            .process_group(0)
            .spawn()?;
        let pipe = process.stdin.take();
        let pipe = pipe.ok_or(io::ErrorKind::BrokenPipe)?;
        // A guard that is stopped holds up no call.
        ioctl_fionbio(&pipe, true)?;
        Ok(Guard {
            running: Mutex::new(Some((process, pipe))),
            marks,
        })
    }

    /// Starts a program by `spawn`, and tells its group before and after that.
    pub(crate) fn watch(
        &self,
        command: &mut Command,
        spawn: impl FnOnce(&mut Command) -> io::Result<Child>,
    ) -> io::Result<Child> {
        let mark = self.marks.next();
        mark.apply(command);
        self.send(format_args!("? {mark}"));
        let started = spawn(command);
        match &started {
            Ok(child) => self.send(format_args!(
                "+ {}\n! {mark}",
                Pid::from_child(child).as_raw_nonzero()
            )),
            Err(_) => self.send(format_args!("! {mark}")),
        }
        started
    }

    /// Tells that a group has ended.
    pub(crate) fn remove(&self, group: Pid) {
        self.send(format_args!("- {}", group.as_raw_nonzero()));
    }

    fn send(&self, line: fmt::Arguments<'_>) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((process, pipe)) = running.as_mut() else {
            return;
        };
        // It is shorter than what a pipe takes at once, so that no part of it is written alone.
        let line = format!("{line}\n");
        if let Err(error) = pipe.write_all(line.as_bytes()) {
            log::warn!(
                "if this process is killed, its programs run on: the guard has gone ({error})"
            );
            // A guard that was stopped, and misses the end of a group, would kill whatever has
            // the group's number by then.
            let _ = process.kill();
            let _ = process.wait();
            *running = None;
        }
    }
}

/// Returns whether this process is the guard of a server.
pub(crate) fn is_guard() -> bool {
    env::args_os().next().is_some_and(|name| name == NAME)
}

/// Follows which groups there are, until the server has ended. Kills those that are left then.
pub(crate) fn run() -> ExitCode {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_name(c"program-guard");
    let mut groups: Vec<Pid> = Vec::new();
    let mut starting: Vec<String> = Vec::new();
    for line in BufReader::new(io::stdin()).lines().map_while(Result::ok) {
        let Some((sign, of)) = line.split_once(' ') else {
            continue;
        };
        let group = of.parse::<RawPid>().ok().and_then(Pid::from_raw);
        match (sign, group) {
            ("?", _) => starting.push(of.to_owned()),
            ("!", _) => starting.retain(|known| known != of),
            ("+", Some(group)) => groups.push(group),
            ("-", Some(group)) => groups.retain(|&known| known != group),
            _ => {}
        }
    }
    for group in groups {
        // It may have ended by itself a moment ago.
        let _ = kill_process_group(group, Signal::KILL);
    }
    if !starting.is_empty() {
        mark::kill_marked(&starting);
    }
    ExitCode::SUCCESS
}

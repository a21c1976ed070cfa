//! `reparte serve`, killed at any instant: its guard leaves no process of its programs.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio, id};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use common::reparte;
use test_support::{Running, until};
use xmlrpc_client::ServerProxy;

/// A program that ends at once, and leaves a process in its group.
const LEAVES: &str = "sleep 1000 >/dev/null 2>&1 & exit 0";

/// The processes with an entry in their environment. Those between two programs have none.
fn processes_with(entry: &str) -> Vec<String> {
    let of_process = |process: fs::DirEntry| {
        let environment = fs::read(process.path().join("environ")).ok()?;
        let mut entries = environment.split(|&byte| byte == 0);
        let line = || fs::read_to_string(process.path().join("cmdline")).unwrap_or_default();
        entries.any(|of| of == entry.as_bytes()).then(line)
    };
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes.filter_map(of_process).collect()
}

/// Kills servers that start a program as often as they can.
#[test]
fn nothing_is_left_of_servers_that_are_killed_at_any_instant() {
    for round in 0..40_u64 {
        let entry = format!("KILLED_SERVERS={}-{round}", id());
        let (name, value) = entry.split_once('=').unwrap();
        let program = ["--workers", "4", "--", "sh", "-c", LEAVES];
        let mut command =
            reparte(&[&["serve", "127.0.0.1:0", "--function", "f"], &program[..]].concat());
        command.env(name, value);
        let server = Running::start(command);
        let url = format!("http://{}", server.address());
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..4 {
                let proxy = ServerProxy::new(&url).unwrap();
                let is_over = &is_over;
                scope.spawn(move || {
                    while !is_over.load(Relaxed) {
                        let _ = proxy.call::<String>("f", ("x",));
                    }
                });
            }
            // Each round is killed in another moment of some program's start.
            thread::sleep(Duration::from_micros(50_000 + 1_237 * round));
            server.kill();
            is_over.store(true, Relaxed);
        });
        until("nothing is left", || processes_with(&entry).is_empty());
    }
}

/// A guard, and what it is told.
struct Guard(Child);

impl Guard {
    fn start() -> Self {
        let guard = Command::new(env!("CARGO_BIN_EXE_reparte"))
            .arg0("program-guard")
            .stdin(Stdio::piped())
            .spawn();
        Guard(guard.unwrap())
    }

    /// Tells these lines, and ends as a server does.
    fn end(mut self, lines: &str) {
        let mut pipe = self.0.stdin.take().unwrap();
        pipe.write_all(lines.as_bytes()).unwrap();
        drop(pipe);
        assert!(self.0.wait().unwrap().success());
    }
}

/// A server that is killed while a program starts has told of no group.
#[test]
fn a_program_that_was_about_to_start_is_found_by_its_mark() {
    let start = |mark: &str| {
        let mut command = Command::new("sh");
        // The program has a child, and waits for it.
        command.args(["-c", "sleep 1000 & wait"]).process_group(0);
        command.env("REPARTE_PROGRAM", mark).spawn().unwrap()
    };
    let other = format!("{}-other", id());
    for lines in ["? MARK\n", "? OTHER\n? MARK\n! OTHER\n"] {
        let mark = format!("{}-{}", id(), lines.len());
        let (mut marked, mut kept) = (start(&mark), start(&other));
        let entry = |mark: &str| format!("REPARTE_PROGRAM={mark}");
        until("both have a child", || {
            [&mark, &other]
                .iter()
                .all(|mark| processes_with(&entry(mark)).len() == 2)
        });
        Guard::start().end(&lines.replace("MARK", &mark).replace("OTHER", &other));
        marked.wait().unwrap();
        until("its child is killed", || {
            processes_with(&entry(&mark)).is_empty()
        });
        assert_eq!(processes_with(&entry(&other)).len(), 2);
        let group = rustix::process::Pid::from_child(&kept);
        rustix::process::kill_process_group(group, rustix::process::Signal::KILL).unwrap();
        kept.wait().unwrap();
    }
}

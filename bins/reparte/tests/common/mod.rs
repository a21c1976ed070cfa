//! Runs the built command as a person would, and gives it servers to call.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a module of every test file, each of which uses its part"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

pub mod files;
pub mod functions;
pub mod server;
pub mod terminal;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What the command left when it ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Checks the exit code; shows both outputs where it is another.
    #[track_caller]
    pub fn expect_code(&self, code: i32) -> &Self {
        assert_eq!(self.status.code(), Some(code), "{self:#?}");
        self
    }

    /// Checks that it did what it was to, and printed this.
    #[track_caller]
    pub fn expect(&self, stdout: &str) {
        self.expect_code(0);
        assert_eq!(self.stdout, stdout, "{}", self.stderr);
    }

    /// Checks that it failed so, with nothing printed and one line that holds all texts.
    #[track_caller]
    pub fn expect_error(&self, code: i32, texts: &[&str]) {
        self.expect_code(code);
        assert_eq!(self.stdout, "");
        let lines = self
            .stderr
            .lines()
            .filter(|line| line.starts_with("error: "));
        assert_eq!(lines.count(), 1, "{}", self.stderr);
        for text in texts {
            assert!(
                self.stderr.contains(text),
                "no {text:?} in: {}",
                self.stderr
            );
        }
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}

/// The command, without what the environment may tell it.
pub fn reparte(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reparte"));
    command.args(arguments);
    for variable in ["RUST_LOG", "RUST_LOG_STYLE", "RUST_BACKTRACE", "COLUMNS"] {
        command.env_remove(variable);
    }
    command
}

/// Runs the command to its end.
pub fn run(arguments: &[&str]) -> Ended {
    Running::start(reparte(arguments)).end()
}

/// A program that runs; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
}

impl Running {
    pub fn start(command: Command) -> Self {
        Running::with_input(command, Stdio::null())
    }

    /// The same, with a standard input.
    pub fn with_input(mut command: Command, input: Stdio) -> Self {
        let mut child = command
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        let stderr = child.stderr.take().unwrap();
        let (sender, lines) = channel();
        let stderr = thread::spawn(move || {
            let mut all = String::new();
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                all.push_str(&line);
                all.push('\n');
                let _ = sender.send(line);
            }
            all
        });
        Running {
            child,
            lines,
            stderr: Some(stderr),
        }
    }

    /// Waits for a line on standard error that holds `text`, and gives what follows it.
    #[track_caller]
    pub fn line_after(&self, text: &str) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    if let Some((_, rest)) = line.split_once(text) {
                        return rest.to_owned();
                    }
                }
                Err(error) => panic!("no line with {text:?}: {error}"),
            }
        }
    }

    pub fn stdin(&mut self) -> ChildStdin {
        self.child
            .stdin
            .take()
            .expect("it is piped, and taken once")
    }

    pub fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("it is taken once")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is our own child");
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let stdout = self.child.stdout.take().map(|mut stdout| {
            thread::spawn(move || {
                let mut all = String::new();
                let _ = stdout.read_to_string(&mut all);
                all
            })
        });
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            thread::sleep(Duration::from_millis(2));
        };
        Ended {
            status,
            stdout: stdout.map_or(String::new(), |stdout| stdout.join().unwrap()),
            stderr: self.stderr.take().unwrap().join().unwrap(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `is_so`, which has no other sign.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

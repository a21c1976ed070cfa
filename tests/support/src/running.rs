//! A program that runs.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::ended::Ended;
use crate::waiting::PATIENCE;

/// A program that runs. It is killed when this is dropped.
///
/// Its standard error is collected, and can be waited for line by line.
#[derive(Debug)]
pub struct Running {
    /// The command line, for messages.
    name: String,
    child: Child,
    /// The lines of standard error, as they come.
    lines: Receiver<String>,
    /// Collects standard error. None only after the end.
    stderr: Option<JoinHandle<String>>,
    /// Collects standard output, unless the test reads it itself or it goes elsewhere.
    stdout: Option<JoinHandle<String>>,
}

impl Running {
    /// Starts a program without input, and collects its output.
    pub fn start(command: Command) -> Self {
        let mut running = Running::spawn(command, Stdio::null(), Stdio::piped());
        running.collect_stdout();
        running
    }

    /// Starts a program whose standard output goes elsewhere.
    pub fn start_into(command: Command, stdout: impl Into<Stdio>) -> Self {
        Running::spawn(command, Stdio::null(), stdout.into())
    }

    /// Starts a program whose standard input and output are pipes, for the test to take.
    /// Output that it does not take is collected at the end.
    pub fn interactive(command: Command) -> Self {
        Running::spawn(command, Stdio::piped(), Stdio::piped())
    }

    fn spawn(mut command: Command, stdin: Stdio, stdout: Stdio) -> Self {
        let name = format!("{command:?}");
        let mut child = command
            .stdin(stdin)
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let stderr = child.stderr.take().expect("it is a pipe");
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
            name,
            child,
            lines,
            stderr: Some(stderr),
            stdout: None,
        }
    }

    fn collect_stdout(&mut self) {
        if let Some(mut stdout) = self.child.stdout.take() {
            self.stdout = Some(thread::spawn(move || {
                let mut all = String::new();
                let _ = stdout.read_to_string(&mut all);
                all
            }));
        }
    }

    /// Waits for a line on standard error that has `text`, and returns the rest of the line.
    #[track_caller]
    pub fn line_after(&self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    if let Some((_, rest)) = line.split_once(text) {
                        return rest.to_owned();
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("{}: no line with {text:?}", self.name),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("{} ended without a line with {text:?}", self.name)
                }
            }
        }
    }

    /// Waits for the line with which a server says where it listens, and returns its
    /// address, `host:port`.
    #[track_caller]
    pub fn address(&self) -> String {
        let url = self.line_after("listening on ");
        let (_, address) = url.split_once("://").expect("it is a URL");
        address.to_owned()
    }

    /// Takes the standard input of an interactive program.
    pub fn stdin(&mut self) -> ChildStdin {
        let stdin = self.child.stdin.take();
        stdin.expect("the program is interactive, and its input is taken once")
    }

    /// Takes the standard output of an interactive program.
    pub fn stdout(&mut self) -> ChildStdout {
        let stdout = self.child.stdout.take();
        stdout.expect("the program is interactive, and its output is taken once")
    }

    /// Returns the most memory that the process has had, in bytes.
    #[cfg(target_os = "linux")]
    pub fn peak_memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()));
        let status = status.expect("the process runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
        kib.expect("the kernel tells it") * 1024
    }

    /// Returns the process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal)
            .expect("it is our own child, not yet waited for");
    }

    /// Sends a signal to a program that has told of the first one. It comes as late as a person's
    /// second Ctrl-C: a program takes one that comes within 100 ms for a part of the first.
    pub fn signal_again(&self, signal: Signal) {
        std::thread::sleep(Duration::from_millis(150));
        self.signal(signal);
    }

    /// Returns whether the program has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        let status = self.child.try_wait().expect("it is our own child");
        status.is_some()
    }

    /// Ends the program as Ctrl-C does, and returns what it left.
    #[track_caller]
    pub fn interrupt(self) -> Ended {
        self.signal(Signal::INT);
        self.end()
    }

    /// Kills the program at once, as a power cut would, and returns what it left.
    #[track_caller]
    pub fn kill(mut self) -> Ended {
        self.child.kill().expect("it is our own child");
        self.end()
    }

    /// Waits for the program's end, and returns what it left.
    #[track_caller]
    pub fn end(mut self) -> Ended {
        self.collect_stdout();
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it is our own child") {
                break status;
            }
            assert!(Instant::now() < deadline, "{} does not end", self.name);
            thread::sleep(Duration::from_millis(2));
        };
        let collected = |reader: Option<JoinHandle<String>>| {
            let text = reader.map_or(Ok(String::new()), JoinHandle::join);
            text.expect("the reader does not panic")
        };
        Ended {
            status,
            stdout: collected(self.stdout.take()),
            stderr: collected(self.stderr.take()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! Starts of this program once more, in a process of its own.
#![allow(dead_code, reason = "each program takes what it needs")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A process, killed when dropped.
pub struct Process {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// The first line that it printed: a server's address.
    pub said: String,
}

impl Process {
    /// Starts this program with these arguments, and returns once it has printed a line.
    pub fn start(arguments: &[&str]) -> Self {
        let this = std::env::current_exe().expect("a program knows its path");
        let mut child = Command::new(this)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut process = Process {
            stdin: child.stdin.take().expect("it is a pipe"),
            stdout: BufReader::new(child.stdout.take().expect("it is a pipe")),
            child,
            said: String::new(),
        };
        process.said = process.hear();
        process
    }

    /// The next line that it prints.
    pub fn hear(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("it says something");
        line.trim().to_owned()
    }

    /// Gives it a line to read.
    pub fn tell(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").expect("it reads");
    }

    /// CPU time that it has taken, its own and the system's for it.
    pub fn cpu_time(&self) -> Duration {
        cpu_time(&format!("/proc/{}/stat", self.child.id()))
    }

    /// A number of the process's status (proc(5)): kB where it is memory.
    pub fn status(&self, name: &str) -> f64 {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut fields = text.lines().filter_map(|line| line.split_once(':'));
        let field = fields.find(|(found, _)| *found == name);
        let number = field.and_then(|(_, value)| value.split_whitespace().next());
        number
            .and_then(|number| number.parse().ok())
            .unwrap_or(f64::NAN)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time that this process has taken.
pub fn own_cpu_time() -> Duration {
    cpu_time("/proc/self/stat")
}

/// Linux counts it in hundredths of a second, after the name in brackets and 11 more
/// fields (proc(5)).
fn cpu_time(path: &str) -> Duration {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

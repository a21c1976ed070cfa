//! Runs the built programs as a person would: by their names, arguments and signals.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "a module of every test file, each of which uses its part"
)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The article's ten results, in order.
pub const TEN: &str = "\
50914
22604
64521003
5916347
1216614982
1305026
142374
23434252232441
1722855693
1802634787124
";

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a program that has ended left behind.
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
        assert_eq!(
            self.status.code(),
            Some(code),
            "\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The lines of the results, after checking that the last line is the time.
    #[track_caller]
    pub fn results(&self) -> &str {
        let (results, time) = self
            .stdout
            .split_at(self.stdout.find("Tiempo: ").unwrap_or(0));
        let seconds = time
            .strip_prefix("Tiempo: ")
            .and_then(|rest| rest.strip_suffix('\n'))
            .and_then(|seconds| seconds.split_once('.'));
        let six =
            |decimals: &str| decimals.len() == 6 && decimals.bytes().all(|b| b.is_ascii_digit());
        assert!(
            seconds.is_some_and(|(whole, decimals)| whole.parse::<u64>().is_ok() && six(decimals)),
            "no time with six decimals at the end of: {}",
            self.stdout
        );
        results
    }
}

/// A program that runs; killed when dropped.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    lines: Receiver<String>,
    stderr: JoinHandle<String>,
    stdout: Option<JoinHandle<String>>,
}

/// One of the six, by its name.
pub fn program(name: &str) -> Command {
    let path = match name {
        "serv_trivial" => env!("CARGO_BIN_EXE_serv_trivial"),
        "clnt_trivial" => env!("CARGO_BIN_EXE_clnt_trivial"),
        "serv_lineal" => env!("CARGO_BIN_EXE_serv_lineal"),
        "clnt_lineal" => env!("CARGO_BIN_EXE_clnt_lineal"),
        "serv_processes" => env!("CARGO_BIN_EXE_serv_processes"),
        "clnt_processes" => env!("CARGO_BIN_EXE_clnt_processes"),
        other => panic!("there is no program {other}"),
    };
    let mut command = Command::new(path);
    for variable in ["RUST_LOG", "RUST_LOG_STYLE", "RUST_BACKTRACE"] {
        command.env_remove(variable);
    }
    command
}

/// Runs one of the six to its end.
pub fn run(name: &str, arguments: &[&str]) -> Ended {
    start(name, arguments).end()
}

/// Starts one of the six.
pub fn start(name: &str, arguments: &[&str]) -> Running {
    let mut command = program(name);
    command.args(arguments);
    Running::start(name, command)
}

/// Starts one of the three servers on a port of the system's choice.
pub fn server(name: &str, arguments: &[&str]) -> (Running, String) {
    let mut all = vec!["--bind", "127.0.0.1:0"];
    all.extend(arguments);
    let running = start(name, &all);
    let url = running.line_after("listening on ");
    let address = url.split("://").nth(1).expect("it is a URL").to_owned();
    (running, address)
}

impl Running {
    /// Starts any program.
    pub fn start(name: &str, command: Command) -> Self {
        Running::start_into(name, command, Stdio::piped())
    }

    /// Starts any program, its standard output going elsewhere.
    pub fn start_into(name: &str, mut command: Command, stdout: Stdio) -> Self {
        let mut child = command
            .stdin(Stdio::null())
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
        let stdout = child.stdout.take().map(|mut stdout| {
            thread::spawn(move || {
                let mut all = String::new();
                let _ = stdout.read_to_string(&mut all);
                all
            })
        });
        Running {
            name: name.to_owned(),
            child,
            lines,
            stderr,
            stdout,
        }
    }

    /// Waits for a line on standard error that holds `text`, and gives what follows it.
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

    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).expect("a process id is an i32");
        let id = Pid::from_raw(id).expect("a process id is not 0");
        kill_process(id, signal).expect("it is our own child, not yet waited for");
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        let status = self.child.try_wait().expect("it is our own child");
        status.is_some()
    }

    /// Ends a server as Ctrl-C does, and gives what it left.
    pub fn interrupt(self) -> Ended {
        self.signal(Signal::INT);
        self.end()
    }

    /// Kills it, as the power cut would.
    pub fn kill(mut self) -> Ended {
        self.child.kill().expect("it is our own child");
        self.end()
    }

    /// Waits for its end.
    pub fn end(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it is our own child") {
                break status;
            }
            assert!(Instant::now() < deadline, "{} does not end", self.name);
            thread::sleep(Duration::from_millis(2));
        };
        let stdout = self
            .stdout
            .take()
            .map_or(Ok(String::new()), JoinHandle::join);
        let stderr = std::mem::replace(&mut self.stderr, thread::spawn(String::new)).join();
        Ended {
            status,
            stdout: stdout.expect("the reader does not panic"),
            stderr: stderr.expect("the reader does not panic"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many access lines there are, each checked for the article's form.
#[track_caller]
pub fn access_lines(stderr: &str) -> usize {
    let lines = stderr.lines().filter(|line| line.contains(" - - ["));
    lines
        .inspect(|line| {
            let form = line
                .strip_prefix("127.0.0.1 - - [")
                .and_then(|rest| rest.split_once("] "));
            let (date, request) = form.unwrap_or_else(|| panic!("not an access line: {line}"));
            let shape: String = date
                .chars()
                .map(|c| match c {
                    '0'..='9' => '0',
                    'a'..='z' | 'A'..='Z' => 'a',
                    other => other,
                })
                .collect();
            assert_eq!(shape, "00/aaa/0000 00:00:00", "{line}");
            let served = request
                .strip_prefix("\"POST /RPC2 HTTP/1.")
                .and_then(|rest| rest.strip_suffix("\" 200 -"));
            assert!(matches!(served, Some("0" | "1")), "{line}");
        })
        .count()
}

//! A link: one run of ssh, its pipes, and its end.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::remote::script::COMMAND;

/// The most bytes of a line that are read.
const LINE_BYTES: u64 = 16 * 1024;

/// The lines that wait to be read, at most. A host that prints more waits.
const LINES: usize = 256;

/// A run of ssh. It is killed when this is dropped.
pub(super) struct Link {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Line>,
    /// The last line that ssh or the host has written as an error.
    pub(super) last_error: String,
}

/// A line from a host.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Output(String),
    Error(String),
}

/// The reason why no line came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoLine {
    /// None came in that time.
    Yet,
    /// Both streams have ended.
    Ended,
}

impl Link {
    /// Starts ssh. It forwards the socket `local` to `remote`, a socket or a port of the host.
    pub(super) fn start(ssh: &Path, target: &str, local: &Path, remote: &str) -> io::Result<Self> {
        let mut command = Command::new(ssh);
        command.args(["-T", "-o", "BatchMode=yes"]);
        for option in [
            "ConnectTimeout=15",
            "ServerAliveInterval=15",
            "ServerAliveCountMax=3",
            "ExitOnForwardFailure=yes",
            "StreamLocalBindMask=0177",
            "StreamLocalBindUnlink=yes",
            // A connection of its own: its end ends the server, and nothing else.
            "ControlMaster=no",
            "ControlPath=none",
            "ForwardAgent=no",
            "ForwardX11=no",
        ] {
            command.args(["-o", option]);
        }
        command
            .arg("-L")
            .arg(format!("{}:{remote}", local.display()));
        command.args(["--", target, COMMAND]);
        // Ctrl-C is for this process, which lets running calls end.
        command.process_group(0);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (sender, lines) = sync_channel(LINES);
        let stdin = child.stdin.take();
        let mut link = Link {
            stdin,
            lines,
            last_error: String::new(),
            child,
        };
        if let Some(output) = link.child.stdout.take() {
            read_lines(output, sender.clone(), Line::Output)?;
        }
        if let Some(errors) = link.child.stderr.take() {
            read_lines(errors, sender, Line::Error)?;
        }
        Ok(link)
    }

    /// Writes to the host. Asks before each part if it is to go on.
    pub(super) fn write(&mut self, bytes: &[u8], goes_on: impl Fn() -> bool) -> io::Result<()> {
        let Some(stdin) = &mut self.stdin else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        for part in bytes.chunks(64 * 1024) {
            if !goes_on() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            stdin.write_all(part)?;
        }
        stdin.flush()
    }

    /// Returns the next line.
    pub(super) fn line(&mut self, patience: Duration) -> Result<Line, NoLine> {
        match self.lines.recv_timeout(patience) {
            Ok(line) => {
                if let Line::Error(text) = &line {
                    text.clone_into(&mut self.last_error);
                }
                Ok(line)
            }
            Err(RecvTimeoutError::Timeout) => Err(NoLine::Yet),
            Err(RecvTimeoutError::Disconnected) => Err(NoLine::Ended),
        }
    }

    /// Ends the standard input there, and waits for the end. Returns the exit code, if there is
    /// one, and kills ssh if none comes in time.
    pub(super) fn end(&mut self, patience: Duration) -> Option<i32> {
        self.stdin = None;
        let latest = Instant::now() + patience;
        loop {
            // The pipes are read on, so that nobody waits for this process.
            let _ = self.line(Duration::from_millis(20));
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    while self.line(Duration::from_millis(20)).is_ok() {}
                    return status.code();
                }
                Ok(None) if Instant::now() < latest => {}
                _ => return None,
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads lines in a thread of its own. It ends with the stream.
fn read_lines(
    stream: impl Read + Send + 'static,
    lines: SyncSender<Line>,
    kind: fn(String) -> Line,
) -> io::Result<()> {
    let read = move || {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = stream
                .by_ref()
                .take(LINE_BYTES)
                .read_until(b'\n', &mut line);
            if !matches!(read, Ok(count) if count > 0) {
                return;
            }
            let text = String::from_utf8_lossy(&line);
            if lines.send(kind(text.trim_end().to_owned())).is_err() {
                return;
            }
        }
    };
    thread::Builder::new()
        .name("ssh reader".to_owned())
        .spawn(read)?;
    Ok(())
}

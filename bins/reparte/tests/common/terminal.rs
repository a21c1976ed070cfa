//! A terminal, as far as a program can tell.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use test_support::{PATIENCE, until};

/// A program whose standard output is a terminal; killed when dropped.
#[derive(Debug)]
pub struct OnTerminal {
    child: Child,
    screen: File,
    drawn: String,
    /// Bytes of characters that are not whole yet.
    unread: Vec<u8>,
}

impl OnTerminal {
    pub fn start(mut command: Command) -> Self {
        OnTerminal::with(|output| {
            command.stdout(output);
            command
        })
    }

    /// Starts a command whose standard error is the terminal; its standard output goes nowhere.
    pub fn with_errors_there(mut command: Command) -> Self {
        OnTerminal::with(|output| {
            command.stderr(output).stdout(Stdio::null());
            command
        })
    }

    /// Starts a command in a session of its own, whose terminal all its streams are.
    pub fn in_session(command: &Command) -> Self {
        OnTerminal::with(|terminal| {
            let mut session = Command::new("setsid");
            session.arg("--ctty").arg(command.get_program());
            session.args(command.get_args());
            for (name, value) in command.get_envs() {
                match value {
                    Some(value) => session.env(name, value),
                    None => session.env_remove(name),
                };
            }
            session
                .stdin(terminal.try_clone().unwrap())
                .stdout(terminal.try_clone().unwrap())
                .stderr(terminal);
            session
        })
    }

    /// Closes the terminal, as its window does. The program goes on, or ends.
    pub fn close(&mut self) {
        self.screen = File::open("/dev/null").unwrap();
    }

    /// Waits for the end of a program whose terminal is closed.
    pub fn status(&mut self) -> ExitStatus {
        let mut status = None;
        until("it ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    fn with(to: impl FnOnce(OwnedFd) -> Command) -> Self {
        // Programs that other tests start meanwhile are not to hold it open.
        #[cfg(target_os = "linux")]
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        #[cfg(not(target_os = "linux"))]
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let terminal = openpt(flags).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let name = std::ffi::OsStr::from_bytes(name.as_bytes());
        let output = File::options().read(true).write(true).open(name).unwrap();
        OnTerminal {
            child: to(OwnedFd::from(output)).spawn().unwrap(),
            screen: File::from(terminal),
            drawn: String::new(),
            unread: Vec::new(),
        }
    }

    /// Makes it so many rows of 80 characters.
    pub fn resize(&self, rows: u16) {
        let size = Winsize {
            ws_row: rows,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&self.screen, size).unwrap();
    }

    /// Waits until the program has ended, and gives all that was written.
    pub fn rest(&mut self) -> &str {
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < deadline, "no end after: {:?}", self.drawn);
            let mut part = [0; 1024];
            // The terminal's other side is closed with the program.
            match self.screen.read(&mut part) {
                Ok(count) if count > 0 => self.unread.extend_from_slice(&part[..count]),
                _ => break,
            }
        }
        let unread = std::mem::take(&mut self.unread);
        self.drawn.push_str(&String::from_utf8(unread).unwrap());
        &self.drawn
    }

    /// Waits until what was written is so, and gives it.
    pub fn drawn(&mut self, is_so: impl Fn(&str) -> bool) -> &str {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(&self.drawn) {
            assert!(Instant::now() < deadline, "not so: {:?}", self.drawn);
            let mut screen = [PollFd::new(&self.screen, PollFlags::IN)];
            let patience = Timespec::try_from(PATIENCE).unwrap();
            let ready = poll(&mut screen, Some(&patience)).unwrap();
            assert!(ready > 0, "nothing more is drawn after: {:?}", self.drawn);
            let mut part = [0; 1024];
            let count = self.screen.read(&mut part).unwrap();
            self.drawn
                .push_str(std::str::from_utf8(&part[..count]).unwrap());
        }
        &self.drawn
    }
}

impl Drop for OnTerminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

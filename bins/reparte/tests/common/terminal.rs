//! A terminal, as far as a program can tell.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Child, Command};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A program whose standard output is a terminal; killed when dropped.
#[derive(Debug)]
pub struct OnTerminal {
    child: Child,
    screen: File,
    drawn: String,
}

impl OnTerminal {
    pub fn start(mut command: Command) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let name = std::ffi::OsStr::from_bytes(name.as_bytes());
        let output = File::options().read(true).write(true).open(name).unwrap();
        OnTerminal {
            child: command.stdout(OwnedFd::from(output)).spawn().unwrap(),
            screen: File::from(terminal),
            drawn: String::new(),
        }
    }

    /// Waits until what was written is so, and gives it.
    pub fn drawn(&mut self, is_so: impl Fn(&str) -> bool) -> &str {
        while !is_so(&self.drawn) {
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

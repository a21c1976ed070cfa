//! A real redis-server, on a port and in a directory of its own.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::directory::TestDirectory;
use crate::running::Running;
use crate::waiting::{PATIENCE, until};

/// A redis-server that listens on a free port of this machine and keeps its files in a directory
/// of its own. It ends with the test.
#[derive(Debug)]
pub struct RedisServer {
    directory: TestDirectory,
    port: u16,
    options: Vec<String>,
    running: Option<Running>,
}

impl RedisServer {
    /// Starts a server that logs its writes, and syncs them each second.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&["--appendonly", "yes", "--appendfsync", "everysec"])
    }

    /// Starts a server with these options besides its port and directory.
    ///
    /// # Panics
    ///
    /// There is no redis-server (Debian's package `redis-server`), or it does not start.
    #[must_use]
    pub fn start_with(options: &[&str]) -> Self {
        let directory = TestDirectory::new("redis");
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        let mut server = Self {
            directory,
            port: 0,
            options,
            running: None,
        };
        // Another program may take the port between the look and the start.
        for _ in 0..20 {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            server.port = listener.local_addr().unwrap().port();
            drop(listener);
            if server.begin() {
                return server;
            }
        }
        panic!("redis-server finds no free port");
    }

    /// Returns the server's URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sends a command, whose words have no spaces, and waits for the reply.
    ///
    /// # Panics
    ///
    /// The server does not answer, or with an error.
    pub fn command(&self, words: &[&str]) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "{}\r\n", words.join(" ")).unwrap();
        let mut first = [0];
        stream.read_exact(&mut first).unwrap();
        assert_ne!(&first, b"-", "{words:?}");
    }

    /// Kills the server, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    /// Sends a signal to the server.
    ///
    /// # Panics
    ///
    /// It was killed.
    pub fn signal(&self, signal: Signal) {
        self.running.as_ref().unwrap().signal(signal);
    }

    /// Starts the killed server again, with its files.
    ///
    /// # Panics
    ///
    /// It does not start.
    pub fn restart(&mut self) {
        assert!(self.begin(), "the redis-server does not start again");
    }

    /// Starts the program. Returns true once it answers, and false if it ends.
    fn begin(&mut self) -> bool {
        let mut command = Command::new("redis-server");
        command
            .current_dir(self.directory.directory())
            .args(["--bind", "127.0.0.1", "--save", "", "--daemonize", "no"])
            .args(["--port", &self.port.to_string()])
            .args(&self.options);
        let mut running = Running::start(command);
        let (mut has_ended, port) = (false, self.port);
        until("redis-server answers or ends", || {
            has_ended = running.has_ended();
            has_ended || answers(port)
        });
        self.running = Some(running);
        !has_ended
    }
}

/// Returns true if a server on this port of this machine answers a PING, with or without a
/// password.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let mut reply = [0; 7];
    let asked = stream.write_all(b"PING\r\n");
    let replied = asked.and_then(|()| stream.read_exact(&mut reply));
    replied.is_ok() && (&reply == b"+PONG\r\n" || reply.starts_with(b"-NOAUTH"))
}

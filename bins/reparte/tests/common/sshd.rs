//! OpenSSH servers on ports of their own, and the ssh of a user who may log in there.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use test_support::{Running, TestDirectory};

/// A user's keys and configuration, and the servers that it names.
pub struct Ssh {
    pub files: TestDirectory,
    /// A program to run in place of ssh.
    pub program: String,
    servers: Vec<Running>,
}

impl Ssh {
    /// Makes the keys.
    pub fn new() -> Self {
        let files = TestDirectory::for_sockets();
        for name in ["host_key", "user_key"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f", &files.path(name)])
                .status();
            assert!(made.unwrap().success(), "ssh-keygen makes a key");
        }
        let user_key = fs::read_to_string(files.path("user_key.pub")).unwrap();
        files.write("authorized", &user_key, 0o600);
        let config = files.path("config");
        let script = format!("#!/bin/sh\nexec ssh -F {config} \"$@\"\n");
        let program = files.write("ssh", &script, 0o700);
        let ssh = Ssh {
            files,
            program,
            servers: Vec::new(),
        };
        ssh.add_host("*", 1);
        ssh
    }

    /// Adds a host of this machine to the user's configuration.
    pub fn add_host(&self, name: &str, port: u16) {
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let user = String::from_utf8(user).unwrap();
        let user = user.trim();
        let directory = self.files.directory().display();
        let text = format!(
            "Host {name}\n  HostName 127.0.0.1\n  Port {port}\n  User {user}\n  \
             IdentityFile {directory}/user_key\n  IdentitiesOnly yes\n  IdentityAgent none\n  \
             UserKnownHostsFile /dev/null\n  GlobalKnownHostsFile /dev/null\n  \
             StrictHostKeyChecking no\n  LogLevel ERROR\n"
        );
        // What comes first counts.
        let before = fs::read_to_string(self.files.path("config")).unwrap_or_default();
        fs::write(self.files.path("config"), text + &before).unwrap();
    }

    /// Starts a server, and adds it to the configuration by this name.
    pub fn serve(&mut self, name: &str, options: &[&str]) {
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            // Debian's sshd of root's wants it.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        for _ in 0..10 {
            let port = free_port();
            let path = |name: &str| format!("{}/{name}", self.files.directory().display());
            let mut command = Command::new("/usr/sbin/sshd");
            command.args(["-D", "-e", "-f", "/dev/null", "-h", &path("host_key")]);
            let all = [
                &format!("ListenAddress=127.0.0.1:{port}"),
                &format!("AuthorizedKeysFile={}", path("authorized")),
                "PidFile=none",
                "StrictModes=no",
                "UsePAM=no",
                "PasswordAuthentication=no",
                "KbdInteractiveAuthentication=no",
                "PermitRootLogin=yes",
                "MaxStartups=100",
            ];
            // Of several values of an option the first one counts.
            for option in options.iter().chain(&all) {
                command.args(["-o", option]);
            }
            let mut running = Running::start(command);
            // Another program may have taken the port meanwhile.
            if let Some(()) = listens(&mut running, port) {
                self.add_host(name, port);
                self.servers.push(running);
                return;
            }
        }
        panic!("no free port for sshd");
    }

    /// Writes a file that `name` runs in place of the system's program, and returns the option of
    /// a server that has it do so.
    pub fn replace_program(&self, name: &str, script: &str) -> String {
        let directory = self.files.path("bin");
        fs::create_dir_all(&directory).unwrap();
        let path = Path::new(&directory).join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        format!("SetEnv=PATH={directory}:/usr/local/bin:/usr/bin:/bin")
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Waits until sshd listens. `None` if it has ended.
fn listens(running: &mut Running, port: u16) -> Option<()> {
    let mut is_open = false;
    test_support::until("sshd listens, or ends", || {
        is_open = std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        is_open || running.has_ended()
    });
    (is_open && !running.has_ended()).then_some(())
}

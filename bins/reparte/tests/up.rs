//! `reparte up` and `reparte run --ssh`: servers that are started by ssh, with a real sshd.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use common::sshd::Ssh;
use common::{reparte, run};
use rustix::process::{Pid, Signal, kill_process};
use test_support::{Ended, Running, until};

/// A program whose result is its directory, its server's process and its argument. It reads a
/// file of --with.
const PROGRAM: &[&str] = &["sh", "-c", "echo $PWD $PPID $(cat data.txt) $0", "{}"];

/// Hosts with servers that are up.
struct Up {
    ssh: Ssh,
    running: Running,
    list: String,
}

/// The place where a server ran.
struct Place {
    directory: PathBuf,
    server: i32,
}

impl Place {
    /// Waits until nothing is left of it.
    fn gone(&self) {
        until("the server has ended", || !is_running(self.server));
        until("its directory is gone", || !self.directory.exists());
    }
}

fn is_running(process: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/stat"));
    status.is_ok_and(|status| !status.contains(") Z "))
}

fn up_command(ssh: &Ssh, hosts: &str, program: &[&str]) -> Running {
    let hosts = ssh.files.write("hosts", hosts, 0o600);
    let data = ssh.files.write("data.txt", "data", 0o600);
    let flags = ["up", &hosts, "--function", "f", "--with", &data];
    let flags = [&flags[..], &["--ssh-program", &ssh.program, "--"], program].concat();
    Running::start(reparte(&flags))
}

impl Up {
    /// Starts servers on hosts, and waits until they are settled.
    fn start(ssh: Ssh, hosts: &str, expected: &str) -> Self {
        let running = up_command(&ssh, hosts, PROGRAM);
        let command = running.line_after(&format!("{expected} hosts are up: "));
        let list = command.split_whitespace().nth(3).unwrap().to_owned();
        assert_eq!(
            command,
            format!("reparte run --servers {list} --function f")
        );
        Up { ssh, running, list }
    }

    /// Runs a task, and returns where it ran.
    fn run(&self) -> Place {
        let task = self.ssh.files.path("task");
        fs::write(&task, "it's a \"task\"\n").unwrap();
        let list = ["--servers", &*self.list, "--function", "f"];
        place(&run(&[&["run", "--tasks", &task], &list[..]].concat()))
    }

    /// The processes of ssh.
    fn links(&self) -> Vec<i32> {
        children(self.running.id().try_into().unwrap())
    }
}

fn place(ended: &Ended) -> Place {
    ended.expect_code(0);
    let words: Vec<&str> = ended.stdout.splitn(4, ' ').collect();
    assert_eq!(words[2..], ["data", "it's a \"task\"\n"]);
    Place {
        directory: Path::new(words[0]).parent().unwrap().to_owned(),
        server: words[1].parse().unwrap(),
    }
}

fn children(of: i32) -> Vec<i32> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{of}/task")).unwrap() {
        let children = task.unwrap().path().join("children");
        let children = fs::read_to_string(children).unwrap();
        found.extend(
            children
                .split_whitespace()
                .map(|id| id.parse::<i32>().unwrap()),
        );
    }
    found
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
#[ignore = "needs OpenSSH's sshd: .ci/run"]
fn a_program_runs_on_hosts_and_nothing_is_left() {
    let mut ssh = Ssh::new();
    ssh.serve("one", &[]);
    ssh.serve("two", &[]);
    let up = Up::start(ssh, "2/one\ntwo  # the other\n", "2 of 2");
    let private = Path::new(&up.list).parent().unwrap().to_owned();
    assert_eq!(mode(&private), 0o700);
    assert_eq!(mode(&private.join("one")), 0o600);
    let status = run(&["status", "--servers", &up.list]);
    status.expect_code(0);
    assert_eq!(status.stdout.matches(" up ").count(), 2, "{status:?}");
    let place = up.run();
    assert_eq!(mode(&place.directory), 0o700);
    assert_eq!(mode(&place.directory.join("s")), 0o600);
    let ended = up.running.interrupt();
    ended.expect_code(0);
    place.gone();
    assert!(!private.exists());
}

#[test]
#[ignore = "needs OpenSSH's sshd: .ci/run"]
fn hosts_that_refuse_or_hang_are_left_out() {
    let mut ssh = Ssh::new();
    ssh.serve("good", &[]);
    ssh.serve("strict", &["AuthorizedKeysFile=none"]);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    ssh.add_host("silent", silent.local_addr().unwrap().port());
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    ssh.add_host("closed", closed.local_addr().unwrap().port());
    drop(closed);
    let up = Up::start(ssh, "strict\nsilent\nclosed\ngood\n", "1 of 4");
    let place = up.run();
    let ended = up.running.interrupt();
    ended.expect_code(0);
    for told in [
        "strict: no server: ",
        "Permission denied",
        "silent: no server: ",
        "closed: no server: ",
        "Connection refused",
        "good: up",
    ] {
        ended.expect_told(told);
    }
    place.gone();
}

#[test]
#[ignore = "needs OpenSSH's sshd: .ci/run"]
fn a_cut_link_ends_its_server_and_another_one_is_started() {
    let mut ssh = Ssh::new();
    ssh.serve("one", &[]);
    let up = Up::start(ssh, "one\n", "1 of 1");
    let place = up.run();
    for link in up.links() {
        kill_process(Pid::from_raw(link).unwrap(), Signal::KILL).unwrap();
    }
    up.running.line_after("one: the link is lost");
    place.gone();
    up.running.line_after("one: up");
    let next = up.run();
    assert_ne!(next.directory, place.directory);
    up.running.interrupt().expect_code(0);
    next.gone();
}

#[test]
#[ignore = "needs OpenSSH's sshd: .ci/run"]
fn a_killed_command_leaves_nothing_on_its_hosts() {
    let mut ssh = Ssh::new();
    ssh.serve("one", &[]);
    let up = Up::start(ssh, "one\n", "1 of 1");
    let place = up.run();
    let links = up.links();
    up.running.kill();
    place.gone();
    until("ssh has ended", || {
        !links.iter().any(|&link| is_running(link))
    });
    let private = Path::new(&up.list).parent().unwrap();
    let hosts = up.ssh.files.path("hosts");
    let command = ["up", &hosts, "--function", "f", "--ssh-program"];
    let program = [&*up.ssh.program, "--", "cat"];
    let next = Running::start(reparte(&[&command[..], &program].concat()));
    next.line_after("1 of 1 hosts are up: ");
    assert!(!private.exists(), "the next command removes it");
    next.signal(Signal::TERM);
    next.end().expect_code(0);
}

/// `python3 block.py {}` without `--with block.py` failed each task, and nothing was told before.
#[test]
#[ignore = "needs OpenSSH's sshd: .ci/run"]
fn a_file_that_is_not_copied_is_told_and_the_list_is_where_it_was_asked_for() {
    let mut ssh = Ssh::new();
    ssh.serve("one", &[]);
    let hosts = ssh.files.write("hosts", "one\n", 0o600);
    let list = ssh.files.path("up.txt");
    let flags = ["up", &hosts, "--function", "f", "--list", &list];
    let program = ["--ssh-program", &*ssh.program, "--", "cat", "Cargo.toml"];
    let up = Running::start(reparte(&[&flags[..], &program].concat()));
    let told = up.line_after("warn: ");
    assert!(
        told.starts_with("Cargo.toml is a file of this machine, and no host has it"),
        "{told}"
    );
    let command = up.line_after("1 of 1 hosts are up: ");
    assert_eq!(
        command,
        format!("reparte run --servers {list} --function f")
    );
    assert!(
        fs::read_to_string(&list)
            .unwrap()
            .ends_with("  # ssh: one\n")
    );
    up.signal(Signal::TERM);
    up.end().expect_code(0);
}

#[test]
#[ignore = "needs OpenSSH's sshd: .ci/run"]
fn a_host_without_forwarded_sockets_has_a_port_and_a_token() {
    let mut ssh = Ssh::new();
    ssh.serve("one", &["AllowStreamLocalForwarding=no"]);
    let up = Up::start(ssh, "one\n", "1 of 1");
    assert_eq!(mode(Path::new(&up.list)), 0o600);
    let list = fs::read_to_string(&up.list).unwrap();
    let (address, _) = list.split_once("  #").unwrap();
    let (before, socket) = address.split_once('@').unwrap();
    assert!(before.starts_with("unix:reparte:"), "{list}");
    // Without the token, as another user of the host would call.
    run(&["call", &format!("unix:{socket}"), "f", "x"]).expect_code(8);
    let place = up.run();
    up.running.interrupt().expect_code(0);
    place.gone();
}

#[test]
#[ignore = "needs OpenSSH's sshd: .ci/run"]
fn a_host_that_can_not_run_the_command_is_told() {
    let mut ssh = Ssh::new();
    let other = "#!/bin/sh\ncase $1 in -m) echo riscv64;; *) echo Linux;; esac\n";
    let path = ssh.replace_program("uname", other);
    ssh.serve("other", &[&path]);
    let running = up_command(&ssh, "other\n", PROGRAM);
    let ended = running.end();
    ended.expect_code(4);
    ended.expect_told("other: no server: its processor is riscv64, and the command is for");
    ended.expect_told("--remote-binary");
    fs::remove_file(ssh.files.path("hosts")).unwrap();
    fs::remove_file(ssh.files.path("data.txt")).unwrap();
    let path = ssh.replace_program("uname", "#!/bin/sh\nexec /usr/bin/uname \"$@\"\n");
    ssh.replace_program("getconf", "#!/bin/sh\necho glibc 2.1\n");
    ssh.serve("old", &[&path]);
    let ended = up_command(&ssh, "old\n", PROGRAM).end();
    ended.expect_code(4);
    ended.expect_told("old: no server: it has the C library glibc 2.1, and the command needs");
}

#[test]
#[ignore = "needs OpenSSH's sshd: .ci/run"]
fn a_run_starts_its_servers_and_ends_them() {
    let mut ssh = Ssh::new();
    ssh.serve("one", &[]);
    ssh.serve("two", &[]);
    let files = &ssh.files;
    let hosts = files.write("hosts", "one\ntwo\n", 0o600);
    let data = files.write("data.txt", "data", 0o600);
    let task = files.write("task", "it's a \"task\"\n", 0o600);
    let flags = ["run", "--ssh", &hosts, "--with", &data, "--tasks", &task];
    let command = [&flags[..], &["--ssh-program", &ssh.program, "--"], PROGRAM].concat();
    let ended = run(&[&command[..1], &["--output", "jsonl"], &command[1..]].concat());
    let result: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let host = result["server"].as_str().unwrap();
    assert!(
        ["one", "two"].contains(&host),
        "the host by its name: {host}"
    );
    assert!(!ended.stderr.contains("unix:"), "{ended:?}");
    ended.expect_told(&format!("{host} "));
    let ended = run(&command);
    let place = place(&ended);
    place.gone();
    // A kept program, by flags of its own.
    let worker = "while read line; do echo \"$line!\"; done";
    let tasks: String = (0..20).map(|n| format!("{n}\n")).collect();
    let tasks = files.write("tasks", &tasks, 0o600);
    let flags = ["run", "--ssh", &hosts, "--tasks", &tasks, "--keep"];
    let program = ["--ssh-program", &ssh.program, "--", "sh", "-c", worker];
    let expected: String = (0..20).map(|n| format!("{n}!\n")).collect();
    run(&[&flags[..], &program].concat()).expect(&expected);
}

/// The host refused the name of the function, which was made of the program's.
#[test]
#[ignore = "needs OpenSSH's sshd: .ci/run"]
fn a_run_by_ssh_takes_a_program_of_any_name() {
    let mut ssh = Ssh::new();
    ssh.serve("one", &[]);
    let files = &ssh.files;
    let hosts = files.write("hosts", "one\n", 0o600);
    let tasks = files.write("tasks", "1\n", 0o600);
    for name in ["my-script.sh", "a b", "ñandú"] {
        let script = files.write(name, "#!/bin/sh\necho got $1\n", 0o700);
        let flags = ["run", "--ssh", &hosts, "--with", &script, "--tasks", &tasks];
        let program = format!("./{name}");
        let program = ["--ssh-program", &ssh.program, "--", &program, "{}"];
        run(&[&flags[..], &program].concat()).expect("got 1\n");
    }
}

// The servers got the program with its `{name}`, and each task failed for its number of arguments.
#[test]
#[ignore = "needs OpenSSH's sshd: .ci/run"]
fn columns_by_name_and_by_number_reach_the_servers_of_a_run() {
    let mut ssh = Ssh::new();
    ssh.serve("one", &[]);
    let hosts = ssh.files.write("hosts", "one\n", 0o600);
    let table = "name,the rate,label\nx,1,\"it's, y\"\nz,{1},w\n";
    let table = ssh.files.write("table", table, 0o600);
    let csv = ["--input", "csv", "--tasks", &table];
    let lines = ssh.files.write("lines", "x,1,y\nz,2,w\n", 0o600);
    let colsep = ["--colsep", ",", "--tasks", &lines];
    let both = ["--local", "1", "--input", "csv", "--tasks", &table];
    let programs: [(&[&str], &[&str], &str); 7] = [
        (
            &csv,
            &["echo", "{label}", "{name}-{the rate}", "{print}.", "{3}"],
            "it's, y x-1 {print}. it's, y\nw z-{1} {print}. w\n",
        ),
        // Columns that the program leaves out.
        (&csv, &["echo", "{the rate}"], "1\n{1}\n"),
        (&csv, &["echo", "{1}"], "x\nz\n"),
        (&csv, &["cat"], "x\n1\nit's, y\nz\n{1}\nw\n"),
        (&colsep, &["echo", "{2}"], "1\n2\n"),
        // This machine has the names, and the servers have the numbers.
        (&both, &["echo", "{label}"], "it's, y\nw\n"),
        (
            &[
                "--keep",
                "--framing",
                "json",
                "--input",
                "csv",
                "--tasks",
                &table,
            ],
            &[
                "sh",
                "-c",
                "while read -r l; do echo '{\"result\": \"{name}\"}'; done",
            ],
            "{name}\n{name}\n",
        ),
    ];
    for (input, program, expected) in programs {
        let flags = ["run", "--ssh", &hosts, "--ssh-program", &ssh.program];
        run(&[&flags[..], input, &["--"], program].concat()).expect(expected);
    }
}

#[test]
fn columns_that_no_server_can_have_are_told_before_one_is_started() {
    let files = test_support::TestDirectory::new("up");
    let hosts = files.write("hosts", "a\n", 0o600);
    let table = files.write("table", "a,b\n1,2\n", 0o600);
    let refused = |flags: &[&str], program: &[&str], told: &str| {
        let command = ["run", "--ssh", &hosts, "--ssh-program", "/nowhere"];
        let input = ["--input", "csv", "--tasks", &table];
        let ended = run(&[&command[..], &input, flags, &["--"], program].concat());
        ended.expect_error(2, &[told]);
        assert!(!ended.stderr.contains("no server"), "{ended:?}");
    };
    refused(&[], &["echo", "{c}"], "there is no column c");
    refused(&[], &["echo", "{3}"], "there are 2 columns");
    refused(&[], &["echo", "{}"], "{1}, {2} and so on");
    refused(&["--keep"], &["cat"], "--framing json");
}

/// An ssh that never gets anywhere, and tells that it runs.
fn hanging_ssh(files: &test_support::TestDirectory) -> (String, String) {
    let runs = files.path("runs");
    let script = format!("#!/bin/sh\ntouch {runs}\nexec cat > /dev/null\n");
    (files.write("ssh", &script, 0o700), runs)
}

// The default action of SIGINT left the directory with the sockets behind.
#[test]
fn a_signal_while_the_servers_start_leaves_nothing() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let files = test_support::TestDirectory::for_sockets();
        let (ssh, runs) = hanging_ssh(&files);
        let hosts = files.write("hosts", "a\n", 0o600);
        let private = files.path("private");
        fs::create_dir(&private).unwrap();
        let mut command = reparte(&["run", "--ssh", &hosts, "--ssh-program", &ssh, "--", "cat"]);
        command.env("XDG_RUNTIME_DIR", &private);
        let running = Running::start(command);
        until("ssh runs", || Path::new(&runs).exists());
        assert_eq!(fs::read_dir(&private).unwrap().count(), 1);
        running.signal(signal);
        let ended = running.end();
        ended.expect_code(code);
        ended.expect_told("ended by a signal while the servers started");
        assert_eq!(fs::read_dir(&private).unwrap().count(), 0, "{signal:?}");
    }
}

// It named this machine, and printed the function with its arguments.
#[test]
fn a_dry_run_names_the_hosts_and_the_commands() {
    let files = test_support::TestDirectory::new("up");
    let hosts = files.write("hosts", "2/me@a\nb\nb\n", 0o600);
    let table = files.write("table", "x,y\n1,2 3\n", 0o600);
    let dry = |flags: &[&str], program: &[&str]| {
        let command = [
            "run",
            "--dry-run",
            "--ssh",
            &hosts,
            "--ssh-program",
            "/nowhere",
        ];
        let input = ["--input", "csv", "--tasks", &table];
        run(&[&command[..], &input, flags, &["--"], program].concat())
    };
    let ended = dry(&[], &["./there-alone", "{y}", "{1}"]);
    ended.expect("./there-alone '2 3' 1\n");
    ended.expect_told("1 task would go to me@a, b, b (2); none was called");
    let ended = dry(&["--local", "1"], &["cat", "{y}"]);
    ended.expect_told("would go to this machine, me@a, b, b (2);");
    dry(&[], &["cat", "{}"]).expect_error(2, &["{1}, {2} and so on"]);
}

#[test]
fn flags_that_do_not_fit_are_told() {
    let files = test_support::TestDirectory::new("up");
    let none = files.write("none", "# nobody\n", 0o600);
    let option = files.write("option", "-oProxyCommand=x\n", 0o600);
    let up = |hosts: &str, flags: &[&str]| {
        let command = ["up", hosts, "--function", "f"];
        run(&[&command[..], flags, &["--", "cat"]].concat())
    };
    up(&none, &[]).expect_error(2, &["names no host"]);
    up(&option, &[]).expect_error(2, &["line 1", "as ssh knows it"]);
    up("/nowhere", &[]).expect_error(2, &["can't read"]);
    let hosts = files.write("hosts", "a\n", 0o600);
    up(&hosts, &["--with", "/nowhere"]).expect_error(2, &["--with: can't read /nowhere"]);
    up(&hosts, &["--with", ".."]).expect_error(2, &["by its own name"]);
    up(&hosts, &["--with", &none, "--with", &none]).expect_error(2, &["two files"]);
    up(&hosts, &["--remote-binary", "/nowhere"]).expect_error(2, &["--remote-binary"]);
    up(&hosts, &["--keep", "--results-fd", "2"]).expect_error(2, &["--results-fd"]);
    let ended = up(&hosts, &["--ssh-program", "/nowhere"]);
    ended.expect_code(4);
    ended.expect_told("a: no server: can't run /nowhere");
    run(&["run", "--ssh", &hosts]).expect_code(2);
}

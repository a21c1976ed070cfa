//! Standard streams that are closed, limited or go nowhere, and the signals of a terminal.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::named_pipe::{Reader, pipe};
use common::reparte;
use common::server::serve;
#[cfg(target_os = "linux")]
use common::terminal::OnTerminal;
use rustix::process::{Pid, Signal, kill_process};
use test_support::{Ended, Running, TestDirectory};
use xmlrpc_client::{ServerProxy, Value};

/// Runs the command in a shell that does something to its streams or limits first.
fn in_shell(script: &str, arguments: &[&str]) -> Running {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_reparte")]);
    shell.args(arguments);
    Running::start(shell)
}

#[test]
fn closed_output_is_an_error_and_no_output_is_none() {
    let files = TestDirectory::new("closed");
    let (log, tasks) = (files.path("log"), files.write("tasks", "1\n2\n", 0o600));
    let script = format!("echo call >> '{log}'; cat");
    let (_server, url) = serve(&["--function", "f", "--", "sh", "-c", &script]);
    let run = ["run", "--function", "f", "--tasks", &tasks, "--quiet", &url];
    let call = ["call", &url, "f", "x"];
    for arguments in [&run[..], &call, &["methods", &url], &["status", &url]] {
        let ended = in_shell("exec \"$0\" \"$@\" >&-", arguments).end();
        ended.expect_error(1, &["can't write the output", ">&-"]);
    }
    // No call was made whose result would be lost.
    assert!(!fs::exists(&log).unwrap());
    for arguments in [&run[..], &call] {
        let ended = in_shell("exec \"$0\" \"$@\" > /dev/full", arguments).end();
        ended.expect_error(1, &["can't write the output"]);
    }
    for arguments in [&run[..], &call] {
        let ended = in_shell("exec \"$0\" \"$@\" >/dev/null", arguments).end();
        ended.expect("");
        // As Python's DEVNULL is opened, and as Rust's runtime opens it where it was closed.
        let null = File::options().read(true).write(true).open("/dev/null");
        Running::start_into(reparte(arguments), null.unwrap())
            .end()
            .expect("");
    }
}

#[test]
fn closed_input_is_no_empty_input() {
    let run = ["run", "--function", "f", "localhost:1"];
    let ended = in_shell("exec \"$0\" \"$@\" <&-", &run).end();
    ended.expect_error(2, &["the tasks: standard input is closed (<&-)"]);
    // What needs no input needs none.
    in_shell("exec \"$0\" \"$@\" <&-", &["completions", "bash"])
        .end()
        .expect_code(0);
}

#[test]
fn a_file_beyond_its_limit_is_an_error_as_a_full_disk_is() {
    let files = TestDirectory::new("limit");
    let tasks: String = (0..2000).map(|n| format!("{n}\n")).collect();
    let tasks = files.write("tasks", &tasks, 0o600);
    let (journal, output) = (files.path("journal"), files.path("output"));
    let (_server, url) = serve(&["--function", "f", "--", "cat"]);
    let run = ["run", "--function", "f", "--tasks", &tasks, &url, "--quiet"];
    let with_journal = [&run[..], &["--journal", &journal]].concat();
    let ended = in_shell("ulimit -f 4; exec \"$0\" \"$@\"", &with_journal).end();
    ended.expect_code(7);
    ended.expect_told("can't write the journal");
    ended.expect_told("File too large");
    let script = format!("ulimit -f 4; exec \"$0\" \"$@\" > '{output}'");
    let ended = in_shell(&script, &run).end();
    ended.expect_error(1, &["can't write the output", "File too large"]);
}

/// Both ends of a connection ask after the silence that is set, and not after the default one:
/// the client's flag had no effect.
#[cfg(target_os = "linux")]
#[test]
fn both_sides_ask_a_silent_connection_whether_the_other_is_there() {
    let files = TestDirectory::new("keepalive");
    let pipe = pipe(&files, "pipe");
    let program = [
        "--",
        "sh",
        "-c",
        "echo started > \"$1\"; sleep 1000",
        "sh",
        "{}",
    ];
    let (_server, url) =
        serve(&[&["--keepalive", "200", "--function", "f"], &program[..]].concat());
    let _client = Running::start(reparte(&["call", &url, "f", &pipe, "--keepalive", "100"]));
    Reader::open(&pipe).all_dead();
    let port = url.rsplit(':').next().unwrap().parse::<u16>().unwrap();
    let port = format!(":{port:04X}");
    // The time of keepalive's timer, in hundredths of a second. The fields of a line: number,
    // local address, remote address, state (01 is established), queues, timer (02 is keepalive's).
    let timer = |address: usize| {
        let table = fs::read_to_string("/proc/net/tcp").unwrap();
        let lines = table
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        let mut own = lines.filter(|line| line[address].ends_with(&port) && line[3] == "01");
        let timer = own.next().unwrap()[5].to_owned();
        timer
            .strip_prefix("02:")
            .and_then(|time| u32::from_str_radix(time, 16).ok())
    };
    // The timer counts down, so each range is far above the default of 15 s.
    for (address, expected) in [(1, 10_001..=20_000), (2, 5_000..=10_000)] {
        test_support::until("it is to be asked", || {
            timer(address).is_some_and(|time| expected.contains(&time))
        });
    }
}

/// A client that is short of descriptors blames no server, and does what it can.
#[test]
fn a_client_short_of_descriptors_blames_no_server() {
    let files = TestDirectory::new("descriptors");
    let tasks: String = (1..=60).map(|n| format!("{n}\n")).collect();
    let input = files.write("tasks", &tasks, 0o600);
    let (_server, url) = serve(&[
        "--function",
        "f",
        "--workers",
        "8",
        "--",
        "sh",
        "-c",
        "sleep 0.05; cat",
    ]);
    let run = ["run", "--function", "f", "--tasks", &input, &url];
    // Enough for some of its eight slots.
    let ended = in_shell("ulimit -n 9; exec \"$0\" \"$@\"", &run).end();
    ended.expect(&tasks);
    ended.expect_told("60 tasks: 60 done, 0 failed");
    ended.expect_told("this process is short of descriptors");
    assert!(!ended.stderr.contains("unreachable"), "{}", ended.stderr);
    // A soft limit is no shortage.
    let ended = in_shell("ulimit -S -n 9; exec \"$0\" \"$@\"", &run).end();
    ended.expect(&tasks);
    assert!(!ended.stderr.contains("short of"), "{}", ended.stderr);
}

/// A server whose program tells that it has started through a named pipe, which it holds.
fn serve_in(shell: &str) -> (Running, String) {
    let script = format!("{shell}; exec \"$0\" \"$@\"");
    let program = "exec 3>\"$1\"; echo started >&3; sleep 1000 & wait";
    let program = ["--", "sh", "-c", program, "sh", "{}"];
    let arguments = [&["serve", "127.0.0.1:0", "--function", "f"], &program[..]].concat();
    let server = in_shell(&script, &arguments);
    let url = server.address();
    (server, url)
}

/// A terminal that is closed sends SIGHUP, and Ctrl-\ SIGQUIT. Both ended the server at once, and
/// left its programs running.
#[test]
fn a_closed_terminal_ends_the_programs_too() {
    let files = TestDirectory::new("hangup");
    let pipe = pipe(&files, "pipe");
    let (server, url) = serve_in(":");
    let client = Running::start(reparte(&["call", &url, "f", &pipe]));
    let reader = Reader::open(&pipe);
    let closed = Instant::now();
    // A shell sends it, and the system once more.
    server.signal(Signal::HUP);
    server.signal(Signal::HUP);
    reader.all_dead();
    assert!(
        closed.elapsed() < Duration::from_secs(8),
        "{:?}",
        closed.elapsed()
    );
    server.end().expect_code(0);
    // A refusal would say that the program has not run.
    client.end().expect_error(4, &["the call may have run"]);
}

#[test]
fn ctrl_backslash_stops_as_ctrl_c_does() {
    let files = TestDirectory::new("quit");
    let pipe = pipe(&files, "pipe");
    let (server, url) = serve_in(":");
    let client = Running::start(reparte(&["call", &url, "f", &pipe]));
    let reader = Reader::open(&pipe);
    server.signal(Signal::QUIT);
    server.line_after("stopping: running calls have 10 s");
    server.signal_again(Signal::QUIT);
    server.end().expect_code(131);
    reader.all_dead();
    drop(client);
}

/// A server under nohup goes on.
#[test]
fn an_ignored_hangup_stays_ignored() {
    let (server, url) = serve_in("trap '' HUP QUIT");
    server.signal(Signal::HUP);
    server.signal(Signal::QUIT);
    let methods = || common::run(&["methods", &url]);
    methods().expect_code(0);
    // The signals would have been seen by now: this one is.
    server.signal(Signal::TERM);
    server.line_after("stopping");
    server.end().expect_code(0);
}

/// A run whose terminal is closed waits for its calls, and writes all of its files.
#[test]
fn a_closed_terminal_ends_a_run_in_good_order() {
    let files = TestDirectory::new("run hangup");
    let (pipe, go) = (pipe(&files, "pipe"), files.path("go"));
    let tasks = files.write("tasks", "1\n2\n3\n", 0o600);
    let (journal, report, account) = (
        files.path("journal"),
        files.path("report.html"),
        files.path("account"),
    );
    let script = format!(
        "read n; test $n != 1 || echo started > '{pipe}'; until test -e '{go}'; do sleep 0.02; done; echo $n"
    );
    let (_server, url) = serve(&[
        "--function",
        "f",
        "--workers",
        "1",
        "--",
        "sh",
        "-c",
        &script,
    ]);
    let flags = [
        "run",
        "--function",
        "f",
        "--tasks",
        &tasks,
        "--journal",
        &journal,
    ];
    let files_of_end = ["--report", &report, "--account", &account];
    let run = Running::start(reparte(&[&flags, &files_of_end[..], &[&url]].concat()));
    Reader::open(&pipe).all_dead();
    run.signal(Signal::HUP);
    run.signal(Signal::HUP);
    run.line_after("stopping: makes no more calls");
    fs::write(&go, "").unwrap();
    let ended: Ended = run.end();
    ended.expect_code(6);
    assert_eq!(ended.stdout, "1\n");
    assert!(
        fs::read_to_string(&report)
            .unwrap()
            .contains("ended by a signal")
    );
    assert!(fs::read_to_string(&account).unwrap().contains("\"done\":1"));
    let again = Running::start(reparte(&[&flags, &[&*url][..]].concat())).end();
    again.expect("1\n2\n3\n");
}

/// The system sends the signal itself, and no line can be written any more.
#[cfg(target_os = "linux")]
#[test]
fn a_server_whose_terminal_is_closed_ends_with_its_programs() {
    let files = TestDirectory::new("closed terminal");
    let pipe = pipe(&files, "pipe");
    let program = "exec 3>\"$1\"; echo started >&3; sleep 1000 & wait";
    let program = ["--", "sh", "-c", program, "sh", "{}"];
    let arguments = [&["serve", "127.0.0.1:0", "--function", "f"], &program[..]].concat();
    let mut server = OnTerminal::in_session(&reparte(&arguments));
    let told = server.drawn(|text| text.contains("://") && text.ends_with('\n'));
    let url = told.trim().split_once("://").unwrap().1.to_owned();
    let client = Running::start(reparte(&["call", &url, "f", &pipe]));
    let reader = Reader::open(&pipe);
    let closed = Instant::now();
    server.close();
    reader.all_dead();
    assert!(
        closed.elapsed() < Duration::from_secs(8),
        "{:?}",
        closed.elapsed()
    );
    assert_eq!(server.status().code(), Some(0));
    client.end().expect_error(4, &["the call may have run"]);
}

/// The results were for the terminal, too: the run ends at once, and its files are written.
#[cfg(target_os = "linux")]
#[test]
fn a_run_whose_terminal_is_closed_writes_its_files() {
    let files = TestDirectory::new("run on a terminal");
    let (pipe, go) = (pipe(&files, "pipe"), files.path("go"));
    let tasks: String = (1..=1000).map(|n| format!("{n}\n")).collect();
    let input = files.write("tasks", &tasks, 0o600);
    let [journal, report, account] = ["journal", "report.html", "account"].map(|n| files.path(n));
    let script = format!(
        "read n; test $n != 1 || echo started > '{pipe}'
         until test -e '{go}'; do sleep 0.02; done; sleep 0.05; echo $n"
    );
    let program = ["--workers", "1", "--", "sh", "-c", &script];
    let (_server, url) = serve(&[&["--function", "f"], &program[..]].concat());
    let flags = [
        "run",
        "--function",
        "f",
        "--tasks",
        &input,
        "--journal",
        &journal,
    ];
    let files_of_end = ["--report", &report, "--account", &account, &url];
    let mut run = OnTerminal::in_session(&reparte(&[&flags[..], &files_of_end].concat()));
    Reader::open(&pipe).all_dead();
    run.close();
    fs::write(&go, "").unwrap();
    assert_eq!(run.status().code(), Some(1));
    let account = fs::read_to_string(&account).unwrap();
    assert!(!account.contains("\"done\":0"), "{account}");
    assert!(account.contains("\"running\":0"), "{account}");
    assert!(fs::read_to_string(&report).unwrap().contains("</html>"));
    // The call that ran has its result, a string: it is the last byte of its record.
    let journal = fs::read(&journal).unwrap();
    assert!(journal.ends_with(b"s1"), "{}", journal.escape_ascii());
}

/// A pipe that nobody reads, and that is full.
fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, writer) = std::io::pipe().unwrap();
    fill(&writer);
    (reader, writer)
}

/// Fills a pipe.
fn fill(writer: &std::io::PipeWriter) {
    // An open file of its own: whoever has the other one waits when it writes.
    let path = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(writer));
    let mut writer = File::options().write(true).open(path).unwrap();
    rustix::io::ioctl_fionbio(&writer, true).unwrap();
    for size in [4096, 1] {
        while writer.write(&vec![b'.'; size]).is_ok() {}
    }
}

/// Waits for the end of a process whose standard error is not read.
fn code(mut child: Child) -> Option<i32> {
    let mut status = None;
    test_support::until("it ends", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    status.unwrap().code()
}

/// Standard error that nobody reads stopped the server after some seventy lines.
#[cfg(target_os = "linux")]
#[test]
fn a_server_whose_log_nobody_reads_goes_on() {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = reparte(&["serve", "127.0.0.1:0", "--function", "f", "--", "cat"]);
    let child = command.stderr(writer.try_clone().unwrap()).spawn().unwrap();
    drop(command);
    let mut log = BufReader::new(reader);
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let address = line.trim().split_once("://").unwrap().1.to_owned();
    fill(&writer);
    drop(writer);
    let server = ServerProxy::new(&address).unwrap();
    for _ in 0..2000 {
        // Each has a line, and needs no program.
        assert!(server.call::<Value>("no_such_function", ()).is_err());
    }
    assert_eq!(server.call::<String>("f", ("x",)).unwrap(), "x");
    // The lines that were dropped are told of as soon as there is room. Before that, the last
    // lines of the server would be dropped too.
    let (told, is_told) = std::sync::mpsc::channel();
    let ended = std::thread::spawn(move || {
        let mut text = String::new();
        while log.read_line(&mut text).unwrap() > 0 {
            if text.ends_with("more lines were dropped here, since nobody read standard error\n") {
                let _ = told.send(());
            }
        }
        text
    });
    is_told.recv_timeout(test_support::PATIENCE).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(code(child), Some(0));
    let text = ended.join().unwrap();
    assert!(
        text.contains("more lines were dropped here"),
        "{}",
        text.len()
    );
    assert!(
        text.ends_with("once more to end at once\n"),
        "{}",
        text.len()
    );
}

/// Standard error that nobody reads stopped a run at its first warning.
#[cfg(target_os = "linux")]
#[test]
fn a_run_whose_standard_error_nobody_reads_ends() {
    let files = TestDirectory::new("stuck");
    let tasks: String = (1..=100).map(|n| format!("{n}\n")).collect();
    let input = files.write("tasks", &tasks, 0o600);
    let script = "read n; test $n -gt 50 || exit 1; echo $n";
    let (_server, url) = serve(&["--function", "f", "--", "sh", "-c", script]);
    for flags in [&["--quiet"][..], &[]] {
        let (_reader, writer) = full_pipe();
        let mut command = reparte(&["run", "--function", "f", "--tasks", &input, &url]);
        command.args(flags).stderr(writer).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut output = String::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut output)
            .unwrap();
        assert_eq!(output.lines().filter(|line| !line.is_empty()).count(), 50);
        assert_eq!(code(child), Some(5));
    }
}

/// Two signals end a run all the same.
#[cfg(target_os = "linux")]
#[test]
fn two_signals_end_a_run_whose_standard_error_nobody_reads() {
    let files = TestDirectory::new("stuck signals");
    let (pipe, input) = (pipe(&files, "pipe"), files.path("tasks"));
    fs::write(&input, format!("{pipe}\n")).unwrap();
    let (_server, url) = serve_in(":");
    let (_reader, writer) = full_pipe();
    let mut command = reparte(&["run", "--function", "f", "--tasks", &input, &url]);
    let mut child = command.stderr(writer).spawn().unwrap();
    let reader = Reader::open(&pipe);
    let mut status = None;
    test_support::until("it ends", || {
        status = child.try_wait().unwrap();
        // Two that come at once are one.
        status.is_some() || kill_process(Pid::from_child(&child), Signal::TERM).is_err()
    });
    assert_eq!(status.unwrap().code(), Some(143));
    reader.all_dead();
}

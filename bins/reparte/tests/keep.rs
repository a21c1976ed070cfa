//! `--keep`: programs that stay, for `reparte serve` and `reparte run`.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::io::Write as _;
use std::ops::Deref;
use std::process::Command;
use std::time::{Duration, Instant};

use common::named_pipe::{Reader, pipe};
use common::server::serve;
use common::{reparte, run, signal_in_turn};
use rustix::process::{Pid, Signal, kill_process};
use test_support::{Ended, Running, TestDirectory, until};
use xmlrpc_client::{Error, ServerProxy, Value};

/// A worker whose tasks are orders. At the end of its input it appends a line to the file that
/// its argument names.
const WORKER: &str = r#"
import os, signal, sys, threading, time
def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.01)
for line in sys.stdin:
    order, _, rest = line.rstrip("\n").partition(" ")
    if order == "pid":
        say(str(os.getpid()))
    elif order == "fault":
        say("! " + rest)
    elif order == "exit":
        sys.stderr.write("bye\n")
        sys.stderr.flush()
        os._exit(int(rest))
    elif order == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif order == "two":
        say("one\ntwo")
    elif order == "nonsense":
        say("!x")
    elif order == "floods":
        os.write(1, b"x" * 100000)
        time.sleep(1000)
    elif order == "long":
        say("x" * int(rest))
    elif order == "bytes":
        os.write(1, b"\xff\n")
    elif order == "bell":
        say("\a")
    elif order == "closes":
        os.close(1)
        time.sleep(1000)
    elif order == "babbles":
        say(rest)
        time.sleep(0.2)
        say("late")
    elif order == "complains":
        sys.stderr.write(("x" * 99 + "\n") * 20000)
        sys.stderr.flush()
        say(rest)
    elif order == "waits":
        pipe, _, path = rest.partition("|")
        held = open(pipe, "w")
        held.write("started\n")
        held.flush()
        wait_for(path)
        say("late")
    elif order == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        held = open(rest, "w")
        held.write("started\n")
        held.flush()
        time.sleep(1000)
    elif order == "meets":
        mine, _, other = rest.partition("|")
        open(mine, "w").close()
        wait_for(other)
        say("met")
    else:
        say(line.rstrip("\n").upper())
if len(sys.argv) > 1:
    with open(sys.argv[1], "a") as file:
        file.write("ended\n")
"#;

/// The published function.
struct Function {
    proxy: ServerProxy,
    address: String,
}

impl Deref for Function {
    type Target = ServerProxy;

    fn deref(&self) -> &ServerProxy {
        &self.proxy
    }
}

/// A server of the worker, with one process.
fn worker(flags: &[&str], arguments: &[&str]) -> (Running, Function) {
    let program = [&["--", "python3", "-c", WORKER], arguments].concat();
    kept(flags, &program)
}

/// A server of a program that stays, with one process unless the flags say more.
fn kept(flags: &[&str], program: &[&str]) -> (Running, Function) {
    let workers: &[&str] = match flags.contains(&"--workers") {
        true => &[],
        false => &["--workers", "1"],
    };
    let all = ["--function", "f", "--keep"];
    let (server, address) = serve(&[&all[..], workers, flags, program].concat());
    let proxy = ServerProxy::new(&format!("http://{address}")).unwrap();
    (server, Function { proxy, address })
}

fn ask(proxy: &Function, task: &str) -> String {
    proxy.call::<String>("f", (task,)).unwrap()
}

/// The code and the text of the fault that a call gets.
#[track_caller]
fn fault(proxy: &Function, task: &str) -> (i32, String) {
    match proxy.call::<Value>("f", (task,)) {
        Err(Error::Fault(fault)) => (fault.code, fault.message),
        other => panic!("no fault for {task}: {other:?}"),
    }
}

/// Runs the worker of this machine over lines of input.
fn run_over(input: &str, arguments: &[&str]) -> Ended {
    let mut running = Running::interactive(reparte(&[&["run", "--quiet"], arguments].concat()));
    running.stdin().write_all(input.as_bytes()).unwrap();
    running.end()
}

fn is_alive(pid: &str) -> bool {
    let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
    rustix::process::test_kill_process(pid).is_ok()
}

#[test]
fn a_process_stays_and_is_recycled() {
    let files = TestDirectory::new("recycled");
    let ends = files.path("ends");
    let flags = ["--local", "1", "--keep", "--recycle", "3", "--"];
    let arguments = [&flags[..], &["python3", "-c", WORKER, &ends]].concat();
    let ended = run_over(&"pid\n".repeat(6), &arguments);
    ended.expect_code(0);
    let mut pids: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(pids.len(), 6);
    assert!(pids[0] == pids[2] && pids[3] == pids[5], "{pids:?}");
    pids.dedup();
    assert_eq!(pids.len(), 2, "{pids:?}");
    // Each has ended by the end of its input, the last one with the run.
    assert_eq!(fs::read_to_string(&ends).unwrap(), "ended\n".repeat(2));
}

/// The reasons of a call's failure, and whether its process stays.
const TROUBLES: &[(&str, &str, bool)] = &[
    ("fault no such thing", "no such thing", true),
    ("bytes", "no UTF-8: with --base64 the result is bytes", true),
    ("bell", "the character U+0007", true),
    (
        "exit 3",
        "the program failed (exit status: 3): its error output ends: bye",
        false,
    ),
    (
        "exit 0",
        "the program ended without an answer (exit status: 0): its error output ends: bye",
        false,
    ),
    ("killed", "the program failed (signal: 9 (SIGKILL))", false),
    ("two", "wrote more than one answer for one task", false),
    ("nonsense", "wrote a line that begins with !", false),
    ("floods", "its result was longer than 1000 bytes", false),
    ("long 1001", "its result was longer than 1000 bytes", false),
    ("closes", "it had closed its output of results", false),
];

#[test]
fn trouble_fails_its_call_alone() {
    let (server, proxy) = worker(&["--max-output", "1000"], &[]);
    assert_eq!(ask(&proxy, "long 1000").len(), 1000);
    let mut pid = ask(&proxy, "pid");
    for (task, reason, stays) in TROUBLES {
        let (code, text) = fault(&proxy, task);
        assert_eq!(code, 1, "{task}: {text}");
        assert!(text.contains(reason), "{task}: {text}");
        let next = ask(&proxy, "pid");
        assert_eq!(next == pid, *stays, "{task}");
        pid = next;
    }
    let ended = server.interrupt();
    ended.expect_code(0);
    ended.expect_told("warn: f: the program failed (exit status: 3): bye");
}

#[test]
fn trouble_of_a_run_fails_its_task_alone() {
    let flags = ["--local", "1", "--max-output", "1000", "--keep", "--"];
    let arguments = [&flags[..], &["python3", "-c", WORKER]].concat();
    let tasks: String = TROUBLES
        .iter()
        .map(|(task, ..)| format!("{task}\nhello\n"))
        .collect();
    let ended = run_over(&tasks, &arguments);
    ended.expect_code(5);
    for (at, (task, reason, _)) in TROUBLES.iter().enumerate() {
        ended.expect_told(&format!("task {} ({task}) failed: local: ", 2 * at + 1));
        ended.expect_told(reason);
    }
    assert_eq!(ended.stdout, "\nHELLO\n".repeat(TROUBLES.len()));
}

#[test]
fn a_process_that_is_killed_in_a_call_or_between_two_is_replaced() {
    let files = TestDirectory::new("killed worker");
    let pipe = pipe(&files, "pipe");
    let (server, proxy) = worker(&[], &[]);
    let pid = ask(&proxy, "pid");
    let kill = |pid: &str| {
        let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
        kill_process(pid, Signal::KILL).unwrap();
    };
    std::thread::scope(|scope| {
        let call = scope.spawn(|| fault(&proxy, &format!("waits {pipe}|/no/such/file")));
        let reader = Reader::open(&pipe);
        kill(&pid);
        reader.all_dead();
        let (_, text) = call.join().unwrap();
        assert!(text.contains("signal: 9 (SIGKILL)"), "{text}");
    });
    let second = ask(&proxy, "pid");
    assert_ne!(pid, second);
    kill(&second);
    until("the process is dead", || {
        let state = Command::new("ps")
            .args(["-o", "stat=", "-p", &second])
            .output();
        let state = String::from_utf8(state.unwrap().stdout).unwrap();
        state.is_empty() || state.starts_with('Z')
    });
    assert_ne!(ask(&proxy, "pid"), second);
    let ended = server.interrupt();
    ended.expect_told("between two calls");
}

#[test]
fn a_stubborn_process_is_killed_at_its_time_limit() {
    let files = TestDirectory::new("stubborn worker");
    let pipe = pipe(&files, "pipe");
    let (_server, proxy) = worker(&["--max-seconds", "2"], &[]);
    assert_eq!(ask(&proxy, "hello"), "HELLO");
    std::thread::scope(|scope| {
        let call = scope.spawn(|| fault(&proxy, &format!("stubborn {pipe}")));
        Reader::open(&pipe).all_dead();
        let (_, text) = call.join().unwrap();
        assert!(text.contains("ended after 2 s"), "{text}");
        assert!(text.contains("--max-seconds"), "{text}");
    });
    assert_eq!(ask(&proxy, "hello"), "HELLO");
}

#[test]
fn a_run_ends_a_process_at_its_time_out() {
    let flags = ["--local", "1", "--timeout", "2", "--keep", "--"];
    let script = "read -r x; echo warm; while read -r x; do sleep 1000; done";
    let arguments = [&flags[..], &["sh", "-c", script]].concat();
    let ended = run_over("1\n2\n", &arguments);
    ended.expect_code(5);
    assert_eq!(ended.stdout, "warm\n\n");
    ended.expect_told("task 2 (2) failed: local: timed out: the program was ended after 2 s");
}

/// The answer to the call of a client that has gone is never the next call's.
#[test]
fn a_late_answer_is_dropped_and_its_process_stays() {
    let files = TestDirectory::new("late");
    let (pipe, path) = (pipe(&files, "pipe"), files.path("go on"));
    let (server, proxy) = worker(&["--keep-grace", "60"], &[]);
    let pid = ask(&proxy, "pid");
    let task = format!("waits {pipe}|{path}");
    let client = Running::start(reparte(&["call", &proxy.address, "f", &task]));
    let reader = Reader::open(&pipe);
    drop(client);
    std::thread::scope(|scope| {
        let next = scope.spawn(|| ask(&proxy, "pid"));
        // The next call has to wait for the process.
        std::thread::sleep(Duration::from_millis(300));
        fs::write(&path, "").unwrap();
        assert_eq!(next.join().unwrap(), pid);
    });
    drop(reader);
    assert_eq!(ask(&proxy, "hello"), "HELLO");
    drop(server);
}

#[test]
fn a_process_that_does_not_finish_a_cancelled_call_is_ended() {
    let files = TestDirectory::new("grace");
    let pipe = pipe(&files, "pipe");
    let (server, proxy) = worker(&["--keep-grace", "0.3"], &[]);
    let task = format!("stubborn {pipe}");
    let client = Running::start(reparte(&["call", &proxy.address, "f", &task]));
    let reader = Reader::open(&pipe);
    drop(client);
    assert_eq!(ask(&proxy, "hello"), "HELLO");
    reader.all_dead();
    let ended = server.interrupt();
    ended.expect_told("after a cancelled call, the program was ended at its time limit");
}

#[test]
fn output_between_two_calls_is_no_answer() {
    let (server, proxy) = worker(&[], &[]);
    let first = ask(&proxy, "pid");
    assert_eq!(ask(&proxy, "babbles hello"), "hello");
    std::thread::sleep(Duration::from_millis(600));
    assert_ne!(ask(&proxy, "pid"), first);
    let ended = server.interrupt();
    ended.expect_told("since it wrote output without a task");
}

/// A line that comes after the next task was written, and before that was read.
#[cfg(target_os = "linux")]
#[test]
fn an_answer_before_the_task_was_read_is_no_answer() {
    let script = "read -r x; echo \"$x\"; sleep 1; echo late; sleep 1; read -r x; echo \"$x\"";
    let (_server, proxy) = kept(&[], &["--", "sh", "-c", script]);
    assert_eq!(ask(&proxy, "one"), "one");
    let (_, text) = fault(&proxy, "two");
    assert!(text.contains("before it had read the task"), "{text}");
}

#[test]
fn two_slots_work_at_the_same_time() {
    let files = TestDirectory::new("meets");
    let (one, two) = (files.path("one"), files.path("two"));
    let tasks = format!("meets {one}|{two}\nmeets {two}|{one}\n");
    let flags = ["--local", "2", "--keep", "--"];
    let arguments = [&flags[..], &["python3", "-c", WORKER]].concat();
    let ended = run_over(&tasks, &arguments);
    ended.expect_code(0);
    assert_eq!(ended.stdout, "met\nmet\n");
}

/// Random text of one line, without line ends or characters that XML can't carry.
fn random_lines(count: usize) -> Vec<String> {
    let mut state = 20_051_121_u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 33) % below
    };
    let characters: Vec<char> = "!! aaa bZ09\\\"'{}[]<>&;$`%#\t\u{e9}\u{20ac}\u{1f600}"
        .chars()
        .collect();
    let mut line = |_| {
        let length = 1 + next(40);
        let chars = (0..length).map(|_| characters[next(characters.len() as u64) as usize]);
        let text: String = chars.collect();
        format!("x{text}")
    };
    (0..count).map(&mut line).collect()
}

#[test]
fn a_thousand_lines_have_the_answers_of_a_program_that_is_started() {
    let lines = random_lines(1000);
    let input = lines.join("\n") + "\n";
    // Results begin with !, too.
    let script = "s/a/bb/g; s/^x//";
    let started = run_over(&input, &["--local", "2", "--", "sed", script]);
    started.expect_code(0);
    assert!(started.stdout.lines().any(|line| line.starts_with("! ")));
    let escaped = format!("{script}; s/^!/!!/");
    let flags = ["--local", "2", "--keep", "--", "sed", "-u", &escaped];
    let kept = run_over(&input, &flags);
    kept.expect_code(0);
    assert!(kept.stdout == started.stdout);
    for framing in ["json", "length"] {
        let program = worker_of_docs(&format!("python {framing}"));
        let program = match framing {
            "json" => program.replace(
                "base, exponent = json.loads(line)",
                "[task] = json.loads(line)",
            ),
            _ => program,
        };
        let program = program.replace("{\"power\": base**exponent}", "task[::-1]");
        let flags = ["--local", "2", "--keep", "--framing", framing, "--"];
        let arguments = [&flags[..], &["python3", "-c", &program]].concat();
        let input: String = match framing {
            // Bytes are turned around, so the text is ASCII.
            "length" => input.chars().filter(char::is_ascii).collect(),
            _ => input.clone(),
        };
        let ended = run_over(&input, &arguments);
        ended.expect_code(0);
        let turned = |line: &str| line.chars().rev().collect::<String>() + "\n";
        assert!(ended.stdout == input.lines().map(turned).collect::<String>());
    }
}

#[test]
fn a_stopped_server_closes_the_input_of_its_processes() {
    let files = TestDirectory::new("stopped");
    let ends = files.path("ends");
    let (server, proxy) = worker(&["--workers", "2"], &[&ends]);
    assert_eq!(ask(&proxy, "hello"), "HELLO");
    let pid = ask(&proxy, "pid");
    let ended = server.interrupt();
    ended.expect_code(0);
    assert_eq!(fs::read_to_string(&ends).unwrap(), "ended\n".repeat(2));
    assert!(!is_alive(&pid));
    assert!(!ended.stderr.contains("warn"), "{}", ended.stderr);
}

/// A worker that goes on at the end of its input, and has a child.
const LINGERS: &str = "trap '' TERM; exec 3>\"$1\"; echo started >&3; sleep 1000 & \
                       while read -r x; do echo \"$x\"; done; wait";

#[test]
fn nothing_outlives_a_server_however_it_ends() {
    for signals in [
        &[Signal::TERM][..],
        &[Signal::HUP],
        &[Signal::KILL],
        &[Signal::INT, Signal::INT],
    ] {
        let files = TestDirectory::new("outlives");
        let pipe = pipe(&files, "pipe");
        let program = ["--", "sh", "-c", LINGERS, "sh", &pipe];
        let (server, proxy) = kept(&["--keep-grace", "1"], &program);
        let reader = Reader::open(&pipe);
        assert_eq!(ask(&proxy, "hello"), "hello");
        for (at, &signal) in signals.iter().enumerate() {
            match at {
                0 => server.signal(signal),
                _ => {
                    server.line_after("stopping: ");
                    server.signal_again(signal);
                }
            }
        }
        reader.all_dead();
        drop(server);
    }
}

/// A second signal does not wait for the grace.
#[test]
fn nothing_outlives_a_run_that_is_stopped() {
    for signals in [&[Signal::KILL][..], &[Signal::INT, Signal::INT]] {
        let files = TestDirectory::new("killed kept run");
        let pipe = pipe(&files, "pipe");
        // A process is started before the run watches for signals, and has its task after that.
        let script = "read -r x; exec 3>\"$1\"; echo started >&3; sleep 1000";
        let arguments = [
            "run", "--keep", "--local", "1", "--", "sh", "-c", script, "sh", &pipe,
        ];
        let mut running = Running::interactive(reparte(&arguments));
        let mut stdin = running.stdin();
        writeln!(stdin, "1").unwrap();
        let reader = Reader::open(&pipe);
        signal_in_turn(&running, signals);
        reader.all_dead();
    }
}

/// The machine lacks something that the program needs, until it is there.
#[test]
fn a_program_that_dies_at_its_start_is_the_machines_trouble() {
    let files = TestDirectory::new("module");
    let module = files.path("module");
    let script = "test -e \"$0\" || { echo no module >&2; exit 1; }; \
                  while read -r x; do echo \"$x\"; done";
    let program = ["--", "sh", "-c", script, &module];
    let (server, proxy) = kept(&[], &program);
    for _ in 0..5 {
        let (code, text) = fault(&proxy, "hello");
        assert_eq!(code, -32050, "{text}");
        assert!(text.contains("can't run the program"), "{text}");
        if cfg!(target_os = "linux") {
            assert!(text.contains("no module"), "{text}");
        }
    }
    fs::write(&module, "").unwrap();
    until("the program runs", || {
        proxy
            .call::<String>("f", ("hello",))
            .is_ok_and(|answer| answer == "hello")
    });
    let ended = server.interrupt();
    let told = ended.stderr.matches("it is started again, after pauses");
    assert_eq!(told.count(), 1, "{}", ended.stderr);
}

#[test]
fn a_program_that_can_not_run_ends_a_run() {
    let files = TestDirectory::new("unfit kept");
    let program = files.write("program", "#!/no/such/interpreter\n", 0o700);
    let ended = run_over("1\n2\n", &["--keep", "--local", "1", "--", &program]);
    ended.expect_error(4, &["local", "can't start the program", "0 of 2 tasks"]);
    let dies = [
        "--keep",
        "--local",
        "1",
        "--",
        "sh",
        "-c",
        "echo no >&2; exit 1",
    ];
    let ended = run_over("1\n2\n", &dies);
    ended.expect_error(4, &["local", "can't run the program", "0 of 2 tasks"]);
}

/// The first task of each process kills it.
#[test]
fn starts_are_spaced_while_processes_die() {
    let files = TestDirectory::new("spaced");
    let starts = files.path("starts");
    let script = "echo start >>\"$0\"; read -r x; exit 3";
    let (server, proxy) = kept(&[], &["--", "sh", "-c", script, &starts]);
    let began = Instant::now();
    for _ in 0..4 {
        let (_, text) = fault(&proxy, "x");
        assert!(text.contains("exit status: 3"), "{text}");
    }
    // 0.1, 0.2 and 0.4 s.
    assert!(began.elapsed() >= Duration::from_millis(700));
    let ended = server.interrupt();
    let told = ended.stderr.matches("it is started again, after pauses");
    assert_eq!(told.count(), 1, "{}", ended.stderr);
    assert_eq!(fs::read_to_string(&starts).unwrap().lines().count(), 4);
}

/// The warm-up is longer than a call may be.
#[test]
fn warm_up_is_not_the_first_calls_time() {
    let script = "sleep 4; while read -r x; do sleep \"$x\"; echo \"$x\"; done";
    let (_server, proxy) = kept(&["--max-seconds", "3"], &["--", "sh", "-c", script]);
    assert_eq!(ask(&proxy, "0"), "0");
    let (_, text) = fault(&proxy, "4");
    assert!(text.contains("ended after 3 s"), "{text}");
}

#[test]
fn error_output_never_holds_a_process_up() {
    let (server, proxy) = worker(&[], &[]);
    for _ in 0..3 {
        assert_eq!(ask(&proxy, "complains hello"), "hello");
    }
    // The error output of an earlier call is not this one's.
    let (_, text) = fault(&proxy, "exit 3");
    assert!(text.ends_with("its error output ends: bye"), "{text}");
    drop(server);
}

#[test]
fn words_that_do_not_fit_are_told() {
    let serve = |flags: &[&str], program: &[&str]| {
        let all = ["serve", "127.0.0.1:0", "--function", "f"];
        run(&[&all[..], flags, &["--"], program].concat())
    };
    for (flags, program, told) in [
        (&["--keep"][..], &["echo", "{}"][..], "leave {} out"),
        (&["--framing", "json"], &["cat"], "--keep"),
        (&["--recycle", "7"], &["cat"], "--keep"),
        (&["--keep", "--recycle", "0"], &["cat"], "from 1 to"),
        (
            &["--keep", "--results-fd", "2"],
            &["cat"],
            "the error output",
        ),
        (&["--keep", "--results-fd", "10"], &["cat"], "from 1 to 9"),
        (
            &["--keep", "--framing", "json", "--base64"],
            &["cat"],
            "--framing length",
        ),
        (
            &["--keep", "--output-grace", "1"],
            &["cat"],
            "--output-grace",
        ),
        (
            &["--keep", "--framing", "xml"],
            &["cat"],
            "lines, json, length",
        ),
    ] {
        serve(flags, program).expect_error(2, &[told]);
    }
    run_over("1\n", &["--keep", "--", "echo", "{}"]).expect_error(2, &["leave {} out"]);
    let (_server, proxy) = worker(&[], &[]);
    let (code, text) = fault(&proxy, "two\nlines");
    assert_eq!(code, -32602);
    assert!(
        text.contains("--framing json, or --framing length"),
        "{text}"
    );
    assert_eq!(ask(&proxy, "hello"), "HELLO");
}

/// The worker of docs/programs.md with this heading of its code block.
fn worker_of_docs(heading: &str) -> String {
    let docs = include_str!("../../../docs/programs.md");
    let (_, rest) = docs.split_once(&format!("```{heading}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_workers_of_the_docs_work() {
    let files = TestDirectory::new("workers");
    let compile = |heading: &str| {
        let name = heading.replace(' ', "-");
        let source = files.write(&format!("{name}.c"), &worker_of_docs(heading), 0o600);
        let program = files.path(&name);
        let compiled = Command::new("cc").args(["-o", &program, &source]).status();
        assert!(compiled.unwrap().success());
        program
    };
    let python = |heading| vec!["python3".into(), "-c".into(), worker_of_docs(heading)];
    let shell = vec!["sh".into(), "-c".into(), worker_of_docs("sh lines")];
    for program in [python("python lines"), vec![compile("c lines")], shell] {
        let words: Vec<&str> = program.iter().map(String::as_str).collect();
        let (_server, proxy) = kept(&[], &[&["--"], &words[..]].concat());
        assert_eq!(ask(&proxy, "12"), "144");
        let (code, text) = fault(&proxy, "seven");
        assert!(code == 1 && text.contains("seven"), "{text}");
        assert_eq!(ask(&proxy, "3"), "9");
    }
    for program in [python("python length"), vec![compile("c length")]] {
        let words: Vec<&str> = program.iter().map(String::as_str).collect();
        let flags = ["--framing", "length", "--base64"];
        let (_server, proxy) = kept(&flags, &[&["--"], &words[..]].concat());
        for task in [&b"a\nb\0\xff"[..], b"", b"x"] {
            let turned: Vec<u8> = task.iter().rev().copied().collect();
            let argument = Value::Base64(task.to_vec());
            let answer = proxy.call::<Value>("f", (argument,)).unwrap();
            assert_eq!(answer, Value::Base64(turned));
        }
    }
    let program = worker_of_docs("python json");
    let flags = ["--framing", "json"];
    let (_server, proxy) = kept(&flags, &["--", "python3", "-c", &program]);
    let answer = proxy.call::<Value>("f", (2, 10)).unwrap();
    assert_eq!(answer.get("power"), Some(&Value::Int(1024)));
    let Err(Error::Fault(fault)) = proxy.call::<Value>("f", (1, 2, 3)) else {
        panic!("no fault");
    };
    assert_eq!(fault.code, 7);
    assert!(fault.message.starts_with("ValueError"), "{fault}");
}

#[test]
fn results_have_a_descriptor_of_their_own() {
    let program = worker_of_docs("python fd");
    let flags = ["--results-fd", "3"];
    let (server, proxy) = kept(&flags, &["--", "python3", "-u", "-c", &program]);
    assert_eq!(ask(&proxy, "hello"), "HELLO");
    assert_eq!(ask(&proxy, "again"), "AGAIN");
    server.line_after("info: python3: debug: got again");
}

/// A run over a server whose processes die, beside a good one.
#[test]
fn a_machine_that_lacks_a_module_takes_no_tasks_of_a_run() {
    let dies = ["--", "sh", "-c", "echo no module >&2; exit 1"];
    let (_bad, bad) = kept(&[], &dies);
    let (_good, good) = worker(&[], &[]);
    let input = "a\n".repeat(30);
    let ended = run_over(&input, &["--function", "f", &bad.address, &good.address]);
    ended.expect_code(0);
    assert_eq!(ended.stdout, "A\n".repeat(30));
}

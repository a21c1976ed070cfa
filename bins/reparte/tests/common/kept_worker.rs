//! A worker that stays, whose tasks are orders, and what calls it.

use std::io::Write as _;
use std::ops::Deref;

use super::reparte;
use super::server::serve;
use rustix::process::Pid;
use test_support::{Ended, Running};
use xmlrpc_client::{Error, ServerProxy, Value};

/// A worker whose tasks are orders. At the end of its input it appends a line to the file that
/// its argument names.
pub const WORKER: &str = r#"
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
pub struct Function {
    pub proxy: ServerProxy,
    pub address: String,
}

impl Deref for Function {
    type Target = ServerProxy;

    fn deref(&self) -> &ServerProxy {
        &self.proxy
    }
}

/// A server of the worker, with one process.
pub fn worker(flags: &[&str], arguments: &[&str]) -> (Running, Function) {
    let program = [&["--", "python3", "-c", WORKER], arguments].concat();
    kept(flags, &program)
}

/// A server of a program that stays, with one process unless the flags say more.
pub fn kept(flags: &[&str], program: &[&str]) -> (Running, Function) {
    let workers: &[&str] = match flags.contains(&"--workers") {
        true => &[],
        false => &["--workers", "1"],
    };
    let all = ["--function", "f", "--keep"];
    let (server, address) = serve(&[&all[..], workers, flags, program].concat());
    let proxy = ServerProxy::new(&format!("http://{address}")).unwrap();
    (server, Function { proxy, address })
}

pub fn ask(proxy: &Function, task: &str) -> String {
    proxy.call::<String>("f", (task,)).unwrap()
}

/// The code and the text of the fault that a call gets.
#[track_caller]
pub fn fault(proxy: &Function, task: &str) -> (i32, String) {
    match proxy.call::<Value>("f", (task,)) {
        Err(Error::Fault(fault)) => (fault.code, fault.message),
        other => panic!("no fault for {task}: {other:?}"),
    }
}

/// Runs the worker of this machine over lines of input.
pub fn run_over(input: &str, arguments: &[&str]) -> Ended {
    let mut running = Running::interactive(reparte(&[&["run", "--quiet"], arguments].concat()));
    running.stdin().write_all(input.as_bytes()).unwrap();
    running.end()
}

pub fn is_alive(pid: &str) -> bool {
    let pid = Pid::from_raw(pid.parse().unwrap()).unwrap();
    rustix::process::test_kill_process(pid).is_ok()
}

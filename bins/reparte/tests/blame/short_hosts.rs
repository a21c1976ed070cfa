//! Hosts that are short of descriptors or processes.

use test_support::{Running, TestDirectory};

use crate::common::server::serve;
use crate::fixture::{numbers, start};

#[test]
fn a_host_that_is_short_of_descriptors_fails_no_task() {
    let files = TestDirectory::new("descriptors");
    let this = env!("CARGO_BIN_EXE_reparte");
    let script = format!(
        "ulimit -n 40; exec '{this}' serve 127.0.0.1:0 --function f --workers 16 -- \
         sh -c 'sleep 0.1; echo $1' sh {{}}"
    );
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &script]).env_remove("RUST_LOG");
    let short = Running::start(command);
    let first = short.address();
    let program = ["--", "sh", "-c", "sleep 0.1; echo $1", "sh", "{}"];
    let (_good, second) = serve(&[&["--function", "f"], &program[..]].concat());
    for servers in [&[&*first, &*second][..], &[&*first]] {
        let ended = start(&files, &numbers(150), servers).end();
        ended.expect(&numbers(150));
    }
}

/// A user who has all the processes that RLIMIT_NPROC allows. Root has no such limit, so the server
/// is another user's.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root, to start a server of another user"]
fn a_host_that_is_short_of_processes_fails_no_task() {
    use std::process::Command;

    /// A user without a name, who has no other processes.
    const USER: &str = "64321";
    let files = TestDirectory::new("processes");
    // Another user may not get as far as the folder where it was built.
    let copy = files.path("reparte");
    let copied = Command::new("cp")
        .args([env!("CARGO_BIN_EXE_reparte"), &copy])
        .status();
    assert!(copied.unwrap().success());
    let as_user = || {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]);
        command
    };
    let mut command = as_user();
    command.args([
        &copy,
        "serve",
        "127.0.0.1:0",
        "--function",
        "f",
        "--workers",
        "4",
    ]);
    command
        .args(["--", "sh", "-c", "sleep 0.05; echo $1", "sh", "{}"])
        .env_remove("RUST_LOG");
    let short = Running::start(command);
    let first = short.address();
    // The soft limit, which the user may raise again.
    let limit = |processes: u32| {
        let id = short.id().to_string();
        let mut set = as_user();
        set.args(["prlimit", "--pid", &id, &format!("--nproc={processes}:")]);
        assert!(set.status().unwrap().success());
    };
    let call = || crate::common::run(&["call", &first, "f", "1"]);
    call().expect("1\n");
    limit(1);
    // EAGAIN: refused, since another start may work.
    call().expect_error(8, &["503", "no room for the call at the moment"]);
    assert!(
        short
            .line_after("the program can't be started at the moment")
            .contains("ulimit -u")
    );
    let program = ["--", "sh", "-c", "sleep 0.05; echo $1", "sh", "{}"];
    let (_good, second) = serve(&[&["--function", "f"], &program[..]].concat());
    let ended = start(&files, &numbers(60), &[&first, &second]).end();
    ended.expect(&numbers(60));
    // It is used again.
    limit(1000);
    start(&files, &numbers(60), &[&first])
        .end()
        .expect(&numbers(60));
}

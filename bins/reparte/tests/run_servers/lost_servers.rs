//! Servers that are killed during a run.

use rustix::process::Signal;
use test_support::TestDirectory;

use crate::common::functions::{Held, next};
use crate::common::named_pipe::{Reader, pipe};
use crate::common::server::serve;
use crate::start;

/// A program that ends when its server does.
const WITH_ITS_SERVER: &str = "exec tail --pid=$PPID -f /dev/null";

#[test]
fn when_no_server_is_left_what_was_had_is_printed() {
    let files = TestDirectory::new("gone");
    let script = "test $1 != 2 || kill -9 $PPID; echo got $1";
    let (_server, address) = serve(&[
        "--function",
        "f",
        "--workers",
        "1",
        "--",
        "sh",
        "-c",
        script,
        "sh",
        "{}",
    ]);
    let running = start(
        &files,
        "1\n2\n3\n",
        &[
            &address,
            "--function",
            "f",
            "--max-in-flight",
            "1",
            "--outage",
            "2",
        ],
    );
    let ended = running.end();
    ended.expect_code(4);
    assert_eq!(ended.stdout, "got 1\n");
    for part in [
        "tasks that were read and not run: 2",
        "every server has been down for 2 s",
        "1 of ",
        "--journal FILE",
    ] {
        assert!(
            ended.stderr.contains(part),
            "no {part:?} in: {}",
            ended.stderr
        );
    }
}

#[test]
fn a_killed_server_costs_no_result() {
    let files = TestDirectory::new("killed");
    let started = pipe(&files, "started");
    let program = format!("echo started > '{started}'; {WITH_ITS_SERVER}");
    let (dying, address) = serve(&["--function", "hold", "--", "sh", "-c", &program]);
    let (server, held, called) = Held::serve();
    let addresses = [format!("1/{address}"), format!("1/{}", server.address)];
    let running = start(
        &files,
        "1\n2\n3\n4\n",
        &[
            &addresses[0],
            &addresses[1],
            "--function",
            "hold",
            "--output",
            "tsv",
        ],
    );
    let _started = Reader::open(&started);
    next(&called);
    dying.signal(Signal::KILL);
    for task in ["1", "2", "3", "4"] {
        held.release(task);
    }
    let ended = running.end();
    ended.expect_code(0);
    let rows: Vec<Vec<&str>> = ended
        .stdout
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect())
        .collect();
    let results: Vec<&str> = rows.iter().map(|row| row[2]).collect();
    assert_eq!(results, ["1", "2", "3", "4"]);
    assert!(rows.iter().all(|row| row[4] == server.address));
    assert!(
        rows.iter().any(|row| row[6] == "2"),
        "no second attempt: {rows:?}"
    );
    assert!(ended.stderr.contains("died: "), "{}", ended.stderr);
}

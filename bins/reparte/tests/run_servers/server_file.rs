//! Servers that come and go with the file of `--servers`.

use std::fs;

use serde_json::Value as Json;
use test_support::{LocalServer, TestDirectory};

use crate::common::functions::{Held, next, service};
use crate::start;

#[test]
fn servers_come_and_go_with_their_file() {
    let files = TestDirectory::new("hosts");
    let (first, first_held, first_called) = Held::serve();
    let (second, second_held, second_called) = Held::serve();
    let hosts = files.write("hosts", &format!("1/{} # alone\n", first.address), 0o600);
    let running = start(
        &files,
        "1\n2\n3\n4\n",
        &["--servers", &hosts, "--function", "hold", "--hedge", "off"],
    );
    assert_eq!(next(&first_called), "1");
    // A file that names nothing changes nothing.
    fs::write(&hosts, "# soon\n").unwrap();
    running.line_after("the servers stay as they were: --servers: ");
    fs::write(
        &hosts,
        format!("1/{}\n1/{}\n", first.address, second.address),
    )
    .unwrap();
    assert_eq!(next(&second_called), "2");
    assert_eq!(running.line_after(" joins"), "");
    // A further slot for the second, and none for the first.
    fs::write(&hosts, format!("2/{}\n", second.address)).unwrap();
    second_held.release("2");
    let mut rest = [next(&second_called), next(&second_called)];
    rest.sort_unstable();
    assert_eq!(rest, ["3", "4"]);
    for task in ["1", "2", "3", "4"] {
        first_held.release(task);
        second_held.release(task);
    }
    let ended = running.end();
    ended.expect("1\n2\n3\n4\n");
    assert!(first_called.try_recv().is_err());
    assert!(ended.stderr.contains("  left  "), "{}", ended.stderr);
    // Each of them once: another number of calls is no coming and going.
    let changes = ended.stderr.lines().filter(|line| {
        let last = line.rsplit(' ').next();
        matches!(last, Some("joins" | "leaves"))
    });
    let expected = [
        format!("{} joins", second.address),
        format!("{} leaves", first.address),
    ];
    assert_eq!(changes.collect::<Vec<_>>(), expected);
}

#[test]
fn a_quiet_run_does_not_tell_who_joins() {
    let files = TestDirectory::new("quiet hosts");
    let (first, first_held, first_called) = Held::serve();
    let (second, second_held, second_called) = Held::serve();
    let hosts = files.write("hosts", &format!("1/{}\n", first.address), 0o600);
    let flags = [
        "--servers",
        &*hosts,
        "--function",
        "hold",
        "--hedge",
        "off",
        "-q",
    ];
    let running = start(&files, "1\n2\n", &flags);
    assert_eq!(next(&first_called), "1");
    fs::write(
        &hosts,
        format!("1/{}\n1/{}\n", first.address, second.address),
    )
    .unwrap();
    assert_eq!(next(&second_called), "2");
    first_held.release("1");
    second_held.release("2");
    let ended = running.end();
    ended.expect("1\n2\n");
    assert_eq!(ended.stderr, "");
}

#[test]
fn arguments_and_a_file_name_servers_together() {
    let files = TestDirectory::new("both");
    let (one, other) = (LocalServer::start(service()), LocalServer::start(service()));
    let hosts = files.write("hosts", &other.address, 0o600);
    let running = start(
        &files,
        "7\n",
        &[&one.address, "--servers", &hosts, "--function", "echo"],
    );
    let ended = running.end();
    ended.expect("7\n");
    for server in [one, other] {
        assert!(ended.stderr.contains(&server.address), "{}", ended.stderr);
    }
}

/// A call of an hour on a machine that is wanted back held up the run's end.
#[test]
fn a_server_that_its_file_drops_loses_its_calls_to_others_at_once() {
    let files = TestDirectory::new("dropped hosts");
    let (first, _held, first_called) = Held::serve();
    let (second, second_held, second_called) = Held::serve();
    let text = |mark: &str| format!("{mark}1/{}\n1/{}\n", first.address, second.address);
    let hosts = files.write("hosts", &text(""), 0o600);
    let account = files.path("account");
    let flags = [
        "--servers",
        &*hosts,
        "--function",
        "hold",
        "--hedge",
        "off",
        "--retries",
        "0",
        "--account",
        &account,
    ];
    let running = start(&files, "1\n2\n", &flags);
    let (on_first, on_second) = (next(&first_called), next(&second_called));
    // With none left, nothing is dropped.
    let none = format!("!{}\n!2/{}\n", first.address, second.address);
    fs::write(&hosts, none).unwrap();
    running.line_after("the servers stay as they were: --servers: its list drops every server");
    fs::write(&hosts, text("!")).unwrap();
    running.line_after(&format!("{} is dropped", first.address));
    second_held.release(&on_second);
    assert_eq!(next(&second_called), on_first);
    second_held.release(&on_first);
    running.end().expect("1\n2\n");
    let account: Json = serde_json::from_str(&fs::read_to_string(account).unwrap()).unwrap();
    let dropped = &account["servers"][0];
    assert_eq!(
        (&dropped["state"], &dropped["deaths"]),
        (&"left".into(), &0.into())
    );
    assert_eq!(dropped["failures"], serde_json::json!({}), "{account}");
}

//! One server under two names, which is told and used under one of them.

use std::fs;

use serde_json::Value as Json;
use test_support::{Running, TestDirectory};

use crate::common::functions::Held;
use crate::start;

const TASKS: &str = "1\n2\n3\n4\n5\n6\n7\n8\n";

/// Starts a run over a server of one slot by two names. Returns what it has at each of them, once
/// it is told: the name in use, and the other one.
fn start_twice(files: &TestDirectory, held: &Held, address: &str) -> (Running, [String; 2]) {
    let (_, port) = address.rsplit_once(':').unwrap();
    let other = format!("localhost:{port}");
    let hosts = format!("1/{address}\n1/{other}\n");
    let hosts = files.write("hosts", &hosts, 0o600);
    let account = files.path("account");
    let flags = ["--servers", &hosts, "--function", "hold", "--hedge", "off"];
    let running = start(
        files,
        TASKS,
        &[&flags[..], &["--account", &account]].concat(),
    );
    let told = running.line_after(": is the same server as ");
    let (used, _) = told.split_once(", ").unwrap();
    let names = match used == address {
        true => [address.to_owned(), other],
        false => [other, address.to_owned()],
    };
    assert_eq!(used, names[0]);
    // Each name may have had a call before that.
    for task in ["1", "2"] {
        held.release(task);
    }
    (running, names)
}

/// Releases the other tasks, and returns the servers of the account in the order of these names.
fn end(files: &TestDirectory, running: Running, held: &Held, names: &[String; 2]) -> [Json; 2] {
    for task in TASKS.lines() {
        held.release(task);
    }
    running.end().expect(TASKS);
    let account = fs::read_to_string(files.path("account")).unwrap();
    let account: Json = serde_json::from_str(&account).unwrap();
    let servers = account["servers"].as_array().unwrap();
    let by_name = |name: &String| {
        let named = servers.iter().find(|server| server["name"] == **name);
        named.unwrap().clone()
    };
    [by_name(&names[0]), by_name(&names[1])]
}

#[test]
fn a_server_under_two_names_is_used_under_one() {
    let files = TestDirectory::new("alias");
    let (server, held, _called) = Held::serve();
    let (running, names) = start_twice(&files, &held, &server.address);
    let [used, alias] = end(&files, running, &held, &names);
    assert_eq!(
        (&used["state"], &alias["state"]),
        (&"up".into(), &"alias".into())
    );
    assert_eq!(alias["alias_of"], *names[0]);
    assert!(alias["executions"].as_u64() <= Some(1), "{alias}");
    assert!(used["executions"].as_u64() >= Some(7), "{used}");
}

#[test]
fn an_alias_is_used_when_the_other_name_leaves() {
    let files = TestDirectory::new("alias stays");
    let (server, held, _called) = Held::serve();
    let (running, names) = start_twice(&files, &held, &server.address);
    fs::write(files.path("hosts"), format!("1/{}\n", names[1])).unwrap();
    running.line_after(&format!("{} leaves", names[0]));
    let [left, alias] = end(&files, running, &held, &names);
    assert_eq!(
        (&left["state"], &alias["state"]),
        (&"left".into(), &"up".into())
    );
    assert!(alias["executions"].as_u64() >= Some(5), "{alias}");
    assert!(alias["alias_of"].is_null());
}

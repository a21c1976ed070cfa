//! A server that the list names twice.

use std::fs;

use serde_json::Value as Json;
use test_support::TestDirectory;

use crate::common::functions::{Held, next};
use crate::start;

/// Each name had a call, so that the server had twice as many as were meant for it.
#[test]
fn a_server_by_two_names_is_told_and_used_once() {
    let files = TestDirectory::new("two names");
    let (server, held, called) = Held::serve();
    let port = server.address.rsplit(':').next().unwrap();
    let names = [format!("1/127.0.0.1:{port}"), format!("1/localhost:{port}")];
    let account = files.path("account");
    let flags = [
        "--function",
        "hold",
        "--hedge",
        "off",
        "--account",
        &account,
    ];
    let tasks = ["1", "2", "3", "4", "5", "6"].map(|task| format!("{task}\n"));
    let tasks = tasks.concat();
    let running = start(
        &files,
        &tasks,
        &[&[&*names[0], &*names[1]], &flags[..]].concat(),
    );
    // Until they have told who they are, both have one.
    let mut first = [next(&called), next(&called)];
    first.sort_unstable();
    assert_eq!(first, ["1", "2"]);
    running.line_after(": the same server as ");
    for task in tasks.lines() {
        held.release(task);
    }
    let ended = running.end();
    ended.expect(&tasks);
    ended.expect_told("the same server as ");
    let account: Json = serde_json::from_str(&fs::read_to_string(account).unwrap()).unwrap();
    let servers = account["servers"].as_array().unwrap();
    let is_alias = |server: &&Json| server["state"] == "alias";
    let (alias, holder) = (
        servers.iter().find(is_alias).unwrap(),
        servers.iter().find(|server| !is_alias(server)).unwrap(),
    );
    assert_eq!(alias["alias_of"], holder["name"], "{account}");
    assert_eq!(
        (&alias["executions"], &holder["executions"]),
        (&1.into(), &5.into()),
        "{account}"
    );
}

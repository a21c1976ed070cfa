//! A slow task that is sent to a second server.

use std::fs;

use serde_json::Value as Json;
use test_support::TestDirectory;

use crate::common::functions::{Held, next};
use crate::start;

/// Returns the summary of a run whose first task hangs on one of two servers.
fn hedges(switch: &[&str]) -> Json {
    let files = TestDirectory::new("hedge");
    let (one, one_held, one_called) = Held::serve();
    let (other, other_held, other_called) = Held::serve();
    for quick in ["2", "3", "4"] {
        one_held.release(quick);
        other_held.release(quick);
    }
    let account = files.path("account");
    let servers = [format!("1/{}", one.address), format!("1/{}", other.address)];
    let flags = [
        &*servers[0],
        &*servers[1],
        "--function",
        "hold",
        "--account",
        &account,
    ];
    let running = start(&files, "slow\n2\n3\n4\n", &[&flags, switch].concat());
    let is_one = next(&one_called) == "slow";
    let (slow, quick, quick_called) = match is_one {
        true => (&one_held, &other_held, &other_called),
        false => (&other_held, &one_held, &one_called),
    };
    // The other server makes the other calls; the first of them has been seen perhaps.
    while next(quick_called) != "4" {}
    if switch == ["--hedge", "off"] {
        slow.release("slow");
    } else {
        assert_eq!(next(quick_called), "slow");
        quick.release("slow");
    }
    running.end().expect("slow\n2\n3\n4\n");
    let account: Json = serde_json::from_str(&fs::read_to_string(account).unwrap()).unwrap();
    account["hedges"].clone()
}

#[test]
fn a_slow_task_is_sent_twice_unless_that_is_switched_off() {
    assert_eq!(hedges(&[]), 1);
    assert_eq!(hedges(&["--hedge", "on"]), 1);
    assert_eq!(hedges(&["--hedge", "off"]), 0);
}

//! `reparte methods`.

#![cfg(unix)]

mod common;

use common::run;
use common::server::{python, serve};

#[test]
fn functions_have_signatures_and_help() {
    let (_server, url) = serve(&[
        "--function",
        "up",
        "--max-seconds",
        "9",
        "--",
        "tr",
        "a-z",
        "A-Z",
    ]);
    let text = "up(string) -> string\n    Runs tr with the argument on its standard input \
                and gives its output, 4194304 bytes at most, within 9 s.\n";
    run(&["methods", &url]).expect(text);
    run(&["methods", &url, "--output", "text"]).expect(text);
    let all = run(&["methods", &url, "--all"]);
    all.expect_code(0);
    for part in [
        text,
        "\nsystem.methodHelp(string) -> string\n    ",
        "\nreparte.status() -> struct\n",
    ] {
        assert!(
            format!("\n{}", all.stdout).contains(part),
            "no {part:?} in: {}",
            all.stdout
        );
    }
    let json = run(&["methods", &url, "--output", "json"]);
    json.expect_code(0);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json[0]["name"], "up");
    assert_eq!(json[0]["signatures"][0][1], "string");
    assert!(json[0]["help"].as_str().unwrap().starts_with("Runs tr"));
    assert_eq!(json.as_array().unwrap().len(), 1);
}

#[test]
fn pythons_server_tells_what_it_tells() {
    let Some((_server, url)) = python(&["introspection"]) else {
        return;
    };
    run(&["methods", &url]).expect("echo\nkind\n    The name of the type that came.\n");
    let Some((_server, url)) = python(&[]) else {
        return;
    };
    run(&["methods", &url]).expect_error(5, &["does not list its methods", "reparte call"]);
}

#[test]
fn who_is_not_there_is_named() {
    run(&["methods", "localhost:1"]).expect_error(4, &["nothing listens at localhost:1"]);
}

//! Secrets that others can read: keys in open files, tokens over plain HTTP, and files that decide
//! who gets a token.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use common::{reparte, run};
use test_support::{Running, TestDirectory};

const TOKEN: &str = "correct-horse-battery";

/// A word of the warning of a client or a server.
const UNENCRYPTED: &str = "unencrypted";

fn set_mode(path: &str, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let files = TestDirectory::new("key");
    let directory = files.path("keys");
    run(&["keys", &directory]).expect_code(0);
    let [cert, key] = ["server.pem", "server.key"].map(|name| format!("{directory}/{name}"));
    let tls = ["--tls-cert", &*cert, "--tls-key", &key];
    let serve = |more: &[&str]| {
        let program = ["--function", "f"];
        reparte(&[&["serve", "127.0.0.1:0"], &program[..], &tls, more].concat())
    };
    for mode in [0o644, 0o660] {
        set_mode(&key, mode);
        let refused = ["--tls-key", "readable by group or others: chmod 600"];
        Running::start(serve(&["--", "cat"]))
            .end()
            .expect_error(2, &refused);
        run(&[&["call", "https://localhost:1", "f"], &tls[..]].concat()).expect_error(2, &refused);
    }
    set_mode(&key, 0o600);
    Running::start(serve(&["--", "cat"])).address();
}

#[test]
fn a_token_that_goes_to_another_machine_in_clear_text_is_told() {
    let files = TestDirectory::new("clear text");
    let token = files.write("token", TOKEN, 0o600);
    // An address for documentation (RFC 5737): nothing answers there.
    let status = |server: &str, more: &[&str]| {
        let arguments = ["status", server, "--timeout", "0.2"];
        run(&[&arguments[..], more].concat()).stderr
    };
    let with_token = ["--token-file", &*token];
    let told = status("192.0.2.1:9000", &with_token);
    assert!(
        told.contains("192.0.2.1:9000: the token goes there unencrypted"),
        "{told}"
    );
    let told = status("http://me:secret@192.0.2.1:9000", &[]);
    assert!(
        told.contains(UNENCRYPTED) && !told.contains("secret"),
        "{told}"
    );
    for server in [
        "localhost:1",
        "127.0.0.1:1",
        "[::1]:1",
        "https://192.0.2.1:9000",
    ] {
        let told = status(server, &with_token);
        assert!(!told.contains(UNENCRYPTED), "{server}: {told}");
    }
    let told = status("192.0.2.1:9000", &[]);
    assert!(!told.contains(UNENCRYPTED), "there is no token: {told}");
}

#[test]
fn a_server_that_takes_tokens_in_clear_text_says_so() {
    let files = TestDirectory::new("clear text server");
    let token = files.write("token", TOKEN, 0o600);
    for (address, is_told) in [("0.0.0.0:0", true), ("127.0.0.1:0", false)] {
        let serve = [
            "serve",
            address,
            "--function",
            "f",
            "--token-file",
            &token,
            "--",
            "cat",
        ];
        let server = Running::start(reparte(&serve));
        server.address();
        let told = server.interrupt().stderr;
        assert_eq!(told.contains(UNENCRYPTED), is_told, "{address}: {told}");
    }
}

#[test]
fn a_file_of_servers_that_others_may_write_is_told_where_there_is_a_token() {
    let files = TestDirectory::new("hosts");
    let token = files.write("token", TOKEN, 0o600);
    let hosts = files.write("hosts", "localhost:1\n", 0o644);
    let arguments = ["status", "--servers", &*hosts, "--timeout", "0.2"];
    let with_token = [&arguments[..], &["--token-file", &token]].concat();
    for (mode, arguments, is_told) in [
        (0o644, &*with_token, false),
        (0o646, &*with_token, true),
        (0o646, &arguments[..], false),
    ] {
        set_mode(&hosts, mode);
        let told = run(arguments).stderr;
        assert_eq!(
            told.contains("others may write this file"),
            is_told,
            "{mode:o}: {told}"
        );
    }
}

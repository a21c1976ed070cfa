//! `reparte call`.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use std::net::TcpListener;

use common::run;
use common::server::{python, serve};
use common::terminal::OnTerminal;
use test_support::{LocalServer, TestDirectory};
use xmlrpc_server::Service;
use xmlrpc_wire::{Bytes, DateTime, Fault, Struct, Value};

/// Functions of all types, each of which says what came.
fn typed() -> LocalServer {
    let mut service = Service::new();
    service
        .register("int", |n: i32| n + 1)
        .and_then(|s| s.register("long", |n: i64| n + 1))
        .and_then(|s| s.register("double", |x: f64| x / 2.0))
        .and_then(|s| s.register("boolean", |truth: bool| !truth))
        .and_then(|s| s.register("string", |text: String| format!("<{text}>")))
        .and_then(|s| s.register("date", |moment: DateTime| moment))
        .and_then(|s| s.register("bytes", |bytes: Bytes| bytes.0.len() as i32))
        .and_then(|s| s.register("list", |list: Vec<i32>| list))
        .and_then(|s| s.register("struct", |members: Struct| members))
        .and_then(|s| s.register("two", |n: i32, text: String| format!("{n} {text}")))
        .and_then(|s| s.register("none", || ()))
        .and_then(|s| s.register("base64", || Bytes(b"hi".to_vec())))
        .and_then(|s| s.register("lines", || "one\ntwo"))
        .and_then(|s| s.register("turns", || "a\u{202e}b\tc\u{9b}d"))
        .and_then(|s| s.register("open", |value: Value| value.type_name()))
        .and_then(|s| s.register("fails", || Err::<i32, _>(Fault::new(42, "it is broken"))))
        .unwrap();
    LocalServer::start(service)
}

#[test]
fn arguments_take_the_methods_types() {
    let server = typed();
    let url = server.address.as_str();
    for (arguments, result) in [
        (&["int", "6"][..], "7\n"),
        (&["int", "-8"], "-7\n"),
        (&["long", "4999999999"], "5000000000\n"),
        (&["double", "1"], "0.5\n"),
        (&["boolean", "true"], "false\n"),
        (&["string", "7"], "<7>\n"),
        (&["string", "--", "-x"], "<-x>\n"),
        (&["date", "1998-07-17T14:08:55"], "19980717T14:08:55\n"),
        (&["bytes", "aGk="], "2\n"),
        (&["list", "[1, 2]"], "[1,2]\n"),
        (
            &["struct", r#"{"b": 1, "a": null}"#],
            "{\"b\":1,\"a\":null}\n",
        ),
        (&["two", "7", "7"], "7 7\n"),
        (&["none"], "null\n"),
        (&["base64"], "aGk=\n"),
        (&["lines"], "one\ntwo\n"),
        // The server does not tell, so it is text.
        (&["open", "7"], "string\n"),
    ] {
        run(&[&["call", url], arguments].concat()).expect(result);
    }
}

#[test]
fn types_can_be_forced() {
    let server = typed();
    let url = server.address.as_str();
    for (arguments, result) in [
        (&["open", "7", "--arg-type", "int"][..], "int\n"),
        (&["open", "7", "--arg-type", "double"], "double\n"),
        (&["open", "1", "--arg-type", "boolean"], "boolean\n"),
        (
            &["open", "20261122T10:00:00", "--arg-type", "datetime"],
            "dateTime.iso8601\n",
        ),
        (&["open", "aGk=", "--arg-type", "base64"], "base64\n"),
        (&["open", "[]", "--arg-type", "json"], "array\n"),
        (&["open", "[]", "--arg-type", "string"], "string\n"),
        (&["open", "{}", "--json"], "struct\n"),
        (&["open", "\"7\"", "--json"], "string\n"),
        (&["two", "7", "8", "--arg-type", "int,string"], "7 8\n"),
        (&["two", "7", "\"x\"", "--json"], "7 x\n"),
    ] {
        run(&[&["call", url], arguments].concat()).expect(result);
    }
}

#[test]
fn results_are_text_or_json() {
    let server = typed();
    let url = server.address.as_str();
    for (method, text, json) in [
        ("lines", "one\ntwo\n", "\"one\\ntwo\"\n"),
        ("base64", "aGk=\n", "\"aGk=\"\n"),
        ("none", "null\n", "null\n"),
    ] {
        run(&["call", url, method, "--output", "text"]).expect(text);
        run(&["call", url, method, "--output", "json"]).expect(json);
    }
}

#[test]
fn errors_have_codes_and_remedies() {
    let server = typed();
    let url = server.address.as_str();
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    let lost = format!("{url}/elsewhere");
    for (arguments, code, texts) in [
        (
            &[url, "int", "x"][..],
            2,
            &["argument 1", "int(int) -> int", "--arg-type"][..],
        ),
        (
            &[url, "two", "1"],
            2,
            &["1 argument was given", "two(int, string) -> string"],
        ),
        (&[url, "open", "x", "--json"], 2, &["is not JSON", "quotes"]),
        (
            &[url, "two", "1", "2", "--arg-type", "int,int,int"],
            2,
            &["one for each"],
        ),
        (&["http://", "f"], 2, &["http://host:port/path"]),
        (&[&gone, "f"], 4, &["nothing listens", "start the server"]),
        (&[url, "fails"], 5, &["fault 42: it is broken"]),
        (&[url, "nada", "1"], 5, &["nada", "not supported"]),
        (
            &[url, "int", "x", "--arg-type", "string"],
            5,
            &["fault -32602"],
        ),
        (
            &[&lost, "int", "1"],
            8,
            &["no XML-RPC service at /elsewhere"],
        ),
        (
            &[url, "f", "--ca", "/nonexistent"],
            2,
            &["--ca", "/nonexistent", "can be read"],
        ),
        (
            &[url, "f", "--token-file", "/nonexistent"],
            2,
            &["--token-file", "reparte keys"],
        ),
    ] {
        run(&[&["call"], arguments].concat()).expect_error(code, texts);
    }
}

#[test]
fn an_address_without_a_port_is_refused_by_all_alike() {
    for (address, text) in [
        ("localhost", "bad address localhost: it has no port"),
        ("[::1]", "bad address [::1]: it has no port"),
        ("x/localhost:1", "must be a number"),
    ] {
        for subcommand in [
            &["call", address, "f"][..],
            &["methods", address],
            &["status", address],
            &["run", address, "--function", "f"],
        ] {
            run(subcommand).expect_error(2, &[text]);
        }
    }
}

#[test]
fn tls_files_of_no_use_are_named_with_their_flags() {
    let files = TestDirectory::new("call tls");
    let empty = files.write("empty", "", 0o600);
    let keys = files.path("keys");
    run(&["keys", &keys]).expect_code(0);
    let (certificate, key) = (format!("{keys}/client.pem"), format!("{keys}/client.key"));
    // A file that only its owner may read, as a key's has to be, and that has a certificate.
    let no_key = files.write(
        "no key",
        &std::fs::read_to_string(&certificate).unwrap(),
        0o600,
    );
    let identity = format!("--tls-cert {certificate} --tls-key {no_key}: its key is no key");
    let torn = files.write(
        "torn",
        "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
        0o600,
    );
    for (flags, text) in [
        (
            &["--ca", &*empty][..],
            format!("--ca {empty}: it has no certificate as PEM"),
        ),
        (&["--ca", &torn], format!("--ca {torn}: it is not PEM")),
        (
            &["--tls-cert", &empty, "--tls-key", &key],
            format!("--tls-cert {empty}: it has no certificate as PEM"),
        ),
        (
            &["--tls-cert", &certificate, "--tls-key", &no_key],
            identity,
        ),
    ] {
        // One that is not called over TLS too.
        for url in ["https://localhost:1", "localhost:1"] {
            for subcommand in [
                &["call", url, "f"][..],
                &["methods", url],
                &["status", url],
                &["run", url, "--function", "f"],
            ] {
                let ended = run(&[subcommand, flags].concat());
                ended.expect_error(2, &[&text, "reparte keys"]);
            }
        }
    }
}

#[test]
fn a_server_that_speaks_tls_is_to_be_called_so() {
    let files = TestDirectory::new("call https");
    let keys = files.path("keys");
    run(&["keys", &keys]).expect_code(0);
    let (certificate, key) = (format!("{keys}/server.pem"), format!("{keys}/server.key"));
    let tls = ["--tls-cert", &*certificate, "--tls-key", &key];
    let (_server, url) = serve(&[&tls[..], &["--function", "f", "--", "cat"]].concat());
    run(&["call", &url, "f", "x"]).expect_error(8, &["speaks another protocol", "https://"]);
    let (url, ca) = (format!("https://{url}"), format!("{keys}/ca.pem"));
    run(&["call", &url, "f", "x", "--ca", &ca]).expect("x\n");
}

#[test]
fn what_never_answers_is_given_up() {
    // It takes connections, as the system does for every listener, and no more.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = silent.local_addr().unwrap().to_string();
    for subcommand in [&["call", &url, "f"][..], &["methods", &url]] {
        let ended = run(&[subcommand, &["--timeout", "0.2"]].concat());
        ended.expect_error(4, &["timed out", &url]);
    }
}

#[test]
fn a_token_is_shown_and_never_printed() {
    let files = TestDirectory::new("call token");
    let right = files.write("right", "correct-horse-battery\n", 0o600);
    let wrong = files.write("wrong", "another-horse-battery\n", 0o600);
    let open = files.write("open", "correct-horse-battery\n", 0o644);
    let (_server, url) = serve(&["--token-file", &right, "--function", "f", "--", "cat"]);
    let call = |more: &[&str]| run(&[&["call", &url, "f", "x"], more].concat());
    call(&["--token-file", &right]).expect("x\n");
    for (arguments, code, text) in [
        (&[][..], 8, "--token-file"),
        (&["--token-file", &wrong], 8, "--token-file"),
        (&["--token-file", &open], 2, "chmod 600"),
    ] {
        let ended = call(arguments);
        ended.expect_error(code, &[text]);
        assert!(!ended.stderr.contains("horse"), "{}", ended.stderr);
    }
}

#[test]
fn pythons_server_is_called_too() {
    for arguments in [&["introspection"][..], &[]] {
        let Some((_server, url)) = python(arguments) else {
            return;
        };
        for (arguments, result) in [
            (&["kind", "7"][..], "str\n"),
            (&["kind", "7", "--arg-type", "int"], "int\n"),
            (&["kind", "{}", "--json"], "dict\n"),
            (&["echo", "año <&>"], "año <&>\n"),
            (
                &["echo", "[1, \"a\", null, 0.5, true]", "--json"],
                "[1,\"a\",null,0.5,true]\n",
            ),
        ] {
            run(&[&["call", &url], arguments].concat()).expect(result);
        }
        run(&["call", &url, "kind"]).expect_error(5, &["fault 1", "TypeError"]);
    }
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let server = typed();
    let mut command = common::reparte(&["call", &server.address, "lines"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = command.stdout(writer).output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stderr.is_empty(), "{ended:?}");
}

#[test]
fn a_terminal_is_given_nothing_to_obey() {
    let server = typed();
    let call = ["call", &server.address, "turns"];
    run(&call).expect("a\u{202e}b\tc\u{9b}d\n");
    let mut called = OnTerminal::start(common::reparte(&call));
    let drawn = called.drawn(|drawn| drawn.ends_with('\n'));
    assert_eq!(drawn, "a\\u{202e}b\tc\\u{9b}d\r\n");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cant_be_written_is_an_error() {
    let server = typed();
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = common::reparte(&["call", &server.address, "lines"]);
    let ended = command.stdout(full).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert!(stderr.contains("can't write the output"), "{stderr}");
}

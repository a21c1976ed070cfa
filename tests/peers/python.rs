//! Python 2.7 and 3: the article's client, every type both ways, errors, TLS, and a server that
//! is killed.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use xmlrpc_client::ServerProxy;
use xmlrpc_server::Service;
use xmlrpc_wire::{Bytes, DateTime, Fault, Struct, Value};

use crate::common::{self, TEN, run, server};
use crate::keys::Keys;
use crate::our_server::{self, FRONTS};
use crate::python_scripts::script;
use test_support::Running;

fn python_server(major: &str) -> (Running, String) {
    let running = script(major, "servers/python.py", &[]);
    let address = running.line_after("listening on http://");
    (running, address)
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn our_clients_work_with_pythons_servers() {
    for major in ["2", "3"] {
        let (_serv, address) = python_server(major);
        let url = format!("http://{address}");
        let clnt = run("clnt_trivial", &[&url]);
        assert_eq!(clnt.expect_code(0).stdout, "49\n");
        let clnt = run("clnt_lineal", &[&url]);
        assert_eq!(clnt.expect_code(0).results(), TEN);
    }
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn one_run_mixes_pythons_servers_and_ours() {
    let (_old, old) = python_server("2");
    let (_new, new) = python_server("3");
    let (_ours, ours) = server("serv_processes", &["--workers", "1"]);
    for servers in [vec![&old, &old], vec![&old, &new], vec![&old, &new, &ours]] {
        let servers: Vec<&str> = servers.into_iter().map(String::as_str).collect();
        let clnt = run("clnt_processes", &servers);
        assert_eq!(clnt.expect_code(0).results(), TEN);
    }
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn a_python_server_killed_costs_no_result() {
    let (old, old_address) = python_server("2");
    let (_ours, ours) = server("serv_processes", &["--workers", "1"]);
    let arguments = [
        &old_address,
        &ours,
        "--base",
        "23434252232434",
        "--count",
        "40",
    ];
    let clnt = common::start("clnt_processes", &arguments);
    old.line_after("\" 200 -");
    old.kill();
    let ended = clnt.end();
    assert!(ended.expect_code(0).results().starts_with(TEN));
    assert_eq!(ended.results().lines().count(), 40);
    assert!(
        ended.stderr.contains(&format!("died: {old_address}")),
        "{}",
        ended.stderr
    );
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn the_articles_client_in_python_works_with_our_servers() {
    for major in ["2", "3"] {
        let (_first, first) = server("serv_processes", &[]);
        let (_second, second) = server("serv_lineal", &[]);
        let clnt = script(major, "clients/python_threads.py", &[&first, &second]).end();
        assert_eq!(clnt.expect_code(0).stdout, TEN, "Python {major}");
    }
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn every_value_survives_the_way_from_python_to_us_and_back() {
    for front in FRONTS {
        let mut service = Service::new();
        service.register("eco", |value: Value| value).unwrap();
        let ours = our_server::start(front, service);
        for major in ["2", "3"] {
            let clnt = script(major, "clients/python_values.py", &[&ours.url()]).end();
            assert_eq!(
                clnt.expect_code(0).stdout,
                "ok\n",
                "Python {major}, {front:?}"
            );
        }
    }
}

#[test]
#[ignore = "needs what tests/peers/install installs"]
fn every_value_survives_the_way_from_us_to_python_and_back() {
    let members: Struct = [("a", Value::from(1)), ("<b>", Value::Nil)]
        .into_iter()
        .collect();
    let values = [
        Value::from(i32::MIN),
        Value::from(true),
        Value::from(""),
        Value::from("  "),
        Value::from("<&>\"' café € \u{1F600}\n\ttab"),
        Value::from(-12.5),
        Value::from(1e300),
        Value::from(DateTime::new(1998, 7, 17, 14, 8, 55).unwrap()),
        Value::from(Bytes((0..=255).collect())),
        Value::from(vec![Value::Array(vec![]), Value::from(members.clone())]),
        Value::from(members),
        Value::Nil,
    ];
    for major in ["2", "3"] {
        let (_serv, address) = python_server(major);
        let proxy = ServerProxy::new(&format!("http://{address}")).unwrap();
        for value in &values {
            let back = proxy.call::<Value>("eco", (value.clone(),));
            assert_eq!(&back.unwrap(), value, "Python {major}");
        }
        let fault = proxy.call::<Value>("nada", ()).unwrap_err();
        let xmlrpc_client::Error::Fault(fault) = fault else {
            panic!("not a fault: {fault}");
        };
        assert_eq!(fault.code, Fault::APPLICATION);
        assert!(
            fault.message.contains("\"nada\" is not supported"),
            "{fault}"
        );
    }
}

/// The keys come from the example `private_ca`. The script also calls without the token, with
/// another token, without trust in the authority, and with TLS 1.2 alone: each has to fail.
#[test]
#[ignore = "needs what tests/peers/install installs"]
fn pythons_client_shows_the_token_and_speaks_tls() {
    const TOKEN: &str = "correct-horse-battery";
    let keys = Keys::make("python");
    let mut file = OpenOptions::new();
    file.write(true).create_new(true).mode(0o600);
    let mut file = file.open(keys.path("token")).unwrap();
    file.write_all(TOKEN.as_bytes()).unwrap();
    let [ca, pem, key] = ["ca.pem", "server.pem", "server.key"].map(|name| keys.path(name));
    let token = ["--token-file", &keys.path("token")].map(str::to_owned);
    let token = token.each_ref().map(String::as_str);
    let tls = ["--tls-cert", &pem, "--tls-key", &key];
    let (_plain, plain) = server("serv_processes", &token);
    let (_secure, secure) = server("serv_processes", &[&token[..], &tls].concat());
    let arguments = [TOKEN, &plain, &secure, &ca];
    let clnt = script("3", "clients/python_secure.py", &arguments).end();
    assert_eq!(clnt.expect_code(0).stdout, "ok\n");
}

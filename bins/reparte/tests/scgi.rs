//! Servers that speak SCGI, and the subcommands that call them.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test's helpers are tests too, which clippy.toml's setting does not see"
)]

mod common;

use common::{reparte, run};
use test_support::{Running, ScgiServer, TestDirectory};
use xmlrpc_server::Service;

fn service() -> Service {
    let mut service = Service::new();
    service.register("cuad", |n: i64| n * n).unwrap();
    service
}

#[test]
fn each_subcommand_calls_a_server_of_scgi() {
    let files = TestDirectory::for_sockets();
    let socket = files.path("rpc.socket");
    let tasks: String = (0..50).map(|n| format!("{n}\n")).collect();
    let tasks = files.write("tasks", &tasks, 0o600);
    for server in [
        ScgiServer::start(service()),
        ScgiServer::on_socket(service(), &socket),
    ] {
        let url = &*server.url;
        run(&["call", url, "cuad", "3000000"]).expect("9000000000000\n");
        run(&["methods", url]).expect("cuad(i8) -> i8\n");
        let status = run(&["status", url]);
        status.expect_code(0);
        assert!(status.stdout.contains("cuad"), "{}", status.stdout);
        let run = Running::start(reparte(&[
            "run",
            &format!("2/{url}"),
            "--function",
            "cuad",
            "--arg-type",
            "int",
            "--tasks",
            &tasks,
        ]));
        let squares: String = (0..50).map(|n| format!("{}\n", n * n)).collect();
        run.end().expect(&squares);
    }
}

#[test]
fn nobody_there_is_named() {
    let files = TestDirectory::for_sockets();
    let url = format!("scgi+unix:{}", files.path("none"));
    run(&["call", &url, "cuad", "3"]).expect_error(4, &["Unix socket", "start the server"]);
    run(&["call", "scgi://localhost", "cuad", "3"]).expect_error(2, &["no port"]);
}

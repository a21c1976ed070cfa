//! `reparte methods --rust`: the module compiles, and its functions call the server.
//!
//! The module that it is compared with is compiled into this test.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod common;
#[path = "generated/functions.rs"]
#[allow(unreachable_pub, reason = "a module of a library has it")]
#[rustfmt::skip]
mod functions;

use common::run;
use xmlrpc_client::{Bytes, DateTime, ServerProxy, Struct, Value};
use xmlrpc_server::Service;
use xmlrpc_server::front::{hyper, listen};

/// A function of each type of XML-RPC, and with names that Rust does not have.
fn service() -> Service {
    let mut service = Service::new();
    service.register("cuad", |n: i32| n * n).unwrap();
    service
        .help("cuad", "The square.\n\n    let x = cuad(7);\n")
        .unwrap();
    service.register("getState", || true).unwrap();
    service
        .register("type", |text: String| text.len() as f64)
        .unwrap();
    service
        .register("long:sum", |a: i64, b: i64| a + b)
        .unwrap();
    service
        .register(
            "all.ofIt",
            |day: DateTime, bytes: Bytes, list: Vec<Value>, one: Struct| {
                let parts = [Value::from(day), Value::from(bytes)];
                let parts = parts.into_iter().chain(list).chain([Value::from(one)]);
                parts.collect::<Vec<Value>>()
            },
        )
        .unwrap();
    service.register("any", |value: Value| value).unwrap();
    service.register("nothing", || ()).unwrap();
    service
}

#[test]
fn the_module_compiles_and_calls() {
    let listener = listen("localhost:0").unwrap();
    let server = hyper::Server::new(listener, service()).unwrap();
    let address = server.address().to_string();
    let module = run(&["methods", &address, "--rust"]);
    module.expect_code(0);
    let expected = include_str!("generated/functions.rs");
    assert_eq!(module.stdout.replace(&address, "localhost:9000"), expected);

    let proxy = ServerProxy::new(&address).unwrap();
    let functions = functions::Functions(&proxy);
    assert_eq!(functions.cuad(7).unwrap(), 49);
    assert!(functions.get_state().unwrap());
    assert_eq!(functions.type_("four").unwrap(), 4.0);
    assert_eq!(functions.long_sum(1 << 40, 1).unwrap(), (1 << 40) + 1);
    let day: DateTime = DateTime::parse("20051129T10:00:00").unwrap();
    let one: Struct = [("n".to_owned(), Value::Int(1))].into_iter().collect();
    let all = functions.all_of_it(day, Bytes(vec![1]), vec![Value::Int(2)], one.clone());
    let expected = [
        Value::from(day),
        Value::Base64(vec![1]),
        Value::Int(2),
        Value::Struct(one),
    ];
    assert_eq!(all.unwrap(), expected);
    assert_eq!(functions.any::<i32>((5,)).unwrap(), 5);
    functions.nothing().unwrap();
    server.stop();
    server.wait().unwrap();
}

#[test]
fn a_module_is_no_value() {
    run(&["methods", "localhost:1", "--rust", "--output", "json"])
        .expect_error(2, &["--rust", "--output"]);
}

//! The examples of asynchronous clients, and this crate in a tokio program.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[allow(dead_code, reason = "its main is not called")]
#[path = "../examples/async_hyper.rs"]
mod async_hyper;
#[allow(dead_code, reason = "its main is not called")]
#[path = "../examples/async_reqwest.rs"]
mod async_reqwest;

use std::sync::Arc;

use tokio::runtime::Builder;
use xmlrpc_client::ServerProxy;
use xmlrpc_server::Service;
use xmlrpc_server::front::{hyper, listen};

/// Runs `calls` with the address of a server, in a runtime.
fn with_server<F: Future<Output = ()>>(calls: impl FnOnce(String) -> F) {
    let mut service = Service::new();
    service.register("cuad", |n: i32| n * n).unwrap();
    let server = hyper::Server::new(listen("localhost:0").unwrap(), service).unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(calls(server.address().to_string()));
    server.stop();
    server.wait().unwrap();
}

#[test]
fn hyper_calls() {
    with_server(async |address| {
        let mut server = async_hyper::Server::connect(&address).await.unwrap();
        assert_eq!(server.call::<i32>("cuad", (7,)).await.unwrap(), 49);
        assert_eq!(server.call::<i32>("cuad", (8,)).await.unwrap(), 64);
        let error = server.call::<i32>("cubo", (7,)).await.unwrap_err();
        assert!(error.to_string().contains("cubo"), "{error}");
    });
}

#[test]
fn reqwest_calls() {
    with_server(async |address| {
        let http = reqwest::Client::new();
        let url = format!("http://{address}/RPC2");
        let square: i32 = async_reqwest::call(&http, &url, "cuad", (7,))
            .await
            .unwrap();
        assert_eq!(square, 49);
        let fault = async_reqwest::call::<i32>(&http, &url, "cubo", (7,)).await;
        assert!(fault.unwrap_err().to_string().contains("cubo"));
    });
}

#[test]
fn a_blocking_call_is_made_on_a_thread_of_tokios() {
    with_server(async |address| {
        let server = Arc::new(ServerProxy::new(&address).unwrap());
        let call = move || server.call::<i32>("cuad", (7,));
        assert_eq!(
            tokio::task::spawn_blocking(call).await.unwrap().unwrap(),
            49
        );
    });
}

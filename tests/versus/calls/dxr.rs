//! dxr: its server on axum, its client on reqwest.

use std::sync::Arc;
use std::time::Instant;

use dxr::{Fault, TryFromParams, TryToValue, Value};
use dxr_client::{Client as DxrClient, ClientBuilder};
use dxr_server::{HandlerFn, RouteBuilder, Server};
use http::HeaderMap;
use tokio::runtime::{Builder, Runtime};

/// Serves as `#[tokio::main]` has it.
pub fn serve() {
    let runtime = Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        println!("{}", listener.local_addr().expect("it listens"));
        let route = RouteBuilder::new().set_path("/RPC2");
        let route = route.add_method("cuad", Box::new(cuad as HandlerFn));
        let served = Server::from_route(route.build()).serve_listener(listener);
        served.await.expect("it serves");
    });
}

fn cuad(params: &[Value], _: HeaderMap) -> Result<Value, Fault> {
    let (n,) = <(i32,)>::try_from_params(params)?;
    Ok((n * n).try_to_value()?)
}

/// One client, on a runtime of its thread alone: the quickest that it was seen.
pub struct Client {
    runtime: Runtime,
    client: DxrClient,
}

impl Client {
    pub fn new(address: &str) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        Client {
            runtime: runtime.expect("a runtime"),
            client: client(address),
        }
    }

    pub fn call(&mut self, n: i32) -> i32 {
        let answer = self.runtime.block_on(self.client.call("cuad", (n,)));
        answer.expect("an answer")
    }
}

/// Calls/s of `clients` tasks of one client on a runtime of all cores, `calls` each.
pub fn shared(address: &str, clients: i32, calls: i32) -> f64 {
    let runtime = Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let client = Arc::new(client(address));
        let started = Instant::now();
        let tasks = (0..clients).map(|_| {
            let client = Arc::clone(&client);
            tokio::spawn(async move {
                for n in 0..calls {
                    let square: i32 = client.call("cuad", (n,)).await.expect("an answer");
                    assert_eq!(square, n * n);
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.expect("it does not panic");
        }
        f64::from(clients * calls) / started.elapsed().as_secs_f64()
    })
}

fn client(address: &str) -> DxrClient {
    let url = format!("http://{address}/RPC2").parse().expect("a URL");
    ClientBuilder::new(url).build()
}

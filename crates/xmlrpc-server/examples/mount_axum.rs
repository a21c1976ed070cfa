//! Functions as one route of an axum server, beside its others:
//!
//!     cargo run -p xmlrpc-server --example mount_axum
//!
//! Access, TLS and the limits on connections are then that server's task.

use std::error::Error;
use std::io::{self, Write as _};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::task::spawn_blocking;
use xmlrpc_server::Service;

fn main() -> Result<(), Box<dyn Error>> {
    let mut service = Service::new();
    service.register("cuad", |n: i32| n * n)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(io::stdout(), "http://{}/RPC2", listener.local_addr()?)?;
        Ok(axum::serve(listener, app(service)).await?)
    })
}

pub(crate) fn app(service: Service) -> Router {
    let limit = DefaultBodyLimit::max(service.limits().bytes);
    let rpc = Router::new().route("/RPC2", post(rpc)).layer(limit);
    rpc.with_state(Arc::new(service))
}

async fn rpc(State(service): State<Arc<Service>>, request: Bytes) -> impl IntoResponse {
    // The functions run on threads that may block.
    let answer = spawn_blocking(move || service.answer(&request)).await;
    let answer = answer.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR);
    answer.map(|answer| ([(CONTENT_TYPE, "text/xml")], answer))
}

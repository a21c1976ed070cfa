//! A server inside a tokio program, which ends at Ctrl-C and lets running calls finish:
//!
//!     cargo run -p xmlrpc-server --example tokio_shutdown -- [PORT]

use std::error::Error;
use std::future::Future;
use std::io::{self, Write as _};

use tokio::runtime::Builder;
use xmlrpc_server::Service;
use xmlrpc_server::front::hyper::Server;
use xmlrpc_server::front::listen;

fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "0".to_owned());
    // The program's own runtime, of any kind; the server has its own threads.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut service = Service::new();
        service.register("cuad", |n: i32| n * n)?;
        let server = Server::new(listen(&port)?, service)?;
        writeln!(io::stdout(), "http://{}", server.address())?;
        let ctrl_c = async { drop(tokio::signal::ctrl_c().await) };
        serve_beside(server, ctrl_c).await
    })
}

/// Serves until `shutdown` completes, while the program does its other work.
pub(crate) async fn serve_beside(
    server: Server,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Box<dyn Error>> {
    let other_work = tokio::spawn(async { 7 * 7 });
    server.run_until(shutdown).await?;
    other_work.await?;
    Ok(())
}

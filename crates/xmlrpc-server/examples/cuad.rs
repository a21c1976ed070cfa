//! `cuad` on both fronts, each on a port of its own, until Enter:
//!
//!     cargo run -p xmlrpc-server --all-features --example cuad
//!     python3 -c "import xmlrpc.client; print(xmlrpc.client.ServerProxy('http://127.0.0.1:PORT').cuad(7))"

use std::error::Error;
use std::io::{self, BufRead as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use xmlrpc_server::front::{hyper, tiny};
use xmlrpc_server::{Fault, Service};

fn main() -> Result<(), Box<dyn Error>> {
    let mut service = Service::new();
    service.register("cuad", |n: i32| n.checked_mul(n).ok_or_else(too_large))?;
    let service = Arc::new(service);

    let loopback = tiny::Server::new(TcpListener::bind("127.0.0.1:0")?, Arc::clone(&service))?;
    let network = hyper::Server::new(TcpListener::bind("127.0.0.1:0")?, service)?;
    let mut out = io::stdout().lock();
    writeln!(out, "tiny front:  http://{}", loopback.address())?;
    writeln!(out, "hyper front: http://{}", network.address())?;

    io::stdin().lock().read_line(&mut String::new())?;
    loopback.stop();
    network.stop();
    loopback.wait()?;
    network.wait()?;
    Ok(())
}

fn too_large() -> Fault {
    Fault::application("the square does not fit in 32 bits")
}

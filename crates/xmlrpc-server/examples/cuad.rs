//! Publishes `cuad` with both fronts, each on a port of its own, until Enter:
//!
//!     cargo run -p xmlrpc-server --all-features --example cuad
//!     python3 -c "import xmlrpc.client; print(xmlrpc.client.ServerProxy('http://127.0.0.1:PORT').cuad(7))"

use std::error::Error;
use std::io::{self, BufRead as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use xmlrpc_server::front::{hyper, tiny};
use xmlrpc_server::{Service, Stop};

fn main() -> Result<(), Box<dyn Error>> {
    let mut service = Service::new();
    service.register("cuad", |n: i32| n.checked_mul(n).ok_or_else(too_large))?;
    let service = Arc::new(service);

    let simple = TcpListener::bind("127.0.0.1:0")?;
    let network = TcpListener::bind("127.0.0.1:0")?;
    let mut out = io::stdout().lock();
    writeln!(out, "tiny front:  http://{}", simple.local_addr()?)?;
    writeln!(out, "hyper front: http://{}", network.local_addr()?)?;

    let stop = Stop::new();
    thread::scope(|scope| {
        let simple = scope.spawn(|| {
            tiny::serve(
                simple,
                Arc::clone(&service),
                &tiny::Options::default(),
                &stop,
            )
        });
        let network = scope.spawn(|| {
            hyper::serve(
                network,
                Arc::clone(&service),
                &hyper::Options::default(),
                &stop,
            )
        });
        let enter = io::stdin().lock().read_line(&mut String::new());
        stop.stop();
        for server in [simple, network] {
            server.join().map_err(|_| "a server panicked")??;
        }
        enter?;
        Ok(())
    })
}

fn too_large() -> xmlrpc_wire::Fault {
    xmlrpc_wire::Fault::application("the square does not fit in 32 bits")
}

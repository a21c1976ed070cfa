//! Publishes the function `digits` on a port of this machine: the README's example.

use std::error::Error;
use std::net::TcpListener;

use xmlrpc_server::Service;
use xmlrpc_server::front::hyper::Server;

/// Returns the number of digits in a text.
fn digits(text: String) -> i32 {
    text.bytes()
        .map(|byte| i32::from(byte.is_ascii_digit()))
        .sum()
}

fn main() -> Result<(), Box<dyn Error>> {
    let port = std::env::args()
        .nth(1)
        .ok_or("give the port, such as 9000")?;
    let listener = TcpListener::bind(("127.0.0.1", port.parse()?))?;
    let mut service = Service::new();
    service.register("digits", digits)?;
    Ok(Server::new(listener, service)?.wait()?)
}

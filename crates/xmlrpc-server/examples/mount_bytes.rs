//! Functions behind any web server that runs programs by CGI (RFC 3875): bytes in, bytes
//! out:
//!
//!     cargo build -p xmlrpc-server --example mount_bytes
//!     mkdir -p cgi-bin && cp target/debug/examples/mount_bytes cgi-bin/rpc
//!     python3.13 -m http.server --cgi --bind 127.0.0.1 8000 &
//!     python3 -c "import xmlrpc.client; print(xmlrpc.client.ServerProxy('http://127.0.0.1:8000/cgi-bin/rpc').cuad(7))"

use std::error::Error;
use std::io::{self, Read, Write};

use xmlrpc_server::Service;

fn main() -> Result<(), Box<dyn Error>> {
    let mut service = Service::new();
    service.register("cuad", |n: i32| n * n)?;
    let length =
        std::env::var("CONTENT_LENGTH").map_err(|_| "this is to be run by a web server")?;
    let request = io::stdin().lock().take(length.parse()?);
    Ok(exchange(&service, request, io::stdout().lock())?)
}

pub(crate) fn exchange(
    service: &Service,
    request: impl Read,
    mut answer: impl Write,
) -> io::Result<()> {
    // One byte more than the limit is enough for the service to refuse it.
    let most = service.limits().bytes as u64 + 1;
    let mut document = Vec::new();
    request.take(most).read_to_end(&mut document)?;
    let document = service.answer(&document);
    write!(
        answer,
        "Content-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
        document.len()
    )?;
    answer.write_all(&document)
}

//! Calls in a tokio program, by hyper and the codec alone:
//!
//!     cargo run -p xmlrpc-client --example async_hyper -- localhost:9000 7
//!
//! A connection serves one call after the other.

use std::env;
use std::error::Error;
use std::io::{self, Write as _};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Builder;
use xmlrpc_wire::{FromValue, IntoParams, Limits, decode_response, encode_call};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let server = arguments.next().unwrap_or("localhost:9000".to_owned());
    let n: i32 = arguments.next().unwrap_or("7".to_owned()).parse()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let square: i32 = runtime.block_on(async {
        let mut server = Server::connect(&server).await?;
        server.call("cuad", (n,)).await
    })?;
    writeln!(io::stdout(), "{square}")?;
    Ok(())
}

/// A connection to a server.
pub(crate) struct Server {
    host: String,
    sender: SendRequest<Full<Bytes>>,
}

impl Server {
    /// Connects to `host:port`.
    pub(crate) async fn connect(address: &str) -> Result<Self, Box<dyn Error>> {
        let stream = TcpStream::connect(address).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with the sender, or with an error that the next call has too.
        tokio::spawn(connection);
        Ok(Server {
            host: address.to_owned(),
            sender,
        })
    }

    /// Calls a function.
    pub(crate) async fn call<R: FromValue>(
        &mut self,
        method: &str,
        params: impl IntoParams,
    ) -> Result<R, Box<dyn Error>> {
        let body = encode_call(method, &params.into_params()?)?;
        let request = Request::post("/RPC2")
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, "text/xml")
            .body(Full::from(body))?;
        let response = self.sender.send_request(request).await?;
        if response.status() != 200 {
            return Err(format!("HTTP {}", response.status()).into());
        }
        let limits = Limits::default();
        let body = Limited::new(response.into_body(), limits.bytes);
        let document = body
            .collect()
            .await
            .map_err(|error| error.to_string())?
            .to_bytes();
        Ok(R::from_value(decode_response(&document, &limits)??)?)
    }
}

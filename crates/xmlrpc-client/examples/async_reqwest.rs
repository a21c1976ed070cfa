//! Calls in a tokio program, by reqwest and the codec alone:
//!
//!     cargo run -p xmlrpc-client --example async_reqwest -- localhost:9000 7
//!
//! Time-outs, TLS, proxies and retries are then reqwest's.

use std::env;
use std::error::Error;
use std::io::{self, Write as _};

use reqwest::header::CONTENT_TYPE;
use tokio::runtime::Builder;
use xmlrpc_wire::{FromValue, IntoParams, Limits, decode_response, encode_call};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let server = arguments.next().unwrap_or("localhost:9000".to_owned());
    let n: i32 = arguments.next().unwrap_or("7".to_owned()).parse()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let url = format!("http://{server}/RPC2");
    let square: i32 = runtime.block_on(call(&reqwest::Client::new(), &url, "cuad", (n,)))?;
    writeln!(io::stdout(), "{square}")?;
    Ok(())
}

/// Calls a function of the server at `url`.
pub(crate) async fn call<R: FromValue>(
    http: &reqwest::Client,
    url: &str,
    method: &str,
    params: impl IntoParams,
) -> Result<R, Box<dyn Error>> {
    let body = encode_call(method, &params.into_params()?)?;
    let request = http.post(url).header(CONTENT_TYPE, "text/xml").body(body);
    let mut response = request.send().await?.error_for_status()?;
    let limits = Limits::default();
    let mut document = Vec::new();
    while let Some(piece) = response.chunk().await? {
        document.extend_from_slice(&piece);
        if document.len() > limits.bytes {
            return Err("the response is above the limit".into());
        }
    }
    Ok(R::from_value(decode_response(&document, &limits)??)?)
}

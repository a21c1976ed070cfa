//! A server of `xmlrpc-server`, in a thread.

use std::net::TcpListener;
use std::thread;

use xmlrpc_server::Service;
use xmlrpc_server::front::hyper::{Options, Server};

/// Serves until it is dropped.
pub(crate) struct Live {
    pub(crate) address: String,
    server: Option<Server>,
}

impl Live {
    pub(crate) fn start(service: Service, options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let builder = Server::builder(listener, service).options(options);
        let server = builder.start().unwrap();
        Live {
            address: server.address().to_string(),
            server: Some(server),
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let server = self.server.take().unwrap();
        server.stop();
        let ended = server.wait();
        if !thread::panicking() {
            ended.unwrap();
        }
    }
}

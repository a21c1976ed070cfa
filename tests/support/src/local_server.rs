//! A server in the test's own process.

use std::net::TcpListener;

use xmlrpc_server::Service;
use xmlrpc_server::front::hyper;

/// A server in the test's own process, on a port that the system chooses. It stops when this
/// is dropped.
#[derive(Debug)]
#[non_exhaustive]
pub struct LocalServer {
    /// The address where it listens, `host:port`.
    pub address: String,
    /// None only after the end.
    server: Option<hyper::Server>,
}

impl LocalServer {
    /// Starts a server of `service` on the hyper front with its default options.
    pub fn start(service: Service) -> Self {
        LocalServer::with(service, hyper::Options::default())
    }

    /// Starts a server of `service` on the hyper front.
    pub fn with(service: Service, options: hyper::Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let builder = hyper::Server::builder(listener, service).options(options);
        let server = builder.start().unwrap();
        LocalServer {
            address: server.address().to_string(),
            server: Some(server),
        }
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop();
            let ended = server.wait();
            if !std::thread::panicking() {
                ended.unwrap();
            }
        }
    }
}

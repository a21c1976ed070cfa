//! A server in the test's own process.

use std::net::TcpListener;
use std::thread;

use xmlrpc_server::Service;
use xmlrpc_server::front::{hyper, tiny};

/// A server in the test's own process, on a port that the system chooses. It stops when this
/// is dropped, and fails the test if it has failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct LocalServer {
    /// The address where it listens, `host:port`.
    pub address: String,
    /// None only after the end.
    front: Option<Front>,
}

#[derive(Debug)]
enum Front {
    Tiny(tiny::Server),
    Hyper(hyper::Server),
}

impl LocalServer {
    /// Starts a server of `service` on the hyper front with its default options.
    pub fn start(service: Service) -> Self {
        LocalServer::with(service, hyper::Options::default())
    }

    /// Starts a server of `service` on the hyper front.
    pub fn with(service: Service, options: hyper::Options) -> Self {
        let builder = hyper::Server::builder(listen(), service);
        let server = builder.options(options).start().unwrap();
        LocalServer {
            address: server.address().to_string(),
            front: Some(Front::Hyper(server)),
        }
    }

    /// Starts a server of `service` on the tiny front with its default options.
    pub fn tiny(service: Service) -> Self {
        let server = tiny::Server::new(listen(), service).unwrap();
        LocalServer {
            address: server.address().to_string(),
            front: Some(Front::Tiny(server)),
        }
    }

    /// Returns the URL at which it is called.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/RPC2", self.address)
    }
}

fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        let ended = match self.front.take() {
            None => return,
            Some(Front::Tiny(server)) => {
                server.stop();
                server.wait()
            }
            Some(Front::Hyper(server)) => {
                server.stop();
                server.wait()
            }
        };
        if !thread::panicking() {
            ended.unwrap();
        }
    }
}

//! A server of ours within the test, on either front.

use std::net::TcpListener;
use std::thread;

use xmlrpc_server::Service;
use xmlrpc_server::front::{hyper, tiny};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Front {
    Tiny,
    Hyper,
}

pub(crate) const FRONTS: [Front; 2] = [Front::Tiny, Front::Hyper];

/// Serves until it is dropped.
pub(crate) struct Ours {
    url: String,
    server: Option<Server>,
}

enum Server {
    Tiny(tiny::Server),
    Hyper(hyper::Server),
}

impl Ours {
    pub(crate) fn start(front: Front, service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/RPC2", listener.local_addr().unwrap());
        let server = match front {
            Front::Tiny => Server::Tiny(tiny::Server::new(listener, service).unwrap()),
            Front::Hyper => Server::Hyper(hyper::Server::new(listener, service).unwrap()),
        };
        Ours {
            url,
            server: Some(server),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        let ended = match self.server.take().unwrap() {
            Server::Tiny(server) => {
                server.stop();
                server.wait()
            }
            Server::Hyper(server) => {
                server.stop();
                server.wait()
            }
        };
        if !thread::panicking() {
            ended.unwrap();
        }
    }
}

//! A server in the test's own process.

use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use xmlrpc_server::front::hyper;
use xmlrpc_server::{Service, Stop};

/// A server in the test's own process, on a port that the system chooses. It stops when this
/// is dropped.
#[derive(Debug)]
#[non_exhaustive]
pub struct LocalServer {
    /// The address where it listens, `host:port`.
    pub address: String,
    stop: Stop,
    /// None only after the end.
    thread: Option<JoinHandle<()>>,
}

impl LocalServer {
    /// Starts a server of `service` on the hyper front with its default options.
    pub fn start(service: Service) -> Self {
        LocalServer::with(service, hyper::Options::default())
    }

    /// Starts a server of `service` on the hyper front.
    pub fn with(service: Service, options: hyper::Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stop = Stop::new();
        let stopped = stop.clone();
        let serve = move || hyper::serve(listener, service, &options, &stopped).unwrap();
        LocalServer {
            address,
            stop,
            thread: Some(thread::spawn(serve)),
        }
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        self.stop.stop();
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

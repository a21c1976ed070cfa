//! Servers inside this process, for a first run without any other.

use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use xmlrpc_server::front::hyper;
use xmlrpc_server::{Service, Stop};

use super::exit::Failure;
use super::factoring;
use super::work_limits::WorkLimits;

/// Servers on loopback, as serv_processes with one worker each; they end when this is
/// dropped.
#[derive(Debug, Default)]
pub struct LocalServers {
    servers: Vec<LocalServer>,
}

#[derive(Debug)]
struct LocalServer {
    address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl LocalServers {
    /// Starts `count` servers, each on a port that the system chooses.
    ///
    /// # Errors
    ///
    /// [`Failure::Server`] where one can't listen.
    pub fn start(count: usize) -> Result<Self, Failure> {
        let servers = (0..count).map(|_| LocalServer::start());
        Ok(LocalServers {
            servers: servers.collect::<Result<_, _>>()?,
        })
    }

    /// Their addresses, as clnt_processes takes them.
    pub fn addresses(&self) -> impl Iterator<Item = String> + '_ {
        self.servers.iter().map(|server| server.address.to_string())
    }
}

impl LocalServer {
    fn start() -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::Server(format!("can't start a server in this process: {error}"))
        };
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| failed(&e))?;
        let address = listener.local_addr().map_err(|e| failed(&e))?;
        let mut service = Service::new();
        factoring::publish(&mut service, WorkLimits::default())?;
        let mut options = hyper::Options::default();
        options.workers = 1;
        let stop = Stop::new();
        let stopped = stop.clone();
        let thread = thread::Builder::new()
            .name(format!("server {address}"))
            .spawn(move || {
                if let Err(error) = hyper::serve(listener, service, &options, &stopped) {
                    log::error!("the server on {address}: {error}");
                }
            })
            .map_err(|e| failed(&e))?;
        Ok(LocalServer {
            address,
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            // A panic in it has been reported when it happened.
            let _ = thread.join();
        }
    }
}

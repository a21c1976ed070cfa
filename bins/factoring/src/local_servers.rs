//! Servers in this process, for a first run without any other.

use std::error::Error;
use std::fmt;
use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use xmlrpc_server::front::hyper;
use xmlrpc_server::{Service, Stop};

use crate::functions::publish;
use crate::work_limits::WorkLimits;

/// Servers on loopback with one worker each, which publish what [`publish`](crate::publish())
/// does. They end when this is dropped.
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
    /// One can't listen, or its thread can't start.
    pub fn start(count: usize) -> Result<Self, StartError> {
        let servers = (0..count).map(|_| LocalServer::start());
        Ok(LocalServers {
            servers: servers.collect::<Result<_, _>>()?,
        })
    }

    /// Returns their addresses, each as `host:port`.
    pub fn addresses(&self) -> impl Iterator<Item = String> + '_ {
        self.servers.iter().map(|server| server.address.to_string())
    }
}

impl LocalServer {
    fn start() -> Result<Self, StartError> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(StartError::new)?;
        let address = listener.local_addr().map_err(StartError::new)?;
        let mut service = Service::new();
        publish(&mut service, WorkLimits::default()).map_err(StartError::new)?;
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
            .map_err(StartError::new)?;
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
            // Its panic, if there was one, has been reported already.
            let _ = thread.join();
        }
    }
}

/// A server in this process can't start.
#[derive(Debug)]
pub struct StartError(Box<dyn Error + Send + Sync>);

impl StartError {
    fn new(error: impl Error + Send + Sync + 'static) -> Self {
        StartError(Box::new(error))
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "can't start a server in this process: {}", self.0)
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

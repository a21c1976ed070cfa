//! Servers in this process, for a first run without any other.

use std::error::Error;
use std::fmt;
use std::net::TcpListener;

use xmlrpc_server::front::hyper;
use xmlrpc_server::{Service, Stop};

use crate::functions::publish;
use crate::units::publish_units;
use crate::work_limits::WorkLimits;

/// Servers on loopback with one worker each, which publish what [`publish`](crate::publish())
/// and [`publish_units`] do. They end when this is dropped.
#[derive(Debug, Default)]
pub struct LocalServers {
    servers: Vec<hyper::Server>,
}

impl LocalServers {
    /// Starts `count` servers, each on a port that the system chooses.
    ///
    /// # Errors
    ///
    /// One can't listen, or its threads can't start.
    pub fn start(count: usize) -> Result<Self, StartError> {
        let servers = (0..count).map(|_| start());
        Ok(LocalServers {
            servers: servers.collect::<Result<_, _>>()?,
        })
    }

    /// Returns their addresses, each as `host:port`.
    pub fn addresses(&self) -> impl Iterator<Item = String> + '_ {
        self.servers
            .iter()
            .map(|server| server.address().to_string())
    }
}

fn start() -> Result<hyper::Server, StartError> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(StartError::new)?;
    let mut service = Service::new();
    let (limits, stop) = (WorkLimits::default(), Stop::new());
    publish(&mut service, limits).map_err(StartError::new)?;
    publish_units(&mut service, limits, &stop).map_err(StartError::new)?;
    let mut options = hyper::Options::default();
    options.workers = 1;
    let builder = hyper::Server::builder(listener, service).options(options);
    builder.stop(stop).start().map_err(StartError::new)
}

impl Drop for LocalServers {
    fn drop(&mut self) {
        for server in &self.servers {
            server.stop();
        }
        for server in self.servers.drain(..) {
            let address = server.address();
            if let Err(error) = server.wait() {
                log::error!("the server on {address}: {error}");
            }
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

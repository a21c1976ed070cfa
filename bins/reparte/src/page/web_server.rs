//! The web server of the live page, on an address of this machine.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use xmlrpc_server::front::hyper;
use xmlrpc_server::{Error, Resource, Service};

use crate::exit::Failure;
use crate::page::assets::{SCRIPTS, STYLE};
use crate::page::model::PageModel;
use crate::page::run_json::Since;

/// Whoever has asked for data within this time is taken to look at the page.
const VIEWER_TIMEOUT: Duration = Duration::from_secs(3);
/// The time for viewers to see the end of the run: the page asks each second.
const FAREWELL: Duration = Duration::from_millis(1500);
/// The most connections. The page is for one person, on one machine.
const MAX_CONNECTIONS: usize = 64;

/// A socket that listens on the address of the page.
#[derive(Debug)]
pub(super) struct WebListener {
    listener: TcpListener,
    address: SocketAddr,
}

impl WebListener {
    /// Listens on an address. Refuses one that other machines can reach.
    pub(super) fn bind(address: &str) -> Result<Self, Failure> {
        let listener = xmlrpc_server::front::listen(address).map_err(|error| match error {
            Error::BadAddress { .. } => Failure::argument(format_args!("--page: {error}")),
            _ => Failure::server(format_args!("--page: {error}")),
        })?;
        let address = listener.local_addr().map_err(Failure::server)?;
        if !address.ip().to_canonical().is_loopback() {
            let port = address.port();
            return Err(Failure::argument(format_args!(
                "--page: {address} can be reached from other machines, and the page asks for \
                 no password: give 127.0.0.1:{port}, and look from elsewhere through \
                 `ssh -L {port}:127.0.0.1:{port} THIS-MACHINE`"
            )));
        }
        Ok(WebListener { listener, address })
    }

    /// Returns the URL of the page.
    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves the page.
    pub(super) fn serve(self, model: &Arc<PageModel>) -> Result<WebServer, Failure> {
        let last_request = Arc::new(LastRequest::default());
        let service = service(model, &last_request).map_err(Failure::server)?;
        let mut options = hyper::Options::default();
        options.workers = 1;
        options.connections = MAX_CONNECTIONS;
        options.grace = FAREWELL;
        let builder = hyper::Server::builder(self.listener, service).options(options);
        let server = builder.start().map_err(Failure::server)?;
        Ok(WebServer {
            server: Some(server),
            last_request,
        })
    }
}

/// The server of a page. Stops when it is dropped.
#[derive(Debug)]
pub(super) struct WebServer {
    server: Option<hyper::Server>,
    last_request: Arc<LastRequest>,
}

impl WebServer {
    /// Waits until whoever looks at the page has seen the end of the run, and stops.
    pub(super) fn say_farewell(self) {
        if self.last_request.is_within(VIEWER_TIMEOUT) {
            thread::sleep(FAREWELL);
        }
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        let Some(server) = self.server.take() else {
            return;
        };
        server.stop();
        if let Err(error) = server.wait() {
            log::error!("the page of the run: {error}");
        }
    }
}

/// The time of the last request for data.
#[derive(Debug, Default)]
struct LastRequest(Mutex<Option<Instant>>);

impl LastRequest {
    fn set_now(&self) {
        *self.lock() = Some(Instant::now());
    }

    fn is_within(&self, time: Duration) -> bool {
        self.lock().is_some_and(|last| last.elapsed() < time)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn service(model: &Arc<PageModel>, last_request: &Arc<LastRequest>) -> Result<Service, Error> {
    let mut service = Service::new();
    let page = Arc::clone(model);
    service.resource("/", move |_| {
        Resource::new("text/html; charset=utf-8", page.live_document())
    })?;
    service.resource("/page.css", |_| {
        Resource::new("text/css; charset=utf-8", STYLE)
    })?;
    for (name, script) in SCRIPTS {
        let give = move |_: &str| Resource::new("text/javascript; charset=utf-8", script);
        service.resource(&format!("/{name}"), give)?;
    }
    let (model, last_request) = (Arc::clone(model), Arc::clone(last_request));
    service.resource("/run.json", move |query| {
        last_request.set_now();
        Resource::new("application/json", model.json(since(query)))
    })?;
    Ok(service)
}

/// Reads `since=N&failed=M` from a query: the page has the ended calls before the first number,
/// and the failed tasks before the second.
fn since(query: &str) -> Since {
    let number = |name: &str| {
        let mut parts = query.split('&').filter_map(|part| part.split_once('='));
        let (_, number) = parts.find(|(key, _)| *key == name)?;
        number.parse().ok()
    };
    Since {
        calls: number("since").unwrap_or(0),
        failures: number("failed").unwrap_or(0),
    }
}

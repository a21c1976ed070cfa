//! The page, alive, at an address of this machine.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use xmlrpc_server::front::hyper;
use xmlrpc_server::{Error, Resource, Service};

use super::{PageModel, document};
use crate::exit::Failure;

/// Who has asked within this time is taken to look at the page.
const LOOKS_ON: Duration = Duration::from_secs(3);
/// How long they get to see how the run ended: the page asks each second.
const FAREWELL: Duration = Duration::from_millis(1500);
/// The page is one person's, on one machine.
const CONNECTIONS: usize = 64;

/// Where the page is to be served.
#[derive(Debug)]
pub(super) struct WebListener {
    listener: TcpListener,
    address: SocketAddr,
}

impl WebListener {
    /// Listens on an address of this machine alone.
    pub(super) fn listen(address: &str) -> Result<Self, Failure> {
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

    /// The page's URL.
    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves the page, until the run has ended.
    pub(super) fn serve(self, model: &Arc<PageModel>) -> Result<WebServer, Failure> {
        let asked = Arc::new(LastRequest::default());
        let service = service(model, &asked).map_err(Failure::server)?;
        let mut options = hyper::Options::default();
        options.workers = 1;
        options.connections = CONNECTIONS;
        options.grace = FAREWELL;
        let builder = hyper::Server::builder(self.listener, service).options(options);
        let server = builder.start().map_err(Failure::server)?;
        Ok(WebServer {
            server: Some(server),
            asked,
        })
    }
}

/// A page that is served; no more when this is dropped.
#[derive(Debug)]
pub(super) struct WebServer {
    server: Option<hyper::Server>,
    asked: Arc<LastRequest>,
}

impl WebServer {
    /// Lets those who look at the page see how the run has ended.
    pub(super) fn farewell(self) {
        if self.asked.within(LOOKS_ON) {
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

/// When the page was asked for last.
#[derive(Debug, Default)]
struct LastRequest(Mutex<Option<Instant>>);

impl LastRequest {
    fn now(&self) {
        *self.lock() = Some(Instant::now());
    }

    fn within(&self, time: Duration) -> bool {
        self.lock().is_some_and(|asked| asked.elapsed() < time)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn service(model: &Arc<PageModel>, asked: &Arc<LastRequest>) -> Result<Service, Error> {
    let mut service = Service::new();
    let page = Arc::clone(model);
    service.resource("/", move |_| {
        Resource::new("text/html; charset=utf-8", page.live())
    })?;
    service.resource("/page.css", |_| {
        Resource::new("text/css; charset=utf-8", document::STYLE)
    })?;
    for (name, script) in document::SCRIPTS {
        let give = move |_: &str| Resource::new("text/javascript; charset=utf-8", script);
        service.resource(&format!("/{name}"), give)?;
    }
    let (data, asked) = (Arc::clone(model), Arc::clone(asked));
    service.resource("/run.json", move |query| {
        asked.now();
        Resource::new("application/json", data.data(since(query)))
    })?;
    Ok(service)
}

/// What the page knows already: `since=N`.
fn since(query: &str) -> u64 {
    let since = query
        .split('&')
        .find_map(|part| part.strip_prefix("since="));
    since.and_then(|number| number.parse().ok()).unwrap_or(0)
}

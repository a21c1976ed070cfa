//! A server of either front, and functions for it.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use xmlrpc_server::front::{hyper, tiny};
use xmlrpc_server::{Error, Service, Stop};

/// The longest that a test waits for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Front {
    Tiny,
    Hyper,
}

/// The options that both fronts have.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) workers: usize,
    pub(crate) grace: Duration,
    pub(crate) memory: usize,
    pub(crate) body_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            workers: 1,
            grace: Duration::from_secs(10),
            memory: 256 * 1024 * 1024,
            body_timeout: Duration::from_secs(30),
        }
    }
}

/// A server, stopped when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) stop: Stop,
    ended: Receiver<Result<(), Error>>,
}

impl Server {
    pub(crate) fn start(front: Front, service: Service) -> Self {
        Server::with(front, service, &Settings::default())
    }

    pub(crate) fn with(front: Front, service: Service, settings: &Settings) -> Self {
        match front {
            Front::Tiny => {
                let mut options = tiny::Options::default();
                options.workers = settings.workers;
                options.grace = settings.grace;
                options.memory = settings.memory;
                options.body_timeout = settings.body_timeout;
                Server::tiny(service, options)
            }
            Front::Hyper => {
                let mut options = hyper::Options::default();
                options.workers = settings.workers;
                options.grace = settings.grace;
                options.memory = settings.memory;
                options.body_timeout = settings.body_timeout;
                Server::hyper(service, options)
            }
        }
    }

    pub(crate) fn tiny(service: Service, options: tiny::Options) -> Self {
        let builder = tiny::Server::builder(listener(), service).options(options);
        let server = builder.start().unwrap();
        Server::run(server.address(), server.stop_handle(), || server.wait())
    }

    pub(crate) fn hyper(service: Service, options: hyper::Options) -> Self {
        let builder = hyper::Server::builder(listener(), service).options(options);
        let server = builder.start().unwrap();
        Server::run(server.address(), server.stop_handle(), || server.wait())
    }

    fn run(
        address: SocketAddr,
        stop: Stop,
        wait: impl FnOnce() -> Result<(), Error> + Send + 'static,
    ) -> Self {
        let (end, ended) = channel();
        thread::spawn(move || end.send(wait()));
        Server {
            address,
            stop,
            ended,
        }
    }

    /// Waits for `wait`, and returns its result.
    pub(crate) fn ended(&self) -> Result<(), Error> {
        self.ended
            .recv_timeout(PATIENCE)
            .expect("the server has not ended")
    }

    /// Returns whether the server has not ended.
    pub(crate) fn runs(&self) -> bool {
        self.ended.try_recv().is_err()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

pub(crate) fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// Returns a service with `cuad`, `panics`, and `echo` of a string.
pub(crate) fn service() -> Service {
    let mut service = Service::new();
    service
        .register("cuad", |n: i32| n * n)
        .and_then(|s| s.register("panics", || -> i32 { panic!("on purpose") }))
        .and_then(|s| s.register("echo", |text: String| text))
        .unwrap();
    service
}

/// A function that reports its start, and returns when it is released.
pub(crate) struct Held {
    pub(crate) entered: Receiver<()>,
    pub(crate) release: Sender<()>,
}

impl Held {
    /// Returns a service that publishes it as `held`, beside the functions of `service()`.
    pub(crate) fn new() -> (Service, Held) {
        let (enter, entered) = channel();
        let (release, released) = channel();
        let released = Arc::new(Mutex::new(released));
        let mut service = service();
        let held = move || {
            enter.send(()).unwrap();
            released.lock().unwrap().recv_timeout(PATIENCE).unwrap();
            "released"
        };
        service.register("held", held).unwrap();
        (service, Held { entered, release })
    }

    pub(crate) fn wait(&self) {
        self.entered
            .recv_timeout(PATIENCE)
            .expect("the function is not called");
    }

    pub(crate) fn release(&self) {
        self.release.send(()).unwrap();
    }
}

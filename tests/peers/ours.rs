//! A server of ours within the test, on either front.

use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use xmlrpc_server::front::{hyper, tiny};
use xmlrpc_server::{Error, Service, Stop};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Front {
    Tiny,
    Hyper,
}

pub(crate) const FRONTS: [Front; 2] = [Front::Tiny, Front::Hyper];

/// Serves until it is dropped.
pub(crate) struct Ours {
    url: String,
    stop: Stop,
    serving: Option<JoinHandle<Result<(), Error>>>,
}

impl Ours {
    pub(crate) fn start(front: Front, service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/RPC2", listener.local_addr().unwrap());
        let stop = Stop::new();
        let stopped = stop.clone();
        let serving = thread::spawn(move || match front {
            Front::Tiny => tiny::serve(listener, service, &tiny::Options::default(), &stopped),
            Front::Hyper => hyper::serve(listener, service, &hyper::Options::default(), &stopped),
        });
        Ours {
            url,
            stop,
            serving: Some(serving),
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.stop.stop();
        let ended = self.serving.take().map(JoinHandle::join);
        if !thread::panicking() {
            ended.unwrap().unwrap().unwrap();
        }
    }
}

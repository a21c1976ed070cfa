//! A server of `xmlrpc-server`, in a thread.

use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use xmlrpc_server::front::hyper::{self, Options};
use xmlrpc_server::{Error, Service, Stop};

/// Serves until it is dropped.
pub(crate) struct Live {
    pub(crate) address: String,
    stop: Stop,
    serving: Option<JoinHandle<Result<(), Error>>>,
}

impl Live {
    pub(crate) fn start(service: Service, options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stop = Stop::new();
        let stopped = stop.clone();
        let serving = thread::spawn(move || hyper::serve(listener, service, &options, &stopped));
        Live {
            address,
            stop,
            serving: Some(serving),
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop.stop();
        let ended = self.serving.take().map(JoinHandle::join);
        if !thread::panicking() {
            ended.unwrap().unwrap().unwrap();
        }
    }
}

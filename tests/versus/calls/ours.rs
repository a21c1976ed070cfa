//! Ours: the client over the hyper front, both as they come.

use std::net::TcpListener;

use xmlrpc_client::ServerProxy;
use xmlrpc_server::Service;
use xmlrpc_server::front::hyper;

/// Serves `cuad`, and `text`, which gives as many characters as it is asked for. So many threads
/// speak with clients; 0 is the default.
pub fn serve(threads: usize) {
    let mut service = Service::new();
    service
        .register("cuad", |n: i32| n * n)
        .and_then(|s| s.register("text", |n: u32| "x".repeat(n as usize)))
        .expect("free names");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("{}", listener.local_addr().expect("it listens"));
    let mut options = hyper::Options::default();
    if threads > 0 {
        options.io_threads = threads;
    }
    let server = hyper::Server::builder(listener, service).options(options);
    let server = server.start().expect("it starts");
    server.wait().expect("it serves");
}

pub struct Client(ServerProxy);

impl Client {
    pub fn new(address: &str) -> Self {
        Client(ServerProxy::new(address).expect("an address"))
    }

    pub fn call(&mut self, n: i32) -> i32 {
        self.0.call("cuad", (n,)).expect("an answer")
    }
}

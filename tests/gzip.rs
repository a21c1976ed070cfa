//! Answers compressed with gzip, and the client's limit on their size.

use std::net::TcpListener;

use xmlrpc_client::{Error, Limits, Options, ServerProxy};
use xmlrpc_server::Service;
use xmlrpc_server::front::hyper;

#[test]
fn long_answers_are_compressed_and_the_limit_is_on_the_decompressed_size() {
    let mut service = Service::new();
    let long = |length: i32| "x".repeat(usize::try_from(length).unwrap_or(0));
    service.register("long", long).expect("a free name");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let server = hyper::Server::new(listener, service).expect("it serves");
    let url = server.address().to_string();
    for gzip in [true, false] {
        let mut options = Options::default();
        options.gzip = gzip;
        options.limits = Limits::default();
        options.limits.bytes = 1_000_000;
        let proxy = ServerProxy::builder(&url)
            .options(options)
            .build()
            .expect("a good address");
        for length in [0, 10_000, 900_000] {
            let answer: String = proxy.call("long", (length,)).expect("an answer");
            assert_eq!(answer.len(), usize::try_from(length).unwrap_or(0));
        }
        // Some 20 KB as gzip.
        let error = proxy.call::<String>("long", (20_000_000,)).unwrap_err();
        assert!(matches!(error, Error::Malformed(_)), "{error}");
    }
}

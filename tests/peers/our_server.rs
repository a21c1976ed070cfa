//! Our own server in the test's process, on either front.

use test_support::LocalServer;
use xmlrpc_server::Service;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Front {
    Tiny,
    Hyper,
}

pub(crate) const FRONTS: [Front; 2] = [Front::Tiny, Front::Hyper];

/// Starts a server of `service` on this front.
pub(crate) fn start(front: Front, service: Service) -> LocalServer {
    match front {
        Front::Tiny => LocalServer::tiny(service),
        Front::Hyper => LocalServer::start(service),
    }
}

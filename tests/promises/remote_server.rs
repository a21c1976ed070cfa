//! A server of naps in a network namespace of its own. Needs root, iproute2 and nftables.

use std::ops::Deref;

use crate::nap_server;
use test_support::{NetworkNamespace, Running};

/// A server of one worker, whose network can be cut.
pub(crate) struct RemoteServer {
    /// It ends before its namespace, which stands below for that.
    _server: Running,
    namespace: NetworkNamespace,
    pub(crate) address: String,
}

impl RemoteServer {
    pub(crate) fn start() -> Self {
        let namespace = NetworkNamespace::new();
        let at = format!("{}:0", namespace.host);
        let (server, address) = nap_server::start_at(&at, 1, &namespace.through());
        RemoteServer {
            _server: server,
            namespace,
            address,
        }
    }
}

impl Deref for RemoteServer {
    type Target = NetworkNamespace;

    fn deref(&self) -> &NetworkNamespace {
        &self.namespace
    }
}

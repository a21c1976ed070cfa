//! The resolver that ureq is given.

use std::sync::Arc;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::progress::CallProgress;
use crate::transport::route::Route;

/// The most addresses that ureq's list has room for.
const MAX_ADDRESSES: usize = 16;

/// Gives ureq the addresses of the one host that its agent connects to; none for a Unix socket.
#[derive(Debug)]
pub(super) struct HostResolver {
    route: Route,
    progress: Arc<CallProgress>,
}

impl HostResolver {
    pub(super) fn new(route: Route, progress: Arc<CallProgress>) -> Self {
        HostResolver { route, progress }
    }
}

impl Resolver for HostResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.route.lookup(self.progress.time_left());
        let found = found.map_err(|error| Error::Other(Box::new(error)))?;
        let mut addresses = self.empty();
        for address in found.iter().take(MAX_ADDRESSES) {
            addresses.push(*address);
        }
        Ok(addresses)
    }
}

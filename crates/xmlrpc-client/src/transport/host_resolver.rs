//! The resolver that ureq is given.

use std::sync::Arc;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::host_addresses::HostAddresses;
use crate::progress::CallProgress;

/// The most addresses that ureq's list has room for.
const MAX_ADDRESSES: usize = 16;

/// Gives ureq the addresses of the one host that its agent connects to.
#[derive(Debug)]
pub(super) struct HostResolver {
    addresses: HostAddresses,
    progress: Arc<CallProgress>,
}

impl HostResolver {
    pub(super) fn new(addresses: HostAddresses, progress: Arc<CallProgress>) -> Self {
        HostResolver {
            addresses,
            progress,
        }
    }
}

impl Resolver for HostResolver {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.addresses.lookup(self.progress.time_left());
        let found = found.map_err(|error| Error::Other(Box::new(error)))?;
        let mut addresses = self.empty();
        for address in found.iter().take(MAX_ADDRESSES) {
            addresses.push(*address);
        }
        Ok(addresses)
    }
}

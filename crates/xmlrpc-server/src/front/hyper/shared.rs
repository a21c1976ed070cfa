//! The state that all connections of a server share.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::front::cross_site::CrossSitePolicy;
use crate::front::hyper::connection_limit::ConnectionLimit;
#[cfg(feature = "tls")]
use crate::front::hyper::tls::Tls;
use crate::front::hyper::workers::Workers;
use crate::front::memory_budget::MemoryBudget;
use crate::front::peer::Peer;
use crate::front::refusal_throttle::RefusalThrottle;
use crate::service::Service;
use crate::token::Token;

/// The state that all connections of a server share.
pub(crate) struct Shared {
    pub(crate) service: Arc<Service>,
    pub(crate) workers: Workers,
    pub(crate) memory: Arc<MemoryBudget>,
    pub(crate) connection_limit: ConnectionLimit,
    pub(crate) cross_site: CrossSitePolicy,
    pub(crate) refusal_throttle: RefusalThrottle,
    /// The token that a client has to send, if one is required.
    pub(crate) token: Option<Token>,
    pub(crate) head_timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) tcp_keepalive: Option<Duration>,
    /// The deadline of a call whose client gives none.
    pub(crate) deadline: Duration,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
}

/// The addresses of a connection's two ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoints {
    pub(crate) peer: Peer,
    pub(crate) local: IpAddr,
}

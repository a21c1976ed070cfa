//! The endpoint that calls are posted to: a server's address, and how it is called.

use untrusted_text::OneLine;
use ureq::config::Config;
use ureq::http::Uri;

use crate::credentials::Credentials;
use crate::error::Error;
use crate::host_addresses::HostAddresses;
use crate::options::Options;
use crate::transport::agent_config;
use crate::transport::tunnel::Tunnel;
use crate::url::ServerUrl;

/// All that the connections to one server share. It does not change once it is made, but
/// for the addresses.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) url: ServerUrl,
    /// The address as ureq takes it.
    pub(super) uri: Uri,
    /// The server as `host:port`: its name in messages.
    pub(super) server: String,
    /// Checked.
    pub(super) options: Options,
    /// From the address or the options; never both have some.
    pub(super) credentials: Option<Credentials>,
    /// The addresses of the server, or of its HTTP proxy.
    pub(super) addresses: HostAddresses,
    /// The way through the HTTP proxy, if there is one.
    pub(super) tunnel: Option<Tunnel>,
    /// The configuration of each connection's agent of ureq.
    pub(super) agent_config: Config,
}

impl Endpoint {
    pub(super) fn new(url: ServerUrl, options: Options) -> Result<Self, Error> {
        let options = options.checked()?;
        let text = url.to_string();
        if url.credentials.is_some() && options.credentials.is_some() {
            return Err(Error::DuplicateCredentials { url: text });
        }
        let server = url.server();
        let (addresses, tunnel) = match &options.proxy {
            None => (HostAddresses::new(url.host.clone(), url.port), None),
            Some(proxy) => {
                let tunnel = Tunnel::new(proxy, &server, &options.user_agent);
                let addresses = HostAddresses::new(proxy.host().clone(), proxy.port());
                (addresses, Some(tunnel))
            }
        };
        Ok(Endpoint {
            credentials: url.credentials.clone().or(options.credentials.clone()),
            agent_config: agent_config::new(&url, &options)?,
            uri: url.without_zone().parse().map_err(|_| Error::BadUrl {
                url: OneLine::new(&text).to_string(),
                reason: "it has a character that must be percent-encoded",
            })?,
            server,
            addresses,
            tunnel,
            url,
            options,
        })
    }
}

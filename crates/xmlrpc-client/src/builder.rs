//! The builder of a [`ServerProxy`].

use crate::error::Error;
use crate::options::Options;
use crate::server_proxy::ServerProxy;
use crate::url::ServerUrl;

/// Sets up a [`ServerProxy`]; from [`ServerProxy::builder`].
///
/// ```
/// # use std::time::Duration;
/// # use xmlrpc_client::{Credentials, Error, Options, ServerProxy};
/// let mut options = Options::default();
/// options.response_timeout = Duration::from_secs(600);
/// options.credentials = Some(Credentials::token("correct-horse-battery"));
/// let server = ServerProxy::builder("localhost:9000")
///     .options(options)
///     .build()?;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct ServerProxyBuilder<'a> {
    url: &'a str,
    options: Options,
}

impl ServerProxy {
    /// Returns a builder for a proxy of the server at `url`, which is written as for
    /// [`new`](ServerProxy::new).
    pub fn builder(url: &str) -> ServerProxyBuilder<'_> {
        ServerProxyBuilder {
            url,
            options: Options::default(),
        }
    }
}

impl ServerProxyBuilder<'_> {
    /// Sets the options, in place of those set before.
    pub fn options(self, options: Options) -> Self {
        ServerProxyBuilder { options, ..self }
    }

    /// Returns the proxy. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// - [`Error::BadUrl`] and [`Error::TlsUnsupported`] for the address.
    /// - [`Error::BadOption`] for an option that can't be used.
    /// - [`Error::DuplicateCredentials`] where the address and the options both have
    ///   credentials.
    pub fn build(self) -> Result<ServerProxy, Error> {
        ServerProxy::at(ServerUrl::parse(self.url)?, self.options)
    }
}

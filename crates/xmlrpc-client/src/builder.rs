//! The builder of a [`ServerProxy`].

use crate::error::Error;
use crate::options::Options;
use crate::server_proxy::ServerProxy;
use crate::url::ServerUrl;

/// Builds a [`ServerProxy`] with other options than the default; from
/// [`ServerProxy::builder`].
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
pub struct ServerProxyBuilder {
    /// The address, or why it can't be read.
    url: Result<ServerUrl, Error>,
    options: Options,
}

impl ServerProxy {
    /// Returns a builder of a proxy for the server at `url`, which is written as for
    /// [`new`](ServerProxy::new).
    pub fn builder(url: &str) -> ServerProxyBuilder {
        ServerProxyBuilder {
            url: ServerUrl::parse(url),
            options: Options::default(),
        }
    }
}

impl ServerProxyBuilder {
    /// Sets the options. A second setting replaces the first.
    pub fn options(self, options: Options) -> Self {
        ServerProxyBuilder { options, ..self }
    }

    /// Returns the proxy. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// - [`Error::BadUrl`] or [`Error::TlsUnsupported`] for the address.
    /// - [`Error::BadOption`] for an option that can't be used.
    /// - [`Error::DuplicateCredentials`] where the address and the options both have
    ///   credentials.
    pub fn build(self) -> Result<ServerProxy, Error> {
        ServerProxy::from_parts(self.url?, self.options)
    }
}

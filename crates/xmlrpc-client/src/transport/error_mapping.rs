//! From ureq's errors to this crate's.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use crate::error::Error;
use crate::http_proxy::HttpProxy;
use crate::phase::Phase;
use crate::progress::CallProgress;
use crate::transport::endpoint::Endpoint;
use crate::transport::other_protocol::OtherProtocol;
use crate::transport::response_head::HeadTooLarge;
use crate::transport::route::Route;
use crate::transport::scgi::NotScgi;
use crate::transport::tunnel::TunnelRefused;
use crate::url::ServerUrl;

impl Endpoint {
    /// Returns the error of a call that failed at this point of its progress.
    pub(super) fn call_error(&self, error: ureq::Error, progress: &CallProgress) -> Error {
        let (server, phase) = (self.server.clone(), progress.phase());
        if let Some(reason) = tls_failure(&self.url, &error) {
            return Error::Tls { server, reason };
        }
        let timed_out = |server| Error::TimedOut {
            server,
            phase,
            after: progress.elapsed(),
        };
        // A connect that meets its own time-out says that the server is unreachable. One
        // that only the call's deadline cut short says nothing of the server.
        let is_late = phase != Phase::Connect || progress.deadline_ends_phase();
        match error {
            ureq::Error::Timeout(_) if is_late => timed_out(server),
            ureq::Error::Timeout(_) => self.unreachable(io::Error::new(
                ErrorKind::TimedOut,
                format!("not connected after {:.1?}", progress.elapsed()),
            )),
            ureq::Error::Io(source) if phase == Phase::Connect => self.unreachable(source),
            ureq::Error::Io(source) => Error::Interrupted {
                server,
                phase,
                source,
            },
            // From our layers; ureq itself gives none of these.
            ureq::Error::Other(inner) => match inner.downcast::<io::Error>() {
                Ok(source) if source.kind() == ErrorKind::TimedOut && is_late => timed_out(server),
                Ok(source) => self.host_not_found(*source),
                Err(other) => self.protocol_error(&*other),
            },
            other => self.not_http(&other),
        }
    }

    /// Returns the error of a host without an address: the server, or its HTTP proxy.
    pub(super) fn host_not_found(&self, source: io::Error) -> Error {
        let proxy = self.proxy();
        let host = proxy.map_or(&self.url.host, HttpProxy::host).to_string();
        Error::HostNotFound { host, source }
    }

    /// Returns the error of a failed connect, or of a proxy that refused it.
    pub(super) fn unreachable(&self, source: io::Error) -> Error {
        let server = self.server.clone();
        let proxy = self.proxy().map(HttpProxy::name);
        let refused = source.get_ref().and_then(|inner| inner.downcast_ref());
        match (proxy, refused) {
            (Some(proxy), Some(&TunnelRefused { status })) => Error::ProxyRefused {
                server,
                proxy,
                status,
            },
            (proxy, _) => Error::Unreachable {
                server,
                proxy,
                source,
            },
        }
    }

    /// Returns the proxy on the way to the server.
    fn proxy(&self) -> Option<&HttpProxy> {
        match &self.route {
            Route::Tcp { .. } => self.options.proxy.as_ref(),
            #[cfg(unix)]
            Route::Unix(_) => None,
        }
    }

    /// Returns the error of an answer that does not follow the protocol.
    fn protocol_error(&self, error: &(dyn StdError + 'static)) -> Error {
        let server = self.server.clone();
        if let Some(&HeadTooLarge(limit)) = error.downcast_ref() {
            Error::OversizedHead { server, limit }
        } else if let Some(&NotScgi(reason)) = error.downcast_ref() {
            Error::NotScgi { server, reason }
        } else if let Some(&OtherProtocol(reason)) = error.downcast_ref() {
            Error::OtherProtocol { server, reason }
        } else {
            self.not_http(error)
        }
    }

    fn not_http(&self, error: &dyn StdError) -> Error {
        Error::NotHttp {
            server: self.server.clone(),
            reason: error.to_string(),
        }
    }
}

/// Returns why the two sides could not agree on TLS, if that is the error.
fn tls_failure(url: &ServerUrl, error: &ureq::Error) -> Option<String> {
    if !url.scheme.is_secure() {
        return None;
    }
    match error {
        // What rustls makes of a bad certificate, or of the other side's alert.
        ureq::Error::Io(source) if source.kind() == ErrorKind::InvalidData => {
            Some(source.to_string())
        }
        #[cfg(feature = "tls")]
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => {
            Some(error.to_string())
        }
        _ => None,
    }
}

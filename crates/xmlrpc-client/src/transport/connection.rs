//! A connection to the server, for one call at a time.

use std::io::Read;
use std::sync::Arc;
use std::time::Instant;

use log::debug;
use ureq::http::HeaderMap;
use ureq::typestate::WithBody;
use ureq::unversioned::transport::Connector as _;
use ureq::{Agent, Body, RequestBuilder, http};

use crate::abort_handle::AbortHandle;
use crate::error::Error;
use crate::progress::CallProgress;
use crate::request::Request;
use crate::response::{EXCERPT_TIMEOUT, MAX_EXCERPT_BYTES, Response};
use crate::transport::endpoint::Endpoint;
use crate::transport::head_reader::HeadReaderConnector;
use crate::transport::host_resolver::HostResolver;
use crate::transport::socket_connector::SocketConnector;
use crate::transport::title_case::TitleCaseConnector;
#[cfg(feature = "tls")]
use crate::transport::tls_connector::TlsConnector;

/// The most bytes for which room is made before they come: a server may declare any length.
const MAX_ROOM: u64 = 16 * 1024;

/// A connection that serves one call at a time.
///
/// It is an agent of ureq with at most one socket, so that to shut the agent down ends
/// this call and no other. The socket is opened by the first call, and by a later one if
/// the server has closed it.
#[derive(Debug)]
pub(crate) struct Connection {
    endpoint: Arc<Endpoint>,
    agent: Agent,
    /// Shared with the agent's parts: the connectors, the resolver and the socket.
    pub(super) progress: Arc<CallProgress>,
}

impl Connection {
    pub(super) fn new(endpoint: &Arc<Endpoint>) -> Self {
        let progress = Arc::new(CallProgress::new(&endpoint.options));
        let resolver = HostResolver::new(endpoint.route.clone(), Arc::clone(&progress));
        let connector = SocketConnector::new(
            endpoint.route.clone(),
            endpoint.options.tcp_keepalive,
            Arc::clone(&progress),
        );
        #[cfg(feature = "tls")]
        let connector = connector.chain(TlsConnector::new(
            &endpoint.options.tls,
            Arc::clone(&progress),
        ));
        let connector = connector
            .chain(TitleCaseConnector {
                is_on: endpoint.options.title_case_headers,
            })
            .chain(HeadReaderConnector);
        Connection {
            agent: Agent::with_parts(endpoint.agent_config.clone(), connector, resolver),
            endpoint: Arc::clone(endpoint),
            progress,
        }
    }

    pub(super) fn abort_handle(&self) -> AbortHandle {
        AbortHandle::new(&self.agent, self.progress.response_has_begun())
    }

    /// Returns whether the last call failed since the server had closed the connection
    /// before it had taken the whole request. That call has not run, and a new connection
    /// may serve it.
    pub(super) fn was_closed_by_server(&self) -> bool {
        self.progress.met_closed_connection()
    }

    /// Posts a request, once, and reads the response.
    pub(super) fn post(&self, request: &Request<'_>) -> Result<Response, Error> {
        self.endpoint.call(&self.progress, request, |deadline| {
            let http = self.http_request(request, deadline);
            self.read(http.send(request.body)?)
        })
    }

    fn http_request(&self, request: &Request<'_>, deadline: Instant) -> RequestBuilder<WithBody> {
        let mut http = self.agent.post(self.endpoint.uri.clone());
        http = http.header("Content-Type", "text/xml");
        if !self.endpoint.options.keep_alive {
            http = http.header("Connection", "close");
        }
        self.endpoint
            .fold_headers(request, deadline, http, |http, name, value| {
                http.header(name, value)
            })
    }

    fn read(&self, mut response: http::Response<Body>) -> Result<Response, ureq::Error> {
        let status = response.status().as_u16();
        let [retry_after, location, content_type] = ["retry-after", "location", "content-type"]
            .map(|name| header(response.headers(), name));
        #[cfg(feature = "cookies")]
        if let Some(jar) = &self.endpoint.cookies {
            let values = response.headers().get_all("set-cookie").iter();
            jar.keep(values.filter_map(|value| value.to_str().ok()));
        }
        let length = response.body().content_length().unwrap_or_default();
        let reader = response.body_mut().as_reader();
        let mut body = Vec::with_capacity(length.min(MAX_ROOM) as usize);
        if status == 200 {
            let limit = self.endpoint.options.limits.bytes.saturating_add(1);
            reader.take(limit as u64).read_to_end(&mut body)?;
        } else {
            self.progress.shorten_phase(EXCERPT_TIMEOUT);
            let limit = self.endpoint.options.limits.bytes.min(MAX_EXCERPT_BYTES) as u64;
            if let Err(error) = reader.take(limit).read_to_end(&mut body) {
                debug!("{}: no whole excerpt: {error}", self.endpoint.server);
            }
        }
        Ok(Response {
            status,
            retry_after,
            location,
            content_type,
            body,
        })
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

//! HTTP, by ureq: the one module that names it.

mod buffers;
mod parts;
mod socket;
mod tunnel;

use std::collections::VecDeque;
use std::io::{self, Read};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use log::debug;
use ureq::config::{AutoHeaderValue, Config};
use ureq::http::{HeaderMap, Uri};
use ureq::{Agent, Timeout};

use crate::host_addresses::HostAddresses;
use crate::progress::CallProgress;
use crate::text::Foreign;
use crate::url::ServerUrl;
use crate::{Credentials, Error, HttpProxy, Options, Phase};
#[cfg(feature = "tls")]
use parts::TlsConnector;
use parts::{AddressResolver, TcpConnector};
use tunnel::{Tunnel, TunnelRefused};
#[cfg(feature = "tls")]
use ureq::unversioned::transport::Connector as _;

/// Bytes of each of a connection's two buffers; ureq's own are eight times that.
const BUFFER: usize = 16 * 1024;
/// Bytes of an answer's head. Less than a buffer, since a head must fit in one.
const HEAD: usize = 12 * 1024;
/// How long a connection waits for the next call. A server that closes it in the very
/// moment in which a call is sent leaves open whether that call has run; so we let go
/// first. The shortest idle time-out seen among common servers is gunicorn's 2 s.
const IDLE: Duration = Duration::from_secs(1);
/// How much is read of the body of an answer that is no result, and for how long.
const EXCERPT: usize = 4 * 1024;
const EXCERPT_TIME: Duration = Duration::from_secs(2);

/// What posts to one server, for any number of calls at a time.
#[derive(Debug)]
pub(crate) struct Transport {
    url: ServerUrl,
    uri: Uri,
    server: String,
    options: Options,
    credentials: Option<Credentials>,
    config: Config,
    /// Those of the server, or of its proxy.
    names: HostAddresses,
    /// The way through the proxy.
    tunnel: Option<Tunnel>,
    /// Lines without a call, the one used last at the end.
    idle: Mutex<VecDeque<(Instant, Connection)>>,
}

/// What one call at a time runs on: an agent of ureq with at most one connection, so
/// that to shut the agent down ends this call and no other.
#[derive(Debug)]
pub(crate) struct Connection {
    agent: Agent,
    progress: Arc<CallProgress>,
}

/// What a call is to be over by, and what its server is to know it by.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terms<'a> {
    pub(crate) deadline: Option<Instant>,
    pub(crate) id: Option<&'a str>,
}

/// Ends the call on a connection, from another thread. A connection is of no use after that.
#[derive(Debug)]
pub(crate) struct AbortHandle(Agent);

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) location: Option<String>,
    /// Cut, or none, where the status is not 200; one byte longer than the limit where
    /// the server's is longer than that.
    pub(crate) body: Vec<u8>,
}

impl Transport {
    pub(crate) fn new(url: ServerUrl, options: Options) -> Result<Self, Error> {
        let text = url.to_string();
        if url.credentials.is_some() && options.credentials.is_some() {
            return Err(Error::DuplicateCredentials { url: text });
        }
        let server = url.server();
        let (names, tunnel) = match &options.proxy {
            None => (HostAddresses::new(url.host.clone(), url.port), None),
            Some(proxy) => {
                let tunnel = Tunnel::new(proxy, &server, &options.user_agent);
                let names = HostAddresses::new(proxy.host().clone(), proxy.port());
                (names, Some(tunnel))
            }
        };
        Ok(Transport {
            credentials: url.credentials.clone().or(options.credentials.clone()),
            config: config(&url, &options)?,
            uri: text.parse().map_err(|_| Error::BadUrl {
                url: Foreign(&text).to_string(),
                reason: "it has a character that must be percent-encoded",
            })?,
            server,
            names,
            tunnel,
            url,
            options,
            idle: Mutex::default(),
        })
    }

    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    pub(crate) fn url(&self) -> &ServerUrl {
        &self.url
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    /// A connection for one call; the one used last, whose connection is most likely alive.
    pub(crate) fn take(&self) -> Connection {
        let connection = self.with_idle(VecDeque::pop_back);
        connection.map_or_else(|| self.new_connection(), |(_, connection)| connection)
    }

    pub(crate) fn new_connection(&self) -> Connection {
        let progress = Arc::new(CallProgress::new(&self.options));
        let dial = TcpConnector::new(Arc::clone(&progress), self.tunnel.clone());
        let names = AddressResolver::new(self.names.clone(), Arc::clone(&progress));
        #[cfg(feature = "tls")]
        let dial = dial.chain(TlsConnector::new(Arc::clone(&progress)));
        Connection {
            agent: Agent::with_parts(self.config.clone(), dial, names),
            progress,
        }
    }

    /// Keeps a connection, and its connection if that can serve another call.
    pub(crate) fn put(&self, connection: Connection) {
        if self.options.keep_alive {
            self.with_idle(|idle| idle.push_back((Instant::now(), connection)));
        }
    }

    fn with_idle<T>(&self, f: impl FnOnce(&mut VecDeque<(Instant, Connection)>) -> T) -> T {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while idle
            .front()
            .is_some_and(|(since, _)| since.elapsed() > IDLE)
        {
            idle.pop_front();
        }
        f(&mut idle)
    }

    /// Connects, through the proxy if there is one, and hangs up at once.
    pub(crate) fn check_reachable(&self) -> Result<(), Error> {
        let within = self.options.connect_timeout;
        let addresses = self.names.addresses(within);
        let addresses = addresses.map_err(|source| self.not_found(source))?;
        let mut failed = io::Error::from(io::ErrorKind::NotFound);
        for address in addresses {
            let until = Instant::now() + within;
            let connected = TcpStream::connect_timeout(&address, within).and_then(|stream| {
                let left = || until.saturating_duration_since(Instant::now());
                let tunnel = self.tunnel.as_ref();
                tunnel.map_or(Ok(()), |tunnel| tunnel.open(&stream, left))
            });
            match connected {
                Ok(()) => return Ok(()),
                Err(error) => failed = error,
            }
        }
        self.names.forget();
        Err(self.unreachable(failed))
    }

    /// Posts `body` on `connection`, once, and reads the answer.
    pub(crate) fn post(
        &self,
        connection: &Connection,
        body: &[u8],
        terms: Terms<'_>,
    ) -> Result<Answer, Error> {
        let progress = &*connection.progress;
        let latest = Instant::now() + self.options.total_timeout;
        let deadline = terms.deadline.map_or(latest, |at| at.min(latest));
        let terms = Terms {
            deadline: Some(deadline),
            ..terms
        };
        progress.begin(terms.deadline);
        if progress.left().is_zero() {
            return Err(self.failure(progress, ureq::Error::Timeout(Timeout::Global)));
        }
        self.exchange(&connection.agent, progress, body, terms)
            .map_err(|error| self.failure(progress, error))
    }

    fn exchange(
        &self,
        agent: &Agent,
        progress: &CallProgress,
        body: &[u8],
        terms: Terms<'_>,
    ) -> Result<Answer, ureq::Error> {
        let request = agent.post(self.uri.clone());
        let mut request = request.header("Content-Type", "text/xml");
        if !self.options.keep_alive {
            request = request.header("Connection", "close");
        }
        if let Some(id) = terms.id {
            request = request.header("Reparte-Call", id);
        }
        let left = terms.deadline.map_or(Duration::MAX, |at| {
            at.saturating_duration_since(Instant::now())
        });
        let left = left.min(self.options.response_timeout).as_millis();
        request = request.header("Reparte-Deadline-Ms", left.to_string());
        if let Some(credentials) = &self.credentials {
            request = request.header("Authorization", credentials.header());
        }
        let mut response = request.send(body)?;
        let status = response.status().as_u16();
        let header = |name| text(response.headers(), name);
        let (retry_after, location) = (header("retry-after"), header("location"));

        let limit = self.options.limits.bytes.saturating_add(1);
        let limit = if status == 200 { limit } else { EXCERPT };
        let mut reader = response.body_mut().as_reader().take(limit as u64);
        let mut body = Vec::new();
        if status == 200 {
            reader.read_to_end(&mut body)?;
        } else {
            progress.hurry(EXCERPT_TIME);
            if let Err(error) = reader.read_to_end(&mut body) {
                debug!("{}: no whole excerpt: {error}", self.server);
            }
        }
        Ok(Answer {
            status,
            retry_after,
            location,
            body,
        })
    }

    fn failure(&self, progress: &CallProgress, error: ureq::Error) -> Error {
        let (server, phase) = (self.server.clone(), progress.phase());
        if phase == Phase::Connect {
            self.names.forget();
        }
        // A connect that only the deadline cut short says nothing of the server.
        let is_late = phase != Phase::Connect || progress.is_cut();
        let timed_out = |server| Error::TimedOut {
            server,
            phase,
            after: progress.elapsed(),
        };
        if let Some(reason) = untrusted(&self.url, &error) {
            return Error::Tls { server, reason };
        }
        match error {
            ureq::Error::Timeout(_) if is_late => timed_out(server),
            ureq::Error::Timeout(_) => self.unreachable(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("not connected after {:.1?}", progress.elapsed()),
            )),
            ureq::Error::Io(source) if phase == Phase::Connect => self.unreachable(source),
            ureq::Error::Io(source) => Error::Interrupted {
                server,
                phase,
                source,
            },
            // What our resolver gives; ureq itself gives none of these.
            ureq::Error::Other(inner) => match inner.downcast::<io::Error>() {
                Ok(source) if source.kind() == io::ErrorKind::TimedOut && is_late => {
                    timed_out(server)
                }
                Ok(source) => self.not_found(*source),
                Err(other) => self.not_http(&*other),
            },
            other => self.not_http(&other),
        }
    }

    /// No address, of the server or of its proxy.
    fn not_found(&self, source: io::Error) -> Error {
        let proxy = self.options.proxy.as_ref();
        let host = proxy.map_or(&self.url.host, HttpProxy::host).to_string();
        Error::HostNotFound { host, source }
    }

    fn unreachable(&self, source: io::Error) -> Error {
        let server = self.server.clone();
        let proxy = self.options.proxy.as_ref().map(HttpProxy::name);
        let denied = source.get_ref().and_then(|inner| inner.downcast_ref());
        match (proxy, denied) {
            (Some(proxy), Some(&TunnelRefused(status))) => Error::ProxyRefused {
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

    fn not_http(&self, error: &dyn std::error::Error) -> Error {
        Error::NotHttp {
            server: self.server.clone(),
            reason: error.to_string(),
        }
    }
}

impl Connection {
    pub(crate) fn abort_handle(&self) -> AbortHandle {
        AbortHandle(self.agent.clone())
    }

    /// Whether the call failed on a connection that the server had closed before it had
    /// taken the whole request: it has not run, and a new connection may serve it.
    pub(crate) fn is_stale(&self) -> bool {
        self.progress.is_stale()
    }
}

impl AbortHandle {
    pub(crate) fn cut(self) {
        self.0.shutdown();
    }
}

fn config(url: &ServerUrl, options: &Options) -> Result<Config, Error> {
    #[cfg(feature = "gzip")]
    let encoding = match options.gzip {
        true => AutoHeaderValue::Default,
        false => AutoHeaderValue::None,
    };
    #[cfg(not(feature = "gzip"))]
    let encoding = AutoHeaderValue::None;
    let builder = Config::builder()
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .user_agent(&options.user_agent)
        .accept_encoding(encoding)
        .max_response_header_size(HEAD)
        .input_buffer_size(BUFFER)
        .output_buffer_size(BUFFER)
        .max_idle_connections(1)
        .max_idle_connections_per_host(1)
        .max_idle_age(IDLE)
        // The progress keeps the same times more strictly, as totals of each phase.
        .timeout_resolve(Some(options.connect_timeout))
        .timeout_connect(Some(options.connect_timeout))
        .timeout_send_request(Some(options.send_timeout))
        .timeout_send_body(Some(options.send_timeout))
        .timeout_recv_response(Some(options.response_timeout))
        .timeout_recv_body(Some(options.response_timeout));
    #[cfg(feature = "tls")]
    if url.is_secure {
        return Ok(builder.tls_config(options.tls.config()?).build());
    }
    #[cfg(not(feature = "tls"))]
    let _ = url;
    Ok(builder.build())
}

/// Why TLS could not be agreed on, if that is what it is.
fn untrusted(url: &ServerUrl, error: &ureq::Error) -> Option<String> {
    if !url.is_secure {
        return None;
    }
    match error {
        // What rustls makes of a bad certificate, or of the other side's alert.
        ureq::Error::Io(source) if source.kind() == io::ErrorKind::InvalidData => {
            Some(source.to_string())
        }
        #[cfg(feature = "tls")]
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::Pem(_) => {
            Some(error.to_string())
        }
        _ => None,
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests;

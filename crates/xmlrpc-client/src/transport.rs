//! HTTP, by ureq: the one file that names it.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use log::debug;
use ureq::config::Config;
use ureq::http::{HeaderMap, Uri};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, TcpConnector, Transport as Wire, time,
};
use ureq::{Agent, Timeout};

use crate::gauge::Gauge;
use crate::names::Names;
use crate::text::Foreign;
use crate::url::{Host, ServerUrl};
use crate::{Error, Options, Phase};

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
    names: Names,
    /// Lines without a call, the one used last at the end.
    idle: Mutex<VecDeque<(Instant, Line)>>,
}

/// What one call at a time runs on: an agent of ureq with at most one connection, so
/// that to shut the agent down ends this call and no other.
#[derive(Debug)]
pub(crate) struct Line {
    agent: Agent,
    gauge: Arc<Gauge>,
}

/// Ends the call on a line, from another thread. A line is of no use after that.
#[derive(Debug)]
pub(crate) struct Breaker(Agent);

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
        Ok(Transport {
            uri: text.parse().map_err(|_| Error::BadUrl {
                url: Foreign(&text).to_string(),
                reason: "it has a character that must be percent-encoded",
            })?,
            server: url.server(),
            names: Names::new(url.host.clone(), url.port),
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

    /// A line for one call; the one used last, whose connection is most likely alive.
    pub(crate) fn take(&self) -> Line {
        let line = self.with_idle(VecDeque::pop_back);
        line.map_or_else(|| self.new_line(), |(_, line)| line)
    }

    pub(crate) fn new_line(&self) -> Line {
        let gauge = Arc::new(Gauge::new(&self.options));
        let dial = Dial {
            tcp: TcpConnector::default(),
            gauge: Arc::clone(&gauge),
        };
        let names = Resolve {
            names: self.names.clone(),
            gauge: Arc::clone(&gauge),
        };
        Line {
            agent: Agent::with_parts(config(&self.options), dial, names),
            gauge,
        }
    }

    /// Keeps a line, and its connection if that can serve another call.
    pub(crate) fn put(&self, line: Line) {
        self.with_idle(|idle| idle.push_back((Instant::now(), line)));
    }

    fn with_idle<T>(&self, f: impl FnOnce(&mut VecDeque<(Instant, Line)>) -> T) -> T {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while idle
            .front()
            .is_some_and(|(since, _)| since.elapsed() > IDLE)
        {
            idle.pop_front();
        }
        f(&mut idle)
    }

    /// Posts `body` on `line`, once, and reads the answer.
    pub(crate) fn post(
        &self,
        line: &Line,
        body: &[u8],
        deadline: Option<Instant>,
    ) -> Result<Answer, Error> {
        let gauge = &*line.gauge;
        gauge.begin(deadline);
        self.exchange(&line.agent, gauge, body)
            .map_err(|error| self.failure(gauge, error))
    }

    fn exchange(&self, agent: &Agent, gauge: &Gauge, body: &[u8]) -> Result<Answer, ureq::Error> {
        let request = agent.post(self.uri.clone());
        let mut response = request.header("Content-Type", "text/xml").send(body)?;
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
            gauge.hurry(EXCERPT_TIME);
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

    fn failure(&self, gauge: &Gauge, error: ureq::Error) -> Error {
        let (server, phase) = (self.server.clone(), gauge.phase());
        if phase == Phase::Connect {
            self.names.forget();
        }
        let timed_out = |server| Error::TimedOut {
            server,
            phase,
            after: gauge.elapsed(),
        };
        match error {
            _ if phase == Phase::Connect && gauge.is_past_deadline() => timed_out(server),
            ureq::Error::Timeout(_) if phase != Phase::Connect => timed_out(server),
            ureq::Error::Timeout(_) => Error::Unreachable {
                server,
                source: io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("not connected after {:.1?}", gauge.elapsed()),
                ),
            },
            ureq::Error::Io(source) if phase == Phase::Connect => {
                Error::Unreachable { server, source }
            }
            ureq::Error::Io(source) => Error::Interrupted {
                server,
                phase,
                source,
            },
            ureq::Error::Other(inner) => match (inner.downcast::<io::Error>(), &self.url.host) {
                (Ok(source), Host::Name(host)) => Error::HostNotFound {
                    host: host.clone(),
                    source: *source,
                },
                (Ok(source), Host::Ip(_)) => Error::Unreachable {
                    server,
                    source: *source,
                },
                (Err(other), _) => Error::NotHttp {
                    server,
                    reason: other.to_string(),
                },
            },
            other => Error::NotHttp {
                server,
                reason: other.to_string(),
            },
        }
    }
}

impl Line {
    pub(crate) fn breaker(&self) -> Breaker {
        Breaker(self.agent.clone())
    }

    /// Whether the call failed on a connection that the server had closed before it had
    /// taken the whole request: it has not run, and a new connection may serve it.
    pub(crate) fn is_stale(&self) -> bool {
        self.gauge.is_stale()
    }
}

impl Breaker {
    pub(crate) fn cut(self) {
        self.0.shutdown();
    }
}

fn config(options: &Options) -> Config {
    Config::builder()
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .user_agent(&options.user_agent)
        .max_response_header_size(HEAD)
        .input_buffer_size(BUFFER)
        .output_buffer_size(BUFFER)
        .max_idle_connections(1)
        .max_idle_connections_per_host(1)
        .max_idle_age(IDLE)
        // The gauge keeps the same times more strictly, as totals of each phase.
        .timeout_resolve(Some(options.connect_timeout))
        .timeout_connect(Some(options.connect_timeout))
        .timeout_send_request(Some(options.send_timeout))
        .timeout_send_body(Some(options.send_timeout))
        .timeout_recv_response(Some(options.answer_timeout))
        .timeout_recv_body(Some(options.answer_timeout))
        .build()
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Takes `timeout` down to what is left of the call's phase.
fn narrowed(gauge: &Gauge, timeout: NextTimeout) -> Result<NextTimeout, ureq::Error> {
    let left = gauge.left();
    if left.is_zero() {
        return Err(ureq::Error::Timeout(timeout.reason));
    }
    Ok(NextTimeout {
        after: time::Duration::Exact((*timeout.after).min(left)),
        ..timeout
    })
}

/// Gives ureq the addresses of the one host that its agent calls.
#[derive(Debug)]
struct Resolve {
    names: Names,
    gauge: Arc<Gauge>,
}

impl Resolver for Resolve {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.addresses(self.gauge.left());
        let mut addresses = self.empty();
        // ureq's list has room for 16.
        for address in found
            .map_err(|e| ureq::Error::Other(Box::new(e)))?
            .iter()
            .take(16)
        {
            addresses.push(*address);
        }
        Ok(addresses)
    }
}

/// Connects to one of the host's addresses.
#[derive(Debug)]
struct Dial {
    tcp: TcpConnector,
    gauge: Arc<Gauge>,
}

impl Connector for Dial {
    type Out = Watched<<TcpConnector as Connector>::Out>;

    /// Tries the addresses in turn, each with an equal share of the time that is left.
    /// If all fail, the error is the one that tells most: that of an address which is
    /// there and refuses, else the first.
    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let mut failure = None;
        for (tried, address) in details.addrs.iter().enumerate() {
            let share = self.gauge.left() / (details.addrs.len() - tried) as u32;
            if share.is_zero() {
                break;
            }
            let mut addrs = details.resolver.empty();
            addrs.push(*address);
            let one = ConnectionDetails {
                uri: details.uri,
                addrs,
                config: details.config,
                request_level: details.request_level,
                resolver: details.resolver,
                now: (details.current_time)(),
                timeout: NextTimeout {
                    after: time::Duration::Exact(share),
                    ..details.timeout
                },
                current_time: Arc::clone(&details.current_time),
                run_connector: Arc::clone(&details.run_connector),
                register_shutdown: Arc::clone(&details.register_shutdown),
            };
            match self.tcp.connect(&one, None) {
                Ok(Some(inner)) => {
                    self.gauge.connected();
                    let gauge = Arc::clone(&self.gauge);
                    return Ok(Some(Watched { inner, gauge }));
                }
                Ok(None) => {}
                Err(error) => {
                    debug!("{address}: {error}");
                    match io_kind(&error) {
                        // The agent was shut down: the call was cancelled.
                        Some(io::ErrorKind::NotConnected) => return Err(error),
                        Some(io::ErrorKind::ConnectionRefused) => failure = Some(error),
                        _ => failure = failure.or(Some(error)),
                    }
                }
            }
        }
        Err(failure.unwrap_or(ureq::Error::Timeout(Timeout::Connect)))
    }
}

fn io_kind(error: &ureq::Error) -> Option<io::ErrorKind> {
    match error {
        ureq::Error::Io(error) => Some(error.kind()),
        _ => None,
    }
}

/// A connection that keeps the gauge of its line.
#[derive(Debug)]
struct Watched<T> {
    inner: T,
    gauge: Arc<Gauge>,
}

impl<T: Wire> Wire for Watched<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    /// A server may answer before it has taken the whole request, to refuse it, and hang
    /// up: so a broken pipe is not yet a failure, for the answer may be there to read.
    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        if self.gauge.is_broken() {
            return Ok(());
        }
        self.gauge.enter(Phase::Send);
        let sent = self
            .inner
            .transmit_output(amount, narrowed(&self.gauge, timeout)?);
        match sent.as_ref().err().and_then(io_kind) {
            Some(
                io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted,
            ) => {
                self.gauge.broke();
                Ok(())
            }
            _ => sent,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.gauge.enter(Phase::Answer);
        self.inner.await_input(narrowed(&self.gauge, timeout)?)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }
}

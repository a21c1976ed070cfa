//! A connection to the server, with the scripts loaded.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{
    Client, Cmd, ConnectionAddr, ConnectionLike as _, ErrorKind, IntoConnectionInfo as _,
    RedisConnectionInfo, RedisError, TlsCertificates, Value,
};

use crate::error::{Error, PASSING_HERE, words};
use crate::options::Options;
use crate::reply;
use crate::script::{Script, ScriptCall};
use crate::url::{Host, Place, RedisUrl};

/// The time for which a command's reply is awaited. A blocking read lasts at most
/// [`BLOCK`], and may last somewhat longer than it asks.
const REPLY_TIMEOUT: Duration = Duration::from_secs(7);

/// The time for which a read blocks.
pub(crate) const BLOCK: Duration = Duration::from_secs(1);

/// Makes connections.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    pub(crate) url: RedisUrl,
    pub(crate) options: Options,
}

/// A connection. After an error that is [`Error::Unreachable`] it is of no more use.
pub(crate) struct Connection {
    inner: redis::Connection,
    server: String,
    /// The names of the scripts on the server, in the order of [`Script::ALL`].
    hashes: Vec<String>,
    since: Instant,
}

impl Connector {
    /// Connects to the server, or to the master that a Sentinel names.
    pub(crate) fn connect(&self) -> Result<Connection, Error> {
        let mut connection = match &self.url.place {
            Place::Server(host) => self.connect_to(host)?,
            Place::Sentinels { hosts, master } => self.connect_to_master(hosts, master)?,
        };
        for script in Script::ALL {
            let mut load = redis::cmd("SCRIPT");
            load.arg("LOAD").arg(script.text());
            let hash = reply::text(connection.query(&load)?).unwrap_or_default();
            connection.hashes.push(hash);
        }
        Ok(connection)
    }

    fn connect_to(&self, host: &Host) -> Result<Connection, Error> {
        let mut settings = RedisConnectionInfo::default().set_db(self.url.database);
        if let Some(user) = &self.options.user {
            settings = settings.set_username(user);
        }
        if let Some(password) = &self.options.password {
            settings = settings.set_password(password);
        }
        self.open(host, settings)
    }

    /// Connects to the master that the first Sentinel names that names one. A Sentinel that was
    /// cut off names an old one, which says of itself that it is none. The error is a refusal only
    /// if all Sentinels lead to one: the others may name a master later.
    fn connect_to_master(&self, sentinels: &[Host], name: &str) -> Result<Connection, Error> {
        let (mut refusal, mut may_pass) = (None, false);
        for sentinel in sentinels {
            match self.master_of(sentinel, name) {
                Ok(Some(connection)) => return Ok(connection),
                Ok(None) => may_pass = true,
                Err(error) => {
                    log::debug!("the Sentinel {sentinel}: {error}");
                    match error.is_transient() {
                        true => may_pass = true,
                        false => refusal = Some(error),
                    }
                }
            }
        }
        Err(refusal
            .filter(|_| !may_pass)
            .unwrap_or_else(|| Error::NoMaster {
                name: name.to_owned(),
            }))
    }

    /// Connects to the master that a Sentinel names. None if it names none.
    fn master_of(&self, sentinel: &Host, name: &str) -> Result<Option<Connection>, Error> {
        let mut asked = self.open(sentinel, RedisConnectionInfo::default())?;
        let mut question = redis::cmd("SENTINEL");
        question.arg("get-master-addr-by-name").arg(name);
        let mut address = reply::texts(asked.query(&question)?).into_iter();
        let (Some(host), Some(port)) = (address.next(), address.next()) else {
            return Ok(None);
        };
        let Ok(port) = port.parse() else {
            return Ok(None);
        };
        let mut connection = self.connect_to(&Host { name: host, port })?;
        let role = connection.query(&redis::cmd("ROLE"))?;
        let role = reply::list(role).into_iter().next().and_then(reply::text);
        Ok((role.as_deref() == Some("master")).then_some(connection))
    }

    fn open(&self, host: &Host, settings: RedisConnectionInfo) -> Result<Connection, Error> {
        let server = host.to_string();
        let failed = |error| error_of(&server, error);
        let address = match self.url.is_tls {
            false => ConnectionAddr::Tcp(host.name.clone(), host.port),
            true => ConnectionAddr::TcpTls {
                host: host.name.clone(),
                port: host.port,
                insecure: false,
                tls_params: None,
            },
        };
        let info = address.into_connection_info().map_err(failed)?;
        let info = info.set_redis_settings(settings);
        let client = match self.url.is_tls {
            false => Client::open(info),
            true => Client::build_with_tls(
                info,
                TlsCertificates {
                    client_tls: None,
                    root_cert: self.options.authorities.clone(),
                },
            ),
        };
        let client = client.map_err(|error| Error::BadOption {
            reason: format!("{server}: {error}"),
        })?;
        // The time-out holds for the greeting and the password too.
        let inner = client
            .get_connection_with_timeout(self.options.connect_timeout)
            .map_err(failed)?;
        inner
            .set_read_timeout(Some(REPLY_TIMEOUT))
            .map_err(failed)?;
        inner
            .set_write_timeout(Some(REPLY_TIMEOUT))
            .map_err(failed)?;
        Ok(Connection {
            inner,
            server,
            hashes: Vec::new(),
            since: Instant::now(),
        })
    }
}

impl Connection {
    /// Returns the time since it was made.
    pub(crate) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Returns the time at which it was made.
    pub(crate) fn since(&self) -> Instant {
        self.since
    }

    /// Executes a command.
    pub(crate) fn query(&mut self, command: &Cmd) -> Result<Value, Error> {
        let reply = self.inner.req_command(command);
        reply
            .and_then(Value::extract_error)
            .map_err(|error| error_of(&self.server, error))
    }

    /// Calls a script.
    pub(crate) fn run(&mut self, call: &ScriptCall) -> Result<Value, Error> {
        let mut replies = self.run_all(&[call])?;
        replies.pop().unwrap_or(Ok(Value::Nil))
    }

    /// Calls scripts, all in one round trip. Returns a reply for each.
    pub(crate) fn run_all(
        &mut self,
        calls: &[&ScriptCall],
    ) -> Result<Vec<Result<Value, Error>>, Error> {
        let mut packed = Vec::with_capacity(calls.iter().map(|call| call.bytes()).sum());
        for call in calls {
            let mut command = redis::cmd("EVALSHA");
            let hash = self.hashes.get(call.script as usize);
            command.arg(hash.map_or("", String::as_str));
            command.arg(call.keys.len());
            command.arg(&call.keys);
            for argument in &call.arguments {
                command.arg(argument.as_slice());
            }
            command.write_packed_command(&mut packed);
        }
        let replies = self
            .inner
            .req_packed_commands(&packed, 0, calls.len())
            .map_err(|error| error_of(&self.server, error))?;
        let replies = replies.into_iter().map(|reply| {
            let reply = reply.extract_error();
            reply.map_err(|error| error_of(&self.server, error))
        });
        Ok(replies.collect())
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("server", &self.server)
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// Codes of errors that pass on another connection: the server loads its data, has become a replica
/// or has none, or has forgotten the scripts.
const PASSING_ELSEWHERE: [&str; 7] = [
    "LOADING",
    "READONLY",
    "NOSCRIPT",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "UNBLOCKED",
    "UNKILLABLE",
];

fn error_of(server: &str, error: RedisError) -> Error {
    let server = server.to_owned();
    let code = error.code().unwrap_or_default();
    let message = match error.detail() {
        Some(detail) => format!("{code} {}", without_script(detail)),
        None => error.to_string(),
    };
    // An error inside a script comes with the code ERR in some versions, and its own in the text.
    let is_passing = |of: &str| PASSING_HERE.contains(&of) || PASSING_ELSEWHERE.contains(&of);
    if is_passing(code) || words(&message).any(is_passing) {
        return Error::Unavailable { server, message };
    }
    let other = |kind, text| io::Error::new(kind, text);
    match error.kind() {
        ErrorKind::Io if error.is_timeout() => Error::Unreachable {
            server,
            source: Arc::new(other(
                io::ErrorKind::TimedOut,
                "it does not answer in time; see the port too, and whether it is one for TLS",
            )),
        },
        ErrorKind::Parse => Error::Unreachable {
            server,
            source: Arc::new(other(
                io::ErrorKind::InvalidData,
                "it does not speak the protocol of Redis; see the port",
            )),
        },
        ErrorKind::Io => Error::Unreachable {
            server,
            source: Arc::new(error),
        },
        _ => Error::Refused { server, message },
    }
}

/// Returns the server's message without the place in the script that it tells.
fn without_script(message: &str) -> &str {
    match message.split_once(" script: ") {
        Some((message, place)) if place.contains("on @user_script") => message,
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_shown_without_the_place_in_the_script() {
        for (message, shown) in [
            (
                "You can't write. script: d7a1f7, on @user_script:10.",
                "You can't write.",
            ),
            ("no script: here", "no script: here"),
        ] {
            assert_eq!(without_script(message), shown);
        }
    }
}

//! The URL of a server, or of the Sentinels that know it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::error::Error;

/// The URL of a Redis or Valkey server: `redis://host:6379/0`, `rediss://host:6379/0` for TLS, or
/// `redis-sentinel://host:26379,host:26379/MASTER/0` (`rediss-sentinel://` for TLS) for the master
/// that Sentinels know. The number is that of the database, and may be left out.
///
/// It has no password: arguments and logs show it. See [`Options`](crate::Options).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisUrl {
    text: String,
    pub(crate) is_tls: bool,
    pub(crate) database: i64,
    pub(crate) place: Place,
}

/// The way to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Server(Host),
    Sentinels { hosts: Vec<Host>, master: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) port: u16,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.contains(':') {
            true => write!(f, "[{}]:{}", self.name, self.port),
            false => write!(f, "{}:{}", self.name, self.port),
        }
    }
}

impl RedisUrl {
    /// Returns true if a password travels to another machine in clear text.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        let is_local = |host: &Host| {
            let ip = host.name.parse::<IpAddr>();
            host.name == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
        };
        !self.is_tls
            && match &self.place {
                Place::Server(host) => !is_local(host),
                // The master is elsewhere.
                Place::Sentinels { .. } => true,
            }
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for RedisUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let bad = |reason| Error::BadUrl {
            url: match rest.rsplit_once('@') {
                Some((_, behind)) => format!("{scheme}://…@{behind}"),
                None => text.to_owned(),
            },
            reason,
        };
        let (is_tls, is_sentinel) = match scheme {
            "redis" => (false, false),
            "rediss" => (true, false),
            "redis-sentinel" => (false, true),
            "rediss-sentinel" => (true, true),
            _ => return Err(bad("it does not begin with redis:// or the like")),
        };
        if rest.contains('@') {
            return Err(bad(
                "a user or a password in a URL can be read by others: name a file with it",
            ));
        }
        if rest.contains(['?', '#', '%']) || rest.chars().any(|c| c.is_whitespace()) {
            return Err(bad("it has a part that is not known"));
        }
        let (place, database) = match is_sentinel {
            false => {
                let host = host(authority, 6379).ok_or_else(|| bad("it names no host"))?;
                (Place::Server(host), path)
            }
            true => {
                let hosts = authority.split(',').map(|text| host(text, 26379));
                let hosts = hosts.collect::<Option<Vec<_>>>();
                let (master, database) = path.split_once('/').unwrap_or((path, ""));
                if master.is_empty() {
                    return Err(bad("it names no master behind the Sentinels"));
                }
                let place = Place::Sentinels {
                    hosts: hosts.ok_or_else(|| bad("it names no host"))?,
                    master: master.to_owned(),
                };
                (place, database)
            }
        };
        let database = match database {
            "" => 0,
            number => number
                .parse()
                .ok()
                .filter(|number: &i64| (0..=1 << 20).contains(number))
                .ok_or_else(|| bad("its last part is no number of a database"))?,
        };
        Ok(Self {
            text: text.to_owned(),
            is_tls,
            database,
            place,
        })
    }
}

/// Reads `host`, `host:port` or `[address]:port`.
fn host(text: &str, default_port: u16) -> Option<Host> {
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (name, behind) = rest.split_once(']')?;
            (
                name,
                behind.strip_prefix(':').or(behind.is_empty().then_some("")),
            )
        }
        None => match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, Some("")),
        },
    };
    let port = match port? {
        "" => default_port,
        port => port.parse().ok().filter(|port| *port != 0)?,
    };
    (!name.is_empty()).then(|| Host {
        name: name.to_owned(),
        port,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        for (text, is_tls, database, hosts) in [
            ("redis://a", false, 0, "a:6379"),
            ("redis://a:7/3", false, 3, "a:7"),
            ("rediss://[::1]:7", true, 0, "[::1]:7"),
            ("redis-sentinel://a,b:7/m", false, 0, "a:26379 b:7 m"),
            ("rediss-sentinel://a/m/2", true, 2, "a:26379 m"),
        ] {
            let url: RedisUrl = text.parse().unwrap();
            let found = match &url.place {
                Place::Server(host) => host.to_string(),
                Place::Sentinels { hosts, master } => {
                    let hosts: Vec<_> = hosts.iter().map(Host::to_string).collect();
                    format!("{} {master}", hosts.join(" "))
                }
            };
            assert_eq!(
                (url.is_tls, url.database, &*found),
                (is_tls, database, hosts)
            );
            assert_eq!(url.to_string(), text);
        }
    }

    #[test]
    fn a_password_is_exposed_without_tls_beyond_this_machine() {
        for (text, expected) in [
            ("redis://localhost", false),
            ("redis://127.0.0.2", false),
            ("redis://[::1]", false),
            ("redis://10.0.0.1", true),
            ("rediss://10.0.0.1", false),
            ("redis-sentinel://localhost/m", true),
        ] {
            let url: RedisUrl = text.parse().unwrap();
            assert_eq!(url.is_exposed(), expected, "{text}");
        }
    }

    #[test]
    fn bad_urls_are_refused_and_no_password_is_shown() {
        for text in [
            "a:6379",
            "http://a",
            "redis://",
            "redis://a:0",
            "redis://a:99999",
            "redis://a/x",
            "redis://a/-1",
            "redis://a?x=1",
            "redis-sentinel://a",
            "redis-sentinel:///m",
            "redis://u:secret@a",
            "redis://:secret@a/@b",
        ] {
            let error = text.parse::<RedisUrl>().unwrap_err();
            assert!(matches!(error, Error::BadUrl { .. }), "{text}");
            assert!(!error.to_string().contains("secret"), "{error}");
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }
}

//! The addresses of servers and proxies.

pub(crate) mod scheme;
mod unix;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use untrusted_text::OneLine;

use crate::credentials::Credentials;
use crate::error::Error;
use crate::url::scheme::Scheme;
use crate::url::unix::UnixAddress;

/// The customary path of XML-RPC servers, Python's among them.
const DEFAULT_PATH: &str = "/RPC2";

/// A parsed address: `http://user:password@host:port/path`, `https://`, `scgi://`, `host:port`,
/// `host`, `unix:user:password@/socket:/path`, or the same with `scgi+unix:`.
///
/// An address without a path gets `/RPC2`, and `/` stays `/`, as in Python's xmlrpclib.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerUrl {
    pub(crate) scheme: Scheme,
    /// The credentials before the @. The address never displays with them.
    pub(crate) credentials: Option<Credentials>,
    pub(crate) host: Host,
    /// Of no meaning for a Unix socket.
    pub(crate) port: u16,
    /// With its query, if there is one.
    pub(crate) path: String,
}

/// The host of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    Ip(IpAddr),
    /// A link-local address and its zone, the interface to use: a name or a number.
    Scoped(Ipv6Addr, String),
    Name(String),
    /// A Unix socket on this machine: the path of its file.
    Unix(String),
}

impl ServerUrl {
    /// Parses a server's address.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        ServerUrl::parse_with(text, DEFAULT_PATH)
    }

    /// Parses an address; `default_path` is its path where it has none.
    pub(crate) fn parse_with(text: &str, default_path: &str) -> Result<Self, Error> {
        let bad = |reason| Error::BadUrl {
            url: shown(text),
            reason,
        };
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(bad("it has a space or a control character in it"));
        }
        if let Some((scheme, rest)) = unix::split(text) {
            return parse_unix(scheme, rest, default_path).map_err(bad);
        }
        if !text.is_ascii() {
            return Err(bad(
                "it has a letter outside ASCII: write a name in its xn-- form, and a path percent-encoded",
            ));
        }
        let (scheme, rest) = match split_scheme(text) {
            None => (Scheme::Http, text),
            Some((name, rest)) => match Scheme::from_name(name) {
                Some(Scheme::Https) if !cfg!(feature = "tls") => {
                    return Err(Error::TlsUnsupported { url: shown(text) });
                }
                Some(scheme) => (scheme, rest),
                None => return Err(bad("only http://, https://, unix: and scgi:// are spoken")),
            },
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        // This path may be the rest of a password that is not percent-encoded.
        if path.contains('@') {
            return Err(bad(
                "before the @, what is not a letter or a digit must be percent-encoded; so must an @ of a path",
            ));
        }
        let (credentials, authority) = match authority.rsplit_once('@') {
            None => (None, authority),
            Some((credentials, authority)) => (
                Some(parse_credentials(credentials).map_err(bad)?),
                authority,
            ),
        };
        let (host, port) = split_port(authority).map_err(bad)?;
        let port = match (port, scheme.default_port()) {
            (Some(port), _) => parse_port(port),
            (None, Some(port)) => Ok(port),
            (None, None) => {
                Err("it has no port, and SCGI has no customary one: write scgi://host:port")
            }
        };
        Ok(ServerUrl {
            scheme,
            credentials,
            host: parse_host(host).map_err(bad)?,
            port: port.map_err(bad)?,
            path: parse_path(path, default_path).map_err(bad)?,
        })
    }

    /// Returns the address without its path. Credentials belong to this much of it.
    pub(crate) fn origin(&self) -> String {
        match &self.host {
            Host::Unix(socket) => format!("{}{socket}", self.scheme.unix_prefix()),
            host => format!("{}://{host}:{}", self.scheme.name(), self.port),
        }
    }

    /// Returns the address for HTTP, which has no zones (RFC 9110, section 4.2), no Unix
    /// sockets and no SCGI.
    pub(crate) fn for_http(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Https => Scheme::Https,
            Scheme::Http | Scheme::Scgi => Scheme::Http,
        };
        let host = match &self.host {
            Host::Scoped(ip, _) => Host::Ip((*ip).into()).to_string(),
            // The name by which Python's, curl's and Docker's clients call such a server.
            Host::Unix(_) => return format!("http://localhost{}", self.path),
            host => host.to_string(),
        };
        format!("{}://{host}:{}{}", scheme.name(), self.port, self.path)
    }

    /// Returns the address of another path of the server, if that is one.
    pub(crate) fn with_path(&self, path: &str) -> Result<Self, Error> {
        ServerUrl::parse(&format!("{}{}{path}", self.origin(), self.separator()))
    }

    /// Returns the server's name in messages: `host:port`, an IPv6 address in brackets, or
    /// `unix:/socket`.
    pub(crate) fn server(&self) -> String {
        match &self.host {
            Host::Unix(_) => self.origin(),
            host => format!("{host}:{}", self.port),
        }
    }

    /// Returns what stands between the origin and the path.
    fn separator(&self) -> &'static str {
        match self.host {
            Host::Unix(_) => ":",
            _ => "",
        }
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.origin(), self.separator(), self.path)
    }
}

impl Host {
    /// Returns whether the host is this machine, by its address or by the name that is always
    /// its own.
    pub(crate) fn is_loopback(&self) -> bool {
        match self {
            Host::Ip(ip) => ip.to_canonical().is_loopback(),
            Host::Unix(_) => true,
            Host::Scoped(..) => false,
            Host::Name(name) => name.eq_ignore_ascii_case("localhost"),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
            Host::Ip(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Host::Scoped(ip, zone) => write!(f, "[{ip}%{zone}]"),
            Host::Name(name) | Host::Unix(name) => f.write_str(name),
        }
    }
}

/// Parses what follows `unix:` or `scgi+unix:`.
fn parse_unix(scheme: Scheme, text: &str, default_path: &str) -> Result<ServerUrl, &'static str> {
    let address = UnixAddress::parse(text)?;
    Ok(ServerUrl {
        scheme,
        credentials: address.credentials.map(parse_credentials).transpose()?,
        host: Host::Unix(address.socket.to_owned()),
        port: 0,
        path: parse_path(address.path, default_path)?,
    })
}

fn parse_credentials(text: &str) -> Result<Credentials, &'static str> {
    let credentials = Credentials::from_url(text);
    credentials.ok_or("before its @, a % has no two hexadecimal digits after it")
}

/// Splits the scheme from the rest. A `://` within a path does not count.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"+-.".contains(&b);
    scheme.bytes().all(plain).then_some((scheme, rest))
}

/// Splits the host, as written, from the port after its colon.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), &'static str> {
    if authority.starts_with('[') {
        let end = authority.find(']').ok_or("its [ has no ]")? + 1;
        let (host, rest) = authority.split_at(end);
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err("after an IPv6 address in brackets comes :port or nothing"),
        };
    }
    match authority.split_once(':') {
        None => Ok((authority, None)),
        Some((_, port)) if port.contains(':') => {
            Err("it has two colons: an IPv6 address goes into brackets, as in [::1]:9000")
        }
        Some((host, port)) => Ok((host, Some(port))),
    }
}

fn parse_host(text: &str) -> Result<Host, &'static str> {
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner.trim_end_matches(']');
        let (ip, zone) = match inner.split_once('%') {
            Some((ip, zone)) => (ip, Some(zone)),
            None => (inner, None),
        };
        let ip = ip.parse::<Ipv6Addr>();
        let ip = ip.map_err(|_| "what stands in brackets is not an IPv6 address")?;
        return match zone {
            None => Ok(Host::Ip(ip.into())),
            Some(zone) => Ok(Host::Scoped(ip, parse_zone(zone)?)),
        };
    }
    if text.is_empty() {
        return Err("it has no host");
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(
            "it has no host, only a number: for a port on this machine write localhost: before it",
        );
    }
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        let ip = text.parse::<Ipv4Addr>();
        return Ok(Host::Ip(
            ip.map_err(|_| "its host is not an IPv4 address")?.into(),
        ));
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
    // 253 characters are the longest name that DNS carries (RFC 1035, 2.3.4).
    if text.len() > 253 || !text.bytes().all(plain) {
        return Err("its host is not a name: letters, digits, - and . make one");
    }
    Ok(Host::Name(text.to_ascii_lowercase()))
}

/// Parses the zone after an IPv6 address's `%`, which a URL writes as `%25` (RFC 6874).
fn parse_zone(text: &str) -> Result<String, &'static str> {
    let zone = match text.strip_prefix("25") {
        Some(zone) if !zone.is_empty() => zone,
        _ => text,
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    match !zone.is_empty() && zone.bytes().all(plain) {
        true => Ok(zone.to_owned()),
        false => Err("after an IPv6 address's % comes an interface, as in [fe80::1%eth0]:9000"),
    }
}

fn parse_port(text: &str) -> Result<u16, &'static str> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port > 0 => Ok(port),
        _ => Err("its port is not a number from 1 to 65535"),
    }
}

fn parse_path(text: &str, default: &str) -> Result<String, &'static str> {
    if text.contains('#') {
        return Err("a fragment (#) means nothing to a server");
    }
    // RFC 3986 leaves these out of every part of a URL.
    if text.contains(['"', '<', '>', '\\', '^', '`', '{', '|', '}']) {
        return Err("its path has a character that must be percent-encoded");
    }
    Ok(match text.bytes().next() {
        None => default.to_owned(),
        Some(b'/') => text.to_owned(),
        Some(_) => format!("/{text}"),
    })
}

/// Returns an address as errors show it: without what may be a password.
fn shown(text: &str) -> String {
    match text.rsplit_once('@') {
        None => OneLine::new(text).to_string(),
        Some((_, rest)) => format!("***@{}", OneLine::new(rest)),
    }
}

#[cfg(test)]
mod tests;

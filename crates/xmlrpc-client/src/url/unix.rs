//! The parts of the address of a Unix socket.

use crate::url::scheme::Scheme;

/// The most bytes of a Unix socket's path that Linux takes. Others take a few less.
const MAX_SOCKET_PATH: usize = 107;

/// The parts of an address such as `unix:user:password@/socket:/path`.
pub(crate) struct UnixAddress<'a> {
    /// The text before the @.
    pub(crate) credentials: Option<&'a str>,
    /// The path of the socket's file.
    pub(crate) socket: &'a str,
    /// The path of HTTP; empty if it is not given.
    pub(crate) path: &'a str,
}

/// Splits the scheme from the rest, if the address is that of a Unix socket.
pub(crate) fn split(text: &str) -> Option<(Scheme, &str)> {
    [Scheme::Http, Scheme::Scgi]
        .into_iter()
        .find_map(|scheme| Some((scheme, text.strip_prefix(scheme.unix_prefix())?)))
}

impl<'a> UnixAddress<'a> {
    /// Reads what follows the scheme.
    pub(crate) fn parse(text: &'a str) -> Result<Self, &'static str> {
        if !cfg!(unix) {
            return Err("this system has no Unix sockets");
        }
        let begin = text.find('/').unwrap_or(text.len());
        let (credentials, text) = match text[..begin].rfind('@') {
            None => (None, text),
            Some(at) => (Some(&text[..at]), &text[at + 1..]),
        };
        // `unix:///socket` is written too.
        let text = text.strip_prefix("//").unwrap_or(text);
        let (socket, path) = match text.find(":/") {
            None => (text, ""),
            Some(end) => (&text[..end], &text[end + 1..]),
        };
        if !socket.starts_with('/') {
            return Err(
                "after unix: comes the whole path of a socket, as in unix:/run/server.sock",
            );
        }
        if socket.len() > MAX_SOCKET_PATH {
            return Err("the path of a Unix socket has 107 bytes at most");
        }
        if !path.is_ascii() {
            return Err("the path after the socket has a letter outside ASCII: percent-encode it");
        }
        Ok(UnixAddress {
            credentials,
            socket,
            path,
        })
    }
}

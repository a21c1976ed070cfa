//! The protocols that a server's first bytes tell, where they are not those of its address.

use std::fmt;

/// The first two bytes of a record of TLS: an alert or a handshake, and the major version.
const TLS_ALERT: u8 = 0x15;
const TLS_HANDSHAKE: u8 = 0x16;
const TLS_MAJOR: u8 = 3;

/// The type of HTTP/2's first frame, SETTINGS, behind its length.
const SETTINGS: u8 = 4;

/// The first byte of a command of Telnet.
const TELNET: u8 = 0xff;

/// The version of MySQL's protocol, behind the length and number of its first packet.
const MYSQL: u8 = 10;

/// The protocol and the remedy where a server speaks TLS and was called without.
pub(super) const IN_TLS: &str = "it answers in TLS; call it by https://";

/// A server's protocol and a remedy, inside an error of ureq's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OtherProtocol(pub(super) &'static str);

impl OtherProtocol {
    /// Returns true for the first bytes of a server that speaks TLS.
    pub(super) fn is_tls(first: &[u8]) -> bool {
        matches!(first, [TLS_ALERT | TLS_HANDSHAKE, TLS_MAJOR, ..])
    }

    /// Recognises a protocol by the first bytes of a server. A function that has run may have written
    /// any others: these are an answer that can't be read.
    pub(super) fn of(first: &[u8]) -> Option<Self> {
        let text = match first {
            _ if OtherProtocol::is_tls(first) => IN_TLS,
            [b'H', b'T', b'T', b'P', b'/', ..] => "it answers in HTTP; call it by http://",
            [0, 0, _, SETTINGS, ..] => "it speaks HTTP/2 alone; give it an address with HTTP/1.1",
            [b'S', b'S', b'H', b'-', ..] => "it answers in SSH; check the port",
            [b'2', b'2', b'0', b' ' | b'-', ..] => "it answers as SMTP or FTP do; check the port",
            [b'+', b'O', b'K', ..] => "it answers as POP3 or Redis do; check the port",
            [b'*', b' ', b'O', b'K', ..] => "it answers in IMAP; check the port",
            [b'-', b'E', b'R', b'R', ..] => "it answers as Redis or POP3 do; check the port",
            [b'R', b'F', b'B', b' ', ..] => "it answers in VNC; check the port",
            [b'E', 0, 0, ..] => "it answers as PostgreSQL does; check the port",
            [_, 0, 0, 0, MYSQL, ..] => "it answers as MySQL does; check the port",
            [TELNET, 0xfb..=0xfe, ..] => "it answers in Telnet; check the port",
            _ => return None,
        };
        Some(OtherProtocol(text))
    }
}

impl fmt::Display for OtherProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for OtherProtocol {}

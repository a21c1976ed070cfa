//! The protocol of a server that does not speak the one of its address.

use std::fmt;

use untrusted_text::OneLine;

/// The most characters of the first bytes that are shown.
const SHOWN: usize = 60;

/// Two of the first bytes of a record of TLS: an alert or a handshake, and the major version.
const TLS_ALERT: u8 = 0x15;
const TLS_HANDSHAKE: u8 = 0x16;
const TLS_MAJOR: u8 = 3;

/// What a server's first bytes say of its protocol, inside an error of ureq's.
#[derive(Debug)]
pub(super) struct OtherProtocol(pub(super) String);

impl OtherProtocol {
    /// Judges the first bytes of a server that did not answer in the protocol it was asked in.
    pub(super) fn of(first: &[u8]) -> Self {
        OtherProtocol(match first {
            [TLS_ALERT | TLS_HANDSHAKE, TLS_MAJOR, ..] => {
                "it answers in TLS; call it by https://".to_owned()
            }
            [b'H', b'T', b'T', b'P', b'/', ..] => {
                "it answers in HTTP; call it by http://".to_owned()
            }
            _ => {
                let text = String::from_utf8_lossy(first);
                let text = OneLine::quoted(text.trim_end()).max_chars(SHOWN);
                format!("its first bytes are \"{text}\"; check the host and the port")
            }
        })
    }
}

impl fmt::Display for OtherProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OtherProtocol {}

//! Calls of scripts that are longer than the server takes at once.
//!
//! A server breaks the connection on which such a call comes, at best after an error. It would be
//! sent again without end, and hold up all others.

use crate::error::Error;
use crate::script::ScriptCall;

/// The least that a server can be set to take at once (`proto-max-bulk-len`), in bytes.
const LEAST: usize = 1 << 20;

/// The number of connections that have to break, one after the other, while a large call is all that
/// is sent on them.
const BREAKS: u32 = 4;

/// The connections that have broken while a call was sent.
#[derive(Debug, Default)]
pub(crate) struct Breaks(u32);

impl Breaks {
    /// Returns true if the call is to be sent alone: it may be why connections break.
    pub(crate) fn is_suspect(&self) -> bool {
        self.0 > 0
    }

    /// Notes that the connection has broken on which the call was sent, alone or with others. Returns the
    /// error of a call that the server does not take.
    pub(crate) fn note(
        &mut self,
        call: &ScriptCall,
        is_alone: bool,
        error: &Error,
    ) -> Option<Error> {
        let bytes = call.bytes();
        if bytes < LEAST {
            return None;
        }
        match is_alone {
            true => self.0 = self.0.saturating_add(1),
            false => self.0 = self.0.max(1),
        }
        let server = match error {
            Error::Unreachable { server, .. } => server,
            Error::Refused { server, message } if tells_of_length(message) => server,
            _ => return None,
        };
        let is_known = matches!(error, Error::Refused { .. });
        (is_alone && (is_known || self.0 > BREAKS)).then(|| Error::TooLarge {
            server: server.clone(),
            bytes,
        })
    }
}

/// Returns true for the error with which a server answers a call that is too long.
pub(crate) fn tells_of_length(message: &str) -> bool {
    message.contains("invalid bulk length") || message.contains("max request size exceeded")
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use super::*;
    use crate::script::Script;

    fn call(bytes: usize) -> ScriptCall {
        ScriptCall::new(Script::Submit, []).arg(vec![0; bytes])
    }

    fn broken() -> Error {
        Error::Unreachable {
            server: "a:1".to_owned(),
            source: Arc::new(io::Error::from(io::ErrorKind::ConnectionReset)),
        }
    }

    #[test]
    fn only_a_large_call_is_blamed_for_broken_connections() {
        let mut breaks = Breaks::default();
        for _ in 0..9 {
            assert!(breaks.note(&call(1000), true, &broken()).is_none());
        }
        assert!(!breaks.is_suspect());
        let large = call(LEAST);
        // Another call may be why these break.
        for _ in 0..9 {
            assert!(breaks.note(&large, false, &broken()).is_none());
            assert!(breaks.is_suspect());
        }
        for _ in 1..BREAKS {
            assert!(breaks.note(&large, true, &broken()).is_none());
        }
        let error = breaks.note(&large, true, &broken()).unwrap();
        assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    }

    #[test]
    fn a_server_that_tells_is_believed_at_once() {
        for (message, is_told) in [
            ("ERR Protocol error: invalid bulk length", true),
            ("ERR max request size exceeded. Limit: 1000000 bytes", true),
            ("NOPERM this user has no permissions", false),
        ] {
            let error = Error::Refused {
                server: "a:1".to_owned(),
                message: message.to_owned(),
            };
            let noted = Breaks::default().note(&call(LEAST), true, &error);
            assert_eq!(noted.is_some(), is_told, "{message}");
        }
    }
}

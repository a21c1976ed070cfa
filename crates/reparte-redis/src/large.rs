//! Calls that are longer than the server takes at once: a large task or result.
//!
//! The server breaks the connection on which such a call comes, at best after an error. Sent again
//! and again, the call would never succeed, and hold up all others.

use std::io;

use crate::error::{Error, speaks_of_length};
use crate::script::ScriptCall;

/// The smallest limit that a server can be given (`proto-max-bulk-len`), in bytes.
const SMALLEST_LIMIT: usize = 1 << 20;

/// The number of connections that may break while nothing but the call is sent on them.
const MOST_BREAKS: u32 = 4;

/// The connections that broke, or were refused for a length, while a call was sent.
#[derive(Debug, Default)]
pub(crate) struct Breaks {
    goes_alone: bool,
    /// The number of those on which it was sent alone.
    alone: u32,
}

impl Breaks {
    /// Returns true if the call is to be sent alone, since it may be why connections break.
    pub(crate) fn goes_alone(&self) -> bool {
        self.goes_alone
    }

    /// Notes an error of the round trip in which the call was sent, `is_alone` or with others. Returns
    /// the error of a call that the server does not take.
    pub(crate) fn note(
        &mut self,
        call: &ScriptCall,
        is_alone: bool,
        error: &Error,
    ) -> Option<Error> {
        let bytes = call.bytes();
        let (server, is_told) = match error {
            Error::Refused { server, .. } if tells_of_length(error) => (server, true),
            Error::Unreachable { server, source }
                if bytes >= SMALLEST_LIMIT && !is_time_out(&**source) =>
            {
                (server, false)
            }
            _ => return None,
        };
        self.goes_alone = true;
        if !is_alone {
            return None;
        }
        self.alone += 1;
        (is_told || self.alone >= MOST_BREAKS).then(|| Error::TooLarge {
            server: server.clone(),
            bytes,
            is_told,
        })
    }

    /// Notes that the server has read the whole call.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

/// Returns true for the error with which a server answers a call that is too long.
pub(crate) fn tells_of_length(error: &Error) -> bool {
    matches!(error, Error::Refused { message, .. } if speaks_of_length(message))
}

/// Returns true for a server that is slow: it has not broken the connection.
fn is_time_out(error: &(dyn std::error::Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::script::Script;

    fn call(bytes: usize) -> ScriptCall {
        ScriptCall::new(Script::Submit, []).arg(vec![0; bytes])
    }

    fn broken(kind: io::ErrorKind) -> Error {
        Error::Unreachable {
            server: "a:1".to_owned(),
            source: Arc::new(io::Error::from(kind)),
        }
    }

    #[test]
    fn only_a_large_call_is_blamed_for_broken_connections() {
        let mut breaks = Breaks::default();
        let reset = broken(io::ErrorKind::ConnectionReset);
        let large = call(SMALLEST_LIMIT);
        for _ in 0..9 {
            assert!(breaks.note(&call(1000), true, &reset).is_none());
            let late = broken(io::ErrorKind::TimedOut);
            assert!(breaks.note(&large, true, &late).is_none());
        }
        assert!(!breaks.goes_alone());
        // Another call may be why these break.
        for _ in 0..9 {
            assert!(breaks.note(&large, false, &reset).is_none());
            assert!(breaks.goes_alone());
        }
        for _ in 1..MOST_BREAKS {
            assert!(breaks.note(&large, true, &reset).is_none());
        }
        let error = breaks.note(&large, true, &reset).unwrap();
        let is_guess = matches!(error, Error::TooLarge { is_told: false, .. });
        assert!(is_guess, "{error}");
        // Once the server has read it, it begins anew.
        breaks.reset();
        assert!(breaks.note(&large, true, &reset).is_none());
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
            // A hosted server may have a limit below the smallest of Redis.
            let noted = Breaks::default().note(&call(1000), true, &error);
            assert_eq!(noted.is_some(), is_told, "{message}");
        }
    }
}

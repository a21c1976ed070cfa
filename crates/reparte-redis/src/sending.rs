//! The sending of a call of a script that may be withdrawn before.
//!
//! | state | event | new state |
//! | --- | --- | --- |
//! | `UNSENT` | it is sent | `SENT` |
//! | `UNSENT` | it is withdrawn | `WITHDRAWN` |
//! | `SENT` | the server has refused it each time that it was sent | `UNSENT` |

use std::sync::atomic::{AtomicU8, Ordering::SeqCst};

const UNSENT: u8 = 0;
const SENT: u8 = 1;
const WITHDRAWN: u8 = 2;

/// The sending of a call. Of its sender and whoever withdraws it, the first one decides.
#[derive(Debug, Default)]
pub(crate) struct Sending(AtomicU8);

impl Sending {
    /// Notes that the call is sent. Returns false if it is withdrawn: it is not to be sent.
    pub(crate) fn begin(&self) -> bool {
        let before = self.0.compare_exchange(UNSENT, SENT, SeqCst, SeqCst);
        before != Err(WITHDRAWN)
    }

    /// Notes that the server has not executed the call so far.
    pub(crate) fn note_refused(&self) {
        let _ = self.0.compare_exchange(SENT, UNSENT, SeqCst, SeqCst);
    }

    /// Withdraws the call. Returns false if it was sent: the server may have executed it.
    pub(crate) fn withdraw(&self) -> bool {
        let before = self.0.compare_exchange(UNSENT, WITHDRAWN, SeqCst, SeqCst);
        before.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_sent_or_withdrawn() {
        let sending = Sending::default();
        assert!(sending.begin() && sending.begin());
        assert!(!sending.withdraw(), "it may have been executed");
        sending.note_refused();
        assert!(sending.withdraw());
        assert!(!sending.begin());
        sending.note_refused();
        assert!(!sending.begin());
    }
}

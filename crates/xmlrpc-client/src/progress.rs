//! The progress of a call: its phase, and the time that is left of it.
//!
//! | from | when | to |
//! | --- | --- | --- |
//! | any | a call starts | [`Connect`](Phase::Connect) |
//! | `Connect` | the first byte of the request is handed to the socket | [`Send`](Phase::Send) |
//! | `Send` | the whole request is written, and the response is awaited | [`Response`](Phase::Response) |
//! | `Response` | TLS writes, such as to renew its keys | `Send`, and back at the next read |
//!
//! A TLS handshake writes and reads too. It is a part of connecting: while it runs, the
//! phase stays `Connect`. A phase has its time-out as a total, from its start to its end,
//! however many bytes come in between.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::options::Options;
use crate::phase::Phase;

/// The progress of the one call that runs on a connection. The connection's parts under
/// ureq write it, and the call reads it when it fails.
#[derive(Debug)]
pub(crate) struct CallProgress {
    connect_timeout: Duration,
    send_timeout: Duration,
    response_timeout: Duration,
    state: Mutex<State>,
    /// A part of the response has come. Nothing else depends on it: `Relaxed` is enough.
    response_has_begun: Arc<AtomicBool>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    phase: Phase,
    started: Instant,
    /// A TLS handshake is under way, or has failed: `phase` is `Connect` and stays so.
    in_handshake: bool,
    /// The end of the phase; never after `deadline`.
    phase_end: Instant,
    /// The end of the whole call.
    deadline: Instant,
    /// The socket was opened for this call, and not kept from an earlier one.
    is_new_socket: bool,
    /// The server closed the connection before it had taken the whole request.
    broke_while_sending: bool,
}

impl State {
    /// A call that starts now, by connecting.
    fn new(connect_timeout: Duration, deadline: Instant) -> Self {
        let now = Instant::now();
        State {
            phase: Phase::Connect,
            started: now,
            in_handshake: false,
            phase_end: deadline.min(now + connect_timeout),
            deadline,
            is_new_socket: false,
            broke_while_sending: false,
        }
    }
}

impl CallProgress {
    /// The progress of no call yet.
    pub(crate) fn new(options: &Options) -> Self {
        CallProgress {
            connect_timeout: options.connect_timeout,
            send_timeout: options.send_timeout,
            response_timeout: options.response_timeout,
            state: Mutex::new(State::new(Duration::ZERO, Instant::now())),
            response_has_begun: Arc::default(),
        }
    }

    /// Starts a call that must be over at `deadline`.
    pub(crate) fn start(&self, deadline: Instant) {
        *self.state() = State::new(self.connect_timeout, deadline);
        self.response_has_begun.store(false, Relaxed);
    }

    /// Enters `phase`, unless the call is in it, and starts its time.
    pub(crate) fn enter(&self, phase: Phase) {
        let mut state = self.state();
        if state.phase != phase && !state.in_handshake {
            let timeout = match phase {
                Phase::Connect => self.connect_timeout,
                Phase::Send => self.send_timeout,
                Phase::Response => self.response_timeout,
            };
            state.phase = phase;
            state.phase_end = state.deadline.min(Instant::now() + timeout);
        }
    }

    /// Cuts the time that is left of the phase to `time`.
    pub(crate) fn shorten_phase(&self, time: Duration) {
        let mut state = self.state();
        state.phase_end = state.phase_end.min(Instant::now() + time);
    }

    /// Returns the time that is left of the phase; zero when it is over.
    pub(crate) fn time_left(&self) -> Duration {
        let phase_end = self.state().phase_end;
        phase_end.saturating_duration_since(Instant::now())
    }

    /// Records that a socket was opened for this call.
    pub(crate) fn set_new_socket(&self) {
        self.state().is_new_socket = true;
    }

    /// Records that a TLS handshake begins or has ended.
    #[cfg(feature = "tls")]
    pub(crate) fn set_in_handshake(&self, in_handshake: bool) {
        self.state().in_handshake = in_handshake;
    }

    /// Records that the server closed the connection before it had taken the whole request.
    pub(crate) fn set_broke_while_sending(&self) {
        self.state().broke_while_sending = true;
    }

    /// Records that bytes have come. Those of a TLS handshake are no part of the response.
    pub(crate) fn set_response_begun(&self) {
        let state = *self.state();
        if state.phase == Phase::Response && !state.in_handshake {
            self.response_has_begun.store(true, Relaxed);
        }
    }

    /// Returns the flag that says whether a part of the response has come.
    pub(crate) fn response_has_begun(&self) -> &Arc<AtomicBool> {
        &self.response_has_begun
    }

    pub(crate) fn broke_while_sending(&self) -> bool {
        self.state().broke_while_sending
    }

    /// Returns whether the call met a kept connection that the server had closed. The call
    /// has not run: the server never had the whole request.
    pub(crate) fn met_closed_connection(&self) -> bool {
        let state = self.state();
        state.broke_while_sending && !state.is_new_socket
    }

    /// Returns the phase that a failure belongs to. After a connection that broke while
    /// sending the response is still read, as it may say why; without one, the failure
    /// belongs to sending.
    pub(crate) fn phase(&self) -> Phase {
        let state = self.state();
        if state.broke_while_sending {
            Phase::Send
        } else {
            state.phase
        }
    }

    /// Returns how long the call has taken so far.
    pub(crate) fn elapsed(&self) -> Duration {
        self.state().started.elapsed()
    }

    /// Returns whether the deadline ends the phase, rather than the phase's own time-out.
    pub(crate) fn deadline_ends_phase(&self) -> bool {
        let state = self.state();
        state.deadline <= state.phase_end
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment or two plain ones: a poisoned state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

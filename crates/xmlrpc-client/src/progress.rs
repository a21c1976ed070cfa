//! Where a call is, and how long it may stay there.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{Options, Phase};

/// The state of the one call that runs on a line, which the transport writes and the
/// call reads when it fails.
#[derive(Debug)]
pub(crate) struct CallProgress {
    connect: Duration,
    send: Duration,
    answer: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    phase: Phase,
    begun: Instant,
    /// Whether what is sent and awaited is still a part of connecting.
    connecting: bool,
    /// When the phase must be over.
    until: Instant,
    /// When the whole call must be over.
    deadline: Option<Instant>,
    /// Whether the connection was made for this call.
    fresh: bool,
    /// Whether the connection broke before it had taken the whole request.
    broken: bool,
}

impl CallProgress {
    pub(crate) fn new(options: &Options) -> Self {
        let now = Instant::now();
        CallProgress {
            connect: options.connect_timeout,
            send: options.send_timeout,
            answer: options.response_timeout,
            state: Mutex::new(State {
                phase: Phase::Connect,
                begun: now,
                connecting: false,
                until: now,
                deadline: None,
                fresh: false,
                broken: false,
            }),
        }
    }

    /// A call begins, by connecting.
    pub(crate) fn begin(&self, deadline: Option<Instant>) {
        let now = Instant::now();
        *self.state() = State {
            phase: Phase::Connect,
            begun: now,
            connecting: false,
            until: earlier(now + self.connect, deadline),
            deadline,
            fresh: false,
            broken: false,
        };
    }

    /// The call is in `phase`, whose time begins if it wasn't.
    pub(crate) fn enter(&self, phase: Phase) {
        let mut state = self.state();
        if state.phase != phase && !state.connecting {
            let time = match phase {
                Phase::Connect => self.connect,
                Phase::Send => self.send,
                Phase::Response => self.answer,
            };
            state.phase = phase;
            state.until = earlier(Instant::now() + time, state.deadline);
        }
    }

    /// Takes what is left of the phase down to `time`.
    pub(crate) fn hurry(&self, time: Duration) {
        let mut state = self.state();
        state.until = earlier(Instant::now() + time, Some(state.until));
    }

    /// What is left of the phase; zero when it is over.
    pub(crate) fn left(&self) -> Duration {
        let until = self.state().until;
        until.saturating_duration_since(Instant::now())
    }

    pub(crate) fn connected(&self) {
        self.state().fresh = true;
    }

    /// While this is so, no phase comes after the one of connecting.
    #[cfg(feature = "tls")]
    pub(crate) fn set_connecting(&self, connecting: bool) {
        self.state().connecting = connecting;
    }

    pub(crate) fn broke(&self) {
        self.state().broken = true;
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.state().broken
    }

    /// Whether the call met a pooled connection that had been closed: none has taken it.
    pub(crate) fn is_stale(&self) -> bool {
        let state = self.state();
        state.broken && !state.fresh
    }

    /// The phase that a failure belongs to.
    pub(crate) fn phase(&self) -> Phase {
        let state = self.state();
        if state.broken {
            Phase::Send
        } else {
            state.phase
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.state().begun.elapsed()
    }

    /// Whether it is the deadline that ends the phase, rather than the phase's own time.
    pub(crate) fn is_cut(&self) -> bool {
        let state = self.state();
        state.deadline.is_some_and(|at| at <= state.until)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment or two plain ones: a poisoned state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn earlier(a: Instant, b: Option<Instant>) -> Instant {
    b.map_or(a, |b| a.min(b))
}

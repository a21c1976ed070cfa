//! A destination for tests: each call waits until the test answers it.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use reparte::{Call, CallError, CallId, Destino, ErrorKind, Options, Repartidor};

/// A time that is long enough for anything that is to happen.
pub(crate) const SOON: Duration = Duration::from_secs(20);
/// The time after which something is taken not to happen.
pub(crate) const NEVER: Duration = Duration::from_millis(60);

pub(crate) struct FakeServer {
    name: String,
    slots: usize,
    calls: Sender<PendingCall>,
    in_flight: Mutex<HashMap<CallId, Sender<Result<u32, CallError>>>>,
    cancellable: bool,
}

/// A call that waits for its answer.
pub(crate) struct PendingCall {
    pub(crate) server: String,
    pub(crate) args: u32,
    answer: Sender<Result<u32, CallError>>,
}

/// Creates servers of these names and slots, and the channel of their calls. The channel is
/// disconnected once all of the servers are dropped.
pub(crate) fn fake_servers(servers: &[(&str, usize)]) -> (Vec<FakeServer>, Receiver<PendingCall>) {
    let (calls, held) = unbounded();
    let server = |&(name, slots): &(&str, usize)| FakeServer {
        name: name.to_owned(),
        slots,
        calls: calls.clone(),
        in_flight: Mutex::default(),
        cancellable: true,
    };
    (servers.iter().map(server).collect(), held)
}

impl FakeServer {
    /// Makes it ignore `cancel`.
    pub(crate) fn ignoring_cancel(self) -> Self {
        Self {
            cancellable: false,
            ..self
        }
    }
}

impl PendingCall {
    pub(crate) fn answer(self, outcome: Result<u32, CallError>) {
        self.answer.send(outcome).expect("the call waits");
    }

    /// Answers with the square.
    pub(crate) fn square(self) {
        let square = self.args * self.args;
        self.answer(Ok(square));
    }

    pub(crate) fn fail(self, kind: ErrorKind) {
        self.answer(Err(error(kind)));
    }
}

pub(crate) fn error(kind: ErrorKind) -> CallError {
    CallError::new(kind, "on purpose")
}

/// Returns the next call, which must come.
pub(crate) fn next(calls: &Receiver<PendingCall>) -> PendingCall {
    calls.recv_timeout(SOON).expect("a call comes")
}

/// The next two calls, in the order of their tasks: two slots may begin theirs in any order.
pub(crate) fn next_two(calls: &Receiver<PendingCall>) -> [PendingCall; 2] {
    let mut calls = [next(calls), next(calls)];
    calls.sort_by_key(|call| call.args);
    calls
}

/// Sends these tasks, which must be taken.
pub(crate) fn send(reparto: &mut Repartidor<u32, u32>, tasks: impl IntoIterator<Item = u32>) {
    for task in tasks {
        reparto.enviar(task).expect("the task is taken");
    }
}

/// Returns options with a short outage.
pub(crate) fn short_outage() -> Options {
    let mut options = Options::default();
    options.outage = Some(Duration::from_millis(50));
    options
}

impl Destino<u32, u32> for FakeServer {
    fn name(&self) -> &str {
        &self.name
    }

    fn slots(&self) -> usize {
        self.slots
    }

    fn call(&self, args: &u32, call: &Call) -> Result<u32, CallError> {
        let (answer, answered) = bounded(1);
        let held = PendingCall {
            server: self.name.clone(),
            args: *args,
            answer: answer.clone(),
        };
        self.in_flight.lock().unwrap().insert(call.id, answer);
        if self.cancellable && call.is_cancelled() {
            return Err(error(ErrorKind::Cancelled));
        }
        self.calls.send(held).expect("the test takes calls");
        let outcome = answered.recv().expect("the test answers");
        self.in_flight.lock().unwrap().remove(&call.id);
        outcome
    }

    fn cancel(&self, call: CallId) {
        if self.cancellable
            && let Some(answer) = self.in_flight.lock().unwrap().get(&call)
        {
            let _ = answer.try_send(Err(error(ErrorKind::Cancelled)));
        }
    }
}

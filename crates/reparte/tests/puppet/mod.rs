//! A destination on strings: each call waits until the test answers it.

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

pub(crate) struct Puppet {
    name: String,
    slots: usize,
    calls: Sender<Held>,
    in_flight: Mutex<HashMap<CallId, Sender<Result<u32, CallError>>>>,
    cancellable: bool,
}

/// A call in flight.
pub(crate) struct Held {
    pub(crate) server: String,
    pub(crate) args: u32,
    answer: Sender<Result<u32, CallError>>,
}

/// Servers of these names and slots, and their calls as they come in. The
/// calls end when all of the servers have been dropped.
pub(crate) fn puppets(servers: &[(&str, usize)]) -> (Vec<Puppet>, Receiver<Held>) {
    let (calls, held) = unbounded();
    let puppet = |&(name, slots): &(&str, usize)| Puppet {
        name: name.to_owned(),
        slots,
        calls: calls.clone(),
        in_flight: Mutex::default(),
        cancellable: true,
    };
    (servers.iter().map(puppet).collect(), held)
}

impl Puppet {
    /// Makes it deaf to `cancel`.
    pub(crate) fn deaf(self) -> Self {
        Self {
            cancellable: false,
            ..self
        }
    }
}

impl Held {
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

/// The next call, which must come.
pub(crate) fn next(calls: &Receiver<Held>) -> Held {
    calls.recv_timeout(SOON).expect("a call comes")
}

/// Sends these tasks, which must be taken.
pub(crate) fn send(reparto: &mut Repartidor<u32, u32>, tasks: impl IntoIterator<Item = u32>) {
    for task in tasks {
        reparto.enviar(task).expect("the task is taken");
    }
}

/// Options with a short outage.
pub(crate) fn impatient() -> Options {
    let mut options = Options::default();
    options.outage = Some(Duration::from_millis(50));
    options
}

impl Destino<u32, u32> for Puppet {
    fn name(&self) -> &str {
        &self.name
    }

    fn slots(&self) -> usize {
        self.slots
    }

    fn call(&self, args: &u32, call: &Call) -> Result<u32, CallError> {
        let (answer, answered) = bounded(1);
        let held = Held {
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

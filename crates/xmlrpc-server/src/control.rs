//! The control protocol: which calls are at hand, and how one is called off.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use xmlrpc_wire::{FromParams as _, MethodCall, MethodResponse, Struct, Value};

use crate::Context;
use crate::service::refused;

/// Whether a method is one of the protocol's.
pub(crate) fn is_part(method: &str) -> bool {
    method.starts_with("reparte.")
}

/// What a service knows of its own work.
pub(crate) struct Control {
    /// Changes at each start.
    instance: String,
    started: Instant,
    ended: AtomicU64,
    faults: AtomicU64,
    refused: AtomicU64,
    /// Calls that the fronts run at once, all of them together.
    slots: AtomicUsize,
    calls: Mutex<Calls>,
}

#[derive(Default)]
struct Calls {
    next: u64,
    busy: usize,
    at_hand: BTreeMap<u64, Call>,
}

struct Call {
    context: Context,
    since: Instant,
    runs: bool,
    cancelled: Option<Action>,
}

/// What a server has done, and does.
pub(crate) struct Figures {
    pub(crate) uptime: Duration,
    /// Calls of functions that have ended, those with a fault among them.
    pub(crate) calls: u64,
    pub(crate) faults: u64,
    /// Requests that no function answered, but for those of the server's own methods.
    pub(crate) refused: u64,
    pub(crate) busy: usize,
    pub(crate) slots: usize,
    pub(crate) waiting: usize,
}

type Action = Box<dyn FnOnce() + Send>;

/// A call that is at hand until this is dropped.
pub(crate) struct AtHand {
    control: Arc<Control>,
    number: u64,
}

/// Slots that are there until this is dropped.
#[cfg(any(feature = "tiny", feature = "hyper"))]
pub(crate) struct Slots {
    control: Arc<Control>,
    count: usize,
}

impl Control {
    pub(crate) fn new() -> Self {
        Control {
            // The one source of randomness in std; it is no secret.
            instance: format!("{:016x}", RandomState::new().hash_one(std::process::id())),
            started: Instant::now(),
            ended: AtomicU64::new(0),
            faults: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            slots: AtomicUsize::new(0),
            calls: Mutex::default(),
        }
    }

    /// Answers a method of the control protocol; gives any other call back.
    pub(crate) fn answer(&self, call: MethodCall) -> Result<MethodResponse, MethodCall> {
        let MethodCall { method, params, .. } = call;
        let response = match method.as_str() {
            "reparte.status" => <()>::from_params(params).map(|()| self.status()),
            "reparte.cancel" => <(String,)>::from_params(params)
                .map(|(id,)| self.cancel(&id))
                .map(Value::from),
            _ => return Err(MethodCall::new(method, params)),
        };
        Ok(response.map_err(|error| refused(&method, &error)))
    }

    pub(crate) fn figures(&self) -> Figures {
        let (busy, at_hand) = {
            let calls = self.lock();
            (calls.busy, calls.at_hand.len())
        };
        Figures {
            uptime: self.started.elapsed(),
            calls: self.ended.load(Relaxed),
            faults: self.faults.load(Relaxed),
            refused: self.refused.load(Relaxed),
            busy,
            slots: self.slots.load(Relaxed),
            waiting: at_hand.saturating_sub(busy),
        }
    }

    /// Counts a call that has ended.
    pub(crate) fn count(&self, response: &MethodResponse) {
        self.ended.fetch_add(1, Relaxed);
        if response.is_err() {
            self.faults.fetch_add(1, Relaxed);
        }
    }

    /// Counts a request that no function answered.
    #[cfg(feature = "hyper")]
    pub(crate) fn count_refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    /// Counts a front's slots.
    #[cfg(any(feature = "tiny", feature = "hyper"))]
    pub(crate) fn open(self: &Arc<Self>, count: usize) -> Slots {
        self.slots.fetch_add(count, Relaxed);
        Slots {
            control: Arc::clone(self),
            count,
        }
    }

    /// Enters a call that waits for its turn. `cancelled` runs once if it is called off.
    pub(crate) fn enter(
        self: &Arc<Self>,
        context: Context,
        cancelled: Option<impl FnOnce() + Send + 'static>,
    ) -> AtHand {
        let mut calls = self.lock();
        let number = calls.next;
        calls.next += 1;
        let call = Call {
            context,
            since: Instant::now(),
            runs: false,
            cancelled: cancelled.map(|action| Box::new(action) as Action),
        };
        calls.at_hand.insert(number, call);
        AtHand {
            control: Arc::clone(self),
            number,
        }
    }

    /// Calls off all calls that go by the name: whether there were any.
    fn cancel(&self, id: &str) -> bool {
        let mut calls = self.lock();
        let mut actions = Vec::new();
        let mut is_known = false;
        for (number, call) in &mut calls.at_hand {
            if name(*number, call) == id {
                is_known = true;
                call.context.cancel();
                actions.extend(call.cancelled.take());
            }
        }
        drop(calls);
        actions.into_iter().for_each(|action| action());
        is_known
    }

    fn status(&self) -> Value {
        let calls = self.lock();
        let list = calls.at_hand.iter().map(|(number, call)| {
            let age = i64::try_from(call.since.elapsed().as_millis()).unwrap_or(i64::MAX);
            structure([
                ("id", Value::from(name(*number, call))),
                ("method", Value::from(call.context.method())),
                ("age_ms", Value::from(age)),
            ])
        });
        let list = list.collect();
        structure([
            ("instance", Value::from(self.instance.as_str())),
            ("version", Value::from(env!("CARGO_PKG_VERSION"))),
            ("slots", count(self.slots.load(Relaxed))),
            ("busy", count(calls.busy)),
            ("calls", Value::Array(list)),
        ])
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        // Each change leaves the lists as they should be.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AtHand {
    /// The call's turn has come; `context` says more of it than was known.
    pub(crate) fn runs(&self, context: &Context) {
        let mut calls = self.control.lock();
        calls.busy += 1;
        if let Some(call) = calls.at_hand.get_mut(&self.number) {
            call.runs = true;
            call.context = context.clone();
        }
    }
}

impl Drop for AtHand {
    fn drop(&mut self) {
        let mut calls = self.control.lock();
        let call = calls.at_hand.remove(&self.number);
        if call.as_ref().is_some_and(|call| call.runs) {
            calls.busy -= 1;
        }
        // What the action holds may take its time to be dropped: not under the lock.
        drop(calls);
        drop(call);
    }
}

#[cfg(any(feature = "tiny", feature = "hyper"))]
impl Drop for Slots {
    fn drop(&mut self) {
        self.control.slots.fetch_sub(self.count, Relaxed);
    }
}

impl fmt::Debug for AtHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AtHand").field(&self.number).finish()
    }
}

/// The client's name for a call, or ours where it gave none, so that every call can be
/// called off. No name of a client's has a tilde.
fn name(number: u64, call: &Call) -> String {
    match call.context.id() {
        Some(id) => id.to_owned(),
        None => format!("~{number}"),
    }
}

fn structure<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Struct(members.into_iter().collect::<Struct>())
}

fn count(count: usize) -> Value {
    Value::from(i64::try_from(count).unwrap_or(i64::MAX))
}

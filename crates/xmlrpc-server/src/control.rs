//! The control protocol: `reparte.status` and `reparte.cancel`, and the calls at hand
//! that they speak of.
//!
//! A client gives a call a name with the header `Reparte-Call`, and the time it has with
//! `Reparte-Deadline-Ms`. Clients that know nothing of this are served as ever.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use xmlrpc_wire::{IntoValue, Struct, Value};

/// The longest name of a call; of a longer one nothing is kept.
const NAME: usize = 128;
/// The longest time that a deadline may be away: it keeps sums of times from overflow.
const FAR: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The calls at hand of one service.
#[derive(Debug)]
pub(crate) struct Control {
    instance: String,
    slots: AtomicUsize,
    calls: Mutex<Calls>,
}

#[derive(Debug, Default)]
struct Calls {
    next: u64,
    at_hand: BTreeMap<u64, AtHand>,
}

#[derive(Debug)]
struct AtHand {
    name: Option<String>,
    method: String,
    since: Instant,
    runs: bool,
    state: Arc<CallState>,
}

#[derive(Debug, Default)]
struct CallState {
    cancelled: AtomicBool,
    deadline: Option<Instant>,
}

impl Default for Control {
    fn default() -> Self {
        // Two starts within the clock's grain differ by the hash's keys.
        let started = RandomState::new().hash_one(SystemTime::now());
        Control {
            instance: format!("{started:016x}"),
            slots: AtomicUsize::new(0),
            calls: Mutex::default(),
        }
    }
}

impl Control {
    /// How many calls the front runs at a time.
    pub(crate) fn set_slots(&self, slots: usize) {
        self.slots.store(slots, Ordering::Relaxed);
    }

    /// Takes down a call until the ticket is dropped.
    pub(crate) fn enter(self: &Arc<Self>, terms: Terms, method: &str) -> Ticket {
        let now = Instant::now();
        let deadline = terms.time.and_then(|time| now.checked_add(time.min(FAR)));
        let state = Arc::new(CallState {
            cancelled: AtomicBool::new(false),
            deadline,
        });
        let mut calls = self.lock();
        let number = calls.next;
        calls.next += 1;
        let at_hand = AtHand {
            name: terms.name.filter(|name| name.len() <= NAME),
            method: method.to_owned(),
            since: now,
            runs: false,
            state: Arc::clone(&state),
        };
        calls.at_hand.insert(number, at_hand);
        Ticket {
            control: Arc::clone(self),
            number,
            state,
        }
    }

    /// What `reparte.status` answers.
    pub(crate) fn status(&self) -> Value {
        let calls = self.lock();
        let running = || calls.at_hand.values().filter(|call| call.runs);
        let listed: Vec<Value> = running().map(AtHand::describe).collect();
        let members = [
            ("instance", self.instance.as_str().into_value()),
            ("version", env!("CARGO_PKG_VERSION").into_value()),
            ("slots", count(self.slots.load(Ordering::Relaxed))),
            ("busy", count(running().count())),
            ("calls", listed.into_value()),
        ];
        members.into_iter().collect::<Struct>().into_value()
    }

    /// Cancels the calls of that name: whether there was one.
    pub(crate) fn cancel(&self, name: &str) -> bool {
        let calls = self.lock();
        let named = calls
            .at_hand
            .values()
            .filter(|call| call.name.as_deref() == Some(name));
        named
            .map(|call| call.state.cancelled.store(true, Ordering::Relaxed))
            .count()
            > 0
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        // No code that could panic runs under the lock.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AtHand {
    fn describe(&self) -> Value {
        let age = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let members = [
            ("id", self.name.as_deref().unwrap_or_default().into_value()),
            ("method", self.method.as_str().into_value()),
            (
                "age_ms",
                i64::try_from(age).unwrap_or(i64::MAX).into_value(),
            ),
        ];
        members.into_iter().collect::<Struct>().into_value()
    }
}

fn count(n: usize) -> Value {
    i32::try_from(n).unwrap_or(i32::MAX).into_value()
}

/// What a request's headers say of its call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    name: Option<String>,
    time: Option<Duration>,
}

impl Terms {
    /// Reads the two headers; what makes no sense counts as absent.
    pub(crate) fn read(name: Option<&[u8]>, deadline_ms: Option<&[u8]>) -> Self {
        let text = |value: Option<&[u8]>| {
            let text = std::str::from_utf8(value?).ok()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let ms = text(deadline_ms).and_then(|ms| ms.parse().ok());
        Terms {
            name: text(name),
            time: ms.map(Duration::from_millis),
        }
    }
}

/// A call that has been taken down; dropped, it is forgotten.
#[derive(Debug)]
pub(crate) struct Ticket {
    control: Arc<Control>,
    number: u64,
    state: Arc<CallState>,
}

impl Ticket {
    /// What cancels the call, from elsewhere.
    #[cfg(feature = "hyper")]
    pub(crate) fn call(&self) -> CurrentCall {
        CurrentCall(Arc::clone(&self.state))
    }

    /// Runs the call, unless it is over already.
    pub(crate) fn run<T>(self, run: impl FnOnce() -> T) -> Option<T> {
        if CurrentCall(Arc::clone(&self.state)).is_cancelled() {
            return None;
        }
        if let Some(call) = self.control.lock().at_hand.get_mut(&self.number) {
            call.runs = true;
        }
        CURRENT.set(Some(Arc::clone(&self.state)));
        // What it runs catches its own panics.
        let done = run();
        CURRENT.set(None);
        Some(done)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.control.lock().at_hand.remove(&self.number);
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<CallState>>> = const { RefCell::new(None) };
}

/// The call that a published function is answering.
///
/// ```
/// use xmlrpc_server::{CurrentCall, Service};
///
/// let mut service = Service::new();
/// service.register("count", |up_to: i32| {
///     let call = CurrentCall::get();
///     (0..up_to).take_while(|_| !call.is_cancelled()).count() as i32
/// })?;
/// # Ok::<(), xmlrpc_server::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CurrentCall(Arc<CallState>);

impl CurrentCall {
    /// The call that this thread is answering. Anywhere else, one that is never
    /// cancelled.
    #[must_use]
    pub fn get() -> Self {
        CurrentCall(CURRENT.with_borrow(Clone::clone).unwrap_or_default())
    }

    /// Whether nobody waits for the answer any more: the call was cancelled, its
    /// deadline has passed, or its client has gone. Long work may look here from time to
    /// time, and stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let late = |deadline| Instant::now() >= deadline;
        self.0.cancelled.load(Ordering::Relaxed) || self.0.deadline.is_some_and(late)
    }

    /// When the answer must be there, if the client has said so.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    #[cfg(feature = "hyper")]
    pub(crate) fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(value: &Value, name: &str) -> Value {
        let Value::Struct(members) = value else {
            panic!("not a struct: {value:?}");
        };
        members.get(name).unwrap().clone()
    }

    #[test]
    fn a_call_is_known_while_it_runs() {
        let control = Arc::new(Control::default());
        control.set_slots(3);
        let terms = Terms::read(Some(b" a-1 "), None);
        let ticket = control.enter(terms, "f");
        assert_eq!(member(&control.status(), "busy"), 0.into_value());
        let seen = ticket.run(|| {
            assert!(control.cancel("a-1") && !control.cancel("a-2"));
            assert!(CurrentCall::get().is_cancelled());
            control.status()
        });
        let seen = seen.unwrap();
        assert_eq!(member(&seen, "slots"), 3.into_value());
        assert_eq!(member(&seen, "busy"), 1.into_value());
        let Value::Array(calls) = member(&seen, "calls") else {
            panic!("no array");
        };
        assert_eq!(member(&calls[0], "id"), "a-1".into_value());
        assert_eq!(member(&calls[0], "method"), "f".into_value());
        assert_eq!(member(&control.status(), "busy"), 0.into_value());
        assert!(!control.cancel("a-1"));
        assert!(!CurrentCall::get().is_cancelled());
    }

    #[test]
    fn a_call_that_is_over_does_not_run() {
        let control = Arc::new(Control::default());
        let late = control.enter(Terms::read(None, Some(b"0")), "f");
        assert_eq!(late.run(|| 1), None);
        let waiting = control.enter(Terms::read(Some(b"b"), Some(b"60000")), "f");
        assert!(control.cancel("b"));
        assert_eq!(waiting.run(|| 1), None);
    }

    #[test]
    fn headers_that_make_no_sense_count_as_absent() {
        let long = [b'x'; NAME + 1];
        for (name, ms) in [
            (&b""[..], &b"-1"[..]),
            (b"\xff", b"x"),
            (&long, b"99999999999999999999999"),
        ] {
            let control = Arc::new(Control::default());
            let ticket = control.enter(Terms::read(Some(name), Some(ms)), "f");
            assert_eq!(ticket.state.deadline, None);
            assert!(!control.cancel(&String::from_utf8_lossy(name)));
        }
        let far = Terms::read(None, Some(b"18446744073709551615"));
        let control = Arc::new(Control::default());
        assert_eq!(control.enter(far, "f").run(|| 1), Some(1));
    }

    #[test]
    fn each_start_is_another_instance() {
        let instance = || Control::default().instance;
        assert_ne!(instance(), instance());
    }
}

//! Functions that a test's server publishes, and the test's hold on them.

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, SystemTime};

use test_support::{LocalServer, PATIENCE};
use xmlrpc_server::{Context, Service};
use xmlrpc_wire::{Fault, Value};

/// `echo`, `kind` (of its arguments), `add`, `check` (fails for what is no digit).
pub fn service() -> Service {
    let mut service = Service::new();
    service.register("echo", |value: Value| value).unwrap();
    service
        .register("add", |a: i32, b: f64| f64::from(a) + b)
        .unwrap();
    service
        .register("kind", |value: Value| kind(&value).to_owned())
        .unwrap();
    let check = |digits: String| match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(digits),
        false => Err(Fault::application("no digit,\tor \"none\"")),
    };
    service.register("check", check).unwrap();
    service
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Int(_) => "int",
        Value::Double(_) => "double",
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        Value::DateTime(_) => "datetime",
        Value::Base64(_) => "base64",
        Value::Array(_) => "array",
        _ => "other",
    }
}

/// The function `hold`, whose calls wait until the test lets them go on.
#[derive(Clone)]
pub struct Held(Arc<State>);

struct State {
    released: Mutex<HashSet<String>>,
    changed: Condvar,
}

impl Held {
    /// A server of it; its calls are told of as they come.
    pub fn serve() -> (LocalServer, Self, Receiver<String>) {
        let mut service = Service::new();
        let (held, called) = Held::publish(&mut service);
        (LocalServer::start(service), held, called)
    }

    /// A server of it that tells when it ends, and goes on after that.
    pub fn serve_until(end: SystemTime) -> (LocalServer, Self, Receiver<String>) {
        let mut service = Service::new();
        service.set_end(end);
        let (held, called) = Held::publish(&mut service);
        (LocalServer::start(service), held, called)
    }

    fn publish(service: &mut Service) -> (Self, Receiver<String>) {
        let held = Held(Arc::new(State {
            released: Mutex::default(),
            changed: Condvar::new(),
        }));
        let (calls, called) = channel();
        held.register(service, calls);
        (held, called)
    }

    fn register(&self, service: &mut Service, calls: Sender<String>) {
        let held = self.clone();
        let hold = move |call: &Context, text: String| {
            let _ = calls.send(text.clone());
            held.wait(call, &text)
                .then_some(text)
                .ok_or(Fault::application("given up"))
        };
        service.register("hold", hold).unwrap();
    }

    /// Lets the calls with this argument go on.
    pub fn release(&self, text: &str) {
        self.0.released.lock().unwrap().insert(text.to_owned());
        self.0.changed.notify_all();
    }

    fn wait(&self, call: &Context, text: &str) -> bool {
        let mut released = self.0.released.lock().unwrap();
        while !released.contains(text) {
            if call.is_cancelled() {
                return false;
            }
            let step = Duration::from_millis(10);
            released = self.0.changed.wait_timeout(released, step).unwrap().0;
        }
        true
    }
}

/// The next call, which must come.
#[track_caller]
pub fn next(called: &Receiver<String>) -> String {
    called.recv_timeout(PATIENCE).expect("a call comes")
}

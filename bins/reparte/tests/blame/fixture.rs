//! Runs of `f` over lines of text, their accounts, and servers that take time or are broken.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use test_support::{Ended, LocalServer, Running, TestDirectory};
use xmlrpc_server::front::hyper::Options;
use xmlrpc_server::{Context, Service};
use xmlrpc_wire::Fault;

use crate::common::reparte;

/// Starts a run of `f` over the lines of a text.
pub(crate) fn start(files: &TestDirectory, tasks: &str, arguments: &[&str]) -> Running {
    let path = files.path("tasks");
    fs::write(&path, tasks).unwrap();
    let flags = ["run", "--tasks", &*path, "--function", "f"];
    Running::start(reparte(&[&flags, arguments].concat()))
}

pub(crate) fn numbers(to: u32) -> String {
    (1..=to).map(|n| format!("{n}\n")).collect()
}

/// The part of a server in an account.
pub(crate) fn server<'a>(account: &'a Json, address: &str) -> &'a Json {
    let servers = account["servers"].as_array().unwrap();
    let named = |server: &&Json| server["name"].as_str().unwrap().ends_with(address);
    servers.iter().find(named).unwrap()
}

/// Runs `f` to the end, and returns its account too.
pub(crate) fn account(files: &TestDirectory, tasks: &str, arguments: &[&str]) -> (Ended, Json) {
    let path = files.path("account");
    let ended = start(files, tasks, &[arguments, &["--account", &path]].concat()).end();
    let text = fs::read_to_string(&path).unwrap();
    (ended, serde_json::from_str(&text).unwrap())
}

#[track_caller]
pub(crate) fn expect_not_told(ended: &Ended, texts: &[&str]) {
    for text in texts {
        assert!(
            !ended.stderr.contains(text),
            "{text:?} in: {}",
            ended.stderr
        );
    }
}

/// Words that blame a server.
pub(crate) const BLAME: [&str; 6] = [
    "died",
    "quarantine",
    "; out",
    "on trial",
    "suspected",
    "every server",
];

/// A service whose `f` takes a time for its argument, or until the call is cancelled.
pub(crate) fn timed(time: fn(&str) -> Duration) -> Service {
    let mut service = Service::new();
    let f = move |call: &Context, argument: String| {
        let end = Instant::now() + time(&argument);
        while Instant::now() < end && !call.is_cancelled() {
            thread::sleep(
                Duration::from_millis(5).min(end.saturating_duration_since(Instant::now())),
            );
        }
        argument
    };
    service.register("f", f).unwrap();
    service
}

pub(crate) fn with_workers(service: Service, workers: usize) -> LocalServer {
    let mut options = Options::default();
    options.workers = workers;
    LocalServer::with(service, options)
}

/// Returns a server that answers each call with a fault at once.
pub(crate) fn broken() -> LocalServer {
    let mut service = Service::new();
    let missing = |_: String| Err::<String, _>(Fault::application("no module named numpy"));
    service.register("f", missing).unwrap();
    with_workers(service, 1)
}

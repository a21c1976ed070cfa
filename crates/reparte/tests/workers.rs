//! A destination with several workers: who had a call is noted, and blamed.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use reparte::{
    Call, CallError, CallId, Destino, ErrorKind, Event, Options, Repartidor, RunSummary,
    ServerState, Status, TaskErrorKind,
};

/// The longest time that something may take which is to happen.
const SOON: Duration = Duration::from_secs(30);

/// Workers behind one destination, of one slot each. A call waits for an idle one.
struct WorkerHost {
    workers: BTreeMap<Arc<str>, Behaviour>,
    state: Mutex<State>,
    changes: Condvar,
}

struct State {
    /// The one that is idle for longest first.
    idle: VecDeque<Arc<str>>,
    /// The workers are known.
    is_listed: bool,
}

#[derive(Clone, Copy)]
enum Behaviour {
    Works,
    /// Gives a fault for every task.
    Faults,
    /// Gives no answer until its call is cancelled.
    Hangs,
    /// Says that the task was lost with it and others.
    GivesUp,
    /// Dies of its first task before anybody knows that it has it.
    Dies,
}

impl WorkerHost {
    fn new(workers: &[(&str, Behaviour)]) -> Self {
        let workers = workers.iter().map(|&(name, how)| (name.into(), how));
        let workers: BTreeMap<Arc<str>, Behaviour> = workers.collect();
        Self {
            state: Mutex::new(State {
                idle: workers.keys().cloned().collect(),
                is_listed: false,
            }),
            workers,
            changes: Condvar::new(),
        }
    }

    /// Waits until a worker is idle that may take the call.
    fn take_worker(&self, call: &Call) -> Option<Arc<str>> {
        let may = |worker: &Arc<str>| !call.avoided().contains(worker);
        let mut state = self.state.lock().unwrap();
        while !call.is_cancelled() {
            if state.is_listed
                && let Some(at) = state.idle.iter().position(may)
            {
                return state.idle.remove(at);
            }
            state = self.changes.wait_timeout(state, SOON).unwrap().0;
        }
        None
    }

    fn wait_for_cancellation(&self, call: &Call) {
        let mut state = self.state.lock().unwrap();
        while !call.is_cancelled() {
            state = self.changes.wait_timeout(state, SOON).unwrap().0;
        }
    }
}

impl Destino<u32, u32> for WorkerHost {
    fn name(&self) -> &str {
        "host"
    }

    fn slots(&self) -> usize {
        2 * self.workers.len()
    }

    fn has_status(&self) -> bool {
        true
    }

    fn has_workers(&self) -> bool {
        true
    }

    fn status(&self) -> Result<Option<Status>, CallError> {
        self.state.lock().unwrap().is_listed = true;
        self.changes.notify_all();
        let status = Status::new("1", self.workers.len());
        Ok(Some(status.with_workers(self.workers.keys().cloned())))
    }

    fn call(&self, args: &u32, call: &Call) -> Result<u32, CallError> {
        let cancelled = || CallError::new(ErrorKind::Cancelled, "cancelled");
        let mut worker = self.take_worker(call).ok_or_else(cancelled)?;
        while matches!(self.workers[&worker], Behaviour::Dies) {
            call.note_lost(&worker);
            worker = self.take_worker(call).ok_or_else(cancelled)?;
        }
        call.note_begun(&worker, Duration::ZERO);
        let result = match self.workers[&worker] {
            Behaviour::Works => Ok(args * args),
            Behaviour::Faults => Err(CallError::fault(1, "broken")),
            Behaviour::GivesUp => Err(CallError::new(ErrorKind::GivenUp, "lost with a, b and c")),
            Behaviour::Dies | Behaviour::Hangs => {
                self.wait_for_cancellation(call);
                Err(cancelled())
            }
        };
        call.note_worker(&worker, Duration::from_millis(1));
        self.state.lock().unwrap().idle.push_back(worker);
        self.changes.notify_all();
        result
    }

    fn cancel(&self, _call: CallId) {
        // With the lock, so that a call that has just looked does not miss it.
        drop(self.state.lock().unwrap());
        self.changes.notify_all();
    }
}

fn row<'a>(summary: &'a RunSummary, name: &str) -> &'a reparte::ServerSummary {
    let mut servers = summary.servers.iter();
    servers.find(|server| &*server.name == name).unwrap()
}

/// Returns the results of so many tasks by these workers, and the summary.
fn run(workers: &[(&str, Behaviour)], tasks: u32) -> (Vec<u32>, RunSummary) {
    let mut options = Options::default();
    options.read_ahead = 4;
    let mut reparto = Repartidor::builder()
        .destinos([WorkerHost::new(workers)])
        .options(options)
        .start()
        .unwrap();
    let handle = reparto.handle();
    for n in 0..tasks {
        reparto.enviar(n).unwrap();
    }
    let results = reparto.terminar().unwrap();
    let summary = handle.summary();
    // A worker was once listed as a worker of itself, and tasks waited for it.
    assert_eq!(summary.servers.len(), 1 + workers.len(), "{summary}");
    (results, summary)
}

#[test]
fn a_broken_worker_is_blamed_and_not_its_destination() {
    use Behaviour::{Faults, Works};
    let (results, summary) = run(&[("a", Works), ("b", Faults), ("c", Works)], 60);
    let squares: Vec<u32> = (0..60).map(|n| n * n).collect();
    assert_eq!(results, squares);
    let [host, a, b, c] = ["host", "a", "b", "c"].map(|name| row(&summary, name));
    assert_eq!(host.state, ServerState::Up, "{summary}");
    assert!(host.failures.is_empty() && host.tasks == 0, "{summary}");
    assert_eq!(a.tasks + c.tasks, 60, "{summary}");
    assert_eq!((b.tasks, b.state), (0, ServerState::Suspected), "{summary}");
    assert_eq!(b.failures["fault"], b.executions, "{summary}");
    assert_eq!(b.host.as_deref(), Some("host"));
    let executions = [a, b, c].map(|worker| worker.executions);
    assert_eq!(executions.iter().sum::<u64>(), host.executions, "{summary}");
    assert_eq!([host, a, b, c].map(|row| row.running), [0; 4]);
}

#[test]
fn a_fault_of_every_worker_is_the_tasks() {
    let broken = [("a", Behaviour::Faults), ("b", Behaviour::Faults)];
    let mut reparto = Repartidor::builder()
        .destinos([WorkerHost::new(&broken)])
        .start()
        .unwrap();
    reparto.enviar(1).unwrap();
    let (_, outcome) = reparto.as_completed().next().unwrap();
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), TaskErrorKind::Permanent);
    let by: BTreeSet<String> = error
        .history()
        .iter()
        .map(|f| f.server.to_string())
        .collect();
    assert_eq!(by, BTreeSet::from(["a".to_owned(), "b".to_owned()]));
}

#[test]
fn a_slow_task_gets_a_second_call_by_another_worker() {
    use Behaviour::{Hangs, Works};
    // The median of some calls makes one slow after a second.
    let (results, summary) = run(&[("a", Works), ("b", Hangs)], 20);
    assert_eq!(results.len(), 20);
    assert_eq!(row(&summary, "a").tasks, 20, "{summary}");
    assert_eq!(summary.hedges_won, 1, "{summary}");
}

#[test]
fn a_task_that_is_lost_with_several_workers_fails() {
    let mut reparto = Repartidor::builder()
        .destinos([WorkerHost::new(&[("a", Behaviour::GivesUp)])])
        .start()
        .unwrap();
    let events = reparto.handle().events(100);
    reparto.enviar(1).unwrap();
    let (_, outcome) = reparto.as_completed().next().unwrap();
    assert_eq!(outcome.unwrap_err().kind(), TaskErrorKind::Permanent);
    let began =
        |event: &Event| matches!(event, Event::CallBegan { worker, .. } if &**worker == "a");
    assert_eq!(events.filter(began).count(), 1, "it is told once");
}

/// A worker that died before its begin was told once stayed up in the summary.
#[test]
fn a_worker_that_is_lost_with_a_call_has_died() {
    let (results, summary) = run(&[("dead", Behaviour::Dies), ("fine", Behaviour::Works)], 10);
    assert_eq!(results, (0..10).map(|n| n * n).collect::<Vec<_>>());
    let dead = row(&summary, "dead");
    assert_eq!(
        (dead.tasks, dead.executions, dead.deaths),
        (0, 1, 1),
        "{summary}"
    );
    assert_eq!(
        (dead.state, dead.running),
        (ServerState::Down, 0),
        "{summary}"
    );
    assert_eq!(dead.failures["interrupted"], 1, "{summary}");
    assert_eq!(row(&summary, "fine").executions, 10, "{summary}");
    // The call that it had was executed once more.
    assert_eq!(
        (summary.executions, row(&summary, "host").executions),
        (11, 11),
        "{summary}"
    );
    assert!(summary.to_string().ends_with("; died: dead"), "{summary}");
}

/// A broken worker's fault once ended a task that it had before the others were known.
#[test]
fn workers_are_known_before_the_first_call() {
    let workers = [("one", Behaviour::Works), ("two", Behaviour::Works)];
    let destino = WorkerHost::new(&workers);
    let reparto = Repartidor::<u32, u32>::builder().destinos([destino]);
    let reparto = reparto.start().unwrap();
    let summary = reparto.handle().summary();
    let names: Vec<&str> = summary.servers.iter().map(|server| &*server.name).collect();
    assert_eq!(names, ["host", "one", "two"]);
}

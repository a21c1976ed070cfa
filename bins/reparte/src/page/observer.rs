//! Follows a run's events on a thread of its own.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Acquire;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use reparte::{CallEnd, Event, Events, RunSummary};

use super::PageModel;
use super::timeline::{CallOutcome, CallReason, Timeline};

/// So many events have room: those of 100,000 calls a second, which is more than any run
/// was seen to make.
pub(super) const ROOM: usize = 32_768;
/// How long events gather: to wake for each would slow the run.
const GATHER: Duration = Duration::from_millis(50);
/// How often the servers and the rate are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// The rate is that of so many looks.
const LOOKS: usize = 20;
/// How many events are taken while others wait for the record.
const BATCH: usize = 2_048;

/// Follows `events` until the run is over.
pub(super) fn start(events: Events, model: &Arc<PageModel>) -> io::Result<JoinHandle<()>> {
    let model = Arc::clone(model);
    let run = move || Observer::new(events, &model).run();
    thread::Builder::new()
        .name("reparte-page".to_owned())
        .spawn(run)
}

struct Observer<'a> {
    events: Events,
    model: &'a PageModel,
    /// When tasks had ended, and how many.
    ended: VecDeque<(Duration, u64)>,
    looked: Option<Instant>,
}

impl<'a> Observer<'a> {
    fn new(events: Events, model: &'a PageModel) -> Self {
        Observer {
            events,
            model,
            ended: VecDeque::new(),
            looked: None,
        }
    }

    fn run(mut self) {
        loop {
            let is_due = self.looked.is_none_or(|looked| looked.elapsed() >= LOOK);
            let account =
                (is_due || self.model.lock().timeline.has_doubts()).then(|| (self.model.account)());
            // To be asked before: what comes first is taken.
            let is_over = self.model.over.load(Acquire);
            if self.take_all() || is_over {
                return self.finish();
            }
            if let Some(account) = account {
                self.look(&account, is_due);
            }
            thread::sleep(GATHER);
        }
    }

    /// Takes the events that are there: whether the run's end was among them.
    fn take_all(&mut self) -> bool {
        loop {
            let mut observed = self.model.lock();
            for _ in 0..BATCH {
                match self.events.try_next() {
                    Ok(Event::RunEnded) => return true,
                    Ok(event) => note(&mut observed.timeline, event),
                    Err(_) => {
                        observed.timeline.note_missed(self.events.missed());
                        return false;
                    }
                }
            }
        }
    }

    /// Looks at an account that is no newer than what was taken.
    fn look(&mut self, account: &RunSummary, is_due: bool) {
        let mut observed = self.model.lock();
        note_servers(&mut observed.timeline, account);
        if observed.timeline.has_doubts() {
            settle(&mut observed.timeline, account, &(self.model.account)());
        }
        if !is_due {
            return;
        }
        self.looked = Some(Instant::now());
        if self.ended.len() > LOOKS {
            self.ended.pop_front();
        }
        self.ended.push_back((account.elapsed, ended(account)));
        observed.state.rate = rate(&self.ended);
    }

    fn finish(self) {
        let account = (self.model.account)();
        let mut observed = self.model.lock();
        observed.timeline.note_missed(self.events.missed());
        note_servers(&mut observed.timeline, &account);
        observed.timeline.over(account.elapsed);
        observed.state.rate = rate(&VecDeque::from([
            (Duration::ZERO, 0),
            (account.elapsed, ended(&account)),
        ]));
    }
}

fn note(timeline: &mut Timeline, event: Event) {
    match event {
        Event::CallStarted {
            task,
            call,
            server,
            reason,
            at,
        } => {
            let reason = match reason {
                reparte::CallReason::Retry => CallReason::Retry,
                reparte::CallReason::Hedge => CallReason::Hedge,
                _ => CallReason::First,
            };
            timeline.started(call.number(), task.index(), &server, reason, at);
        }
        Event::CallLost {
            call, error, at, ..
        } => timeline.lost(call.number(), &error.to_string(), at),
        Event::CallReturned { call, end, at, .. } => {
            let (outcome, error) = match end {
                CallEnd::Result => (CallOutcome::Result, None),
                CallEnd::Failed(error) => (CallOutcome::Failed, Some(error.to_string())),
                _ => (CallOutcome::Cancelled, None),
            };
            timeline.returned(call.number(), outcome, error.as_deref(), at);
        }
        // The account tells the rest.
        _ => {}
    }
}

fn note_servers(timeline: &mut Timeline, account: &RunSummary) {
    for server in &account.servers {
        timeline.note_server(&server.name, server.slots);
    }
}

/// Ends calls whose ends were missed, by what ran before and after the last event that was
/// taken.
fn settle(timeline: &mut Timeline, before: &RunSummary, after: &RunSummary) {
    let running = |account: &RunSummary, name: &str| -> usize {
        let named = account
            .servers
            .iter()
            .filter(|server| &*server.name == name);
        named.map(|server| server.running).sum()
    };
    for server in &after.servers {
        let most = running(before, &server.name).max(running(after, &server.name));
        timeline.settle(&server.name, most, after.elapsed);
    }
}

/// How many tasks have ended in this run: not those that the journal had.
fn ended(account: &RunSummary) -> u64 {
    account.done + account.failed - account.resumed.min(account.done)
}

/// Tasks per second, from the first to the last.
fn rate(ended: &VecDeque<(Duration, u64)>) -> Option<f64> {
    let (&(since, before), &(now, after)) = (ended.front()?, ended.back()?);
    let time = now.saturating_sub(since).as_secs_f64();
    (time > 0.0).then(|| after.saturating_sub(before) as f64 / time)
}

#[cfg(test)]
mod tests {
    use reparte::{Repartidor, from_fn};

    use super::super::ending::Ending;
    use super::super::{RunInfo, Watch};
    use super::*;

    #[test]
    fn a_run_is_followed_to_its_end() {
        let server = from_fn("a", |n: &u64| Ok(n + 1));
        let run = Repartidor::builder().destinos([server]).start().unwrap();
        let watch = Watch::over(&run.handle(), RunInfo::new("f", [], || None)).unwrap();
        assert_eq!(run.map(0..1000).count(), 1000);
        let model = watch.end(Ending::of(&Ok(())));
        let observed = model.lock();
        assert_eq!(observed.timeline.range(), (0, 1000));
        assert_eq!(observed.state.over, Some(Ending::of(&Ok(()))));
        assert!(observed.state.rate.is_some_and(|rate| rate > 0.0));
        assert!(
            observed
                .timeline
                .ended_since(0)
                .all(|bar| bar.outcome == CallOutcome::Result)
        );
    }

    #[test]
    fn ends_that_were_missed_are_made_good() {
        let server = from_fn("a", |n: &u64| Ok(n + 1));
        let run = Repartidor::builder().destinos([server]).start().unwrap();
        let handle = run.handle();
        // Room for the start of the second call, and not for its end.
        let mut events = handle.events(6);
        let mut timeline = Timeline::default();
        let before = handle.summary();
        assert_eq!(run.map(0..100).count(), 100);
        events.by_ref().for_each(|event| note(&mut timeline, event));
        timeline.note_missed(events.missed());
        assert!(timeline.has_doubts(), "{timeline:?}");
        settle(&mut timeline, &before, &handle.summary());
        assert_eq!(timeline.running().count(), 0, "{timeline:?}");
        assert_eq!(timeline.range(), (0, 2));
    }

    #[test]
    fn the_rate_is_that_of_the_last_looks() {
        let at = Duration::from_secs;
        assert_eq!(rate(&VecDeque::new()), None);
        assert_eq!(rate(&VecDeque::from([(at(1), 5)])), None);
        assert_eq!(
            rate(&VecDeque::from([(at(1), 5), (at(2), 9), (at(5), 25)])),
            Some(5.0)
        );
    }
}

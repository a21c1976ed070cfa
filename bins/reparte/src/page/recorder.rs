//! The recorder of a run: a thread that reads the run's events into the page's model.
//!
//! The run never waits for it. Events that find no room are missed. The ends of calls that they
//! had are then concluded from the run's summary.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use reparte::{CallEnd, CallError, Event, Events, Handle, RunSummary, ServerSummary};
use untrusted_text::multi_line;

use crate::exit::Failure;
use crate::page::ending::Ending;
use crate::page::model::PageModel;
use crate::page::rate::RateWindow;
use crate::page::run_info::RunInfo;
use crate::page::timeline::{CallOutcome, Timeline};

/// The most events between two readings: those of 100,000 calls per second, which is more than
/// any run was seen to make.
const ROOM: usize = 32_768;
/// The pause between two readings. To wake up for each event would slow the run.
const PAUSE: Duration = Duration::from_millis(50);
/// The time between two readings of the servers and the rate from the summary.
const SUMMARY_INTERVAL: Duration = Duration::from_secs(1);
/// The most events that are read with the model locked.
const BATCH: usize = 2_048;

/// The recorder of a run.
#[derive(Debug)]
pub(super) struct Recorder {
    model: Arc<PageModel>,
    thread: JoinHandle<()>,
}

impl Recorder {
    /// Begins to record. Events from before are missed.
    pub(super) fn start<A: 'static, R: 'static>(
        handle: &Handle<A, R>,
        info: RunInfo,
    ) -> Result<Self, Failure> {
        let events = handle.events(ROOM);
        let model = Arc::new(PageModel::new(info, handle.clone()));
        let reader = EventReader {
            events,
            model: Arc::clone(&model),
            rate: RateWindow::default(),
            last_summary: None,
        };
        let thread = thread::Builder::new()
            .name("reparte-page".to_owned())
            .spawn(|| reader.run())
            .map_err(Failure::server)?;
        Ok(Recorder { model, thread })
    }

    pub(super) fn model(&self) -> &Arc<PageModel> {
        &self.model
    }

    /// Reads the last events of a run that has ended, and returns the final model.
    pub(super) fn end(self, ending: Ending) -> Arc<PageModel> {
        self.model.set_ended();
        // It does not panic; if it did, the page would lack its last state.
        let _ = self.thread.join();
        self.model.lock().ending = Some(ending);
        self.model
    }
}

/// The recorder's thread.
struct EventReader {
    events: Events,
    model: Arc<PageModel>,
    rate: RateWindow,
    /// The time at which the servers and the rate were read from the summary.
    last_summary: Option<Instant>,
}

impl EventReader {
    fn run(mut self) {
        loop {
            let is_due = self
                .last_summary
                .is_none_or(|last| last.elapsed() >= SUMMARY_INTERVAL);
            let has_uncertain = self.model.lock().timeline.has_uncertain();
            // The order matters. The summary is taken before the events, so that it is no newer
            // than they are. The end is looked for before the events too: all events that were
            // sent before it are then read.
            let summary = (is_due || has_uncertain).then(|| self.model.summary());
            let has_ended = self.model.has_ended();
            if self.read_events() || has_ended {
                return self.finish();
            }
            if let Some(summary) = summary {
                self.apply(&summary, is_due);
            }
            thread::sleep(PAUSE);
        }
    }

    /// Reads the events that are there. Returns whether the run's end was among them.
    fn read_events(&mut self) -> bool {
        loop {
            let mut recorded = self.model.lock();
            for _ in 0..BATCH {
                match self.events.try_next() {
                    Ok(Event::RunEnded) => return true,
                    Ok(event) => add_event(&mut recorded.timeline, event),
                    Err(_) => {
                        recorded.timeline.set_missed(self.events.missed());
                        return false;
                    }
                }
            }
        }
    }

    /// Applies a summary that is no newer than the events that were read.
    fn apply(&mut self, summary: &RunSummary, is_due: bool) {
        let mut recorded = self.model.lock();
        set_slots(&mut recorded.timeline, summary);
        if recorded.timeline.has_uncertain() {
            settle(&mut recorded.timeline, summary, &self.model.summary());
        }
        if is_due {
            self.last_summary = Some(Instant::now());
            self.rate.add(summary);
            recorded.rate = self.rate.per_second();
        }
    }

    fn finish(self) {
        let summary = self.model.summary();
        let mut recorded = self.model.lock();
        recorded.timeline.set_missed(self.events.missed());
        set_slots(&mut recorded.timeline, &summary);
        recorded.timeline.end_run(summary.elapsed);
        recorded.rate = RateWindow::of_run(&summary).per_second();
    }
}

fn add_event(timeline: &mut Timeline, event: Event) {
    match event {
        Event::CallStarted {
            task,
            call,
            server,
            reason,
            at,
            ..
        } => timeline.start_call(call.number(), task.index(), &server, reason, at),
        Event::CallLost {
            call, error, at, ..
        } => timeline.lose_call(call.number(), &whole(&error), at),
        Event::CallReturned { call, end, at, .. } => {
            let (outcome, error) = match end {
                CallEnd::Result => (CallOutcome::Result, None),
                CallEnd::Failed(error) => (CallOutcome::Failed, Some(whole(&error))),
                _ => (CallOutcome::Cancelled, None),
            };
            timeline.end_call(call.number(), outcome, error.as_deref(), at);
        }
        // The summary has the rest.
        _ => {}
    }
}

/// Returns the whole text of an error, with its line ends.
fn whole(error: &CallError) -> String {
    multi_line(&format!("{}: {}", error.kind(), error.message()))
}

/// Returns the servers that have slots: workers have none, and their calls are their host's too.
fn places(summary: &RunSummary) -> impl Iterator<Item = &ServerSummary> {
    let servers = summary.servers.iter();
    servers.filter(|server| server.host.is_none())
}

fn set_slots(timeline: &mut Timeline, summary: &RunSummary) {
    for server in places(summary) {
        timeline.set_slots(&server.name, server.slots);
    }
}

/// Ends calls whose end was missed. The summaries are from before and after the last event
/// that was read: no server had more calls at that event than in the larger of the two.
fn settle(timeline: &mut Timeline, before: &RunSummary, after: &RunSummary) {
    let running = |summary: &RunSummary, name: &str| -> usize {
        let named = places(summary).filter(|server| &*server.name == name);
        named.map(|server| server.running).sum()
    };
    for server in places(after) {
        let most = running(before, &server.name).max(running(after, &server.name));
        timeline.settle(&server.name, most, after.elapsed);
    }
}

#[cfg(test)]
mod tests {
    use reparte::{Repartidor, from_fn};

    use super::*;

    #[test]
    fn a_run_is_followed_to_its_end() {
        let server = from_fn("a", |n: &u64| Ok(n + 1));
        let run = Repartidor::builder().destinos([server]).start().unwrap();
        let info = RunInfo::new("f", [], || None);
        let recorder = Recorder::start(&run.handle(), info).unwrap();
        assert_eq!(run.map(0..1000).count(), 1000);
        let model = recorder.end(Ending::of(&Ok(())));
        let recorded = model.lock();
        assert_eq!(recorded.timeline.range(), (0, 1000));
        assert_eq!(recorded.ending, Some(Ending::of(&Ok(()))));
        assert!(recorded.rate.is_some_and(|rate| rate > 0.0));
        assert!(
            recorded
                .timeline
                .ended_since(0)
                .all(|call| call.outcome == CallOutcome::Result)
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
        events
            .by_ref()
            .for_each(|event| add_event(&mut timeline, event));
        timeline.set_missed(events.missed());
        assert!(timeline.has_uncertain(), "{timeline:?}");
        settle(&mut timeline, &before, &handle.summary());
        assert_eq!(timeline.running().count(), 0, "{timeline:?}");
        assert_eq!(timeline.range(), (0, 2));
    }
}

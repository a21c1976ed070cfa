//! Follows a run's events on a thread of its own.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Acquire;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use reparte::{Account, CallEnd, Event, Events, Reason};

use super::View;
use super::record::{Outcome, Record, Why};

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
pub(super) fn start(events: Events, view: &Arc<View>) -> io::Result<JoinHandle<()>> {
    let view = Arc::clone(view);
    let run = move || Follower::new(events, &view).run();
    thread::Builder::new()
        .name("reparte-page".to_owned())
        .spawn(run)
}

struct Follower<'a> {
    events: Events,
    view: &'a View,
    /// When tasks had ended, and how many.
    ended: VecDeque<(Duration, u64)>,
    looked: Option<Instant>,
}

impl<'a> Follower<'a> {
    fn new(events: Events, view: &'a View) -> Self {
        Follower {
            events,
            view,
            ended: VecDeque::new(),
            looked: None,
        }
    }

    fn run(mut self) {
        loop {
            let is_due = self.looked.is_none_or(|looked| looked.elapsed() >= LOOK);
            let account =
                (is_due || self.view.lock().record.has_doubts()).then(|| (self.view.account)());
            // To be asked before: what comes first is taken.
            let is_over = self.view.over.load(Acquire);
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
            let mut followed = self.view.lock();
            for _ in 0..BATCH {
                match self.events.try_next() {
                    Some(Event::Ended) => return true,
                    Some(event) => note(&mut followed.record, event),
                    None => {
                        followed.record.note_missed(self.events.missed());
                        return false;
                    }
                }
            }
        }
    }

    /// Looks at an account that is no newer than what was taken.
    fn look(&mut self, account: &Account, is_due: bool) {
        let mut followed = self.view.lock();
        note_servers(&mut followed.record, account);
        if followed.record.has_doubts() {
            settle(&mut followed.record, account, &(self.view.account)());
        }
        if !is_due {
            return;
        }
        self.looked = Some(Instant::now());
        if self.ended.len() > LOOKS {
            self.ended.pop_front();
        }
        self.ended.push_back((account.elapsed, ended(account)));
        followed.state.rate = rate(&self.ended);
    }

    fn finish(self) {
        let account = (self.view.account)();
        let mut followed = self.view.lock();
        followed.record.note_missed(self.events.missed());
        note_servers(&mut followed.record, &account);
        followed.record.over(account.elapsed);
        followed.state.rate = rate(&VecDeque::from([
            (Duration::ZERO, 0),
            (account.elapsed, ended(&account)),
        ]));
    }
}

fn note(record: &mut Record, event: Event) {
    match event {
        Event::Started {
            task,
            call,
            server,
            reason,
            at,
        } => {
            let why = match reason {
                Reason::Retry => Why::Retry,
                Reason::Hedge => Why::Hedge,
                _ => Why::First,
            };
            record.started(call.number(), task.index(), &server, why, at);
        }
        Event::Lost {
            call, error, at, ..
        } => record.lost(call.number(), &error.to_string(), at),
        Event::Returned { call, end, at, .. } => {
            let (outcome, error) = match end {
                CallEnd::Result => (Outcome::Result, None),
                CallEnd::Failed(error) => (Outcome::Failed, Some(error.to_string())),
                _ => (Outcome::Cancelled, None),
            };
            record.returned(call.number(), outcome, error.as_deref(), at);
        }
        // The account tells the rest.
        _ => {}
    }
}

fn note_servers(record: &mut Record, account: &Account) {
    for server in &account.servers {
        record.note_server(&server.name, server.slots);
    }
}

/// Ends calls whose ends were missed, by what ran before and after the last event that was
/// taken.
fn settle(record: &mut Record, before: &Account, after: &Account) {
    let running = |account: &Account, name: &str| -> usize {
        let named = account
            .servers
            .iter()
            .filter(|server| &*server.name == name);
        named.map(|server| server.running).sum()
    };
    for server in &after.servers {
        let most = running(before, &server.name).max(running(after, &server.name));
        record.settle(&server.name, most, after.elapsed);
    }
}

/// How many tasks have ended in this run: not those that the journal had.
fn ended(account: &Account) -> u64 {
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
    use reparte::{Options, Repartidor, from_fn};

    use super::super::over::Over;
    use super::super::{Subject, Watch};
    use super::*;

    #[test]
    fn a_run_is_followed_to_its_end() {
        let server = from_fn("a", |n: &u64| Ok(n + 1));
        let run = Repartidor::with([server], Options::default()).unwrap();
        let watch = Watch::over(&run.handle(), Subject::new("f", [], || None)).unwrap();
        assert_eq!(run.map(0..1000).count(), 1000);
        let view = watch.end(Over::of(&Ok(())));
        let followed = view.lock();
        assert_eq!(followed.record.range(), (0, 1000));
        assert_eq!(followed.state.over, Some(Over::of(&Ok(()))));
        assert!(followed.state.rate.is_some_and(|rate| rate > 0.0));
        assert!(
            followed
                .record
                .ended_since(0)
                .all(|bar| bar.outcome == Outcome::Result)
        );
    }

    #[test]
    fn ends_that_were_missed_are_made_good() {
        let server = from_fn("a", |n: &u64| Ok(n + 1));
        let run = Repartidor::with([server], Options::default()).unwrap();
        let handle = run.handle();
        // Room for the start of the second call, and not for its end.
        let mut events = handle.events(6);
        let mut record = Record::default();
        let before = handle.account();
        assert_eq!(run.map(0..100).count(), 100);
        events.by_ref().for_each(|event| note(&mut record, event));
        record.note_missed(events.missed());
        assert!(record.has_doubts(), "{record:?}");
        settle(&mut record, &before, &handle.account());
        assert_eq!(record.running().count(), 0, "{record:?}");
        assert_eq!(record.range(), (0, 2));
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

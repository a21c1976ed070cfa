//! The troubles of a virtual world besides deaths and hangs: tasks that fail
//! everywhere, and servers that fail what others can do.

use std::ops::Range;
use std::time::Duration;

use crate::error::call::ErrorKind;
use crate::ids::{ServerId, TaskId};
use crate::plan::random::SplitMix;

/// The troubles of one run.
#[derive(Default)]
pub(super) struct Troubles {
    pub(super) bad: BadTasks,
    /// The flaw of each server that has one.
    pub(super) flaws: Vec<(usize, Flaw)>,
    /// The first call of this server takes an hour.
    pub(super) slow_first: Option<usize>,
    /// Times at which servers are down, though they return.
    pub(super) gaps: Vec<Gap>,
    /// Times at which a proxy answers 502 in place of every server.
    pub(super) proxy: Vec<Range<Duration>>,
    /// A forwarder takes the connections of each server, and breaks them while that is down.
    pub(super) forwarded: bool,
    /// Number of calls that each server has memory for at a time. It refuses others.
    pub(super) room: Option<usize>,
    /// Times at which a server answers every call in one way.
    pub(super) spells: Vec<Spell>,
    /// The servers that end at a time that they know.
    pub(super) ends: Vec<KnownEnd>,
    /// The host tells which workers were lost with a call or are unfit for it.
    pub(super) tells: bool,
    /// The servers that are dropped, and when.
    pub(super) drops: Vec<(usize, Duration)>,
}

/// The tasks that fail on every server.
#[derive(Default)]
pub(super) struct BadTasks {
    /// Number of the first ones that are.
    pub(super) first: u64,
    /// Each task whose number is divisible by this; 0: none.
    pub(super) every: u64,
    /// The last one.
    pub(super) last: bool,
    /// The way in which they fail; `None`: each in its own.
    pub(super) kind: Option<ErrorKind>,
}

/// The way in which a server fails calls.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flaw {
    /// Fails every call.
    Always(ErrorKind),
    /// Fails this percentage of the calls.
    Often(u64, ErrorKind),
    /// Fails the calls of every third task.
    OneKind(ErrorKind),
    /// Fails the calls from this number on.
    From(u64, ErrorKind),
    /// Dies of every call.
    Crashes,
    /// Takes so many times as long as others. Of workers alone.
    Slow(u32),
    /// Can't do the tasks whose number is divisible by this. Of workers of a host that tells.
    Unfit(u64),
}

/// A time at which a server is down.
#[derive(Clone, Copy)]
pub(super) struct Gap {
    pub(super) server: usize,
    pub(super) from: Duration,
    pub(super) to: Duration,
}

/// A time at which a server answers every call in this way.
#[derive(Clone)]
pub(super) struct Spell {
    pub(super) server: usize,
    pub(super) time: Range<Duration>,
    pub(super) answer: ErrorKind,
}

/// The end of a server that knows when it comes.
#[derive(Clone, Copy)]
pub(super) struct KnownEnd {
    pub(super) server: usize,
    pub(super) at: Duration,
    /// The time for which its calls may go on after that.
    pub(super) grace: Duration,
    /// The time after which another start of it is there, if one ever is. That does not end.
    pub(super) back: Option<Duration>,
}

/// Every way in which a task can be contested.
pub(super) const CONTESTED: [ErrorKind; 12] = [
    ErrorKind::Fault { code: 2 },
    ErrorKind::Malformed,
    ErrorKind::Http { status: 400 },
    ErrorKind::Http { status: 413 },
    ErrorKind::Http { status: 500 },
    ErrorKind::Http { status: 501 },
    ErrorKind::Http { status: 502 },
    ErrorKind::Http { status: 504 },
    ErrorKind::NotFound,
    ErrorKind::Forbidden,
    ErrorKind::Overran,
    ErrorKind::Panicked,
];

impl Troubles {
    /// Returns whether a proxy answers 502 now in place of every server.
    pub(super) fn is_behind_proxy(&self, now: Duration) -> bool {
        self.proxy.iter().any(|gap| gap.contains(&now))
    }

    /// Returns how a server answers every call now, if it does.
    pub(super) fn spell(&self, server: ServerId, now: Duration) -> Option<ErrorKind> {
        let mut spells = self.spells.iter();
        let holds = |spell: &&Spell| spell.server == server.index() && spell.time.contains(&now);
        spells.find(holds).map(|spell| spell.answer)
    }

    /// Returns the time from which on no proxy answers 502, if any ever does.
    pub(super) fn proxy_ends(&self) -> Option<Duration> {
        self.proxy.iter().map(|gap| gap.end).max()
    }

    /// Returns how a task of a run of so many fails on every server, if it does.
    pub(super) fn bad_task(&self, task: TaskId, tasks: u64) -> Option<ErrorKind> {
        let bad = &self.bad;
        let index = task.index();
        let is_bad = index < bad.first
            || (bad.every > 0 && index.is_multiple_of(bad.every))
            || (bad.last && index + 1 == tasks);
        let kinds = CONTESTED.len() as u64;
        let own = CONTESTED[usize::try_from(index % kinds).unwrap()];
        let kind = bad.kind.unwrap_or(own);
        let kind = match kind {
            // The server may not have answered a call yet: then it is out.
            ErrorKind::NotFound | ErrorKind::Forbidden if index < 40 => ErrorKind::Malformed,
            // Only a proxy says so.
            ErrorKind::Http { status: 502 | 504 } => ErrorKind::Http { status: 500 },
            kind => kind,
        };
        is_bad.then_some(kind)
    }

    /// Returns the server's flaw.
    pub(super) fn flaw(&self, server: ServerId) -> Option<Flaw> {
        let mut flaws = self.flaws.iter();
        let found = flaws.find(|(flawed, _)| *flawed == server.index())?;
        Some(found.1)
    }

    /// Returns how a call fails by its server's flaw, if it does. `calls`: number
    /// of calls of the server before this one.
    pub(super) fn flawed_call(
        &self,
        server: ServerId,
        task: TaskId,
        calls: u64,
        random: &mut SplitMix,
    ) -> Option<ErrorKind> {
        let (fails, kind) = match self.flaw(server)? {
            Flaw::Always(kind) => (true, kind),
            Flaw::Often(percent, kind) => (random.below(100) < percent, kind),
            Flaw::OneKind(kind) => (task.index() % 3 == 1, kind),
            Flaw::From(from, kind) => (calls >= from, kind),
            Flaw::Crashes | Flaw::Slow(_) | Flaw::Unfit(_) => return None,
        };
        fails.then_some(kind)
    }
}

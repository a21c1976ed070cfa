//! Where the engine is at work: in whichever thread has news for it.
//!
//! News goes into a box, and whoever has put it there carries out what follows,
//! unless another thread is at it already, which then does that too. So the
//! thread of a slot finds its own next call, and none has to wake another for
//! it. Nobody waits here for more than a few microseconds.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst, fence};
use std::sync::{Mutex, MutexGuard, TryLockError};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::news::News;
use super::{Arrival, Engine};

/// See the [module](self).
pub(super) struct Desk<A, R> {
    news: Receiver<News<A, R>>,
    news_to: Sender<News<A, R>>,
    /// None before the run has begun, and after its end.
    engine: Mutex<Option<Engine<A, R>>>,
    over: AtomicBool,
}

/// A run as its caller has it.
pub(crate) trait Run<A, R>: Send + Sync {
    /// Has this looked at, in this thread or another. False once the run is
    /// over.
    fn tell(&self, news: News<A, R>) -> bool;

    /// Takes a task, if there is a slot or a place to wait for it.
    fn take(&self, arrival: Arrival<A, R>) -> Result<(), Untaken<Arrival<A, R>>>;
}

/// A task that was not taken.
pub(crate) enum Untaken<T> {
    /// There is no room for it now.
    Full(T),
    /// The run is over.
    Over(T),
}

impl<A, R> Desk<A, R> {
    pub(super) fn new() -> Self {
        let (news_to, news) = unbounded();
        Self {
            news,
            news_to,
            engine: Mutex::new(None),
            over: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Engine<A, R>>> {
        self.engine.lock().unwrap_or_else(|poisoned| {
            // What panicked is of no more use, and its end is that of the run.
            let mut engine = poisoned.into_inner();
            *engine = None;
            engine
        })
    }

    /// Takes the engine away: the run is over.
    pub(super) fn close(&self) -> Option<Engine<A, R>> {
        self.over.store(true, SeqCst);
        let engine = self.lock().take();
        self.news.try_iter().for_each(drop);
        engine
    }
}

impl<A, R> Desk<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    pub(super) fn open(&self, engine: Engine<A, R>) {
        *self.lock() = Some(engine);
    }

    /// Does something with the engine in this thread, if the run is not over.
    pub(super) fn with<T>(&self, what: impl FnOnce(&mut Engine<A, R>) -> T) -> Option<T> {
        let done = {
            let mut engine = self.lock();
            self.look_with(&mut engine);
            engine.as_mut().and_then(|engine| engine.work(what))
        };
        self.look();
        done
    }

    /// Has all news looked at, unless another thread is at it: it looks again
    /// when it is done.
    fn look(&self) {
        loop {
            // What was put into the box, or the box's lock, is seen by one of
            // two threads that come at the same time.
            fence(SeqCst);
            if self.news.is_empty() {
                return;
            }
            match self.engine.try_lock() {
                Ok(mut engine) => self.look_with(&mut engine),
                Err(TryLockError::Poisoned(_)) => self.look_with(&mut self.lock()),
                Err(TryLockError::WouldBlock) => return,
            }
        }
    }

    fn look_with(&self, engine: &mut Option<Engine<A, R>>) {
        for news in self.news.try_iter() {
            if let Some(engine) = engine {
                engine.work(|engine| engine.look_at(news));
            }
        }
    }
}

impl<A, R> Run<A, R> for Desk<A, R>
where
    A: Send + Sync + 'static,
    R: Send + 'static,
{
    fn tell(&self, news: News<A, R>) -> bool {
        if self.over.load(SeqCst) {
            return false;
        }
        // This end of the channel is never alone.
        let _ = self.news_to.send(news);
        self.look();
        true
    }

    fn take(&self, arrival: Arrival<A, R>) -> Result<(), Untaken<Arrival<A, R>>> {
        let mut arrival = Some(arrival);
        let taken = self.with(|engine| engine.take(&mut arrival));
        match arrival {
            None => Ok(()),
            Some(arrival) if taken.is_some() => Err(Untaken::Full(arrival)),
            Some(arrival) => Err(Untaken::Over(arrival)),
        }
    }
}

//! The thread that calls scripts, many in a round trip, until each has succeeded.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use redis::Value;

use crate::backoff::Backoff;
use crate::connection::Connection;
use crate::error::Error;
use crate::health::HealthPart;
use crate::large::{Breaks, tells_of_length};
use crate::link::Link;
use crate::script::{ScriptCall, Urgency};
use crate::shutdown::Shutdown;
use crate::thread::Thread;

/// The most calls of a round trip, and their bytes.
const BATCH: usize = 128;
const BATCH_BYTES: usize = 1 << 20;

/// The time after which the thread looks whether it is to give up, while all its calls pause.
const LOOK: Duration = Duration::from_millis(200);

type Reply = Box<dyn FnOnce(Result<Value, Error>) + Send>;

/// A call of a script, and what is done with the reply.
struct Command {
    call: ScriptCall,
    reply: Reply,
    /// The server has refused it, for a time.
    refused: Option<Refused>,
    /// The connections that broke while it was sent.
    breaks: Breaks,
}

/// The pauses of a call that the server does not execute at the moment.
struct Refused {
    since: Instant,
    backoff: Backoff,
    /// The time of the next attempt.
    next: Instant,
}

/// Sends calls to the thread. The thread ends when all senders have gone.
#[derive(Clone)]
pub(crate) struct CommandSender(Sender<Command>);

impl CommandSender {
    /// Starts the thread on a link. Each script may be called twice with the same effect as once,
    /// so that it is called again when its reply was lost. `health` is that of the calls which the
    /// server does not execute at the moment: each of them pauses, and the others go on.
    /// `give_up` ends the attempts: the replies are errors then.
    pub(crate) fn start(
        link: Link,
        health: HealthPart,
        give_up: Shutdown,
    ) -> Result<(Self, Thread), Error> {
        let (sender, commands) = channel();
        let executor = Executor {
            link,
            health,
            give_up,
            commands,
            waiting: VecDeque::new(),
            was_alone: false,
        };
        let thread = Thread::start("redis-commands", move || executor.run())?;
        Ok((Self(sender), thread))
    }

    /// Calls a script. `reply` runs on the thread, and must be quick.
    pub(crate) fn send(
        &self,
        call: ScriptCall,
        reply: impl FnOnce(Result<Value, Error>) + Send + 'static,
    ) {
        let command = Command {
            call,
            reply: Box::new(reply),
            refused: None,
            breaks: Breaks::default(),
        };
        if let Err(unsent) = self.0.send(command) {
            // The thread lives for as long as there is a sender, unless it has panicked.
            (unsent.0.reply)(Err(Error::Closed));
        }
    }

    /// Calls a script, and waits for the reply.
    pub(crate) fn call(&self, call: ScriptCall) -> Result<Value, Error> {
        let (sender, reply) = channel();
        self.send(call, move |value| {
            let _ = sender.send(value);
        });
        reply.recv().unwrap_or(Err(Error::Closed))
    }
}

impl std::fmt::Debug for CommandSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CommandSender").finish_non_exhaustive()
    }
}

/// The state of the thread.
struct Executor {
    link: Link,
    health: HealthPart,
    give_up: Shutdown,
    commands: Receiver<Command>,
    /// Calls without a reply that lasts, in the order of their sending.
    waiting: VecDeque<Command>,
    /// The last round trip was that of a call that goes alone.
    was_alone: bool,
}

impl Executor {
    fn run(mut self) {
        loop {
            if self.waiting.is_empty() {
                let Ok(first) = self.commands.recv() else {
                    return;
                };
                self.waiting.push_back(first);
            }
            self.waiting.extend(self.commands.try_iter());
            let batch = self.take_batch();
            if !batch.is_empty() {
                self.execute(batch);
                let refused = self.waiting.iter().filter_map(|of| of.refused.as_ref());
                self.health
                    .set_failing_since(refused.map(|of| of.since).min());
            } else if self.give_up.has_come() {
                self.fail(&Error::Closed);
            } else {
                self.pause();
            }
        }
    }

    /// Takes calls for one round trip. Those that go alone take turns with all others: each of them may
    /// break the connection, and leases are renewed meanwhile.
    fn take_batch(&mut self) -> Vec<Command> {
        let now = Instant::now();
        if self.was_alone {
            let others = self.take_others(now);
            if !others.is_empty() {
                self.was_alone = false;
                return others;
            }
        }
        let alone = self.take_alone(now);
        self.was_alone = alone.is_some();
        alone.map_or_else(|| self.take_others(now), |command| vec![command])
    }

    /// Takes a call that goes alone: a result, or the oldest of all other calls.
    fn take_alone(&mut self, now: Instant) -> Option<Command> {
        let is_result = |command: &Command| {
            command.breaks.goes_alone() && command.is_ready(Urgency::Result, now)
        };
        let is_other = |command: &Command| {
            command.is_of(Urgency::Other)
                && (command.breaks.goes_alone() || command.is_ready(Urgency::Other, now))
        };
        let at = self.waiting.iter().position(is_result).or_else(|| {
            let at = self.waiting.iter().position(is_other)?;
            let oldest = self.waiting.get(at)?;
            let is_taken = oldest.breaks.goes_alone() && oldest.is_ready(Urgency::Other, now);
            is_taken.then_some(at)
        })?;
        self.waiting.remove(at)
    }

    /// Takes calls that need not go alone: the most urgent and then the oldest ones. Results overtake
    /// one that goes alone, and no other calls do, even while it pauses: the numbers of submitted tasks
    /// grow.
    fn take_others(&mut self, now: Instant) -> Vec<Command> {
        let mut bytes = 0;
        let mut batch = Vec::new();
        for urgency in Urgency::ALL {
            let mut at = 0;
            while batch.len() < BATCH
                && bytes < BATCH_BYTES
                && let Some(command) = self.waiting.get(at)
            {
                let goes_alone = command.breaks.goes_alone();
                if goes_alone && urgency == Urgency::Other && command.is_of(urgency) {
                    break;
                }
                if goes_alone || !command.is_ready(urgency, now) {
                    at += 1;
                } else if let Some(command) = self.waiting.remove(at) {
                    bytes += command.call.bytes();
                    batch.push(command);
                }
            }
        }
        batch
    }

    /// Waits for a call that needs no pause.
    fn pause(&mut self) {
        let next = self.waiting.iter().filter_map(|of| of.refused.as_ref());
        let next = next.map(|of| of.next).min();
        let left = next.map_or(LOOK, |at| at.saturating_duration_since(Instant::now()));
        match self.commands.recv_timeout(left.min(LOOK)) {
            Ok(command) => self.waiting.push_back(command),
            Err(RecvTimeoutError::Timeout) => {}
            // All senders have gone, and these calls are still to be made.
            Err(RecvTimeoutError::Disconnected) => {
                self.give_up.wait(left.min(LOOK));
            }
        }
    }

    /// Calls scripts. Those that have no reply that lasts wait again.
    fn execute(&mut self, batch: Vec<Command>) {
        // Whatever stands in the way of a connection, such as a password that has changed, may
        // pass: the results of finished work are not given up for it.
        if let Err(error) = self.link.connect() {
            return self.put_back(batch, &error);
        }
        let (batch, withdrawn): (Vec<Command>, Vec<Command>) = batch
            .into_iter()
            .partition(|command| command.call.begin_sending());
        for command in withdrawn {
            (command.reply)(Err(Error::Closed));
        }
        let (is_alone, goes_alone) = match batch.as_slice() {
            [command] => (true, command.breaks.goes_alone()),
            _ => (false, false),
        };
        let mut replies = None;
        let work = |connection: &mut Connection| {
            let calls: Vec<&ScriptCall> = batch.iter().map(|command| &command.call).collect();
            let results = connection.run_all(&calls)?;
            let mut errors = results.iter().filter_map(|result| result.as_ref().err());
            let breaking = |error: &&Error| error.needs_connection() || tells_of_length(error);
            let breaking = errors.find(breaking).cloned();
            replies = Some(results);
            // The link is to pause, and to connect again.
            breaking.map_or(Ok(()), Err)
        };
        let outcome = match goes_alone {
            true => self.link.attempt_alone(work),
            false => self.link.attempt(work),
        };
        let Some(replies) = replies else {
            let error = outcome.err().unwrap_or(Error::Closed);
            let mut again = Vec::new();
            for mut command in batch {
                command.call.note_lost_reply();
                if goes_alone {
                    command.refuse();
                }
                match command.breaks.note(&command.call, is_alone, &error) {
                    None => again.push(command),
                    Some(error) => (command.reply)(Err(error)),
                }
            }
            return self.put_back(again, &error);
        };
        let mut again = Vec::new();
        for (mut command, result) in batch.into_iter().zip(replies) {
            match result {
                Err(error) if tells_of_length(&error) => {
                    match command.breaks.note(&command.call, is_alone, &error) {
                        Some(error) => (command.reply)(Err(error)),
                        None => again.push(command),
                    }
                }
                Err(error)
                    if error.is_transient()
                        && command.call.script.lasts()
                        && !self.give_up.has_come() =>
                {
                    command.call.note_refused();
                    command.breaks.reset();
                    if !error.needs_connection() {
                        command.refuse();
                        self.health.log(&error);
                    }
                    again.push(command);
                }
                result => (command.reply)(result),
            }
        }
        again
            .into_iter()
            .rev()
            .for_each(|command| self.waiting.push_front(command));
    }

    fn put_back(&mut self, batch: Vec<Command>, error: &Error) {
        for command in batch.into_iter().rev() {
            self.waiting.push_front(command);
        }
        if self.give_up.has_come() {
            self.fail(error);
        }
    }

    fn fail(&mut self, error: &Error) {
        for command in self.waiting.drain(..) {
            (command.reply)(Err(error.clone()));
        }
    }
}

impl Command {
    fn is_of(&self, urgency: Urgency) -> bool {
        self.call.script.urgency() == urgency
    }

    /// Returns true for a call of this urgency that does not pause.
    fn is_ready(&self, urgency: Urgency, now: Instant) -> bool {
        let pauses = self.refused.as_ref().is_some_and(|r| r.next > now);
        self.is_of(urgency) && !pauses
    }

    /// Prepares the pause before the next attempt.
    fn refuse(&mut self) {
        let now = Instant::now();
        let refused = self.refused.get_or_insert_with(|| Refused {
            since: now,
            backoff: Backoff::new(),
            next: now,
        });
        refused.next = now + refused.backoff.pause();
    }
}

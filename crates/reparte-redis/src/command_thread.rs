//! The thread that calls scripts, many in a round trip, until each has succeeded.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use redis::Value;

use crate::backoff::Backoff;
use crate::error::Error;
use crate::health::HealthPart;
use crate::large::{Breaks, tells_of_length};
use crate::link::Link;
use crate::script::ScriptCall;
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
    /// The connections that have broken on which it was sent.
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

    /// Takes calls for one round trip: of those that do not pause, the most urgent and then the
    /// oldest.
    fn take_batch(&mut self) -> Vec<Command> {
        let now = Instant::now();
        let is_ready = |command: &Command| command.refused.as_ref().is_none_or(|r| r.next <= now);
        let mut bytes = 0;
        let mut batch = Vec::new();
        for is_urgent in [true, false] {
            let mut at = 0;
            while batch.len() < BATCH
                && bytes < BATCH_BYTES
                && let Some(command) = self.waiting.get(at)
            {
                if command.call.script.is_urgent() != is_urgent || !is_ready(command) {
                    at += 1;
                } else if command.breaks.is_suspect() && !batch.is_empty() {
                    // It goes alone, in a later round trip.
                    at += 1;
                } else if let Some(command) = self.waiting.remove(at) {
                    let is_suspect = command.breaks.is_suspect();
                    bytes += command.call.bytes();
                    batch.push(command);
                    if is_suspect {
                        return batch;
                    }
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
        let mut replies = None;
        let outcome = self.link.attempt(|connection| {
            let calls: Vec<&ScriptCall> = batch.iter().map(|command| &command.call).collect();
            let results = connection.run_all(&calls)?;
            let mut errors = results.iter().filter_map(|result| result.as_ref().err());
            let breaking = errors.find(|error| error.needs_connection()).cloned();
            replies = Some(results);
            // The link is to pause, and to connect again.
            breaking.map_or(Ok(()), Err)
        });
        let is_alone = batch.len() == 1;
        let Some(replies) = replies else {
            let error = outcome.err().unwrap_or(Error::Closed);
            let mut again = Vec::new();
            for mut command in batch {
                command.call.note_lost_reply();
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
                Err(Error::Refused { message, server }) if tells_of_length(&message) => {
                    let error = Error::Refused { server, message };
                    match command.breaks.note(&command.call, is_alone, &error) {
                        Some(error) => (command.reply)(Err(error)),
                        None if command.breaks.is_suspect() => again.push(command),
                        None => (command.reply)(Err(error)),
                    }
                }
                Err(error)
                    if error.is_transient()
                        && command.call.script.lasts()
                        && !self.give_up.has_come() =>
                {
                    command.call.note_refused();
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

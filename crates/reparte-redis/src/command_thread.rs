//! The thread that calls scripts, many in a round trip, until each has succeeded.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use redis::Value;

use crate::error::Error;
use crate::link::Link;
use crate::script::ScriptCall;
use crate::shutdown::Shutdown;

/// The most calls of a round trip, and their bytes.
const BATCH: usize = 128;
const BATCH_BYTES: usize = 1 << 20;

type Reply = Box<dyn FnOnce(Result<Value, Error>) + Send>;

/// A call of a script, and what is done with the reply.
struct Command {
    call: ScriptCall,
    reply: Reply,
}

/// Sends calls to the thread. The thread ends when all senders have gone.
#[derive(Clone)]
pub(crate) struct CommandSender(Sender<Command>);

impl CommandSender {
    /// Starts the thread on a link. Each script may be called twice with the same effect as once,
    /// so that it is called again when its reply was lost. `give_up` ends the attempts: the
    /// replies are errors then.
    pub(crate) fn start(
        mut link: Link,
        give_up: Shutdown,
    ) -> Result<(Self, JoinHandle<()>), Error> {
        let (sender, commands) = channel();
        let thread = thread::Builder::new()
            .name("redis-commands".to_owned())
            .spawn(move || run(&mut link, &commands, &give_up))
            .map_err(|error| Error::NoThread {
                message: error.to_string(),
            })?;
        Ok((Self(sender), thread))
    }

    /// Calls a script. `reply` runs on the thread, and must be quick.
    pub(crate) fn send(
        &self,
        call: ScriptCall,
        reply: impl FnOnce(Result<Value, Error>) + Send + 'static,
    ) {
        let reply = Box::new(reply);
        if let Err(unsent) = self.0.send(Command { call, reply }) {
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

fn run(link: &mut Link, commands: &Receiver<Command>, give_up: &Shutdown) {
    while let Ok(first) = commands.recv() {
        let mut bytes = first.call.bytes();
        let mut calls = vec![first.call];
        let mut replies = vec![first.reply];
        while calls.len() < BATCH
            && bytes < BATCH_BYTES
            && let Ok(command) = commands.try_recv()
        {
            bytes += command.call.bytes();
            calls.push(command.call);
            replies.push(command.reply);
        }
        execute(link, calls, replies, give_up);
    }
}

/// Calls scripts until each has a reply that lasts.
fn execute(
    link: &mut Link,
    mut calls: Vec<ScriptCall>,
    mut replies: Vec<Reply>,
    give_up: &Shutdown,
) {
    while !calls.is_empty() {
        let outcome = link.attempt(|connection| {
            let results = connection.run_all(&calls)?;
            let mut last_error = None;
            let (mut again, mut again_replies) = (Vec::new(), Vec::new());
            let commands = calls.drain(..).zip(replies.drain(..));
            for ((call, reply), result) in commands.zip(results) {
                match result {
                    Err(error) if error.is_transient() => {
                        last_error = Some(error);
                        again.push(call);
                        again_replies.push(reply);
                    }
                    result => reply(result),
                }
            }
            (calls, replies) = (again, again_replies);
            // The link is to pause, and to connect again.
            last_error.map_or(Ok(()), Err)
        });
        match outcome {
            Err(error) if !error.is_transient() || give_up.has_come() => {
                calls.clear();
                replies
                    .drain(..)
                    .for_each(|reply| reply(Err(error.clone())));
            }
            _ => {}
        }
    }
}

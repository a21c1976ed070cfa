//! A run that is kept: it outlives its client, and a later one collects what was done meanwhile.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::connection::Connection;
use crate::error::Error;
use crate::holder::Holder;
use crate::keys::RunKeys;
use crate::reply;
use crate::script::{Script, ScriptCall, millis};

/// The time after which the server forgets a kept run without a client: a week, which has room for
/// a weekend and more. It holds a window of tasks at most, or what a limit has let through.
pub(crate) const KEPT_EXPIRY: Duration = Duration::from_secs(7 * 86_400);

/// The lease of the client. It is renewed with each comparison with the server, every 5 seconds.
pub(crate) const CLIENT_LEASE: Duration = Duration::from_secs(30);

/// The numbers that a client may submit in a millisecond of the server's clock, before its last ones
/// could be those of a client that comes after it.
const NUMBERS_A_MILLISECOND: u64 = 1024;

/// The knowledge that a client has of its kept run.
#[derive(Debug)]
pub(crate) struct KeptRun {
    pub(crate) holder: Holder,
    /// True if the server has said last that the run is detached. One that forgets the run forgets that too.
    is_detached: AtomicBool,
    /// The client ends, and the run goes on.
    is_left: AtomicBool,
    /// Set once another client has the run.
    lost: Mutex<Option<Error>>,
}

/// The lease, as its client has got it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// The number of the client's first task. No earlier client has had it, if the server has forgotten
    /// all numbers, or if its clock was set back.
    pub(crate) first: u64,
    pub(crate) is_detached: bool,
}

impl KeptRun {
    pub(crate) fn new(holder: Holder, held: Held) -> Self {
        Self {
            holder,
            is_detached: AtomicBool::new(held.is_detached),
            is_left: AtomicBool::new(false),
            lost: Mutex::default(),
        }
    }

    /// Returns true if the run goes on without a client.
    pub(crate) fn is_detached(&self) -> bool {
        self.is_detached.load(SeqCst)
    }

    /// Notes what the server says of the run when the lease is renewed.
    pub(crate) fn note_held(&self, held: Held) {
        self.is_detached.store(held.is_detached, SeqCst);
    }

    /// Notes that the client ends, and the run goes on.
    pub(crate) fn leave(&self) {
        self.is_left.store(true, SeqCst);
    }

    /// Returns true if the run's tasks are not this client's to remove any more.
    pub(crate) fn is_left(&self) -> bool {
        self.is_left.load(SeqCst) || self.loss().is_some()
    }

    /// Returns the error that names the other client that has the run.
    pub(crate) fn loss(&self) -> Option<Error> {
        let lost = self.lost.lock();
        lost.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that another client has the run.
    pub(crate) fn lose(&self, error: Error) {
        *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// Takes the lease of a run's client, or renews it. That of a dead process of this machine is taken
/// over.
///
/// # Errors
///
/// [`Error::Held`] if another client has it, and those of the connection.
pub(crate) fn hold(
    keys: &RunKeys,
    holder: &Holder,
    connection: &mut Connection,
) -> Result<Held, Error> {
    let mut dead = String::new();
    loop {
        let script_keys = [keys.client(), keys.queue.detached(), keys.open()];
        let call = ScriptCall::new(Script::Hold, script_keys)
            .arg(holder.text())
            .number(millis(CLIENT_LEASE))
            .arg(keys.run.as_bytes())
            .arg(dead.as_bytes());
        let reply = reply::texts(connection.run(&call)?);
        let reply: Vec<&str> = reply.iter().map(String::as_str).collect();
        match reply[..] {
            ["held", now, is_detached, highest] => {
                let now: u64 = now.parse().unwrap_or_default();
                let highest: u64 = highest.parse().unwrap_or_default();
                let after = highest.saturating_add(1);
                return Ok(Held {
                    first: now.saturating_mul(NUMBERS_A_MILLISECOND).max(after),
                    is_detached: is_detached == "1",
                });
            }
            ["taken", other, left] => {
                let left = left.parse().map(Duration::from_millis).unwrap_or_default();
                let other = Holder::read(other.to_owned());
                if !other.is_dead() || other.text() == dead {
                    return Err(Error::Held {
                        run: keys.run.clone(),
                        holder: other,
                        left,
                    });
                }
                dead = other.text().to_owned();
            }
            _ => {
                return Err(Error::BadOption {
                    reason: format!("the engine's reply can't be read: {reply:?}"),
                });
            }
        }
    }
}

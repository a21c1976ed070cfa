//! Spreads one function's calls over N servers: every server busy, no result
//! lost whichever of them dies, answers in order.
//!
//! ```
//! use reparte::{Repartidor, from_fn};
//!
//! // Two servers, here in the same process: each squares a number.
//! let servers = ["one", "two"].map(|name| from_fn(name, |n: &u64| Ok(n * n)));
//!
//! let mut reparto = Repartidor::builder().destinos(servers).start()?;
//! for n in 1..=5 {
//!     reparto.enviar(n)?; // sends, as soon as a server is free
//! }
//! let squares = reparto.terminar()?; // waits for all
//! assert_eq!(squares, [1, 4, 9, 16, 25]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It is the dispatcher of the article "Procesamiento distribuido" (Facundo
//! Batista, 2005), whose servers speak XML-RPC (feature `xmlrpc`, on by
//! default):
//!
#![cfg_attr(feature = "xmlrpc", doc = "```no_run")]
#![cfg_attr(not(feature = "xmlrpc"), doc = "```ignore")]
//! use reparte::Repartidor;
//!
//! let servers = ["localhost:9000", "4/10.12.33.112:9000"]; // the second takes 4 calls at a time
//! let mut reparto = Repartidor::new(&servers, "factoriz_sum")?;
//! let handle = reparto.handle();
//! for n in 23_434_252_232_434_u64..23_434_252_232_444 {
//!     reparto.enviar((n.to_string(),))?;
//! }
//! let sums: Vec<String> = reparto.terminar()?;
//! println!("{}", sums.join("\n"));
//! eprintln!("{}", handle.summary()); // which server did what, and which died
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The parts
//!
//! | type | what it is |
//! | --- | --- |
//! | [`RepartidorBuilder`] | what is set before the start: destinations, options, a journal, a check |
//! | [`Repartidor`] | the dispatcher: [`enviar`](Repartidor::enviar), [`terminar`](Repartidor::terminar), or [`map`](Repartidor::map) for both |
//! | [`Map`], [`MapUnordered`], [`AsCompleted`] | results read one by one, in order or as they end |
//! | [`TaskSender`], [`Outcomes`], [`OrderedOutcomes`] | the same in [two halves](Repartidor::split), for two threads |
//! | [`Options`] | read-ahead, window, attempts, outage, time limits, faults to try again, hedging |
//! | [`Destino`] | a server, or whatever takes calls; [`from_fn`] makes one of a closure |
#![cfg_attr(
    feature = "xmlrpc",
    doc = "| [`XmlRpc`] | a function published over XML-RPC, as a `Destino` |"
)]
//! | [`Local`] | threads of this process, as a `Destino`: alone, beside servers, or [when none is left](RepartidorBuilder::fallback) |
//! | [`Journal`], [`Persist`], [`JournalError`] | results in a file, by which a run that was killed [goes on](RepartidorBuilder::journal) |
//! | [`CallError`], [`ErrorKind`] | how a call failed, which decides what becomes of its task and its server |
//! | [`TaskError`] | why a task has no result: its failed calls |
//! | [`SendError`], [`Incomplete`] | no server is left: the task back; every result that was had |
//! | [`RunSummary`] | who did what, at any moment and in the end: a table, JSON |
//! | [`Handle`] | steers a run from elsewhere: cancel, join, leave, end, watch its [`Event`]s |
//!
//! # What happens when
//!
//! | event | its task | the server |
//! | --- | --- | --- |
//! | the function fails (a fault) | failed: another server would say the same; [if asked](Options::retry_faults) it goes to another server | goes on |
//! | connection refused, name not found | goes to another server | put aside |
//! | connection lost, time-out, nonsense for an answer, HTTP 500 | goes to another server; given up after 10 such calls | put aside |
//! | HTTP 503 or 429 | goes to another server | put aside for as long as it asks, at most 60 s |
//! | HTTP 401, 403, 404 and the like | goes to another server | out for good, and named |
//! | its server says nothing for 2 s when asked how it is | goes to another server too; the first answer counts | put aside |
//! | its server has been started anew | goes to another server | goes on |
//! | two servers have died with it aboard | waits until nothing else waits or runs, then runs alone; has failed if that server dies too | |
//! | it takes longer than a [limit](Options::time_limit) | cancelled there; goes to another server | put aside |
//! | it takes long, and a slot has nothing else to do | is sent a second time; the first answer counts, the other call is cancelled | goes on |
//! | its answer does not pass the [check](RepartidorBuilder::verify) | goes to another server | in quarantine for good, and named |
//! | five calls in a row fail at once | goes to another server | in quarantine for a minute, and named |
//! | all servers down for 5 s | the run ends; what was had is handed over; or the [reserve](RepartidorBuilder::fallback) takes over | |
//! | the process is killed | with a [journal](RepartidorBuilder::journal), a run with the same tasks goes on where it was | |
//!
//! A server put aside is asked again how it is after a random wait of at most
//! 100 ms, then 200 ms, doubling up to 4 s, and used again once it says so. One
//! that only can be reached (Python's) or not even be asked gets a single task
//! for a trial; an answer, and all of its slots are used again.
//!
//! Retries of calls that may have run are paid for by a budget: each first call
//! earns a tenth of one, and time brings one a slot in ten seconds (one a second
//! at least). When there is nothing left to pay with they wait; no task fails
//! by that.
//!
//! # What it promises
//!
//! A task may be executed more than once, when it can't be known whether a
//! lost call ran: at least once. Its result is delivered exactly once, and with a
//! journal, after it was written down. Nothing
//! polls: a free server has its next task at once.
//!
//! # What it does not do
//!
//! - It can't tell a hung server that does not say how it is, such as Python's,
//!   from one at work: its tasks are sent elsewhere when slots have nothing
//!   else to do, or at a [time limit](Options::time_limit).
//! - It keeps no results beyond the process unless it is given a
//!   [journal](RepartidorBuilder::journal).
//! - It believes an answer of the right type unless it is given a
//!   [check](RepartidorBuilder::verify), and always a fault.
//! - It has no priorities, and tasks can't wait for each other.

#![forbid(unsafe_code)]

mod builder;
mod destino;
mod engine;
mod error;
mod events;
mod handle;
mod ids;
mod journal;
mod map;
mod options;
mod outcome;
mod plan;
mod repartidor;
mod run_error;
#[cfg(test)]
mod sim;
mod split;
mod summary;

pub use builder::RepartidorBuilder;
pub use destino::from_fn::{FromFn, from_fn};
pub use destino::local::Local;
#[cfg(feature = "xmlrpc")]
pub use destino::xmlrpc::XmlRpc;
pub use destino::{Call, Destino, Status};
pub use error::Error;
pub use error::call::{CallError, ErrorKind};
pub use error::journal::{JournalError, JournalErrorKind};
pub use error::task::{FailedCall, TaskError, TaskErrorKind};
pub use error::try_next::TryNextError;
pub use events::{CallEnd, Event, Events};
pub use handle::Handle;
pub use ids::{CallId, TaskId};
pub use journal::Journal;
pub use journal::persist::Persist;
pub use map::{AsCompleted, Map, MapUnordered};
pub use options::{MAX_SLOTS, Options, RetryFaults};
pub use outcome::Outcome;
pub use plan::action::CallReason;
pub use repartidor::Repartidor;
pub use run_error::{Incomplete, SendError};
pub use split::{OrderedOutcomes, Outcomes, TaskSender};
pub use summary::RunSummary;
pub use summary::server::{ServerState, ServerSummary};

/// The README's example, compiled.
#[cfg(all(doctest, feature = "xmlrpc"))]
#[doc = include_str!("../README.md")]
struct Readme;

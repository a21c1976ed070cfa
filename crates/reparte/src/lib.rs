//! Spreads the calls of one function over N servers: keeps every server busy, loses no result
//! when servers die, and returns the results in order.
//!
//! ```
//! use reparte::{Repartidor, from_fn};
//!
//! // Two servers, here in the same process: each squares a number.
//! let servers = ["one", "two"].map(|name| from_fn(name, |n: &u64| Ok(n * n)));
//!
//! let mut reparto = Repartidor::builder().destinos(servers).start()?;
//! for n in 1..=5 {
//!     reparto.enviar(n)?; // sends a task as soon as a server is free
//! }
//! let squares = reparto.terminar()?; // waits for all results
//! assert_eq!(squares, [1, 4, 9, 16, 25]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It is the dispatcher of the article "Procesamiento distribuido" (Facundo Batista, 2005),
//! whose servers speak XML-RPC (feature `xmlrpc`, on by default):
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
//! | type | purpose |
//! | --- | --- |
//! | [`Repartidor`] | the dispatcher: [`enviar`](Repartidor::enviar) sends a task, [`terminar`](Repartidor::terminar) returns all results; or [`map`](Repartidor::map) does both |
//! | [`RepartidorBuilder`] | everything that is set before the start: destinations, options, a journal, a check of the results |
//! | [`Options`] | read-ahead, window, attempts, time limits, faults to retry, hedges |
//! | [`Map`], [`MapUnordered`], [`AsCompleted`] | iterators over the outcomes, in order or as tasks end |
//! | [`TaskSender`] with [`Outcomes`] or [`OrderedOutcomes`] | a dispatcher in [two halves](Repartidor::split), for two threads |
//! | [`Search`] | tasks from an [endless source](Repartidor::search), until a result ends the search |
//! | [`Destino`] | a server, or anything else that takes calls; [`from_fn`] makes one of a closure |
#![cfg_attr(
    feature = "xmlrpc",
    doc = "| [`XmlRpc`] | a function published over XML-RPC, as a `Destino` |"
)]
//! | [`Local`] | threads of this process, as a `Destino`: alone, beside servers, or as the [fallback](RepartidorBuilder::fallback) |
//! | [`Journal`], [`Persist`] | a file of results, from which a later run [continues](RepartidorBuilder::journal) after a killed one |
//! | [`Handle`] | controls a run from any thread: cancels tasks, adds and removes servers, ends the run |
//! | [`Events`] | the [`Event`]s of a run as they happen |
//! | [`RunSummary`] | the counts of a run and of each server, at any moment: as a table, or as JSON |
//! | [`CallError`], [`ErrorKind`] | the error of a call; its kind decides about the task and the server |
//! | [`TaskError`] | the error of a task that has no result, with its failed calls |
//! | [`SendError`], [`Incomplete`] | the errors of a run without servers: with the task, or with every result so far |
//!
//! # What happens when
//!
//! | event | the task | the server |
//! | --- | --- | --- |
//! | the function returns a fault | is checked on another server if one can come, and fails if that says the same; fails at once if other servers have confirmed two faults of this one; is retried if [asked for](Options::retry_faults) | stays in use; is suspected if the task succeeds elsewhere, twice, or if several tasks in a row fail there |
//! | an answer that can't be read or is too large, HTTP 400, 413, 500 and the like; HTTP 403, 404 or an unknown function once the server has answered a call | is tried on another server, and fails if that says the same; has a second chance if there is no other | the same |
//! | a server is suspected | its tasks run elsewhere | is on trial: one waiting task at a time, whose failure there is not final |
//! | the connection is refused, or the name is not found | is retried on another server | is set aside |
//! | the connection breaks, or a time-out | is retried on another server; is given up after [`max_attempts`](Options::max_attempts) such calls | is set aside |
//! | HTTP 503 or 429 | is retried on another server | is set aside for as long as it asks, at most 60 s; without `Retry-After` it counts as down |
//! | HTTP 401 or 407, a TLS error, a host that can't run the function; HTTP 403, 404 or an unknown function, for two tasks, before the server has answered any call | is retried on another server | is out, and tried again each minute |
//! | the server does not answer a status request for 2 s | is sent to another server too; the first answer counts | is set aside |
//! | the server was restarted | is retried on another server | stays in use |
//! | two servers died while they ran the task | waits until nothing else waits or runs, 5 s at most, then runs alone; fails if that server dies too | is set aside |
//! | the call exceeds its [time limit](Options::time_limit), and the server was at work on it | fails, as by a fault; is retried if [asked for](Options::retry_time_outs) | stays in use |
//! | the call exceeds its time limit, and nobody knows if it ran; or it exceeds the [limit by the median](Options::time_limit_medians) | is cancelled there, and retried on another server | is set aside |
//! | the task is slow, and a slot has nothing else to do | is sent to a second server too, twice at most; the first answer counts, and the other call is cancelled | stays in use |
//! | the result does not pass the [check](RepartidorBuilder::verify) | is retried on another server | is in quarantine for the rest of the run |
//! | no server is alive for 5 s | each server is asked once more; then the run ends with the results so far, or goes on with the [fallback](RepartidorBuilder::fallback) | |
//! | the process is killed | a later run with the same tasks and [journal](RepartidorBuilder::journal) continues where this one was | |
//!
//! A server that was set aside is asked for its status after a random wait of at most 100 ms,
//! then 200 ms, and so on up to 4 s. It is used again once it answers. A server that does not
//! report a status, such as Python's, gets a single task as a trial instead. If it answers,
//! all of its slots are used again.
//!
//! A budget limits the retries of calls that may have run. Each first call adds a tenth of a
//! retry to it, and time adds one for each slot in ten seconds, at least one a second. When
//! the budget is empty, retries wait. No task fails because of that.
//!
//! # Guarantees
//!
//! - Execution is at least once: a task may be executed again when it can't be known whether
//!   a lost call ran.
//! - Delivery is exactly once: each task has one result. With a journal, it is written before
//!   it is delivered.
//! - No polling: a free slot gets its next task at once.
//!
//! # Limits
//!
//! - A server that hangs and does not report a status, such as Python's, looks like one that
//!   works. Its tasks are sent to other servers once slots have nothing else to do, or at a
//!   [time limit](Options::time_limit).
//! - Results are not kept beyond the process without a [journal](RepartidorBuilder::journal).
//! - An answer of the right type counts as correct without a
//!   [check](RepartidorBuilder::verify). So does a fault where no other server can be asked.
//! - Tasks have no priorities, and can't wait for each other.

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
mod reorder_buffer;
mod repartidor;
mod run_error;
mod search;
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
pub use error::call::{CallError, ErrorKind, FailureClass};
pub use error::journal::{JournalError, JournalErrorKind};
pub use error::task::{FailedCall, TaskError, TaskErrorKind};
pub use error::try_next::TryNextError;
pub use events::{CallEnd, Event, Events};
pub use handle::Handle;
pub use ids::{CallId, TaskId};
pub use journal::Journal;
pub use journal::persist::Persist;
pub use journal::record_journal::{RecordJournal, RecordPosition};
pub use map::{AsCompleted, Map, MapUnordered};
pub use options::{Halt, MAX_SLOTS, Options, RetryFaults};
pub use outcome::Outcome;
pub use plan::action::{CallReason, WaitCause};
pub use repartidor::Repartidor;
pub use run_error::{Incomplete, SendError};
pub use search::Search;
pub use split::{OrderedOutcomes, Outcomes, TaskSender};
pub use summary::server::{ServerState, ServerSummary};
pub use summary::{RunSummary, Waiting};

/// The README's example, compiled.
#[cfg(all(doctest, feature = "xmlrpc"))]
#[doc = include_str!("../README.md")]
struct Readme;

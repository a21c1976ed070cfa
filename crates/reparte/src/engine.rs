//! The engine of a run: the threads that carry out what the plan decides.
//!
//! # The path of a task
//!
//! From `enviar` to the call of a destination:
//!
//! | step | function | file |
//! | --- | --- | --- |
//! | looks the task up in the journal; waits, if it is refused below, until there is room | `Repartidor::enviar` | `repartidor.rs` |
//! | takes the lock of the run | `Executor::submit` | `engine/executor.rs` |
//! | refuses it if there is no room | `Plan::accepts_task`, for `Run::submit` | `plan/queries.rs` |
//! | gives the task its number, the count of tasks so far, as in the journal | `Run::submit` | `engine/run.rs` |
//! | delivers a result from the journal (`resume_task`), or adds the task to the plan (`add_task`) | `Run::submit` | `engine/run.rs` |
//! | asks the plan, and counts its actions in the summary | `Run::apply_with` | `engine/run.rs` |
//! | starts calls while a server has a free slot | `Plan::handle`, `Plan::start_calls` | `plan.rs` |
//! | picks the server | `Plan::next_placement`, `Placement::pick` or `pick_any` | `plan/queries.rs`, `plan/placement.rs` |
//! | makes `Action::StartCall` | `Plan::start_call` | `plan/apply/call.rs` |
//! | puts the call into the channel of that server's slots | `Run::carry_out`, `ServerThreads::hand_over` | `engine/actions.rs`, `engine/server_threads.rs` |
//! | takes it there, on the slot's thread | `make_calls` | `engine/slot.rs` |
//! | makes the request, and waits for the response | `Destino::call`, that is `XmlRpc::call` | `destino/xmlrpc.rs` |
//!
//! The way goes on from there at the top of xmlrpc-client's `transport.rs`. A task that only
//! finds a place to wait is started later, by the event that frees a slot.
//!
//! And back to the caller, on the slot's thread:
//!
//! | step | function | file |
//! | --- | --- | --- |
//! | verifies the result, and writes it to the journal | `Acceptance::accept` | `engine/acceptance.rs` |
//! | sends `Message::CallReturned`, and handles it at once if no other thread does | `Executor::send` | `engine/executor.rs` |
//! | asks the plan: `Action::DeliverResult`, and the slot's next `StartCall` | `Run::handle`, `Run::apply_with`, `Plan::handle` | `engine/message_handlers.rs`, `engine/run.rs`, `plan.rs` |
//! | puts the outcome into the channel to the caller | `Run::carry_out` | `engine/actions.rs` |
//! | waits for it there, and puts outcomes in order | `terminar`, or an iterator | `repartidor.rs`, `map.rs`, `split.rs` |
//!
//! # The threads
//!
//! | thread | number | does |
//! | --- | --- | --- |
//! | the caller's | | submits tasks, sends messages by a `Handle`, takes outcomes |
//! | `reparte-slot` | one for each slot | makes calls |
//! | `reparte-status` | one for each server that is asked for its status | asks |
//! | `reparte-timer` | one | wakes the plan when it is time, and shuts the run down |
//!
//! A destination may have threads of its own: `XmlRpc` cancels calls from `reparte-cancel`, and
//! its client looks names up in `lookup`.
//!
//! The plan runs on whichever of them delivers a task, a message or the time: see
//! [`executor`]. The locks, and the order in which they are taken, are described there. The
//! order in which the parts are built is in [`start`], the order in which they end in
//! [`shutdown`].

pub(crate) mod acceptance;
mod actions;
pub(crate) mod caller_end;
mod executor;
pub(crate) mod held_results;
pub(crate) mod inbox;
mod known_workers;
pub(crate) mod message;
mod message_handlers;
pub(crate) mod run;
mod server_config;
mod server_threads;
mod shutdown;
mod slot;
pub(crate) mod start;
mod status_requests;
mod timer;
mod worker_handlers;

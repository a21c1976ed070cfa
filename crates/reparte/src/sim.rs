//! The simulator: the plan against virtual servers, in virtual time, under a seed.
//!
//! Servers die and return, hang and go on, are restarted, refuse, are busy,
//! answer slowly, with nonsense or wrongly, and are added and removed; some are
//! in reserve. Tasks kill their servers and are cancelled; the journal fails.
//! After every step the [checks] compare the run with what is promised: no task
//! is lost or ends twice, none waits beside a free slot that it could use, a
//! server set aside gets one call at a time, hangs are found and returns noticed
//! in time, and the run ends.
//!
//! A seed that fails prints itself and the script of its run, which the plan's
//! tests can replay. `REPARTE_SEED=n` runs one seed, `REPARTE_SEEDS=n` that many
//! of each [scenario](scenarios), and `REPARTE_SEEDS=m..n` those from m to n - 1. The [digest] detects any change of behaviour.

mod agenda;
mod calls;
mod checks;
mod digest;
mod fate;
mod incidents;
mod makespan;
mod probes;
mod promises;
mod queue;
mod retry_bound;
mod scenario;
mod scenarios;
mod script;
mod troubles;
mod virtual_server;
mod window;
mod world;
mod worlds;

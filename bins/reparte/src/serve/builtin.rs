//! `--builtin`: the functions of serv_processes, from a queue on an engine.

use std::time::{Duration, SystemTime};

use factorizar_service::{WorkLimits, publish, publish_units};
use xmlrpc_server::{Service, Stop};

use crate::exit::Failure;
use crate::flags::engine::Engine;
use crate::serve::engine_worker;

/// Answers tasks of the queue of `function`, one of serv_processes, until a signal comes.
pub(super) fn run(
    engine: Engine,
    function: &str,
    time: Duration,
    slots: Option<u16>,
    grace: Duration,
    ends_at: Option<SystemTime>,
) -> Result<(), Failure> {
    let service = service(time)?;
    let names = || service.names().filter(|name| !name.contains('.'));
    if !names().any(|name| name == function) {
        let names: Vec<&str> = names().collect();
        return Err(Failure::argument(format_args!(
            "--function {function}: --builtin has {}",
            names.join(", ")
        )));
    }
    engine_worker::run(engine, function, service, slots, grace, None, ends_at)
}

fn service(time: Duration) -> Result<Service, Failure> {
    let mut limits = WorkLimits::default();
    limits.time = time;
    let mut service = Service::new();
    publish(&mut service, limits).map_err(Failure::server)?;
    // A worker that is asked to end lets its tasks finish for the grace, and gives the others back.
    publish_units(&mut service, limits, &Stop::new()).map_err(Failure::server)?;
    Ok(service)
}

//! The function's queue on the engine that `--engine` names.

use std::thread;
use std::time::{Duration, Instant};

use reparte_redis::RedisQueue;

use crate::exit::Failure;
use crate::flags::engine::{Engine, failure};
use crate::run::flags::RunCommand;

/// The pause between two attempts to reach an engine that is not there yet.
const PAUSE: Duration = Duration::from_millis(200);

/// Refuses other places beside an engine. While the engine is away, its calls wait for it, and its
/// time limit counts from the start of the work: both would be wrong for servers.
pub(super) fn refuse_other_places(flags: &RunCommand) -> Result<(), Failure> {
    let others = [
        (!flags.program().is_empty(), "a program of this machine"),
        (flags.local.is_some(), "--local"),
        (!flags.servers.is_empty(), "servers"),
    ];
    let other = others.iter().find(|(is_given, _)| *is_given);
    let Some((_, other)) = other.filter(|_| flags.engine.is_some()) else {
        return Ok(());
    };
    Err(Failure::argument(format_args!(
        "--engine: {other} can't be beside it: let each machine take its tasks from the engine, by \
         `reparte serve --engine URL --function NAME -- PROGRAM`"
    )))
}

/// Connects to the engine, for as long as `--wait-for-servers` says.
pub(super) fn queue(
    url: &str,
    flags: &RunCommand,
    client: &xmlrpc_client::Options,
) -> Result<RedisQueue, Failure> {
    let function = flags.function.as_deref().unwrap_or_default();
    let login = flags.engine_login.as_deref();
    let mut engine = Engine::read(url, login, flags.client.ca.as_ref())?;
    let most = engine.options.connect_timeout.min(flags.wait_for_servers);
    engine.options.connect_timeout = most;
    let until = Instant::now() + flags.wait_for_servers;
    loop {
        let queue = RedisQueue::builder(engine.url.clone(), function)
            .options(engine.options.clone())
            .dialect(client.dialect.clone())
            .limits(client.limits.clone())
            .time_limit(flags.timeout)
            .patience(flags.outage)
            .worker_patience(flags.outage.max(flags.wait_for_servers));
        match queue.start() {
            Ok(queue) => return Ok(queue),
            Err(error) if error.is_transient() && Instant::now() + PAUSE < until => {
                log::debug!("--engine: {error}");
                thread::sleep(PAUSE);
            }
            Err(error) => return Err(failure(&error)),
        }
    }
}

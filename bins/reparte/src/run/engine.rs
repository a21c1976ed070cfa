//! The function's queue on the engine that `--engine` names.

use std::thread;
use std::time::{Duration, Instant};

use reparte_redis::{Error, RedisQueue, RedisQueueBuilder};

use crate::exit::Failure;
use crate::flags::engine::{Engine, failure, host_name};
use crate::random;
use crate::run::flags::RunCommand;
use crate::run::journal::RunJournal;

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

/// Connects to the engine, for as long as `--wait-for-servers` says. A run with a journal goes on
/// under the name that is kept there.
pub(super) fn queue(
    url: &str,
    flags: &RunCommand,
    client: &xmlrpc_client::Options,
    journal: Option<&RunJournal>,
) -> Result<RedisQueue, Failure> {
    let run = journal.map(run_name).transpose()?;
    connect(url, flags, client, run.as_deref(), RedisQueueBuilder::start)
}

/// Returns the name of the run of a journal.
pub(super) fn run_name(journal: &RunJournal) -> Result<String, Failure> {
    let new = random::run_name()?;
    let name = journal.label_or(|| new);
    name.map_err(|error| Failure::Journal(format!("--journal: {error}")))
}

/// Connects to the engine by `start`, for as long as `--wait-for-servers` says.
pub(super) fn connect<T>(
    url: &str,
    flags: &RunCommand,
    client: &xmlrpc_client::Options,
    run: Option<&str>,
    start: impl Fn(RedisQueueBuilder) -> Result<T, Error>,
) -> Result<T, Failure> {
    let function = flags.function.as_deref().unwrap_or_default();
    let login = flags.engine_login.as_deref();
    let mut engine = Engine::read(url, login, flags.client.ca.as_ref())?;
    let most = engine.options.connect_timeout.min(flags.wait_for_servers);
    engine.options.connect_timeout = most;
    let until = Instant::now() + flags.wait_for_servers;
    loop {
        let mut queue = RedisQueue::builder(engine.url.clone(), function)
            .options(engine.options.clone())
            .dialect(client.dialect.clone())
            .limits(client.limits.clone())
            .time_limit(flags.timeout)
            .patience(flags.outage)
            .worker_patience(flags.outage.max(flags.wait_for_servers));
        if let Some(run) = run {
            queue = queue.keep(run, host_name());
        }
        match start(queue) {
            Ok(started) => return Ok(started),
            Err(error) if may_pass(&error) && Instant::now() + PAUSE < until => {
                log::debug!("--engine: {error}");
                thread::sleep(PAUSE);
            }
            Err(error) => return Err(failure(&error)),
        }
    }
}

/// Returns true for an error that may pass while `--wait-for-servers` lasts: another client of the run
/// may end, or its lease.
fn may_pass(error: &Error) -> bool {
    error.is_transient() || matches!(error, Error::Held { .. })
}

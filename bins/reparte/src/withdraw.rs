//! `reparte withdraw`: a run is taken from an engine.

use std::path::PathBuf;

use clap::Args;
use reparte_redis::RedisQueue;

use crate::console::Console;
use crate::exit::Failure;
use crate::flags::engine::{Engine, failure, host_name};

/// Takes a run from an engine, with its tasks and its results
///
/// It is for a run that `reparte run --detach` has left there, or one with a journal whose command was
/// killed, if nobody wants its results any more. `reparte status --engine` names such runs. One that has
/// a client is refused: end the client.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  reparte withdraw --engine redis://localhost --function upper 4f1c0a9be7d24c5fa9e1b3c58d60f712")]
pub(crate) struct Withdraw {
    /// The Redis or Valkey server: redis://host:6379/0, rediss:// for TLS, or
    /// redis-sentinel://host:26379,host:26379/MASTER/0
    #[arg(long, value_name = "URL")]
    engine: String,
    /// The engine's password in this file, which only its owner may read (mode 0600); or the user
    /// and the password, on two lines
    #[arg(long, value_name = "FILE")]
    engine_login: Option<PathBuf>,
    /// Certificates (PEM) of the authorities by which the engine is trusted, in place of the system's
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The name of the run's function
    #[arg(long, value_name = "NAME")]
    function: String,
    /// The run, as it is named when it is detached, and by `reparte status --engine`
    run: String,
}

impl Withdraw {
    pub(crate) fn run(self, console: &Console) -> Result<(), Failure> {
        let engine = Engine::read(&self.engine, self.engine_login.as_deref(), self.ca.as_ref())?;
        let queue = RedisQueue::builder(engine.url, &*self.function)
            .options(engine.options)
            .keep(&*self.run, host_name());
        match queue.withdraw().map_err(|error| failure(&error))? {
            Some(tasks) => {
                console.tell(format_args!(
                    "withdrawn, with {tasks} tasks that were not done"
                ));
                Ok(())
            }
            None => Err(Failure::argument(
                "there is no such run of the function on the engine: `reparte status --engine` lists \
                 them",
            )),
        }
    }
}

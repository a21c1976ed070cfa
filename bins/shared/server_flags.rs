//! The flags that all three servers take: `--bind` and `--workers`.

use std::num::NonZeroUsize;

use crate::shared::command_line::{Argument, CommandLine, Values};
use crate::shared::failure::Failure;

/// The most workers that `--workers` gives: each takes a thread.
const MAX_WORKERS: usize = 1024;

/// The values of `--bind` and `--workers`.
#[derive(Default)]
pub(crate) struct ServerFlags {
    /// The address to listen on.
    pub(crate) address: Option<String>,
    /// The calls answered at a time.
    pub(crate) workers: Option<NonZeroUsize>,
}

impl ServerFlags {
    /// Reads the command line. Hands all other arguments to `others`, as
    /// [`CommandLine::arguments`] does.
    pub(crate) fn read(
        &mut self,
        command_line: CommandLine,
        mut others: impl FnMut(&Argument, &mut Values<'_>) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        command_line.arguments(|argument, values| {
            match argument {
                Argument::Option(option) if option == "bind" => self.address = Some(values.next()?),
                Argument::Option(option) if option == "workers" => {
                    self.workers = Some(workers(values)?);
                }
                _ => return others(argument, values),
            }
            Ok(true)
        })
    }
}

fn workers(values: &mut Values<'_>) -> Result<NonZeroUsize, Failure> {
    let what = "a number from 1 to 1024";
    let workers = values.parse::<NonZeroUsize>("--workers", what)?;
    if workers.get() > MAX_WORKERS {
        return Err(values.bad(format_args!("--workers takes {what}, not {workers}")));
    }
    Ok(workers)
}

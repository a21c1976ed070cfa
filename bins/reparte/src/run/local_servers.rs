//! The servers of `--local`, if this command is built with them.

#[cfg(feature = "factoring")]
pub(crate) use factorizar_service::LocalServers;

use crate::exit::Failure;
use crate::run::flags::RunCommand;

/// No servers: they need the feature `factoring`.
#[cfg(not(feature = "factoring"))]
#[derive(Debug)]
pub(crate) struct LocalServers;

#[cfg(not(feature = "factoring"))]
impl LocalServers {
    /// Refuses to start any server.
    pub(crate) fn start(count: usize) -> Result<Self, Failure> {
        match count {
            0 => Ok(LocalServers),
            _ => Err(Failure::argument(
                "--local: this command was built without factoriz_sum and factor, the \
                 functions of its servers: build it with the feature `factoring`, which is \
                 on by default",
            )),
        }
    }

    /// Returns no address.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = String> {
        std::iter::empty()
    }
}

impl RunCommand {
    /// Starts the servers of `--local`, if it is not for a program.
    pub(super) fn start_local_servers(&mut self) -> Result<LocalServers, Failure> {
        let count = match self.program() {
            [] => self.local.unwrap_or(0),
            _ => 0,
        };
        let servers = LocalServers::start(count.into())?;
        self.servers.add(servers.addresses());
        Ok(servers)
    }
}

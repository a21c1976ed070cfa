//! The servers that a run starts on other machines by ssh, and ends.

#[cfg(unix)]
use crate::console::Console;
#[cfg(unix)]
use crate::exit::Failure;
#[cfg(unix)]
use crate::remote::RemoteServers;
#[cfg(unix)]
use crate::remote::server::RemoteServer;
use crate::run::flags::RunCommand;

impl RunCommand {
    /// Starts servers on the hosts of the flag `--ssh`, if there is one. Waits for the first.
    #[cfg(unix)]
    pub(super) fn start_remote(
        &mut self,
        console: &Console,
    ) -> Result<Option<RemoteServers>, Failure> {
        let Some(hosts) = &self.hosts else {
            return Ok(None);
        };
        // A mistake is told here, and not by each host.
        self.program_flags.keep()?;
        let mut flags = self.given.clone();
        flags.push(format!("--max-seconds={}", self.timeout.as_secs_f64()).into());
        let server = RemoteServer {
            function: self.title(),
            flags,
            program: self.program().to_vec(),
        };
        let servers = RemoteServers::start(hosts, &self.remote, server, None, console)?;
        self.servers.set_file(servers.list());
        servers.start_run()?;
        Ok(Some(servers))
    }

    /// Returns whether this machine runs a program for tasks.
    pub(super) fn runs_here(&self) -> bool {
        #[cfg(unix)]
        if self.hosts.is_some() && self.local.is_none() {
            return false;
        }
        !self.program().is_empty()
    }

    /// Returns the name of the function on the servers.
    pub(super) fn called_function(&self) -> Option<String> {
        #[cfg(unix)]
        if self.hosts.is_some() {
            return Some(self.title());
        }
        self.function.clone()
    }
}

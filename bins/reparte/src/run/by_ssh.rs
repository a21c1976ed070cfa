//! The servers that a run starts on other machines by ssh, and ends.

#[cfg(unix)]
use crate::console::Console;
#[cfg(unix)]
use crate::exit::Failure;
#[cfg(unix)]
use crate::program::column_words::numbered;
#[cfg(unix)]
use crate::remote::RemoteServers;
#[cfg(unix)]
use crate::remote::server::RemoteServer;
use crate::run::flags::RunCommand;
#[cfg(unix)]
use crate::run::input_format::InputFormat;
#[cfg(unix)]
use crate::run::task_format::TaskFormat;

impl RunCommand {
    /// Returns whether servers that are started by ssh get columns with names.
    pub(super) fn names_columns_by_ssh(&self) -> bool {
        #[cfg(unix)]
        return self.hosts.is_some() && matches!(self.input, InputFormat::Csv | InputFormat::Tsv);
        #[cfg(not(unix))]
        false
    }

    /// Starts servers on the hosts of the flag `--ssh`, if there is one. Waits for the first.
    /// `names` are those of the columns, if they have some.
    #[cfg(unix)]
    pub(super) fn start_remote(
        &mut self,
        names: Option<&[String]>,
        console: &Console,
    ) -> Result<Option<RemoteServers>, Failure> {
        let Some(hosts) = &self.hosts else {
            return Ok(None);
        };
        let server = self.remote_server(names)?;
        let servers = RemoteServers::start(hosts, &self.remote, server, None, console)?;
        self.servers.set_file(servers.list());
        servers.wait_for_one()?;
        Ok(Some(servers))
    }

    /// Returns the server that each host of `--ssh` runs. `names` are those of the columns, if they
    /// have some.
    ///
    /// # Errors
    ///
    /// No server can have the columns. A mistake is told here, and not by each host.
    #[cfg(unix)]
    pub(super) fn remote_server(&self, names: Option<&[String]>) -> Result<RemoteServer, Failure> {
        let kept = self.program_flags.keep()?;
        let mut flags = self.given.clone();
        flags.push(format!("--max-seconds={}", self.timeout.as_secs_f64()).into());
        let mut program = self.program().to_vec();
        match kept {
            _ if !TaskFormat::of(self)?.has_columns() => {}
            Some(kept) => kept.check_columns()?,
            None => {
                if let Some(names) = names {
                    program = numbered(&program, names)?;
                }
                flags.push("--columns".into());
            }
        }
        Ok(RemoteServer {
            function: self.remote_function(),
            flags,
            program,
        })
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
            return Some(self.remote_function());
        }
        self.function.clone()
    }
}

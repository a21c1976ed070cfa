//! The servers that a run begins with, and this machine if it runs a program.

use std::sync::Arc;
use std::time::Duration;

use cli_support::descriptors::raise_limit;
use reparte::XmlRpc;
use xmlrpc_client::Options;

use crate::exit::Failure;
use crate::flags::client::warn_of_clear_text;
use crate::flags::server_list::ServerList;
#[cfg(unix)]
use crate::program::own_memory::hide_memory;
use crate::run::destination::{Destination, ResultRules};
#[cfg(feature = "redis")]
use crate::run::engine;
use crate::run::flags::RunCommand;
use crate::run::programs::Programs;
use crate::run::result_check::ResultCheck;
use crate::run::server_file::ServerKey;

/// The servers that a run begins with.
pub(super) struct Servers {
    pub(super) destinations: Vec<Destination>,
    /// The keys of those that the file of servers may take away.
    pub(super) keys: Vec<ServerKey>,
    pub(super) setup: DestinationSetup,
    pub(super) programs: Programs,
}

/// The properties that all servers of a run share.
#[derive(Debug, Clone)]
pub(super) struct DestinationSetup {
    /// The function on the servers. `None` if the run has none.
    function: Option<String>,
    client: Options,
    /// The longest time that a call may take.
    time_limit: Duration,
    pub(super) rules: ResultRules,
}

impl DestinationSetup {
    /// Returns the function on all servers that the flags name.
    pub(super) fn destinations(&self, servers: &ServerList) -> Result<Vec<Destination>, Failure> {
        Ok(self.on_all(self.list(servers)?))
    }

    fn on_all(&self, servers: Vec<XmlRpc>) -> Vec<Destination> {
        let servers = servers.into_iter();
        servers
            .map(|server| Destination::server(server, self.rules.clone(), self.time_limit))
            .collect()
    }

    fn list(&self, servers: &ServerList) -> Result<Vec<XmlRpc>, Failure> {
        let function = self.function.as_deref().ok_or_else(|| {
            Failure::argument(
                "--function is missing: name the function of the servers that is to be called \
                 beside the program of this machine",
            )
        })?;
        servers.list(function, &self.client)
    }
}

impl Servers {
    /// Reads the list of servers, and finds the program of this machine.
    pub(super) fn connect(
        command: &RunCommand,
        check: Option<Arc<ResultCheck>>,
    ) -> Result<Self, Failure> {
        // Each call has a connection, and each program has pipes.
        raise_limit();
        let setup = DestinationSetup {
            function: command.function.clone(),
            client: command.client_options()?,
            time_limit: command.timeout,
            rules: ResultRules {
                form: command.answer_form(),
                check,
            },
        };
        let mut destinations = Vec::new();
        let has_program = !command.program().is_empty();
        #[cfg_attr(
            not(any(unix, feature = "redis")),
            allow(unused_mut, reason = "it has a check alone")
        )]
        let mut programs = Programs {
            check: setup.rules.check.clone(),
            ..Programs::default()
        };
        #[cfg(feature = "redis")]
        if let Some(url) = &command.engine {
            let queue = engine::queue(url, command, &setup.client)?;
            programs.queue = Some(queue.handle());
            destinations.push(Destination::queue(queue, setup.rules.clone()));
        }
        let needs_server = destinations.is_empty() && !has_program;
        if needs_server || !command.servers.is_empty() {
            let servers = setup.list(&command.servers)?;
            warn_of_clear_text(servers.iter().map(XmlRpc::proxy));
            destinations = setup.on_all(servers);
        }
        command.servers.warn_if_writable(&setup.client);
        let keys = destinations.iter().map(ServerKey::of).collect();
        #[cfg(unix)]
        {
            if has_program && setup.client.credentials.is_some() {
                hide_memory();
            }
            if let Some(program) = command.local_program()? {
                programs.local = Some((program.program(), program.slots()));
                destinations.push(Destination::program(program, setup.rules.clone()));
            }
        }
        Ok(Servers {
            destinations,
            keys,
            setup,
            programs,
        })
    }
}

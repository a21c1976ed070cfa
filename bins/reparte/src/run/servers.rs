//! The servers that a run begins with, and this machine if it runs a program.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use cli_support::descriptors::raise_limit;
use reparte::XmlRpc;
use untrusted_text::OneLine;
use xmlrpc_client::Options;

use crate::console::Console;
use crate::exit::Failure;
use crate::flags::client::warn_of_clear_text;
use crate::flags::server_entry::{ServerEntry, destinations};
use crate::flags::server_reader::{ReadError, ServerReader};
#[cfg(unix)]
use crate::program::own_memory::hide_memory;
use crate::run::destination::{Destination, ResultRules};
#[cfg(feature = "redis")]
use crate::run::engine;
use crate::run::flags::RunCommand;
use crate::run::journal::RunJournal;
use crate::run::programs::Programs;
use crate::run::result_check::ResultCheck;
use crate::run::server_file::ServerKey;

/// The servers that a run begins with.
pub(super) struct Servers {
    pub(super) destinations: Vec<Destination>,
    /// The keys of those that the list may take away.
    pub(super) keys: Vec<ServerKey>,
    /// The list as it was read.
    pub(super) entries: Vec<ServerEntry>,
    pub(super) reader: ServerReader,
    pub(super) setup: DestinationSetup,
    pub(super) programs: Programs,
}

/// The time between two readings of a list that has no server yet.
const INTERVAL: Duration = Duration::from_millis(250);

/// The properties that all servers of a run share.
#[derive(Debug, Clone)]
pub(super) struct DestinationSetup {
    /// The function on the servers. `None` if the run has none.
    function: Option<String>,
    /// The remedy for an argument that may be the value of a flag, if there is none.
    hint: &'static str,
    client: Options,
    /// The longest time that a call may take.
    time_limit: Duration,
    pub(super) rules: ResultRules,
}

impl DestinationSetup {
    /// Returns the function on these servers, with the key of each.
    pub(super) fn destinations(
        &self,
        entries: &[ServerEntry],
    ) -> Result<Vec<(ServerKey, Destination)>, Failure> {
        Ok(self.on_all(self.list(entries)?))
    }

    fn on_all(&self, servers: Vec<XmlRpc>) -> Vec<(ServerKey, Destination)> {
        let servers = servers.into_iter();
        let destination = |server| {
            let key = ServerKey::of(&server);
            let destination = Destination::server(server, self.rules.clone(), self.time_limit);
            (key, destination)
        };
        servers.map(destination).collect()
    }

    fn list(&self, entries: &[ServerEntry]) -> Result<Vec<XmlRpc>, Failure> {
        let function = self.function.as_deref().ok_or_else(|| {
            let first = entries
                .first()
                .map(|entry| OneLine::new(entry.address()).to_string());
            Failure::argument(format_args!(
                "--function is missing, and {} is a server: name the function of the servers that \
                 is to be called beside the program of this machine{}",
                first.unwrap_or_default(),
                self.hint
            ))
        })?;
        destinations(entries, function, &self.client)
    }
}

impl RunCommand {
    /// Returns the remedy for an argument that may be the value of a flag which takes one after
    /// a `=` alone.
    fn value_hint(&self) -> &'static str {
        match self.retry_faults {
            Some(_) => "; the value of --retry-faults needs a =",
            None => "",
        }
    }
}

impl Servers {
    /// Reads the list of servers, and finds the program of this machine.
    pub(super) fn connect(
        command: &RunCommand,
        check: Option<Arc<ResultCheck>>,
        #[cfg_attr(not(feature = "redis"), expect(unused, reason = "an engine has it"))]
        journal: Option<&RunJournal>,
        console: &Console,
    ) -> Result<Self, Failure> {
        // Each call has a connection, and each program has pipes.
        raise_limit();
        let setup = DestinationSetup {
            function: command.called_function(),
            hint: command.value_hint(),
            client: command.client_options()?,
            time_limit: command.timeout,
            rules: ResultRules {
                form: command.answer_form(),
                check,
            },
        };
        let mut destinations = Vec::new();
        let has_program = command.runs_here();
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
            let queue = engine::queue(url, command, &setup.client, journal)?;
            programs.queue = Some(queue.handle());
            destinations.push(Destination::queue(queue, setup.rules.clone()));
        }
        let needs_server = destinations.is_empty() && !has_program;
        let mut reader =
            ServerReader::new(&command.servers, setup.function.as_deref()).warn_for(&setup.client);
        let (mut keys, mut entries) = (Vec::new(), Vec::new());
        if needs_server || !command.servers.is_empty() {
            entries = match needs_server {
                true => first_entries(&mut reader, command.wait_for_servers, console)?,
                false => now(&mut reader)?,
            };
            let servers = setup.list(&entries)?;
            warn_of_clear_text(servers.iter().map(XmlRpc::proxy));
            (keys, destinations) = setup.on_all(servers).into_iter().unzip();
        }
        command.servers.warn_if_writable(&setup.client);
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
            entries,
            reader,
            setup,
            programs,
        })
    }
}

/// Returns the servers of the list, none yet being one of its states: the run has other places.
fn now(reader: &mut ServerReader) -> Result<Vec<ServerEntry>, Failure> {
    match reader.read() {
        Err(ReadError::NoneYet(_)) => Ok(Vec::new()),
        read => Ok(read?),
    }
}

/// Returns the servers of the list. Waits this long for the first one.
fn first_entries(
    reader: &mut ServerReader,
    patience: Duration,
    console: &Console,
) -> Result<Vec<ServerEntry>, Failure> {
    let began = Instant::now();
    let mut is_told = false;
    loop {
        match reader.read() {
            Err(ReadError::NoneYet(text)) if began.elapsed() < patience => {
                if !is_told {
                    let seconds = patience.as_secs_f64();
                    console.tell(format_args!("waits {seconds} s for a server: {text}"));
                    is_told = true;
                }
                thread::sleep(INTERVAL);
            }
            Err(ReadError::NoneYet(text)) => {
                let seconds = patience.as_secs_f64();
                return Err(Failure::Unreachable(format!(
                    "{text}; after {seconds} s the run ends: --wait-for-servers sets another time"
                )));
            }
            read => return Ok(read?),
        }
    }
}

//! `--dry-run`: the calls that would be made, and where.

use std::io::{self, BufWriter, Write as _};
use std::sync::Arc;

use cli_support::standard_streams::check_output;
use reparte::{Destino, XmlRpc};
use xmlrpc_client::Value;

use crate::console::Console;
use crate::exit::Failure;
#[cfg(feature = "redis")]
use crate::flags::engine::Engine;
use crate::flags::server_entry::destinations;
use crate::flags::server_reader::{ReadError, ServerReader};
use crate::json::{json_text, to_json};
use crate::output::for_reader;
#[cfg(unix)]
use crate::remote::host_names;
use crate::run::flags::RunCommand;
use crate::run::input_progress::InputProgress;
use crate::run::task::Task;
use crate::run::task_format::TaskFormat;
use crate::run::task_reader::TaskReader;

/// Prints a line for each task, and the places at the end. Nothing is called, started or asked.
pub(super) fn run(command: &RunCommand, console: &Console) -> Result<(), Failure> {
    check_output()?;
    let format = TaskFormat::of(command)?;
    #[cfg(unix)]
    let program = match command.local_program()? {
        Some(program) => Some(program),
        None => command.remote_program()?,
    };
    let places = places(command)?;
    let input = Arc::new(InputProgress::default());
    let tasks = TaskReader::open(command.tasks.as_deref(), &format, &input)?;
    #[cfg(unix)]
    if let (Some(program), true) = (&program, format.has_columns()) {
        program
            .program()
            .check_columns(tasks.names().map(|names| &**names))?;
    }
    #[cfg(unix)]
    if command.hosts.is_some() {
        command.remote_server(tasks.names().map(|names| &**names))?;
    }
    let mut out = BufWriter::new(io::stdout());
    let (mut count, mut bad) = (0_u64, 0_u64);
    for task in tasks {
        let task = task.map_err(|error| {
            Failure::argument(format_args!("the tasks can't be read any further: {error}"))
        })?;
        count += 1;
        let shown = task.arguments().and_then(|arguments| {
            #[cfg(unix)]
            if let Some(program) = &program {
                return program.describe(&task, arguments);
            }
            Ok(function_call(command, arguments))
        });
        match shown {
            Ok(line) => writeln!(out, "{}", for_reader(&line))?,
            Err(reason) => {
                bad += 1;
                console.tell(told(&task, &reason));
            }
        }
    }
    out.flush()?;
    let tasks = match count {
        1 => "1 task".to_owned(),
        many => format!("{many} tasks"),
    };
    console.tell(format_args!(
        "{tasks} would go to {places}; none was called"
    ));
    match bad {
        0 => Ok(()),
        bad => Err(Failure::Fault(format!(
            "{bad} of {count} tasks can't be sent"
        ))),
    }
}

fn told(task: &Task, reason: &str) -> String {
    match reason.starts_with("line ") {
        true => reason.to_owned(),
        false => format!("line {}: {reason}", task.line),
    }
}

/// Returns the names of the places.
fn places(command: &RunCommand) -> Result<String, Failure> {
    let mut places = Vec::new();
    #[cfg(feature = "redis")]
    if let Some(url) = &command.engine {
        // It shows no password.
        let url = Engine::url(url)?.to_string();
        places.push(untrusted_text::OneLine::new(&url).to_string());
    }
    let has_program = !command.program().is_empty();
    if command.runs_here() {
        places.push("this machine".to_owned());
    }
    #[cfg(unix)]
    if let Some(hosts) = &command.hosts {
        places.extend(host_names(hosts)?);
    }
    if let (Some(count), false) = (command.local, has_program) {
        places.push(format!("{count} servers within the command"));
    }
    if !command.servers.is_empty() || places.is_empty() {
        let function = command.function.as_deref().unwrap_or_default();
        let mut reader = ServerReader::new(&command.servers, command.function.as_deref());
        let entries = match reader.read() {
            Err(ReadError::NoneYet(_)) => Vec::new(),
            read => read?,
        };
        let servers = destinations(&entries, function, &command.client_options()?)?;
        let name = |server: &XmlRpc| Destino::<Vec<Value>, Value>::name(server).to_owned();
        places.extend(servers.iter().map(name));
    }
    Ok(places.join(", "))
}

fn function_call(command: &RunCommand, arguments: &[Value]) -> String {
    let name = command.function.as_deref().unwrap_or_default();
    let arguments = arguments.iter().map(|value| json_text(&to_json(value)));
    format!("{name}({})", arguments.collect::<Vec<_>>().join(", "))
}

//! The flags of `reparte run`.
//!
//! The comments of fields and variants are the text of `--help`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use reparte::{Halt, Options, RetryFaults};

use crate::exit::Failure;
use crate::flags::client::ClientFlags;
use crate::flags::seconds::seconds;
use crate::flags::server_list::ServerList;
use crate::flags::whole_number::whole_number;
#[cfg(unix)]
use crate::program::command_template::CommandTemplate;
#[cfg(unix)]
use crate::program::flags::ProgramFlags;
#[cfg(unix)]
use crate::program::process::KILL_AFTER;
#[cfg(unix)]
use crate::program::result_type::ResultType;
use crate::remote::flags::RemoteFlags;
use crate::run::answer_form::AnswerForm;
#[cfg(feature = "redis")]
use crate::run::dispatcher::engine_options;
use crate::run::halt::halt;
use crate::run::input_format::InputFormat;
use crate::run::line_format::separator;
#[cfg(unix)]
use crate::run::local_program::LocalProgram;
use crate::run::output_format::OutputFormat;
#[cfg(unix)]
use crate::run::shortage::ShortagePatience;
use crate::value_type::ValueType;

/// Calls a function for each line of standard input, on all servers at a time
///
/// Prints the results in order. Empty lines are passed over. A task whose server dies or
/// hangs goes to another one, so that a function may run twice for a task; its result is
/// printed once. Where the function itself fails for a task, the result is an empty line,
/// or the error where the format has room; standard error tells of it.
///
/// Ctrl-C or SIGTERM ends a run early: the calls that run are waited for, and what they
/// bring is printed; a second one does not wait.
#[derive(Debug, Args)]
pub(crate) struct RunCommand {
    #[command(flatten)]
    pub(super) servers: ServerList,
    /// Use this machine too, for N calls at a time: of PROGRAM, or else of N servers within this
    /// command, which publish the project's own functions: factoriz_sum(n), the sum of n's
    /// prime factors, and factor(n), the factors, and the units of `reparte factor`. With a
    /// program, one per core unless told
    // Through a proxy they would be out of reach.
    #[arg(
        long,
        value_name = "N",
        value_parser = whole_number(1..=u8::MAX),
        allow_negative_numbers = true,
        conflicts_with = "proxy"
    )]
    pub(super) local: Option<u8>,
    /// In place of servers, send the tasks through the function's queue on this Redis or Valkey
    /// server: redis://host:6379/0, rediss:// for TLS, or
    /// redis-sentinel://host:26379,host:26379/MASTER/0. Workers take them from there: `reparte
    /// serve --engine`. --timeout then counts from the start of a task's work
    // These flags are of servers. Those that name other places are refused with a remedy.
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "URL", conflicts_with_all = ["token_file", "keys", "proxy", "tls_cert"])]
    pub(super) engine: Option<String>,
    /// The engine's password in this file, which only its owner may read (mode 0600); or the user
    /// and the password, on two lines
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "FILE", requires = "engine")]
    pub(super) engine_login: Option<PathBuf>,
    /// Leave all tasks on the engine and return: workers go on without this command. Without
    /// --detach, the same command collects the results. Retries and --verify wait for it; a week
    /// without it, and the engine forgets the run
    #[cfg(feature = "redis")]
    #[arg(long, requires_all = ["engine", "journal"], conflicts_with = "dry_run")]
    pub(super) detach: bool,
    /// Refuse to leave calls of more than this many bytes on the engine; and begin no more tasks
    /// there while the results that are not collected take as many
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "BYTES", value_parser = whole_number(1..=usize::MAX / 2))]
    #[arg(default_value_t = 64 << 20, allow_negative_numbers = true)]
    pub(super) detach_limit: usize,
    /// Start servers on the hosts in this file by ssh, which run PROGRAM, and end them after the
    /// run: one host a line, as ssh knows it, N/ before it for N calls at a time. This machine
    /// takes part with --local N. See `reparte up`
    #[cfg(unix)]
    #[arg(long = "ssh", value_name = "HOSTS", requires = "program")]
    #[arg(conflicts_with_all = ["servers", "proxy", "token_file", "keys", "ca", "tls_cert"])]
    pub(super) hosts: Option<PathBuf>,
    /// The function's name on the servers
    // Without it a program has to be there, which `run` checks.
    #[arg(long, value_name = "NAME", value_parser = function)]
    pub(super) function: Option<String>,
    /// Run this program on this machine, once for each task: {} in its arguments stands for
    /// the task, {1} or {NAME} for a column; without any, the task comes on its standard input.
    /// Put -- before {} if the program would take a task with a dash for an option. Its output,
    /// less one line end, is the result
    #[cfg(unix)]
    #[arg(last = true, value_name = "PROGRAM [ARG|{}]")]
    program: Vec<OsString>,

    /// Read the tasks from FILE, one a line; from standard input unless told, or where it
    /// is -
    #[arg(long, value_name = "FILE", help_heading = "Tasks")]
    pub(super) tasks: Option<PathBuf>,
    /// The form of the tasks. The columns of a row are the arguments of the call: {1}, {2} or {NAME}
    /// in those of PROGRAM. Rows that can't be sent are named before a file's run begins
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "lines")]
    #[arg(help_heading = "Tasks")]
    pub(super) input: InputFormat,
    /// A line has several arguments, with this text between them, such as , or \t for a tab; with
    /// --input csv, the character between the cells of a row in place of a comma
    #[arg(long, value_name = "TEXT", value_parser = separator, help_heading = "Tasks")]
    #[arg(allow_hyphen_values = true, conflicts_with = "json")]
    pub(super) colsep: Option<String>,
    /// A line is the call's argument, of this type; with columns, the type of all, or a type for
    /// each with commas between
    #[arg(
        long,
        value_name = "TYPE",
        value_enum,
        default_value = "string",
        value_delimiter = ','
    )]
    #[arg(help_heading = "Tasks")]
    pub(super) arg_type: Vec<ValueType>,
    /// A line is a JSON array, all arguments of the call; or a JSON object, whose members are
    /// {NAME} in the arguments of a program, and a struct for any other function
    #[arg(long, conflicts_with_all = ["arg_type", "input"], help_heading = "Tasks")]
    pub(super) json: bool,

    /// Print the calls that would be made, and where, and make none
    #[arg(long, help_heading = "Tasks")]
    pub(super) dry_run: bool,

    /// Print the results in this format
    #[arg(long, value_enum, default_value = "text", help_heading = "Results")]
    pub(super) output: OutputFormat,
    /// Print the task and a tab before each result, in the format text
    #[arg(long, help_heading = "Results")]
    pub(super) tag: bool,
    /// Write three files for each task into DIR too: N.out has the result, N.err what the program
    /// said on standard error, or why it failed, and N.json how it ended; N is the task's line
    #[arg(long, value_name = "DIR", help_heading = "Results")]
    pub(super) results: Option<PathBuf>,
    /// Print results as they come, not in the order of their tasks
    #[arg(long, help_heading = "Results")]
    pub(super) unordered: bool,
    /// Keep each result in FILE before it is printed: the same command with the same FILE
    /// and tasks goes on where it was, however it ended
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) journal: Option<PathBuf>,
    /// Print the results that the journal had again, or skip them where those of the
    /// run before are in the output already (>> FILE, or a loader behind a pipe)
    #[arg(long, value_name = "CHOICE", value_enum, default_value = "print")]
    #[arg(requires = "journal", help_heading = "Results")]
    pub(super) resumed: Resumed,
    /// Write who did what into FILE at the end, as JSON
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) account: Option<PathBuf>,
    /// Write the lines of the tasks that fail into FILE at the end, as --tasks reads them
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) failed: Option<PathBuf>,
    /// Check each result by this program before it counts: the task's line and the result
    /// come on its standard input, a line end after each; exit code 0 says that it is right.
    /// A server with a wrong result gets no more calls, and the task is done elsewhere
    #[arg(long, value_name = "PROGRAM", help_heading = "Results")]
    pub(super) verify: Option<PathBuf>,
    /// Show the run as a live page at ADDRESS, a port of this machine or 127.0.0.1:8080
    #[arg(long, value_name = "ADDRESS", help_heading = "Results")]
    pub(super) page: Option<String>,
    /// Write that page into FILE at the end, as it is then
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    pub(super) report: Option<PathBuf>,
    /// Tell of nothing but what goes wrong, and where the page is: no progress, no account
    #[arg(long, short, help_heading = "Results")]
    pub(super) quiet: bool,

    /// Let a call take at most this long. A task whose call was at work for longer fails, unless
    /// --retry-time-outs is given; a call whose server says nothing is made elsewhere
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "3600")]
    #[arg(allow_negative_numbers = true, help_heading = "Calls")]
    pub(super) timeout: Duration,
    /// Try a task again this often if its call was lost and may have run: its server
    /// died, hangs or is cut off. A program that fails is another case, with a count of its
    /// own: see --retry-faults
    #[arg(long, value_name = "N", value_parser = whole_number(0..=u32::MAX), default_value_t = 9)]
    #[arg(allow_negative_numbers = true, help_heading = "Calls")]
    retries: u32,
    /// Try a task again, elsewhere first, when the function itself fails for it: its program
    /// ends with a failure, or the server answers with a fault. N times at most, or 9 times
    /// without a number, whatever --retries says
    #[arg(long, value_name = "N", value_parser = whole_number(1..=u32::MAX))]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "9")]
    #[arg(allow_negative_numbers = true, help_heading = "Calls")]
    pub(super) retry_faults: Option<u32>,
    /// Try a task again whose call was at work for longer than --timeout
    #[arg(long, help_heading = "Calls")]
    retry_time_outs: bool,
    /// End the run after N failed tasks, or after a share such as 5% of those that have ended,
    /// of 20 at least: running calls finish, and the rest is named. Exit code 5
    #[arg(long, value_name = "N|N%", value_parser = halt)]
    #[arg(allow_negative_numbers = true, help_heading = "Calls")]
    halt: Option<Halt>,
    /// End the run once every server has been down for this long, after one has answered: by
    /// default long enough for machines to start again
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "600")]
    #[arg(allow_negative_numbers = true, help_heading = "Calls")]
    pub(super) outage: Duration,
    /// Wait this long at the start for a server to answer, or for this machine to have room for
    /// PROGRAM: by default a wrong address is told soon. Over an engine, wait this long for it, and
    /// for a first worker if that is longer than --outage
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "5")]
    #[arg(allow_negative_numbers = true, help_heading = "Calls")]
    pub(super) wait_for_servers: Duration,
    /// Send a task that takes long to a second server, where one has nothing
    /// else to do: the first answer counts
    #[arg(long, value_name = "SWITCH", value_enum, default_value = "on")]
    #[arg(help_heading = "Calls")]
    hedge: Switch,
    /// Send at most this many tasks that are not printed yet, running ones included, though never
    /// fewer than the servers take at a time; in order, so many may wait behind a slow one
    #[arg(long, value_name = "N", value_parser = whole_number(1..=1_000_000_u32), default_value_t = 4096)]
    #[arg(allow_negative_numbers = true, help_heading = "Calls")]
    max_in_flight: u32,
    /// Begin no more tasks while results of this many bytes in all are not printed yet; the task
    /// whose result is printed next goes on, and so do running ones
    #[arg(long, value_name = "BYTES", value_parser = whole_number(1..=usize::MAX / 2))]
    #[arg(default_value_t = 256 << 20, allow_negative_numbers = true, help_heading = "Calls")]
    max_held: usize,

    #[cfg(unix)]
    #[command(flatten, next_help_heading = "Program")]
    pub(super) program_flags: ProgramFlags,
    #[cfg(unix)]
    #[command(flatten)]
    pub(super) remote: RemoteFlags,
    /// The flags of the program that were given, as words.
    #[cfg(unix)]
    #[arg(skip)]
    pub(crate) given: Vec<OsString>,
    /// The flags of a client of servers that were given, as words.
    #[arg(skip)]
    pub(crate) given_for_servers: Vec<OsString>,

    #[command(flatten)]
    pub(super) client: ClientFlags,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

// The comments of the variants are the text of `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Resumed {
    /// Print all results, from the first task on
    Print,
    /// Print only the results that the journal did not have
    Skip,
}

/// Reads a function's name. Which names are valid is for the servers to say.
fn function(name: &str) -> Result<String, String> {
    match name.is_empty() {
        false => Ok(name.to_owned()),
        true => {
            Err("it can't be empty; `reparte methods` lists the functions of a server".to_owned())
        }
    }
}

impl RunCommand {
    /// Returns the options of the HTTP client.
    pub(super) fn client_options(&self) -> Result<xmlrpc_client::Options, Failure> {
        self.client.options_for_calls_of(self.timeout)
    }

    /// Returns the options of the dispatcher.
    pub(super) fn options(&self) -> Options {
        let options = self.server_options();
        #[cfg(feature = "redis")]
        if self.engine.is_some() {
            return engine_options(options);
        }
        options
    }

    /// Returns whether the error output of programs is shown.
    pub(super) fn shows_errors(&self) -> bool {
        #[cfg(unix)]
        return self.program_flags.stderr;
        #[cfg(not(unix))]
        return false;
    }

    /// Returns the form of the answers of servers.
    pub(super) fn answer_form(&self) -> AnswerForm {
        #[cfg(unix)]
        return AnswerForm {
            has_errors: self.program_flags.stderr || self.results.is_some(),
            is_json: self.program_flags.result_type() == ResultType::Json,
        };
        #[cfg(not(unix))]
        return AnswerForm::default();
    }

    /// Returns the time that a call may go on beyond its limit: that of a program's end.
    fn ending_time(&self) -> Duration {
        #[cfg(unix)]
        if !self.program.is_empty() {
            return KILL_AFTER;
        }
        Duration::ZERO
    }

    fn server_options(&self) -> Options {
        let mut options = Options::default();
        options.window = self.max_in_flight as usize;
        options.window_bytes = self.max_held;
        // A free slot takes its next task from these, and doesn't wait for the input.
        options.read_ahead = (options.window / 4).min(256);
        options.max_attempts = self.retries.saturating_add(1);
        options.retry_time_outs = self.retry_time_outs;
        options.halt = self.halt;
        options.outage = Some(self.outage);
        options.outage_before_answer = Some(self.wait_for_servers);
        options.time_limit = Some(self.timeout.saturating_add(self.ending_time()));
        options.hedge = self.hedge == Switch::On;
        if let Some(times) = self.retry_faults {
            options.max_fault_attempts = times.saturating_add(1);
            options.retry_faults = RetryFaults::All;
        }
        options
    }

    /// Returns the program that is run on this machine, if one is given.
    #[cfg(unix)]
    pub(super) fn local_program(&self) -> Result<Option<LocalProgram>, Failure> {
        if !self.runs_here() {
            return Ok(None);
        }
        self.program_of(CommandTemplate::find(&self.program)?)
            .map(Some)
    }

    /// Returns the program as other machines know it, if they run it.
    #[cfg(unix)]
    pub(super) fn remote_program(&self) -> Result<Option<LocalProgram>, Failure> {
        if self.hosts.is_none() {
            return Ok(None);
        }
        self.program_of(CommandTemplate::by_name(&self.program)?)
            .map(Some)
    }

    #[cfg(unix)]
    fn program_of(&self, template: CommandTemplate) -> Result<LocalProgram, Failure> {
        let patience = ShortagePatience {
            at_start: self.wait_for_servers,
            later: self.outage,
        };
        let (local, flags) = (self.local, &self.program_flags);
        let errors = self.answer_form().has_errors;
        LocalProgram::new(template, local, flags, self.timeout, patience, errors)
    }

    /// Returns the words of the program that is run on this machine, if one is given.
    pub(super) fn program(&self) -> &[OsString] {
        #[cfg(unix)]
        return &self.program;
        #[cfg(not(unix))]
        return &[];
    }

    /// Returns the form of the results, as a journal keeps it: it may never change. Strings need no
    /// word.
    pub(super) fn result_form(&self) -> &'static str {
        #[cfg(unix)]
        return match self.program_flags.result_type() {
            ResultType::String => "",
            ResultType::Base64 => " as base64",
            ResultType::Json => " as JSON",
        };
        #[cfg(not(unix))]
        return "";
    }
}

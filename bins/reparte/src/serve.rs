//! `reparte serve`: any program as a function.

mod announcer;
#[cfg(all(feature = "redis", feature = "factoring"))]
mod builtin;
mod call_log;
#[cfg(feature = "redis")]
mod engine_worker;
mod function;
mod shutdown;
mod standard_input;
mod time_left;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Args;
use cli_support::listening::announce;
use cli_support::output::eprint;
use xmlrpc_server::front::hyper;
use xmlrpc_server::{Context, Service, Stop};
use xmlrpc_wire::Value;

use crate::announcement::Announcement;
use crate::examples;
use crate::exit::Failure;
#[cfg(feature = "redis")]
use crate::flags::engine::Engine;
use crate::flags::seconds::seconds;
use crate::flags::server::{Announced, Listening, ServerFlags};
use crate::program::command_template::CommandTemplate;
use crate::program::flags::ProgramFlags;
use crate::program::init_process;
use crate::program::own_memory::hide_memory;
use crate::program::result_type::ResultType;
use crate::program::runner::ProgramRunner;
use crate::program::user::ProgramUser;
use crate::serve::announcer::Announcer;
use crate::serve::call_log::CallLog;
use crate::serve::function::Published;
use crate::serve::time_left::{end_time, known_end};

/// Publishes a program as a function: each call starts it, without a shell
///
/// {} in its arguments is replaced by the call's argument, and {1}, {2} by those of a call that has
/// several; {NAME} by a member of a struct. It may begin with a dash: put -- before {} if the
/// program would take it for an option. Without any of them, the argument comes on standard input: text with a line end, bytes as they are, an array a line for
/// each element. Standard output, read to its end as a shell reads it, less one line end,
/// is the result, a string. A program that fails is answered with a fault that has the end
/// of its error output.
///
/// With --keep the program is started once for each worker, and stays: it reads one task
/// after the other and answers each. docs/programs.md has the forms, and workers in Python, C
/// and shell.
///
/// A call that is cancelled, late, or whose client has gone ends its program, with all
/// that this has started (its process group): SIGTERM, and SIGKILL two seconds later.
/// Ctrl-C or SIGTERM lets running calls finish, for --grace; a second one does not.
#[derive(Debug, Args)]
#[command(after_long_help = examples::of_serve())]
pub(crate) struct Serve {
    /// PORT for programs of this machine; HOST:PORT, such as 0.0.0.0:9000, for others,
    /// with --token-file or --without-token. Port 0 lets the system choose. unix:/path is a
    /// Unix socket, for its owner alone
    #[arg(default_value = "127.0.0.1:9000")]
    address: String,
    /// In place of a port, take calls from the function's queue on this Redis or Valkey server:
    /// redis://host:6379/0, rediss:// for TLS, or redis-sentinel://host:26379,host:26379/MASTER/0.
    /// `reparte run --engine` puts them there
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "URL")]
    #[arg(conflicts_with_all = ["address", "token_file", "keys", "without_token", "tls_cert", "tls_key", "tls_client_ca", "host", "announce", "socket_mode", "socket_owner"])]
    engine: Option<String>,
    /// The engine's password in this file, which only its owner may read (mode 0600); or the user
    /// and the password, on two lines
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "FILE", requires = "engine")]
    engine_login: Option<PathBuf>,
    /// Trust the engines with TLS that these authorities vouch for (PEM)
    #[cfg(feature = "redis")]
    #[arg(long, value_name = "FILE", requires = "engine")]
    ca: Option<PathBuf>,
    /// The function's name
    #[arg(long, value_name = "NAME")]
    function: String,
    /// Calls answered at a time, up to 1024; one per core unless told
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// Stop the program once it has run for this long
    #[arg(long, value_name = "S", value_parser = seconds, default_value = "600")]
    max_seconds: Duration,
    /// The arguments of a call are the columns of a row, however many: {1} and {2} stand for them,
    /// and the program may leave some out. `reparte run --ssh` gives this flag
    #[arg(long, conflicts_with = "keep")]
    columns: bool,
    /// Write a line of JSON into FILE for each call: its function, task, seconds, the program's exit
    /// status and the end of its error output
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Stop, as at SIGTERM, when standard input ends, and with =S also when it brings nothing
    /// for S seconds: for a server that another program starts and holds by a pipe
    #[arg(long, value_name = "S", value_parser = seconds, num_args = 0..=1, require_equals = true)]
    until_stdin_ends: Option<Option<Duration>>,
    /// Time at which the server ends, as at SIGTERM: with its offset, such as
    /// 2026-12-01T18:00:00+01:00, in seconds since 1970, such as @1796148000, or from now on, such
    /// as +2h30m. Clients are told how much is left,
    /// and start no call that would not end in time. In a Slurm job it is the job's end
    /// (SLURM_JOB_END_TIME) unless told
    #[arg(long, value_name = "TIME", value_parser = end_time)]
    until: Option<SystemTime>,
    #[command(flatten)]
    limits: ProgramFlags,
    /// Run the program as this user, and not as root: it then can't read the token and the
    /// key of the server. Only a server of root's can
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// In place of a program, answer with a function of serv_processes: factoriz_sum, factor,
    /// ecm_curves or siqs_relations. With --engine; --max-seconds is its limit too
    #[cfg(all(feature = "redis", feature = "factoring"))]
    #[arg(long, requires = "engine", conflicts_with_all = ["program", "user", "log", "columns", "ProgramFlags"])]
    builtin: bool,
    /// The program and its arguments, after --
    #[arg(last = true, value_name = "PROGRAM [ARG|{}]")]
    #[cfg_attr(
        all(feature = "redis", feature = "factoring"),
        arg(required_unless_present = "builtin")
    )]
    #[cfg_attr(
        not(all(feature = "redis", feature = "factoring")),
        arg(required = true)
    )]
    program: Vec<OsString>,
    #[command(flatten)]
    server: ServerFlags,
}

impl Serve {
    pub(crate) fn run(self) -> Result<(), Failure> {
        if init_process::is_init() {
            return Err(init_process::run_as_child());
        }
        let ends_at = known_end(self.until);
        #[cfg(all(feature = "redis", feature = "factoring"))]
        if self.builtin
            && let Some(url) = &self.engine
        {
            let engine = self.engine(url)?;
            let (slots, grace) = (self.workers, self.server.grace);
            let time = self.max_seconds;
            return builtin::run(engine, &self.function, time, slots, grace, ends_at);
        }
        let limits = self.limits.limits(self.max_seconds);
        if let Some(most) = limits.most_readable(self.limits.result_type() == ResultType::Base64) {
            log::warn!(
                "--max-output: clients read {most} bytes of output at most, unless they are told \
                 to read longer answers (--max-answer of run and call)"
            );
        }
        let program = Arc::new(ProgramRunner::new(
            CommandTemplate::find(&self.program)?.columns(self.columns),
            self.user.as_deref().map(ProgramUser::find).transpose()?,
            &self.limits,
            self.max_seconds,
            true,
            self.limits.stderr || self.log.is_some(),
        )?);
        let published = Published {
            program: Arc::clone(&program),
            log: self.log.as_deref().map(CallLog::open).transpose()?,
            gives_errors: self.limits.stderr,
        };
        let mut service = service(&self.function, published)?;
        service.set_end(ends_at);
        #[cfg(feature = "redis")]
        if let Some(url) = &self.engine {
            let engine = self.engine(url)?;
            let (slots, grace) = (self.workers, self.server.grace);
            let served = engine_worker::run(
                engine,
                &self.function,
                service,
                slots,
                grace,
                Some(&program),
                ends_at,
            );
            program.end(None);
            return served;
        }
        service.set_limits(self.server.limits());
        let Listening {
            listener,
            mut options,
            announced,
        } = self.server.listen(&self.address)?;
        if options.token.is_some() || options.tls.is_some() {
            hide_memory();
        }
        if let Some(workers) = self.workers {
            options.workers = workers.into();
        }
        // The time in which a call waits for its turn is not the program's.
        let time = program.longest_call(self.max_seconds);
        options.deadline = options.deadline.saturating_add(time);
        let stop = Stop::new();
        let stopped = stop.clone();
        let told = announced.as_ref().map(Announced::told);
        // A caller waits in the listener's queue until the server answers, which it does soon.
        let announcer = announced.map(|announced| {
            let announcement = Announcement {
                url: announced.url,
                function: self.function.clone(),
                slots: options.workers,
                instance: service.instance().to_owned(),
                certificate: Some(announced.certificate),
                ends_at,
            };
            Announcer::start(&announced.directory, &announcement)
        });
        let announcer = announcer.transpose()?;
        let withdrawal = announcer.as_ref().and_then(Announcer::withdrawal);
        shutdown::at_signal(Some(&program), options.grace, ends_at, move || {
            // It goes first, so that no more calls come.
            if let Some(withdrawal) = withdrawal {
                withdrawal.begin();
            }
            stopped.stop();
        })?;
        if let Some(silence) = self.until_stdin_ends {
            standard_input::stop_at_end(silence)?;
        }
        program.start_ahead(options.workers);
        let address = listener.address().map_err(Failure::server)?;
        announce(&address.url(options.tls.is_some()));
        if let Some(told) = told {
            eprint(told);
        }
        let builder = hyper::Server::builder(listener, service);
        let server = builder.options(options).stop(stop).start();
        let served = server.and_then(hyper::Server::wait);
        drop(announcer);
        // Calls that had no time to finish still have their programs.
        program.end(None);
        served.map_err(Failure::server)
    }

    #[cfg(feature = "redis")]
    fn engine(&self, url: &str) -> Result<Engine, Failure> {
        let engine = Engine::read(url, self.engine_login.as_deref(), self.ca.as_ref())?;
        if self.engine_login.is_some() {
            hide_memory();
        }
        Ok(engine)
    }
}

fn service(name: &str, published: Published) -> Result<Service, Failure> {
    let mut service = Service::new();
    let program = Arc::clone(&published.program);
    let result_type = match published.gives_errors {
        true => Some("struct"),
        false => program.result_type(),
    };
    let registered = match program.takes_all_arguments() {
        true => service.register_variadic(name, move |call: &Context, arguments| {
            published.answer(call, arguments)
        }),
        false => service.register(name, move |call: &Context, argument: Value| {
            published.answer(call, vec![argument])
        }),
    };
    let described = registered.and_then(|service| service.help(name, program.help()));
    let signed = described.and_then(|service| match result_type.zip(program.argument_count()) {
        Some((result, count)) => {
            let arguments = std::iter::repeat_n("string", count);
            let signature: Vec<&str> = std::iter::once(result).chain(arguments).collect();
            service.signature(name, &signature)
        }
        None => Ok(service),
    });
    signed.map_err(|error| Failure::argument(format_args!("--function: {error}")))?;
    Ok(service)
}

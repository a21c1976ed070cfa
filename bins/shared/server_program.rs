//! The three servers: an address, a service, and a front to put it on.

use std::io;
use std::net::TcpListener;
use std::num::NonZeroUsize;

use cli_support::listening::{announce, is_open};
use cli_support::signals::stop_at_signal;
use factorizar_service::{WorkLimits, publish};
use xmlrpc_server::front::{hyper, listen, tiny};
use xmlrpc_server::{Error, Handler, Service, Stop};

use crate::shared::command_line::{Argument, CommandLine, Values};
use crate::shared::failure::Failure;
use crate::shared::secret_files::SecretFiles;
use crate::shared::work_limit_flags;

/// Where the article's servers listen.
const ARTICLE_ADDRESS: &str = "127.0.0.1:9000";

/// A server that listens, and has yet to be given its functions.
#[derive(Debug)]
pub struct ServerProgram {
    service: Service,
    listener: TcpListener,
    front: Front,
}

#[derive(Debug)]
enum Front {
    Tiny(tiny::Options),
    Hyper(hyper::Options),
}

impl ServerProgram {
    /// A server on localhost:9000, or where `--bind` says, for this machine alone:
    /// serv_trivial and serv_lineal. The second's command line may set `limits`.
    ///
    /// # Errors
    ///
    /// [`Failure::Argument`] and [`Failure::Server`]; [`Failure::Done`] after `--help`.
    pub fn on_localhost(
        name: &'static str,
        help: &'static str,
        mut limits: Option<&mut WorkLimits>,
    ) -> Result<Self, Failure> {
        let mut flags = Flags::default();
        flags.read(CommandLine { name, help }, |argument, values| {
            match (argument, &mut limits) {
                (Argument::Option(option), Some(limits)) => {
                    work_limit_flags::take(limits, option, values)
                }
                _ => Ok(false),
            }
        })?;
        let mut options = tiny::Options::default();
        if let Some(workers) = flags.workers {
            options.workers = workers.get();
        }
        let address = flags.address.unwrap_or_else(|| ARTICLE_ADDRESS.to_owned());
        let listener = listen(&address)?;
        if is_open(&listener).map_err(no_address)? {
            return Err(Failure::Argument(format!(
                "{address} can be reached from other machines, and {name} serves this one \
                 alone: leave it at 127.0.0.1, or use serv_processes"
            )));
        }
        Ok(ServerProgram::new(listener, Front::Tiny(options)))
    }

    /// A server on the port that is its argument: serv_processes. The command line may
    /// set `limits`.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] with `usage` when called without any argument, and as
    /// [`ServerProgram::on_localhost`].
    pub fn on_given_port(
        name: &'static str,
        help: &'static str,
        usage: &'static str,
        limits: &mut WorkLimits,
    ) -> Result<Self, Failure> {
        let program = CommandLine { name, help };
        let mut options = hyper::Options::default();
        let mut flags = Flags::default();
        let mut port = None;
        let mut secrets = SecretFiles::default();
        flags.read(program, |argument, values| match argument {
            Argument::Value(value) if port.is_none() => {
                port = Some(value.clone());
                Ok(true)
            }
            Argument::Option(option) if option == "without-token" => {
                options.without_token = true;
                Ok(true)
            }
            Argument::Option(option) if option == "grace" => {
                options.grace = values.seconds("--grace")?;
                Ok(true)
            }
            Argument::Option(option) if option == "host" => {
                options.hosts.push(values.next()?);
                Ok(true)
            }
            Argument::Option(option) if work_limit_flags::take(limits, option, values)? => Ok(true),
            Argument::Option(option) => secrets.take(option, values),
            Argument::Value(_) => Ok(false),
        })?;
        options.token = secrets.token(program)?;
        options.tls = secrets.server_tls(program)?;
        if options.token.is_some() && options.without_token {
            return Err(program.bad("--token-file and --without-token say opposite things"));
        }
        if let Some(workers) = flags.workers {
            options.workers = workers.get();
        }
        let address = match (port, flags.address) {
            (Some(address), None) | (None, Some(address)) => address,
            (None, None) => return Err(Failure::Usage(usage)),
            (Some(_), Some(_)) => {
                return Err(program.bad("give the address once: as the argument, or with --bind"));
            }
        };
        let listener = listen(&address)?;
        if is_open(&listener).map_err(no_address)?
            && options.token.is_none()
            && !options.without_token
        {
            return Err(Failure::Argument(format!(
                "{address} can be reached from other machines, and whoever reaches it may \
                 call: ask for a token with --token-file, say --without-token if that is meant, or give the port alone to serve \
                 this machine"
            )));
        }
        Ok(ServerProgram::new(listener, Front::Hyper(options)))
    }

    fn new(listener: TcpListener, front: Front) -> Self {
        ServerProgram {
            service: Service::new(),
            listener,
            front,
        }
    }

    /// Publishes a function as `name`.
    ///
    /// # Errors
    ///
    /// [`Failure::Server`] where the name can't be had.
    pub fn register<Args>(
        &mut self,
        name: &str,
        function: impl Handler<Args>,
    ) -> Result<(), Failure> {
        self.service.register(name, function)?;
        Ok(())
    }

    /// Publishes `factoriz_sum`, as the article has it, and `factor`, the factors
    /// themselves; each call is kept within `limits`.
    ///
    /// # Errors
    ///
    /// As [`ServerProgram::register`].
    pub fn publish_factoring(&mut self, limits: WorkLimits) -> Result<(), Failure> {
        publish(&mut self.service, limits)?;
        Ok(())
    }

    /// Serves until Ctrl-C or SIGTERM.
    ///
    /// # Errors
    ///
    /// [`Failure::Server`] where it can't go on.
    pub fn serve_forever(self) -> Result<(), Failure> {
        let stop = Stop::new();
        let stopped = stop.clone();
        let grace = match &self.front {
            Front::Tiny(options) => options.grace,
            Front::Hyper(options) => options.grace,
        };
        stop_at_signal(grace, move || stopped.stop(), || {})?;
        let tls = matches!(&self.front, Front::Hyper(options) if options.tls.is_some());
        announce(&self.listener, tls).map_err(no_address)?;
        match self.front {
            Front::Tiny(options) => {
                let builder = tiny::Server::builder(self.listener, self.service);
                builder.options(options).stop(stop).start()?.wait()?;
            }
            Front::Hyper(options) => {
                let builder = hyper::Server::builder(self.listener, self.service);
                builder.options(options).stop(stop).start()?.wait()?;
            }
        }
        Ok(())
    }
}

/// The system doesn't give the listener's address.
fn no_address(error: io::Error) -> Failure {
    Failure::Server(error.to_string())
}

/// The most workers that `--workers` gives: each takes a thread.
const MAX_WORKERS: usize = 1024;

fn workers(values: &mut Values<'_>) -> Result<NonZeroUsize, Failure> {
    let what = "a number from 1 to 1024";
    let workers = values.parse::<NonZeroUsize>("--workers", what)?;
    if workers.get() > MAX_WORKERS {
        return Err(values.bad(format_args!("--workers takes {what}, not {workers}")));
    }
    Ok(workers)
}

/// What all three servers take.
#[derive(Default)]
struct Flags {
    address: Option<String>,
    workers: Option<NonZeroUsize>,
}

impl Flags {
    fn read(
        &mut self,
        program: CommandLine,
        mut others: impl FnMut(&Argument, &mut Values<'_>) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        program.arguments(|argument, values| {
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

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::BadAddress { .. } => Failure::Argument(error.to_string()),
            _ => Failure::Server(error.to_string()),
        }
    }
}

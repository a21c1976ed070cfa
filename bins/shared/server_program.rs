//! The three programs that serve: a listener, a service, and the front that connects them.

use cli_support::clear_text;
use cli_support::listening::announce;
use cli_support::signals::stop_at_signal;
use factorizar_service::{WorkLimits, publish, publish_units};
use xmlrpc_server::front::{ListenAddress, Listener, hyper, tiny};
use xmlrpc_server::{Handler, Limits, Service, Stop};

use crate::shared::command_line::{Argument, CommandLine, Values};
use crate::shared::failure::Failure;
use crate::shared::secret_files::SecretFiles;
use crate::shared::server_flags::ServerFlags;
use crate::shared::work_limit_flags;

/// The address on which the article's servers listen.
const ARTICLE_ADDRESS: &str = "127.0.0.1:9000";

/// A server program that listens, and does not serve yet.
#[derive(Debug)]
pub struct ServerProgram {
    service: Service,
    /// Ends the server, and tells long calls to return what they have.
    stop: Stop,
    listener: Listener,
    address: ListenAddress,
    front: Front,
}

/// The front that will serve, with its options.
#[derive(Debug)]
enum Front {
    Tiny(tiny::Options),
    Hyper(hyper::Options),
}

impl ServerProgram {
    /// Reads the command line of serv_trivial or serv_lineal, and listens on localhost:9000 or
    /// where `--bind` says. The address has to be a loopback address. The command line of
    /// serv_lineal may set `limits`.
    ///
    /// # Errors
    ///
    /// [`Failure::Argument`] and [`Failure::Server`]; [`Failure::Done`] after `--help`.
    pub fn on_localhost(
        name: &'static str,
        help: &'static str,
        mut limits: Option<&mut WorkLimits>,
    ) -> Result<Self, Failure> {
        let mut flags = ServerFlags::default();
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
        let listener = Listener::bind(&address)?;
        let local = listener.address()?;
        if local.is_open() {
            return Err(Failure::Argument(format!(
                "{address} can be reached from other machines, and {name} serves this one \
                 alone: leave it at 127.0.0.1, or use serv_processes"
            )));
        }
        Ok(ServerProgram::new(listener, local, Front::Tiny(options)))
    }

    /// Reads the command line of serv_processes, and listens on the port that is its argument.
    /// The command line may set `limits`.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] with `usage` if there is no argument, and the errors of
    /// [`ServerProgram::on_localhost`].
    pub fn on_given_port(
        name: &'static str,
        help: &'static str,
        usage: &'static str,
        limits: &mut WorkLimits,
    ) -> Result<Self, Failure> {
        let command_line = CommandLine { name, help };
        let mut options = hyper::Options::default();
        let mut flags = ServerFlags::default();
        let mut port = None;
        let mut max_request = None;
        let mut secrets = SecretFiles::default();
        flags.read(command_line, |argument, values| match argument {
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
            Argument::Option(option) if option == "max-memory" => {
                options.memory = values.parse("--max-memory", "a number of bytes")?;
                Ok(true)
            }
            Argument::Option(option) if option == "max-request" => {
                max_request = Some(max_request_of(values)?);
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
        options.token = secrets.token(command_line)?;
        options.tls = secrets.server_tls(command_line)?;
        if options.token.is_some() && options.without_token {
            return Err(command_line.bad("--token-file and --without-token say opposite things"));
        }
        if let Some(workers) = flags.workers {
            options.workers = workers.get();
        }
        let address = match (port, flags.address) {
            (Some(address), None) | (None, Some(address)) => address,
            (None, None) => return Err(Failure::Usage(usage)),
            (Some(_), Some(_)) => {
                return Err(
                    command_line.bad("give the address once: as the argument, or with --bind")
                );
            }
        };
        let listener = Listener::bind(&address)?;
        let local = listener.address()?;
        if options.tls.is_some() && matches!(local, ListenAddress::Unix(_)) {
            return Err(command_line.bad(
                "--tls-cert: a Unix socket leads to no other machine, and its clients speak no TLS",
            ));
        }
        let without_password = options.token.is_none() && !options.without_token;
        if local.is_open() && without_password {
            return Err(Failure::Argument(format!(
                "{address} can be reached from other machines, and whoever reaches it may \
                 call: ask for a token with --token-file, say --without-token if that is \
                 meant, or give the port alone to serve this machine"
            )));
        }
        if local.is_open() && options.token.is_some() && options.tls.is_none() {
            clear_text::warn_server(&local);
        }
        let mut program = ServerProgram::new(listener, local, Front::Hyper(options));
        if let Some(bytes) = max_request {
            let mut limits = Limits::default();
            limits.bytes = bytes;
            program.service.set_limits(limits);
        }
        Ok(program)
    }

    fn new(listener: Listener, address: ListenAddress, front: Front) -> Self {
        ServerProgram {
            service: Service::new(),
            stop: Stop::new(),
            listener,
            address,
            front,
        }
    }

    /// Publishes a function as `name`.
    ///
    /// # Errors
    ///
    /// [`Failure::Server`] if the name is not valid, or taken.
    pub fn register<Args>(
        &mut self,
        name: &str,
        function: impl Handler<Args>,
    ) -> Result<(), Failure> {
        self.service.register(name, function)?;
        Ok(())
    }

    /// Publishes the article's `factoriz_sum`, `factor`, the factors themselves, and the units
    /// of one number's factorization. Each call is kept within `limits`.
    ///
    /// # Errors
    ///
    /// Those of [`ServerProgram::register`].
    pub fn publish_factoring(&mut self, limits: WorkLimits) -> Result<(), Failure> {
        publish(&mut self.service, limits)?;
        publish_units(&mut self.service, limits, &self.stop)?;
        Ok(())
    }

    /// Serves until Ctrl-C or SIGTERM.
    ///
    /// # Errors
    ///
    /// [`Failure::Server`] if the server can't start, or fails.
    pub fn serve_forever(self) -> Result<(), Failure> {
        // The signals are watched before the address is printed: whoever reads it may stop
        // the server at once.
        let stop = self.stop;
        let stopped = stop.clone();
        let grace = match &self.front {
            Front::Tiny(options) => options.grace,
            Front::Hyper(options) => options.grace,
        };
        stop_at_signal(grace, move |_| stopped.stop(), || {})?;
        let tls = matches!(&self.front, Front::Hyper(options) if options.tls.is_some());
        announce(&self.address.url(tls));
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

/// Reads the value of `--max-request`.
fn max_request_of(values: &mut Values<'_>) -> Result<usize, Failure> {
    let what = "a number of bytes from 1024 to 1073741824";
    let bytes = values.parse::<usize>("--max-request", what)?;
    match (1024..=1 << 30).contains(&bytes) {
        true => Ok(bytes),
        false => Err(values.bad(format_args!("--max-request takes {what}, not {bytes}"))),
    }
}

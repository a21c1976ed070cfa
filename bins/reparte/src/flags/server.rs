//! The flags of a server: who may call, TLS, and the time for running calls at its end.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use cli_support::clear_text;
use xmlrpc_server::Limits;
use xmlrpc_server::front::Listener;
use xmlrpc_server::front::hyper::{Options, Tls};

use crate::exit::Failure;
use crate::flags::named_file::{read_file, read_key, read_token};
use crate::flags::seconds::seconds;
use crate::flags::server_socket::{SocketFlags, is_unix};
use crate::flags::whole_number::whole_number;

// No doc comment: clap would take it for the subcommand's. Those of the fields are the text
// of `--help`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Who may call")]
pub(crate) struct ServerFlags {
    /// Let only those call who send the token in this file: 16 printable characters or
    /// more, for its owner's eyes alone (mode 0600)
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Let anyone call who reaches the address: there is no password, so only for a
    /// network that you trust
    #[arg(long, conflicts_with = "token_file")]
    without_token: bool,
    /// Speak TLS 1.3 (https) with this certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM), for its owner's eyes alone (mode 0600)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Speak only with clients that these authorities vouch for (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_client_ca: Option<PathBuf>,
    /// A name by which clients call the server; may be given again
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
    #[command(flatten)]
    socket: SocketFlags,
    /// The longest request, in bytes
    #[arg(
        long,
        value_name = "BYTES",
        value_parser = whole_number(1024..=1_usize << 30),
        default_value = "16777216",
        help_heading = "Options"
    )]
    max_request: usize,
    /// The bytes of requests and answers that all clients may hold together, never less than two of
    /// the longest requests. Beyond it they are told to come again (503)
    #[arg(
        long,
        value_name = "BYTES",
        value_parser = whole_number(0..=usize::MAX / 2),
        default_value = "268435456",
        help_heading = "Options"
    )]
    max_memory: usize,
    /// After how long a silence to ask whether the client is still there; twice that after
    /// it has gone, its call is ended
    #[arg(long, value_name = "S", value_parser = seconds, default_value = "15")]
    #[arg(help_heading = "Options")]
    keepalive: Duration,
    /// Give running calls this long to finish once the server is stopped
    #[arg(
        long,
        value_name = "S",
        value_parser = seconds,
        default_value = "10",
        allow_negative_numbers = true,
        help_heading = "Options"
    )]
    pub(crate) grace: Duration,
}

impl ServerFlags {
    /// Returns the limits of a service on a request.
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        limits.bytes = self.max_request;
        limits
    }

    /// Listens on an address, and returns the options of the server. Refuses an address that
    /// other machines can reach, unless the flags say who may call.
    pub(crate) fn listen(self, address: &str) -> Result<(Listener, Options), Failure> {
        if self.tls_cert.is_some() && is_unix(address) {
            return Err(Failure::argument(
                "--tls-cert: a Unix socket leads to no other machine, and its clients speak no \
                 TLS: leave it out",
            ));
        }
        let mut options = Options::default();
        options.token = self.token_file.as_deref().map(read_token).transpose()?;
        options.tls = self.tls()?;
        options.without_token = self.without_token;
        options.hosts = self.host;
        options.grace = self.grace;
        options.tcp_keepalive = Some(self.keepalive);
        options.memory = self.max_memory;
        let listener = self.socket.listen(address)?;
        let local = listener.address().map_err(Failure::server)?;
        if local.is_open() && options.token.is_none() && !options.without_token {
            return Err(Failure::Argument(format!(
                "{local} can be reached from other machines, and whoever reaches it may call: \
                 ask for a token with --token-file (`reparte keys` makes one), say \
                 --without-token if that is meant, or give the port alone to serve this machine"
            )));
        }
        if local.is_open() && options.token.is_some() && options.tls.is_none() {
            clear_text::warn_server(local);
        }
        Ok((listener, options))
    }

    fn tls(&self) -> Result<Option<Tls>, Failure> {
        let (Some(chain), Some(key)) = (&self.tls_cert, &self.tls_key) else {
            return Ok(None);
        };
        let (chain, key) = (read_file("--tls-cert", chain)?, read_key(key)?);
        let tls = match &self.tls_client_ca {
            None => Tls::from_pem(&chain, &key),
            Some(path) => Tls::for_clients_of(&read_file("--tls-client-ca", path)?, &chain, &key),
        };
        tls.map(Some).map_err(|error| {
            Failure::argument(format_args!("{error}; `reparte keys` makes usable ones"))
        })
    }
}

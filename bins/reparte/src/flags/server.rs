//! The flags of a server: who may call, TLS, and the time for running calls at its end.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use cli_support::clear_text;
use rustix::system::uname;
use xmlrpc_client::Fingerprint;
use xmlrpc_server::Limits;
use xmlrpc_server::front::Listener;
use xmlrpc_server::front::hyper::{Options, Tls};

use crate::exit::Failure;
use crate::flags::keys_directory::KeysOf;
use crate::flags::named_file::{read_file, read_key, read_token};
use crate::flags::own_certificate::{OwnCertificate, own_certificate};
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
    /// Files of a directory that `reparte keys` has made for this server, in place of --token-file,
    /// --tls-client-ca, --tls-cert and --tls-key: DIR/token, ca.pem, server.pem and server.key
    #[arg(long, value_name = "DIR")]
    #[arg(conflicts_with_all = ["token_file", "without_token", "tls_cert", "tls_key", "tls_client_ca"])]
    keys: Option<PathBuf>,
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
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    host: Vec<String>,
    /// Tell clients of the server by a small file in DIR, which they share: `reparte run
    /// --servers DIR` finds it there. The server speaks TLS, and without --tls-cert makes a
    /// certificate of its own: the file has the fingerprint, so that no other server is taken
    /// for it. The file is touched each 5 s, and removed at the end. The server's name in it is
    /// the first --host, else this machine's
    #[arg(long, value_name = "DIR")]
    announce: Option<PathBuf>,
    #[command(flatten)]
    socket: SocketFlags,
    /// The longest request, in bytes
    #[arg(
        long,
        value_name = "BYTES",
        value_parser = whole_number(1024..=1_usize << 30),
        default_value = "16777216",
        help_heading = "Requests"
    )]
    max_request: usize,
    /// The bytes of requests and answers that all clients may hold together, never less than two of
    /// the longest requests. Beyond it they are told to come again (503)
    #[arg(
        long,
        value_name = "BYTES",
        value_parser = whole_number(0..=usize::MAX / 2),
        default_value = "268435456",
        help_heading = "Requests"
    )]
    max_memory: usize,
    /// After how long a silence to ask whether the client is still there; twice that after
    /// it has gone, its call is ended
    #[arg(long, value_name = "S", value_parser = seconds, default_value = "15")]
    #[arg(help_heading = "Requests")]
    keepalive: Duration,
    /// Give running calls this long to finish once the server is stopped
    #[arg(
        long,
        value_name = "S",
        value_parser = seconds,
        default_value = "10",
        allow_negative_numbers = true,
        help_heading = "Requests"
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

    /// Listens on an address. Refuses one that other machines can reach, unless the flags say
    /// who may call.
    pub(crate) fn listen(mut self, address: &str) -> Result<Listening, Failure> {
        if let Some(directory) = self.keys.take() {
            if is_unix(address) {
                return Err(Failure::argument(format_args!(
                    "--keys: a Unix socket leads to no other machine, and its clients speak no TLS: \
                     give --token-file {} alone, or neither",
                    directory.join("token").display()
                )));
            }
            KeysOf::Server.check(&directory)?;
            self.token_file = Some(directory.join("token"));
            self.tls_client_ca = Some(directory.join("ca.pem"));
            self.tls_cert = Some(directory.join("server.pem"));
            self.tls_key = Some(directory.join("server.key"));
        }
        if is_unix(address) {
            self.refuse_flags_of_tcp()?;
        }
        let mut options = Options::default();
        options.token = self.token_file.as_deref().map(read_token).transpose()?;
        options.without_token = self.without_token;
        options.grace = self.grace;
        options.tcp_keepalive = Some(self.keepalive);
        options.memory = self.max_memory;
        let listener = self.socket.listen(address)?;
        let local = listener.address().map_err(Failure::server)?;
        let host = local.tcp().map(|address| self.called_host(address));
        let own_name = host.as_deref().filter(|_| self.announce.is_some());
        let tls = self.tls(own_name)?;
        let announced = match (&self.announce, &host, local.tcp(), &tls) {
            (Some(directory), Some(host), Some(address), Some((_, certificate))) => {
                Some(Announced {
                    directory: directory.clone(),
                    url: url_of(host, address.port()),
                    certificate: *certificate,
                    is_open: local.is_open(),
                })
            }
            _ => None,
        };
        options.tls = tls.map(|(tls, _)| tls);
        options.hosts = self.host;
        // Clients send it as the Host of their requests.
        options.hosts.extend(host.filter(|_| announced.is_some()));
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
        Ok(Listening {
            listener,
            options,
            announced,
        })
    }

    fn refuse_flags_of_tcp(&self) -> Result<(), Failure> {
        if self.tls_cert.is_some() {
            return Err(Failure::argument(
                "--tls-cert: a Unix socket leads to no other machine, and its clients speak no \
                 TLS: leave it out",
            ));
        }
        match self.announce {
            None => Ok(()),
            Some(_) => Err(Failure::argument(
                "--announce: a Unix socket leads to no other machine: give a port, such as \
                 0.0.0.0:0",
            )),
        }
    }

    /// Returns the name or address by which other machines call the server: the first of the
    /// flag `--host`, or that on which it listens, or this machine's.
    fn called_host(&self, address: SocketAddr) -> String {
        match self.host.first() {
            Some(host) => host.clone(),
            None if address.ip().is_unspecified() => {
                uname().nodename().to_string_lossy().into_owned()
            }
            None => address.ip().to_string(),
        }
    }

    /// Returns TLS, and the fingerprint of its certificate. A server of this name makes one of
    /// its own if none is given.
    fn tls(&self, own_name: Option<&str>) -> Result<Option<(Tls, Fingerprint)>, Failure> {
        let (chain, key) = match (&self.tls_cert, &self.tls_key, own_name) {
            (Some(chain), Some(key), _) => (read_file("--tls-cert", chain)?, read_key(key)?),
            (_, _, Some(host)) => {
                let OwnCertificate { chain, key } = own_certificate(host)?;
                (chain, key)
            }
            _ => return Ok(None),
        };
        let unusable = |error: &dyn Display| {
            Failure::argument(format_args!("{error}; `reparte keys` makes usable ones"))
        };
        let tls = match &self.tls_client_ca {
            None => Tls::from_pem(&chain, &key),
            Some(path) => Tls::for_clients_of(&read_file("--tls-client-ca", path)?, &chain, &key),
        };
        let tls = tls.map_err(|error| unusable(&error))?;
        let fingerprint = Fingerprint::of_pem(&chain).map_err(|error| unusable(&error))?;
        Ok(Some((tls, fingerprint)))
    }
}

/// A server that listens, and has not begun to answer.
pub(crate) struct Listening {
    pub(crate) listener: Listener,
    pub(crate) options: Options,
    /// The facts that clients are to find in a directory, if there is one.
    pub(crate) announced: Option<Announced>,
}

/// The directory in which a server is announced, and its address and certificate.
pub(crate) struct Announced {
    pub(crate) directory: PathBuf,
    pub(crate) url: String,
    pub(crate) certificate: Fingerprint,
    /// True if other machines can reach the address.
    pub(crate) is_open: bool,
}

impl Announced {
    /// Returns a line that says where and as what the server is announced.
    pub(crate) fn told(&self) -> String {
        let whose = match self.is_open {
            true => "",
            false => ", for programs of this machine alone: 0.0.0.0:PORT is for other machines",
        };
        let directory = self.directory.display();
        format!("announced in {directory} as {}{whose}", self.url)
    }
}

/// Reads a name or address by which clients call.
fn host_name(text: &str) -> Result<String, String> {
    let is_part = |c: char| !c.is_whitespace() && !c.is_control() && c != '/' && c != '@';
    match !text.is_empty() && text.chars().all(is_part) {
        true => Ok(text.to_owned()),
        false => Err("give a name or an address alone, such as maquina1 or 192.0.2.11".to_owned()),
    }
}

/// Returns the URL of a server with TLS. An IPv6 address has brackets there.
fn url_of(host: &str, port: u16) -> String {
    match host.contains(':') {
        true => format!("https://[{host}]:{port}"),
        false => format!("https://{host}:{port}"),
    }
}

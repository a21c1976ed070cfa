//! `reparte keys`: certificates and a token, by which servers and clients know each other.

mod certificates;
mod directory;

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use cli_support::output::print;
use xmlrpc_server::{Token, read_private_key};

use crate::exit::Failure;
use crate::flags::whole_number::whole_number;
use crate::keys::certificates::Authority;
use crate::keys::directory::{File, create};
use crate::random::token;
use crate::shell::quote;

/// The names of this machine, for a server that only its own programs call.
const THIS_MACHINE: [&str; 2] = ["localhost", "127.0.0.1"];

/// Makes a private authority, certificates for servers and clients, and a token
///
/// They go into a directory, for its owner alone, and the commands that use them are printed. Each
/// --host has a folder there, with a key of its own and all that its server needs: copy it to that
/// machine, and no other. If the directory is there, the hosts are added to its authority.
/// Nothing that is there is overwritten: to renew a host's key, remove its folder first.
///
/// The authority's key, ca.key, vouches for further servers. Keep it where it is; without it,
/// nobody can add one.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  reparte keys keys
  reparte keys keys --host maquina1 --host maquina2,192.0.2.12
  reparte keys keys --host maquina3 --days 90")]
pub(crate) struct Keys {
    /// The directory to make, or to add hosts to
    directory: PathBuf,
    /// A name or address by which clients call a server, or several of one server with commas
    /// between them; may be given again, for another server. Without it the keys are for this
    /// machine alone: localhost and 127.0.0.1
    #[arg(long, value_name = "NAME[,NAME]", value_parser = host)]
    host: Vec<Host>,
    /// Days for which the certificates of servers and clients are good; they do not expire unless
    /// told
    #[arg(long, value_name = "N", value_parser = whole_number(1..=36_500_u16))]
    #[arg(allow_negative_numbers = true)]
    days: Option<u16>,
    /// The port in the commands that are printed
    #[arg(long, value_parser = whole_number(1..=u16::MAX), default_value_t = 9000)]
    #[arg(allow_negative_numbers = true)]
    port: u16,
}

/// The names of one machine, the first of which is that of its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Host(Vec<String>);

impl Host {
    fn name(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }
}

/// The parts of a directory of keys that each machine has.
struct Shared {
    authority: Authority,
    /// The authority's certificate.
    certificate: String,
    token: String,
}

impl Keys {
    pub(crate) fn run(self) -> Result<(), Failure> {
        for (at, host) in self.host.iter().enumerate() {
            if self
                .host
                .iter()
                .take(at)
                .any(|other| other.name() == host.name())
            {
                let name = host.name();
                return Err(Failure::argument(format_args!(
                    "--host {name} is named twice: name each machine once, with its other names \
                     after commas"
                )));
            }
        }
        let is_new = !self.directory.join("ca.pem").exists();
        let shared = match is_new {
            true => self.make()?,
            false => self.read()?,
        };
        for host in &self.host {
            self.add_host(host, &shared)?;
        }
        Ok(print(self.told(is_new))?)
    }

    /// Makes a new directory. Without hosts it has the keys of a server of this machine too.
    fn make(&self) -> Result<Shared, Failure> {
        let (authority, pair) = Authority::new()?;
        let shared = Shared {
            authority,
            certificate: pair.certificate,
            token: format!("{}\n", token()?),
        };
        let client = shared.authority.client(self.days)?;
        let mut files = vec![
            File::public("ca.pem", shared.certificate.clone()),
            File::private("ca.key", pair.key),
            File::public("client.pem", client.certificate),
            File::private("client.key", client.key),
            File::private("token", shared.token.clone()),
        ];
        if self.host.is_empty() {
            let names = THIS_MACHINE.map(str::to_owned);
            let server = shared.authority.server(&names, self.days)?;
            files.push(File::public("server.pem", server.certificate));
            files.push(File::private("server.key", server.key));
        }
        create(&self.directory, &files)?;
        Ok(shared)
    }

    /// Reads the directory that is there.
    fn read(&self) -> Result<Shared, Failure> {
        let shown = self.directory.display();
        if self.host.is_empty() {
            return Err(Failure::argument(format_args!(
                "{shown} has an authority already: add a server to it with --host, or name \
                 another directory"
            )));
        }
        let unusable = |name: &str, reason: &dyn std::fmt::Display| {
            Failure::argument(format_args!(
                "{shown}/{name}: {reason}; name a directory that `reparte keys` has made, or \
                 another one, to make all anew"
            ))
        };
        let key_path = self.directory.join("ca.key");
        if !key_path.exists() {
            return Err(Failure::argument(format_args!(
                "{shown} has no ca.key, without which nobody can add a server to its authority: \
                 name another directory, to make all anew"
            )));
        }
        let read = |name: &str| {
            fs::read(self.directory.join(name)).map_err(|error| unusable(name, &error))
        };
        let certificate = read("ca.pem")?;
        let key = read_private_key(&key_path).map_err(|error| unusable("ca.key", &error))?;
        let authority =
            Authority::read(&certificate, &key).map_err(|error| unusable("ca.key", &error))?;
        let token = Token::read(&self.directory.join("token"));
        let token = token.map_err(|error| unusable("token", &error))?;
        Ok(Shared {
            authority,
            certificate: String::from_utf8(certificate)
                .map_err(|error| unusable("ca.pem", &error))?,
            token: format!("{}\n", token.text()),
        })
    }

    /// Makes the folder of a host, with all that its server needs.
    fn add_host(&self, host: &Host, shared: &Shared) -> Result<(), Failure> {
        let server = shared.authority.server(&host.0, self.days)?;
        let files = [
            File::public("ca.pem", shared.certificate.clone()),
            File::public("server.pem", server.certificate),
            File::private("server.key", server.key),
            File::private("token", shared.token.clone()),
        ];
        create(&self.directory.join(host.name()), &files)
    }

    /// Returns the commands that use the files, here or on a machine to which a folder is copied.
    fn told(&self, is_new: bool) -> String {
        let shown = |path: &Path| quote(&path.display().to_string(), "/._-+:@%");
        let directory = shown(&self.directory);
        let (folder, name) = match self.host.first() {
            Some(host) => (shown(&self.directory.join(host.name())), host.name()),
            None => (directory.clone(), THIS_MACHINE[0]),
        };
        let is_local = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "::1");
        let address = match self.host.iter().all(|host| is_local(host.name())) {
            true => "127.0.0.1",
            false => "0.0.0.0",
        };
        // A URL has an IPv6 address in brackets.
        let name = match name.contains(':') {
            true => format!("[{name}]"),
            false => name.to_owned(),
        };
        let port = self.port;
        let own = match (is_new, self.host.is_empty()) {
            (true, true) => "ca.pem, ca.key, client.pem, client.key, token, server.pem, server.key",
            (true, false) => "ca.pem, ca.key, client.pem, client.key, token",
            (false, _) => "",
        };
        let folders = self.host.iter().map(|host| format!("{}/", host.name()));
        let made: Vec<String> = Some(own.to_owned())
            .filter(|own| !own.is_empty())
            .into_iter()
            .chain(folders)
            .collect();
        let (copied, there) = match self.host.is_empty() {
            true => (String::new(), "put your own program there:"),
            false => (
                format!(
                    "\nCopy each folder to its machine, and to no other, as keys:\n\
                     \n  \
                     scp -r {folder} {name}:keys\n"
                ),
                "put your own program there, and on\nthe machine itself --keys keys:",
            ),
        };
        format!(
            "Made in {directory}: {}.\n\
             {copied}\n\
             A server needs ca.pem, server.pem, server.key and token. This one publishes tr,\n\
             as a function that turns text into capitals; {there}\n\
             \n  \
             reparte serve {address}:{port} --function upper --keys {folder} -- tr a-z A-Z\n\
             \n\
             A client needs ca.pem, client.pem, client.key and token:\n\
             \n  \
             reparte call https://{name}:{port} upper hello --keys {directory}\n\
             \n  \
             reparte run https://{name}:{port} --function upper --keys {directory} < lines.txt\n\
             \n  \
             reparte status https://{name}:{port} --keys {directory}\n\
             \n\
             Keep ca.key here: it vouches for further servers, which --host adds.\n",
            made.join(", ")
        )
    }
}

/// Reads the names and addresses of a machine.
fn host(text: &str) -> Result<Host, String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_label = |label: &str| !label.is_empty() && label.chars().all(is_part);
    let is_name = |name: &str| name.parse::<IpAddr>().is_ok() || name.split('.').all(is_label);
    let names: Vec<String> = text.split(',').map(str::to_owned).collect();
    match names.iter().all(|name| is_name(name)) {
        true => Ok(Host(names)),
        false => Err(
            "give names and addresses alone, such as --host maquina1 or \
                      --host maquina1,192.0.2.11"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_or_several() {
        for text in [
            "localhost",
            "a-1.example.org",
            "my_host",
            "192.0.2.11",
            "::1",
            "maquina1,192.0.2.11,::1",
        ] {
            let names: Vec<String> = text.split(',').map(str::to_owned).collect();
            assert_eq!(host(text), Ok(Host(names)));
        }
        for text in [
            "",
            "bad host",
            "a..b",
            "..",
            "a:9000",
            "https://a",
            "[::1]",
            "*.a",
            "año",
            "a,",
            "a,b c",
        ] {
            assert!(host(text).is_err(), "{text}");
        }
    }
}

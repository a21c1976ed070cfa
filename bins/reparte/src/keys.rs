//! `reparte keys`: certificates and a token, by which servers and clients know each other.

mod certificates;
mod new_directory;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use cli_support::output::print;

use crate::exit::Failure;
use crate::flags::whole_number::whole_number;
use crate::keys::certificates::certificates;
use crate::keys::new_directory::{File, create};
use crate::random::token;
use crate::shell::quote;

/// Makes a private authority, certificates for servers and clients, and a token
///
/// They go into a new directory, for its owner alone, and the commands that use them are
/// printed. The authority's own key is not kept: nobody can make it vouch for another
/// server. To add one, make all anew.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  reparte keys keys --host maquina1 --host maquina2 --host maquina3")]
pub(crate) struct Keys {
    /// The directory to make; nothing that is there is ever overwritten
    directory: PathBuf,
    /// A name or address by which clients call a server; may be given again. localhost
    /// and 127.0.0.1 unless told
    #[arg(long, value_name = "NAME", value_parser = host)]
    #[arg(default_values = ["localhost", "127.0.0.1"])]
    host: Vec<String>,
    /// The port in the commands that are printed
    #[arg(long, value_parser = whole_number(1..=u16::MAX), default_value_t = 9000)]
    #[arg(allow_negative_numbers = true)]
    port: u16,
}

impl Keys {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let made = certificates(&self.host)?;
        let private = |name, text| File {
            name,
            text,
            mode: 0o600,
        };
        let public = |name, text| File {
            name,
            text,
            mode: 0o644,
        };
        create(
            &self.directory,
            &[
                public("ca.pem", made.authority),
                public("server.pem", made.server.certificate),
                private("server.key", made.server.key),
                public("client.pem", made.client.certificate),
                private("client.key", made.client.key),
                private("token", format!("{}\n", token()?)),
            ],
        )?;
        Ok(print(self.commands())?)
    }

    /// Returns the commands that use the files, here or on a machine to which the directory is
    /// copied.
    fn commands(&self) -> String {
        let directory = quote(&self.directory.display().to_string(), "/._-+:@%");
        let host = self.host.first().map_or("localhost", String::as_str);
        let is_local = |host: &String| matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1");
        let address = match self.host.iter().all(is_local) {
            true => "127.0.0.1",
            false => "0.0.0.0",
        };
        // A URL has an IPv6 address in brackets.
        let host = match host.contains(':') {
            true => format!("[{host}]"),
            false => host.to_owned(),
        };
        let port = self.port;
        let client = format!(
            "--token-file {directory}/token --ca {directory}/ca.pem \\\n    \
             --tls-cert {directory}/client.pem --tls-key {directory}/client.key"
        );
        format!(
            "Made in {directory}: ca.pem, server.pem, server.key, client.pem, client.key, token.\n\
             \n\
             A server needs ca.pem, server.pem, server.key and token. This one publishes tr,\n\
             as a function that turns text into capitals; put your own program there:\n\
             \n  \
             reparte serve {address}:{port} --function upper \\\n    \
             --token-file {directory}/token --tls-client-ca {directory}/ca.pem \\\n    \
             --tls-cert {directory}/server.pem --tls-key {directory}/server.key \\\n    \
             -- tr a-z A-Z\n\
             \n\
             A client needs ca.pem, client.pem, client.key and token:\n\
             \n  \
             reparte call https://{host}:{port} upper hello \\\n    {client}\n\
             \n  \
             reparte run https://{host}:{port} --function upper < lines.txt \\\n    {client}\n\
             \n  \
             reparte status https://{host}:{port} \\\n    {client}\n"
        )
    }
}

/// Reads the name or the address of a machine.
fn host(text: &str) -> Result<String, String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_label = |label: &str| !label.is_empty() && label.chars().all(is_part);
    match text.parse::<IpAddr>().is_ok() || text.split('.').all(is_label) {
        true => Ok(text.to_owned()),
        false => Err(
            "give a name or an address alone, such as --host maquina1 or \
                      --host 192.0.2.11"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address() {
        for text in [
            "localhost",
            "a-1.example.org",
            "my_host",
            "192.0.2.11",
            "::1",
        ] {
            assert_eq!(host(text).as_deref(), Ok(text));
        }
        for text in [
            "",
            "bad host",
            "a..b",
            "a:9000",
            "https://a",
            "[::1]",
            "*.a",
            "año",
        ] {
            assert!(host(text).is_err(), "{text}");
        }
    }
}

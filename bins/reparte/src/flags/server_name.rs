//! `dns:NAME:PORT`: a server at each address of a name, which is looked up again and again.

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use crate::exit::Failure;

/// The time between two lookups.
const INTERVAL: Duration = Duration::from_secs(5);

/// The addresses of a name. Each of them is a server.
#[derive(Debug)]
pub(super) struct ServerName {
    /// The text by which it was given.
    given: String,
    /// The calls at a time of each server, if they were given: `N/`.
    slots: String,
    host: String,
    port: u16,
    asked: Option<Instant>,
    addresses: Vec<SocketAddr>,
    /// The last lookup failed, which was told.
    is_failing: bool,
}

impl ServerName {
    /// Reads `dns:NAME:PORT` or `N/dns:NAME:PORT`. `None` if the text is an address of another
    /// form.
    pub(super) fn read(given: &str) -> Option<Result<Self, Failure>> {
        let (slots, name) = match given.split_once("/dns:") {
            Some((slots, name)) if !slots.contains(':') => (format!("{slots}/"), name),
            _ => (String::new(), given.strip_prefix("dns:")?),
        };
        let parts = name.rsplit_once(':').and_then(|(host, port)| {
            let port: u16 = port.parse().ok().filter(|&port| port > 0)?;
            (!host.is_empty() && !host.contains(['/', ':', '@'])).then_some((host, port))
        });
        Some(match parts {
            Some((host, port)) => Ok(ServerName {
                given: given.to_owned(),
                slots,
                host: host.to_owned(),
                port,
                asked: None,
                addresses: Vec::new(),
                is_failing: false,
            }),
            None => Err(Failure::argument(format_args!(
                "{given}: give a name and a port, such as dns:digits.default.svc:9000; the \
                 servers at its addresses are called by plain HTTP"
            ))),
        })
    }

    /// Returns whether the name was given by this text.
    pub(super) fn is(&self, given: &str) -> bool {
        self.given == given
    }

    /// Returns a server for each address of the name, as an argument would name it. Keeps the
    /// addresses of before if the name can't be looked up now.
    pub(super) fn servers(&mut self) -> impl Iterator<Item = String> {
        if self.asked.is_none_or(|asked| asked.elapsed() >= INTERVAL) {
            self.look_up();
        }
        let addresses = self.addresses.iter();
        addresses.map(|address| format!("{}{address}", self.slots))
    }

    fn look_up(&mut self) {
        self.asked = Some(Instant::now());
        let found = (&*self.host, self.port).to_socket_addrs();
        match found {
            Ok(found) => {
                self.addresses = found.collect();
                self.addresses.sort();
                self.addresses.dedup();
                self.is_failing = false;
            }
            Err(error) if !self.is_failing => {
                log::warn!(
                    "{}: {} can't be looked up ({error}); asked again each 5 s",
                    self.given,
                    self.host
                );
                self.is_failing = true;
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_a_port_and_perhaps_slots() {
        let read = |given| ServerName::read(given).unwrap().unwrap();
        let name = read("dns:digits.default.svc:9000");
        assert_eq!((&*name.host, name.port), ("digits.default.svc", 9000));
        assert_eq!(name.slots, "");
        assert_eq!(read("4/dns:a:1").slots, "4/");
        for other in ["a:1", "4/a:1", "http://a:1/dns:b:2", "unix:/dns:b:2"] {
            assert!(ServerName::read(other).is_none(), "{other}");
        }
        for wrong in [
            "dns:a",
            "dns::1",
            "dns:a:0",
            "dns:a:70000",
            "dns:https://a:1",
            "dns:a:b:1",
        ] {
            let error = ServerName::read(wrong).unwrap().unwrap_err().to_string();
            assert!(error.contains("dns:digits"), "{wrong}: {error}");
        }
    }

    #[test]
    fn each_address_is_a_server() {
        let mut name = ServerName::read("2/dns:localhost:9").unwrap().unwrap();
        let servers: Vec<String> = name.servers().collect();
        assert!(servers.contains(&"2/127.0.0.1:9".to_owned()), "{servers:?}");
        // Until the next lookup.
        let before = name.asked;
        assert_eq!(name.servers().count(), servers.len());
        assert_eq!(name.asked, before);
    }

    #[test]
    fn addresses_are_kept_while_a_name_has_none() {
        let mut name = ServerName::read("dns:no-such-name.invalid:9")
            .unwrap()
            .unwrap();
        name.addresses = vec![([192, 0, 2, 1], 9).into()];
        let servers: Vec<String> = name.servers().collect();
        assert_eq!(servers, ["192.0.2.1:9"]);
        assert!(name.is_failing);
    }
}

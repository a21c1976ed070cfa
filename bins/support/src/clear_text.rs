//! Warnings of tokens that travel in clear text, over plain HTTP.

use std::fmt::Display;

/// Warns of the servers, by their names, to which a client's token or password travels in clear
/// text.
pub fn warn_client<'s>(exposed: impl IntoIterator<Item = &'s str>) {
    let mut exposed = exposed.into_iter();
    let Some(first) = exposed.next() else { return };
    let others = match exposed.count() {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    log::warn!(
        "{first}{others}: the token goes there unencrypted, and whoever sees the network's packets \
         can read it: call https://, with servers that speak TLS (`reparte keys` makes \
         certificates)"
    );
}

/// Warns that tokens come in clear text. For a server that asks for a token and speaks no TLS, on
/// an address that other machines can reach.
pub fn warn_server(address: impl Display) {
    log::warn!(
        "{address}: tokens come unencrypted, and whoever sees the network's packets can read them: \
         speak TLS, with --tls-cert and --tls-key (`reparte keys` makes both)"
    );
}

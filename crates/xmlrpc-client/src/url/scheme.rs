//! The schemes of addresses.

/// The protocol that a server is spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
    Scgi,
}

impl Scheme {
    /// Returns the scheme of this name, in small letters or capitals.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let mut all = [Scheme::Http, Scheme::Https, Scheme::Scgi].into_iter();
        all.find(|scheme| name.eq_ignore_ascii_case(scheme.name()))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Scgi => "scgi",
        }
    }

    /// Returns the beginning of the address of a Unix socket on which this is spoken.
    pub(crate) fn unix_prefix(self) -> &'static str {
        match self {
            Scheme::Http | Scheme::Https => "unix:",
            Scheme::Scgi => "scgi+unix:",
        }
    }

    /// Returns the port of an address that names none. `None` where no port is customary.
    pub(crate) fn default_port(self) -> Option<u16> {
        match self {
            Scheme::Http => Some(80),
            Scheme::Https => Some(443),
            Scheme::Scgi => None,
        }
    }

    /// Returns whether calls are encrypted.
    pub(crate) fn is_secure(self) -> bool {
        self == Scheme::Https
    }
}

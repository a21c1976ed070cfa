//! The options of connections to a server.

use std::fmt;
use std::time::Duration;

/// The options of connections to a server.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// The user of the server's access control list. None for the default one.
    pub user: Option<String>,
    /// The user's password. A Sentinel is asked without one.
    pub password: Option<String>,
    /// The certificates (PEM) of the authorities that a server with TLS is trusted by. None for
    /// the system's.
    pub authorities: Option<Vec<u8>>,
    /// The time that a connection may take. 5 seconds by default.
    pub connect_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            user: None,
            password: None,
            authorities: None,
            connect_timeout: Duration::from_secs(5),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("user", &self.user)
            .field("has_password", &self.password.is_some())
            .field("has_authorities", &self.authorities.is_some())
            .field("connect_timeout", &self.connect_timeout)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        let options = Options {
            password: Some("secret".to_owned()),
            ..Options::default()
        };
        assert!(!format!("{options:?}").contains("secret"));
    }
}

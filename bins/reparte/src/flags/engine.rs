//! The engine that flags name: a Redis or Valkey server, and the login there.

use std::path::{Path, PathBuf};
use std::str;

use cli_support::clear_text;
use reparte_redis::{Options, RedisUrl};

use crate::exit::Failure;
use crate::flags::named_file::{read_file, read_login};

/// An engine and the way to it.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) url: RedisUrl,
    pub(crate) options: Options,
}

impl Engine {
    /// Reads the values of `--engine`, `--engine-login` and `--ca`. Warns of a password that
    /// travels in clear text.
    pub(crate) fn read(
        url: &str,
        login: Option<&Path>,
        authorities: Option<&PathBuf>,
    ) -> Result<Self, Failure> {
        let url = Engine::url(url)?;
        let mut options = Options::default();
        if let Some(path) = login {
            let (user, password) = login_of(&read_login(path)?).ok_or_else(|| {
                Failure::argument(format_args!(
                    "--engine-login {}: write the password on a line, or the user and the \
                     password on two",
                    path.display()
                ))
            })?;
            (options.user, options.password) = (user, Some(password));
            if url.is_exposed() {
                let name = url.to_string();
                clear_text::warn_client([&*name]);
            }
        }
        if let Some(path) = authorities {
            options.authorities = Some(read_file("--ca", path)?);
        }
        Ok(Engine { url, options })
    }

    /// Reads the value of `--engine`. A URL with a password is refused, and not shown.
    pub(crate) fn url(text: &str) -> Result<RedisUrl, Failure> {
        text.parse()
            .map_err(|error| Failure::argument(format_args!("--engine: {error}")))
    }
}

/// Returns the name by which this machine tells who it is.
pub(crate) fn host_name() -> String {
    #[cfg(unix)]
    return rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    #[cfg(not(unix))]
    return std::env::var("COMPUTERNAME").unwrap_or_default();
}

/// Returns the failure that an error of the engine is.
pub(crate) fn failure(error: &reparte_redis::Error) -> Failure {
    let text = format!("--engine: {error}");
    match error {
        reparte_redis::Error::Refused { .. } => Failure::Refused(text),
        error if error.is_transient() => Failure::Unreachable(text),
        reparte_redis::Error::Held { .. } => Failure::Journal(text),
        reparte_redis::Error::NoThread { .. } => Failure::Server(text),
        _ => Failure::Argument(text),
    }
}

/// Reads a login: the password, or the user and the password on two lines.
fn login_of(text: &[u8]) -> Option<(Option<String>, String)> {
    let mut lines = str::from_utf8(text).ok()?.lines().map(str::to_owned);
    let (first, second) = (lines.next()?, lines.next());
    let (user, password) = match second {
        Some(password) => (Some(first), password),
        None => (None, first),
    };
    let is_whole = !password.is_empty() && user.as_ref().is_none_or(|user| !user.is_empty());
    (is_whole && lines.next().is_none()).then_some((user, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_a_password_or_a_user_and_a_password() {
        let login = |text: &str| login_of(text.as_bytes());
        assert_eq!(login("p w\n"), Some((None, "p w".to_owned())));
        let both = Some((Some("u".to_owned()), "p".to_owned()));
        assert_eq!(login("u\r\np\r\n"), both);
        for bad in ["", "\n", "u\n\n", "\np", "u\np\nx"] {
            assert_eq!(login(bad), None, "{bad:?}");
        }
        assert_eq!(login_of(b"\xff"), None);
    }
}

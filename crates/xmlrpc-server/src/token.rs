//! The token: the secret that a client has to send.

use std::fmt;
use std::hint::black_box;
use std::io;
use std::path::Path;

use crate::error::Error;
use crate::secret_file;

/// The fewest characters of a token: to guess 16 random ones takes longer than any server
/// runs.
const MIN_CHARS: usize = 16;

/// The most characters of a token: a header has to hold it.
const MAX_CHARS: usize = 512;

/// A token that a client has to send with each request: as `Authorization: Bearer TOKEN`, or
/// as the password of `Basic`, for clients that know no tokens, such as Python's with
/// `http://any:TOKEN@host:port`. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Returns a token of 16 to 512 printable characters of ASCII without a space.
    ///
    /// # Errors
    ///
    /// [`Error::BadToken`] for any other text.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        if !(MIN_CHARS..=MAX_CHARS).contains(&text.len()) {
            return Err(bad("it has fewer than 16 characters, or more than 512"));
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(bad("it has a space, or what is not printable ASCII"));
        }
        Ok(Token(text))
    }

    /// Reads the token that is alone in a file, with or without a line end.
    ///
    /// On Unix only the owner may read or write the file (mode 0600). A file of root's may be
    /// readable by its group too (0640 or 0440): systemd's credentials and a Kubernetes Secret
    /// are.
    ///
    /// # Errors
    ///
    /// [`Error::System`] if the file can't be read, and [`Error::BadToken`] if it is readable
    /// by others or has no token.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |source: io::Error| Error::System {
            doing: "read the token's file",
            source,
        };
        let Some(file) = secret_file::open(path).map_err(failed)? else {
            return Err(bad("its file is readable by group or others: chmod 600"));
        };
        let mut text = String::new();
        // One byte more than a token and a line end of two bytes, so that a longer one is
        // found to be too long.
        let mut head = io::Read::take(file, MAX_CHARS as u64 + 3);
        io::Read::read_to_string(&mut head, &mut text).map_err(failed)?;
        Token::new(text.trim_end_matches(['\r', '\n']))
    }

    /// Returns the token itself, for whoever has to send it. It does not belong in a log.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Returns whether this is `given`, in a time that tells nothing about the token, except
    /// perhaps its length.
    pub(crate) fn is(&self, given: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let mut difference = own.len() ^ given.len();
        for (at, byte) in given.iter().enumerate() {
            let other = own[at % own.len()];
            difference = black_box(difference | usize::from(byte ^ other));
        }
        difference == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}

fn bad(reason: &'static str) -> Error {
    Error::BadToken { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "correct-horse-battery";

    #[test]
    fn only_the_whole_token_will_do() {
        let token = Token::new(TEXT).unwrap();
        assert!(token.is(TEXT.as_bytes()));
        let twice = format!("{TEXT}{TEXT}");
        for given in [
            "",
            "c",
            &TEXT[..20],
            "Correct-horse-battery",
            // Two differences, of the same bit.
            "COrrect-horse-battery",
            &twice,
        ] {
            assert!(!token.is(given.as_bytes()), "{given}");
        }
        assert_eq!(token.text(), TEXT);
        assert_eq!(format!("{token:?}"), "Token(***)");
    }

    #[test]
    fn a_token_is_long_enough_and_fits_a_header() {
        for text in [
            "",
            "fifteen-letters",
            "with a space in it",
            "año-año-año-año-año",
        ] {
            let error = Token::new(text).unwrap_err();
            assert!(matches!(error, Error::BadToken { .. }), "{text}: {error}");
        }
        assert!(Token::new("x".repeat(MAX_CHARS + 1)).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;

        let name = format!("xmlrpc-token-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, format!("{TEXT}\n")).unwrap();
        let read = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            Token::read(&path)
        };
        assert_eq!(read(0o600).unwrap(), Token::new(TEXT).unwrap());
        assert!(matches!(read(0o660), Err(Error::BadToken { .. })));
        assert!(matches!(read(0o604), Err(Error::BadToken { .. })));
        let longest = "x".repeat(MAX_CHARS);
        std::fs::write(&path, format!("{longest}\r\n")).unwrap();
        assert_eq!(read(0o600).unwrap(), Token::new(longest.as_str()).unwrap());
        std::fs::write(&path, format!("{longest}x\r\n")).unwrap();
        assert!(matches!(read(0o600), Err(Error::BadToken { .. })));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(Token::read(&path), Err(Error::System { .. })));
    }
}

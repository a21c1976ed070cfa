//! What a run is, as its page tells it.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// What the run is.
pub(crate) struct Subject {
    pub(super) function: String,
    pub(super) command: String,
    /// When it began, in seconds since 1970.
    pub(super) began: u64,
    pub(super) expected: Expected,
}

/// How many tasks there will be, and whether that is sure; none where nobody knows.
type Expected = Box<dyn Fn() -> Option<(u64, bool)> + Send + Sync>;

impl Subject {
    /// A run of `function`, begun now by the command line `arguments`.
    pub(crate) fn new(
        function: &str,
        arguments: impl IntoIterator<Item = String>,
        expected: impl Fn() -> Option<(u64, bool)> + Send + Sync + 'static,
    ) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Subject {
            function: function.to_owned(),
            command: command_line(arguments),
            began: since.map_or(0, |since| since.as_secs()),
            expected: Box::new(expected),
        }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

/// The command as a shell would take it again, without the passwords of its URLs: a page is
/// shown to others.
fn command_line(arguments: impl IntoIterator<Item = String>) -> String {
    let mut arguments = arguments.into_iter();
    let program = arguments.next().unwrap_or_default();
    // Where it is installed is no matter.
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let words = std::iter::once(program).chain(arguments);
    let words = words.map(|word| quoted(&without_password(&word)));
    words.collect::<Vec<_>>().join(" ")
}

fn without_password(word: &str) -> String {
    if let Some((scheme, rest)) = word.split_once("://")
        && let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()))
        && let Some((_, host)) = authority.rsplit_once('@')
    {
        return format!("{scheme}://...@{host}{path}");
    }
    word.to_owned()
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@%+".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_given_again_and_tells_no_password() {
        for (arguments, line) in [
            (
                &["/usr/bin/reparte", "run", "2/a:9000"][..],
                "reparte run 2/a:9000",
            ),
            (&["reparte", "it's", ""], "reparte 'it'\\''s' ''"),
            (
                &["reparte", "http://any:secret@host:1/RPC2"],
                "reparte http://...@host:1/RPC2",
            ),
            (
                &["reparte", "3/https://secret@host"],
                "reparte 3/https://...@host",
            ),
            (
                &["reparte", "http://a:p@ss@host/x@y"],
                "reparte http://...@host/x@y",
            ),
            (&["reparte", "http://host/x@y"], "reparte http://host/x@y"),
        ] {
            let arguments = arguments.iter().map(|&word| word.to_owned());
            assert_eq!(command_line(arguments), line);
        }
    }
}

//! What a run is, as its page tells it.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// What the run is.
pub(crate) struct RunInfo {
    pub(super) function: String,
    pub(super) command: String,
    /// When it began, in seconds since 1970.
    pub(super) began: u64,
    pub(super) expected: Expected,
}

/// How many tasks there will be, and whether that is sure; none where nobody knows.
type Expected = Box<dyn Fn() -> Option<(u64, bool)> + Send + Sync>;

impl RunInfo {
    /// A run of `function`, begun now by the command line `arguments`.
    pub(crate) fn new(
        function: &str,
        arguments: impl IntoIterator<Item = String>,
        expected: impl Fn() -> Option<(u64, bool)> + Send + Sync + 'static,
    ) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        RunInfo {
            function: function.to_owned(),
            command: command_line(arguments),
            began: since.map_or(0, |since| since.as_secs()),
            expected: Box::new(expected),
        }
    }
}

impl fmt::Debug for RunInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

/// The command as a shell would take it again, without the passwords in its addresses: a page
/// is shown to others.
fn command_line(arguments: impl IntoIterator<Item = String>) -> String {
    let mut arguments = arguments.into_iter();
    let program = arguments.next().unwrap_or_default();
    // Where it is installed is no matter.
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let words = std::iter::once(program).chain(arguments);
    let words = words.map(|word| quoted(&without_password(&word)));
    words.collect::<Vec<_>>().join(" ")
}

/// A word that may be an address, less what stands before its `@`. A flag, a server's number
/// of calls and a scheme may come before it.
fn without_password(word: &str) -> String {
    let is_flag = |flag: &str| flag.starts_with('-');
    let is_count = |count: &str| count.parse::<usize>().is_ok();
    let is_scheme = |scheme: &str| !scheme.contains([':', '/', '?', '#', '@']);
    let rest = after(word, "=", is_flag);
    let rest = after(rest, "/", is_count);
    let rest = after(rest, "://", is_scheme);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rfind('@') {
        None => word.to_owned(),
        Some(at) => {
            let before = &word[..word.len() - rest.len()];
            format!("{before}...{}", &rest[at..])
        }
    }
}

/// What follows the first `separator`, where what precedes it is such.
fn after<'a>(text: &'a str, separator: &str, is_such: impl Fn(&str) -> bool) -> &'a str {
    match text.split_once(separator) {
        Some((before, rest)) if is_such(before) => rest,
        _ => text,
    }
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

    #[test]
    fn a_password_is_hidden_where_its_address_has_no_scheme() {
        for (word, shown) in [
            ("any:TOKEN@host:9000", "...@host:9000"),
            ("2/any:TOKEN@host:1", "2/...@host:1"),
            ("+2/any:TOKEN@host:1", "+2/...@host:1"),
            ("me:SECRET@127.0.0.1:1", "...@127.0.0.1:1"),
            ("--proxy=me:S@h:1", "--proxy=...@h:1"),
            ("--proxy=http://me:a=b@h:1", "--proxy=http://...@h:1"),
            ("any:T@host:1/a://b", "...@host:1/a://b"),
            ("3/HTTPS://any:a@b@host?c@d", "3/HTTPS://...@host?c@d"),
            ("--token-file=some/file@home", "--token-file=some/file@home"),
            ("./file@home", "./file@home"),
            ("2/host:1", "2/host:1"),
        ] {
            assert_eq!(without_password(word), shown);
        }
    }
}

//! The command line of a run, as its page shows it: without passwords, as others can read it.

use crate::shell::quote;

/// The characters, besides letters and digits, that stand in a command line without quotes.
const PLAIN: &str = "-_./:,=@%+";

/// Returns the command as a shell reads it, without the directory of its program and without
/// the passwords in its addresses.
pub(super) fn command_line(arguments: impl IntoIterator<Item = String>) -> String {
    let mut arguments = arguments.into_iter();
    let program = arguments.next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let words = std::iter::once(program).chain(arguments);
    let words = words.map(|word| quote(&without_password(&word), PLAIN));
    words.collect::<Vec<_>>().join(" ")
}

/// Replaces what stands before the `@` of a word that may be an address. A flag, a number of
/// slots and a scheme may stand before the address: `--proxy=`, `2/`, `http://`,
/// `unix:`, `scgi+unix:`. They stay.
fn without_password(word: &str) -> String {
    let is_flag = |flag: &str| flag.starts_with('-');
    let is_count = |count: &str| count.parse::<usize>().is_ok();
    let is_scheme = |scheme: &str| !scheme.contains([':', '/', '?', '#', '@']);
    let rest = after(word, "=", is_flag);
    let rest = after(rest, "/", is_count);
    let rest = after(rest, "://", is_scheme);
    let rest = rest.strip_prefix("scgi+").unwrap_or(rest);
    let rest = rest.strip_prefix("unix:").unwrap_or(rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rfind('@') {
        None => word.to_owned(),
        Some(at) => {
            let before = &word[..word.len() - rest.len()];
            format!("{before}...{}", &rest[at..])
        }
    }
}

/// Returns the text after the first `separator`, if the text before it is a prefix of the
/// expected kind; and else all of it.
fn after<'a>(text: &'a str, separator: &str, is_prefix: impl Fn(&str) -> bool) -> &'a str {
    match text.split_once(separator) {
        Some((before, rest)) if is_prefix(before) => rest,
        _ => text,
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
                &["reparte", "2/unix:a:p@ss@/run/x@y", "unix:/run/x@y"],
                "reparte 2/unix:...@/run/x@y unix:/run/x@y",
            ),
            (
                &["reparte", "2/scgi+unix:a:p@/run/x", "scgi://a:p@h:1"],
                "reparte 2/scgi+unix:...@/run/x scgi://...@h:1",
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

//! Placeholders in the script of a shell: the shell would execute the text of a task.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::program::placeholder::{Part, parts};

const SHELLS: [&str; 6] = ["sh", "bash", "dash", "ash", "ksh", "zsh"];

/// Returns a warning if `{}` or `{1}` stands in the script of `sh -c SCRIPT`.
pub(super) fn warning(words: &[OsString]) -> Option<String> {
    let (program, arguments) = words.split_first()?;
    let shell = Path::new(program).file_name()?.to_str()?;
    if !SHELLS.contains(&shell) {
        return None;
    }
    let is_script = |word: &OsString| {
        let flags = word.as_bytes().strip_prefix(b"-");
        flags.is_some_and(|flags| !flags.starts_with(b"-") && flags.ends_with(b"c"))
    };
    let at = arguments.iter().position(is_script)?;
    let script = parts(arguments.get(at + 1)?.as_bytes());
    let all = arguments.iter().flat_map(|word| parts(word.as_bytes()));
    let has_whole = all.into_iter().any(|part| part == Part::Whole);
    let placeholder = script.iter().find_map(|part| match part {
        Part::Whole => Some("{}".to_owned()),
        Part::Number(number) if !has_whole => Some(format!("{{{number}}}")),
        _ => None,
    })?;
    Some(format!(
        "{placeholder} stands in the script of {shell}, which executes what a task has there, such \
         as $(reboot): write \"$1\" in its place, and {shell} {placeholder} after the script"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user of GNU parallel writes `sh -c 'echo {}'`, and a task `$(id)` was executed in silence.
    #[test]
    fn a_placeholder_in_a_script_is_told() {
        for (words, placeholder) in [
            (&["sh", "-c", "echo {}"][..], Some("{}")),
            (&["/bin/bash", "-euc", "echo '{}'"], Some("{}")),
            (&["bash", "-x", "-c", "echo {1}"], Some("{1}")),
            (&["sh", "-c", "echo \"$1\"", "sh", "{}"], None),
            (&["sh", "-c", "echo ${1}", "sh", "{}"], None),
            (&["sh", "--rcfile-c", "{}"], None),
            (&["sh", "script.sh", "{}"], None),
            (&["python3", "-c", "print('{}')"], None),
            (&["sh", "-c"], None),
            (&["sh"], None),
            (&[], None),
        ] {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            let warning = warning(&words);
            let told = warning.as_deref().and_then(|text| text.split(' ').next());
            assert_eq!(told, placeholder, "{words:?}");
        }
    }
}

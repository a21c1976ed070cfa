//! The file of hosts.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use untrusted_text::OneLine;

use crate::exit::Failure;

/// A host of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostLine {
    /// The destination that ssh is given.
    pub(super) target: String,
    /// The name that is shown, which no other host of the file has: the destination, with a number
    /// if it stands there again.
    pub(super) shown: String,
    /// The calls at a time; one per core unless told.
    pub(super) slots: Option<u16>,
    /// A name without odd characters, which no other host of the file has.
    pub(super) name: String,
}

/// The most characters of a name: the path of a Unix socket is short.
const NAME_CHARS: usize = 30;

/// Reads the hosts of a file, at least one.
pub(super) fn read_hosts(path: &Path) -> Result<Vec<HostLine>, Failure> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::argument(format_args!(
            "can't read {shown} ({error}): name a text file with a host per line, as ssh knows it"
        ))
    })?;
    let hosts = parse(&text).map_err(|(line, reason)| {
        Failure::argument(format_args!("{shown}, line {line}: {reason}"))
    })?;
    match hosts.is_empty() {
        false => Ok(hosts),
        true => Err(Failure::argument(format_args!(
            "{shown} names no host: write one per line, such as maquina1 or 4/me@maquina2"
        ))),
    }
}

fn parse(text: &str) -> Result<Vec<HostLine>, (usize, &'static str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut names = HashSet::new();
    let mut hosts = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let (slots, target) = slots_and_target(line).map_err(|reason| (at + 1, reason))?;
        let mut name = short_name(target);
        for number in 2.. {
            if names.insert(name.clone()) {
                break;
            }
            name = format!("{}-{number}", short_name(target));
        }
        let before = hosts
            .iter()
            .filter(|host: &&HostLine| host.target == target);
        let shown = match before.count() {
            0 => target.to_owned(),
            before => format!("{target} ({})", before + 1),
        };
        hosts.push(HostLine {
            target: target.to_owned(),
            shown: OneLine::new(&shown).to_string(),
            slots,
            name,
        });
    }
    Ok(hosts)
}

fn slots_and_target(line: &str) -> Result<(Option<u16>, &str), &'static str> {
    if line.starts_with('!') {
        return Err("a ! drops a server of `run --servers`: take the line of a host out instead");
    }
    let (slots, target) = match line.split_once('/') {
        Some((count, target)) if count.bytes().all(|byte| byte.is_ascii_digit()) => {
            let slots = count
                .parse()
                .ok()
                .filter(|slots| (1..=1024).contains(slots));
            (Some(slots.ok_or("N/ is a number from 1 to 1024")?), target)
        }
        _ => (None, line),
    };
    // An option of ssh can run programs.
    match target.is_empty() || target.starts_with('-') || target.contains(char::is_whitespace) {
        true => {
            Err("give a host alone, as ssh knows it: maquina1, me@maquina1 or ssh://me@maquina1:22")
        }
        false => Ok((slots, target)),
    }
}

fn short_name(target: &str) -> String {
    let host = target.strip_prefix("ssh://").unwrap_or(target);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let host = host.chars().map(|c| if is_part(c) { c } else { '_' });
    host.take(NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_host_as_ssh_knows_it() {
        let text = "\u{feff}maquina1\n\n# none\n4/me@maquina2  # the fast one\nssh://me@h:2222\nmaquina1\n";
        let hosts = parse(text).unwrap();
        let hosts: Vec<_> = hosts
            .iter()
            .map(|host| (&*host.shown, host.slots, &*host.name))
            .collect();
        assert_eq!(
            hosts,
            [
                ("maquina1", None, "maquina1"),
                ("me@maquina2", Some(4), "me_maquina2"),
                ("ssh://me@h:2222", None, "me_h_2222"),
                ("maquina1 (2)", None, "maquina1-2"),
            ]
        );
        for wrong in [
            "-oProxyCommand=x",
            "a b",
            "0/a",
            "70000/a",
            "4/",
            "2/-v",
            "!a",
        ] {
            let text = format!("good\n{wrong}\n");
            assert_eq!(parse(&text).unwrap_err().0, 2, "{wrong}");
        }
    }
}

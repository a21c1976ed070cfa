//! Advice on arguments that the command does not know.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Flags of GNU parallel, and their counterparts in `reparte run`.
const COUNTERPARTS: [(&[&str], &str); 9] = [
    (
        &["-j", "-P", "--jobs", "--max-procs"],
        "--local N runs N at a time on this machine",
    ),
    (
        &["-k", "--keep-order"],
        "results come in the order of the tasks, unless --unordered is given",
    ),
    (
        &["-a", "--arg-file"],
        "--tasks FILE reads the tasks from a file",
    ),
    (&["-C"], "--colsep TEXT is the text between the columns"),
    (
        &["--header"],
        "--input csv names the columns by the first row",
    ),
    (
        &["-S", "--sshlogin", "--sshloginfile", "--slf"],
        "--ssh FILE names a file of hosts, one a line",
    ),
    (
        &["--transferfile", "--basefile"],
        "--with FILE copies a file to the hosts of --ssh",
    ),
    (
        &["--joblog", "--resume"],
        "--journal FILE keeps the results, and the same command goes on where it was",
    ),
    (
        &["--bar", "--eta", "--progress"],
        "the progress is shown, unless --quiet is given",
    ),
];

/// Replaces the tip of an error on an unknown argument, if the subcommand takes a program.
///
/// clap advises `-- ARG`, which would make the argument the program.
pub(crate) fn with_advice(mut error: clap::Error) -> clap::Error {
    let usage = error.get(ContextKind::Usage).map(ToString::to_string);
    let takes_program = usage.is_some_and(|usage| usage.contains("<PROGRAM"));
    if error.kind() != ErrorKind::UnknownArgument || !takes_program {
        return error;
    }
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let tips = match error.get(ContextKind::SuggestedArg) {
        // A flag of the subcommand looks like it.
        Some(_) => Vec::new(),
        None => vec![StyledStr::from(advice(argument))],
    };
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    error
}

fn advice(argument: &str) -> String {
    let counterpart = COUNTERPARTS
        .iter()
        .find(|(flags, _)| flags.contains(&argument));
    match counterpart {
        Some((_, counterpart)) => (*counterpart).to_owned(),
        None if argument.starts_with('-') => format!(
            "if '{argument}' is an argument of the program, write -- before the program: \
             -- PROGRAM {argument}"
        ),
        None => format!("write -- before the program and its arguments: -- {argument}"),
    }
}

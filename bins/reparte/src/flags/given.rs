//! The flags of a group as the command line has them, to be given to another process.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command};

/// Returns those flags of the group `F` that were given, as words: `--name` or `--name=value`.
pub(crate) fn given<F: Args>(matches: &ArgMatches) -> Vec<OsString> {
    let group = F::augment_args(Command::new("group"));
    let mut words = Vec::new();
    for flag in group.get_arguments() {
        let id = flag.get_id().as_str();
        let is_given = matches.value_source(id) == Some(ValueSource::CommandLine);
        let Some(name) = flag.get_long().filter(|_| is_given) else {
            continue;
        };
        if !flag.get_action().takes_values() {
            words.push(format!("--{name}").into());
            continue;
        }
        for value in matches.get_raw(id).into_iter().flatten() {
            let mut word = OsString::from(format!("--{name}="));
            word.push(value);
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::flags::seconds::seconds;

    #[derive(Debug, Args)]
    struct Group {
        #[arg(long)]
        switch: bool,
        #[arg(long, default_value = "a")]
        text: String,
        #[arg(long, value_parser = seconds, default_value = "5")]
        time: Duration,
        #[arg(long)]
        many: Vec<String>,
    }

    #[test]
    fn flags_that_were_given_are_words_again() {
        let command = || Group::augment_args(Command::new("c"));
        let words = |line: &[&str]| {
            let line = [&["c"], line].concat();
            given::<Group>(&command().get_matches_from(line))
        };
        assert!(words(&[]).is_empty());
        let line = ["--many", "x y", "--switch", "--time", "2.5", "--many=z"];
        let expected = ["--switch", "--time=2.5", "--many=x y", "--many=z"];
        assert_eq!(words(&line), expected);
    }
}

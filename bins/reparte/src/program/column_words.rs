//! The columns of a table in the arguments of a program.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use crate::exit::Failure;
use crate::program::placeholder::{Part, is_plain, parts};

/// Checks that the columns that the arguments name are there.
///
/// # Errors
///
/// A number is too large, or a word is a name that no column has.
pub(super) fn check(arguments: &[Vec<Part>], names: &[String]) -> Result<(), Failure> {
    let columns = names.join(", ");
    let unknown = |name: &String| !names.contains(name);
    for word in arguments {
        if let [Part::Name(name)] = word.as_slice()
            && is_plain(name)
            && unknown(name)
        {
            return Err(Failure::argument(format_args!(
                "{{{name}}}: there is no column {name}: the first row names {columns}; write \
                 blanks beside the braces, {{ {name} }}, if the program is to have it as it is"
            )));
        }
    }
    let numbers = arguments.iter().flatten().filter_map(|part| match part {
        Part::Number(number) => Some(*number),
        _ => None,
    });
    match numbers.filter(|number| *number > names.len()).max() {
        None => Ok(()),
        Some(number) => Err(Failure::argument(format_args!(
            "{{{number}}}: there are {} columns: {columns}",
            names.len()
        ))),
    }
}

/// Returns the words of a program for a server, which gets the values of the columns and not their
/// names: each name of a column becomes its number.
///
/// # Errors
///
/// A column is not there, or `{}` stands for a row of several columns, whose text no server gets.
pub(crate) fn numbered(words: &[OsString], names: &[String]) -> Result<Vec<OsString>, Failure> {
    let Some((program, arguments)) = words.split_first() else {
        return Ok(Vec::new());
    };
    let arguments: Vec<Vec<Part>> = arguments
        .iter()
        .map(|word| parts(word.as_bytes()))
        .collect();
    check(&arguments, names)?;
    if names.len() > 1 && arguments.iter().flatten().any(|part| *part == Part::Whole) {
        return Err(Failure::argument(
            "{}: a server gets the columns of a row, and not its text: write {1}, {2} and so on, \
             or the names of the columns, in its place",
        ));
    }
    let number = |part: Part| match &part {
        Part::Name(name) => match names.iter().position(|one| one == name) {
            Some(at) => Part::Number(at + 1),
            None => part,
        },
        _ => part,
    };
    let words = arguments.into_iter().map(|word| {
        let text = word.into_iter().flat_map(|part| number(part).text());
        OsString::from_vec(text.collect())
    });
    Ok(std::iter::once(OsStr::to_owned(program))
        .chain(words)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn names_of_columns_become_numbers_and_other_braces_stay() {
        let names = ["name".to_owned(), "the rate".to_owned()];
        let given = [
            "{name}",
            "{name}",
            "--n={the rate}{name}",
            "{2}",
            "{{name}}",
        ];
        let own = ["x{print}y", "{ name }", "a}{"];
        let expected = ["{name}", "{1}", "--n={2}{1}", "{2}", "{{1}}"];
        let numbered = numbered(&words(&[&given[..], &own].concat()), &names).unwrap();
        assert_eq!(numbered, words(&[&expected[..], &own].concat()));
    }

    #[test]
    fn words_that_no_server_can_fill_are_refused() {
        let names = ["a".to_owned(), "b".to_owned()];
        for (word, names, told) in [
            ("x{}", &names[..], "{1}, {2}"),
            ("{c}", &names, "no column c"),
            ("{3}", &names, "there are 2 columns"),
        ] {
            let failure = numbered(&words(&["cat", word]), names).unwrap_err();
            assert!(failure.to_string().contains(told), "{failure}");
        }
        assert!(numbered(&words(&["cat", "{}"]), &names[..1]).is_ok());
    }
}

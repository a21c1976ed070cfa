//! Which placeholders count, and what they become.

use std::sync::Arc;

use super::*;
use crate::program::call_input::TaskInput;

fn template(words: &[&str]) -> CommandTemplate {
    let words = [&["true"][..], words].concat();
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    CommandTemplate::find(&words).unwrap()
}

fn texts(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|&text| Value::from(text)).collect()
}

fn task(arguments: &[&str], names: Option<&[&str]>) -> CallInput {
    let names = names.map(|names| names.iter().map(|&name| name.to_owned()).collect());
    CallInput {
        arguments: texts(arguments),
        task: Some(TaskInput {
            line: 7,
            attempt: 1,
            text: "the line".to_owned(),
            has_columns: true,
            names: names.map(|names: Vec<String>| Arc::from(names)),
        }),
    }
}

fn call(arguments: &[&str]) -> CallInput {
    CallInput::of_call(texts(arguments))
}

fn members() -> CallInput {
    let members = [("a", Value::from(1)), ("b", Value::from("x"))];
    CallInput::of_call(vec![Value::Struct(members.into_iter().collect())])
}

/// The words and the standard input, or the fault.
fn filled(words: &[&str], call: CallInput) -> Result<String, String> {
    let filled = template(words).fill(call).map_err(|fault| fault.message)?;
    let mut words = filled.words;
    if let Some(input) = filled.input {
        words.push("<".into());
        words.push(OsString::from_vec(input));
    }
    Ok(words.join(OsStr::new(" ")).into_string().unwrap())
}

#[test]
fn each_placeholder_has_its_text() {
    let named = || task(&["3", "4"], Some(&["width", "the height"]));
    for (words, call, expected) in [
        (&["{}", "--n={}"][..], call(&["7"]), "7 --n=7"),
        // The argument is not searched for placeholders.
        (&["a{}"], call(&["{}"]), "a{}"),
        (&["-c"], call(&["7"]), "-c < 7\n"),
        (&["{2}-{1}"], call(&["a", "b"]), "b-a"),
        (&["-c"], call(&["a", "b"]), "-c < a\nb\n"),
        (&["--w={width}", "{the height}"], named(), "--w=3 4"),
        (&["{2}", "{}"], named(), "4 the line"),
        (&["x"], named(), "x < 3\n4\n"),
        (&["{2}"], task(&["a", "b"], None), "b"),
        // One column is the argument itself.
        (&["{}"], task(&["a"], None), "a"),
        (&["{b}", "{a}"], members(), "x 1"),
    ] {
        assert_eq!(filled(words, call), Ok(expected.to_owned()), "{words:?}");
    }
}

/// Programs have braces of their own.
#[test]
fn braces_that_are_no_placeholders_stay() {
    for (words, call, expected) in [
        (&["[0-9]{3}", "{}"][..], call(&["7"]), "[0-9]{3} 7"),
        (&["[0-9]{1}", "{}"], call(&["7"]), "[0-9]{1} 7"),
        (&["[0-9]{3}"], call(&["7"]), "[0-9]{3} < 7\n"),
        (&["{print}"], call(&["7"]), "{print} < 7\n"),
        (&["x{z}", "{a}"], members(), "x{z} 1"),
        (&["{ a }", "{1}"], task(&["7"], Some(&["a"])), "{ a } 7"),
    ] {
        assert_eq!(filled(words, call), Ok(expected.to_owned()), "{words:?}");
    }
}

#[test]
fn arguments_that_do_not_fit_are_refused() {
    for (words, call, expected) in [
        (
            &["{}"][..],
            call(&["a", "b"]),
            "takes one argument, not 2: publish it with {1}, {2}",
        ),
        (&["{1}", "{2}"], call(&["a"]), "takes 2 arguments, not 1"),
        (
            &["{1}", "{2}"],
            call(&["a", "b", "c"]),
            "takes 2 arguments, not 3",
        ),
        (
            &["{3}"],
            task(&["a", "b"], None),
            "takes 3 arguments, not 2",
        ),
        (
            &["{c}"],
            members(),
            "the program takes c, and the task has ",
        ),
        (&["x"], members(), "not struct"),
        (&["{}"], call(&["a\0"]), "zero byte"),
    ] {
        let fault = filled(words, call).unwrap_err();
        assert!(fault.contains(expected), "{words:?}: {fault}");
    }
}

#[test]
fn columns_that_are_not_there_are_told_at_the_start() {
    let names = ["a".to_owned(), "b".to_owned()];
    let check = |words: &[&str]| {
        let checked = template(words).check_columns(&names);
        checked.map_err(|failure| failure.to_string())
    };
    let fits = ["{a}", "x{c}", "{ c }", "{2}", "{print $1}"];
    assert_eq!(check(&fits), Ok(()));
    assert!(
        check(&["{c}"])
            .unwrap_err()
            .contains("no column c: the first row names a, b")
    );
    assert!(
        check(&["{3}"])
            .unwrap_err()
            .contains("there are 2 columns: a, b")
    );
}

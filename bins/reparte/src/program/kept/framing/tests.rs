//! Tests of the framings.

use super::*;

fn result(text: &str) -> Answer {
    Answer::Result(text.as_bytes().to_vec())
}

fn fault_of(text: &str, code: i32) -> Answer {
    Answer::Fault(Fault::new(code, text))
}

#[test]
fn tasks_are_written_in_each_form() {
    let text = |text: &str| vec![Value::from(text)];
    for (framing, arguments, task) in [
        (Framing::Lines, text("two words"), "two words\n"),
        (Framing::Lines, text(""), "\n"),
        (Framing::Lines, text("!x"), "!x\n"),
        (Framing::Lines, vec![Value::from(7)], "7\n"),
        (Framing::Lines, vec![Value::Base64(b"hi".to_vec())], "hi\n"),
        (Framing::Json, vec![], "[]\n"),
        (
            Framing::Json,
            vec![Value::from("a\nb"), Value::from(7)],
            "[\"a\\nb\",7]\n",
        ),
        (Framing::Length, text("a\nb"), "3\na\nb"),
        (Framing::Length, text(""), "0\n"),
        (Framing::Length, text("\u{e9}"), "2\n\u{e9}"),
    ] {
        let written = framing.task(arguments).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), task);
    }
}

#[test]
fn a_task_that_is_no_line_is_refused_with_the_remedy() {
    let bytes = |bytes: &[u8]| Value::Base64(bytes.to_vec());
    for argument in [
        Value::from("a\nb"),
        Value::from("a\r"),
        bytes(b"\xff"),
        bytes(b"a\0"),
    ] {
        let fault = Framing::Lines.task(vec![argument.clone()]).unwrap_err();
        assert_eq!(fault.code, Fault::INVALID_PARAMS);
        for remedy in ["--framing json", "--framing length"] {
            assert!(fault.message.contains(remedy), "{fault}");
        }
        assert!(Framing::Length.task(vec![argument]).is_ok());
    }
    for framing in [Framing::Lines, Framing::Length] {
        assert!(framing.task(vec![]).is_err());
        assert!(framing.task(vec![Value::Nil]).is_err());
        let two = vec![Value::from(1), Value::from(2)];
        let fault = framing.task(two).unwrap_err();
        assert!(fault.message.contains("not 2"), "{fault}");
    }
}

/// Each answer is whole at its last byte and not before, and takes its own bytes alone.
#[test]
fn answers_are_read_in_each_form() {
    let value = |value: Value| Answer::Value(value);
    for (framing, text, answer) in [
        (Framing::Lines, "a b\n", result("a b")),
        (Framing::Lines, "\n", result("")),
        (Framing::Lines, "!!\n", result("!")),
        (Framing::Lines, "!! x\n", result("! x")),
        (Framing::Lines, "a!\r\n", result("a!\r")),
        (Framing::Lines, "! no  \n", fault_of("no", 1)),
        (Framing::Lines, "! \n", fault_of("", 1)),
        (Framing::Lines, "! a\u{1}b\n", fault_of("a\u{fffd}b", 1)),
        (Framing::Json, "{\"result\": 7}\n", value(Value::from(7))),
        (Framing::Json, "{\"result\":null}\n", value(Value::Nil)),
        (
            Framing::Json,
            "{\"fault\": \"no\", \"code\": -7}\n",
            fault_of("no", -7),
        ),
        (Framing::Json, "{\"fault\": \"no\"}\n", fault_of("no", 1)),
        (Framing::Length, "0\n", result("")),
        (Framing::Length, "3\na\nb", result("a\nb")),
        (Framing::Length, "!2\nno", fault_of("no", 1)),
    ] {
        let bytes = text.as_bytes();
        for cut in 0..bytes.len() {
            let part = framing.parse(&bytes[..cut], 0);
            assert_eq!(part, Parsed::Partial, "{text:?} to {cut}");
            let searched = framing.searched(&bytes[..cut]);
            let whole = framing.parse(bytes, searched);
            assert!(matches!(whole, Parsed::Whole(..)), "{text:?}: {whole:?}");
        }
        let more = [bytes, b"more"].concat();
        assert_eq!(
            framing.parse(&more, 0),
            Parsed::Whole(answer, bytes.len()),
            "{text:?}"
        );
    }
}

#[test]
fn nonsense_is_no_answer() {
    for (framing, text) in [
        (Framing::Lines, "!\n"),
        (Framing::Lines, "!x\n"),
        (Framing::Json, "\n"),
        (Framing::Json, "7\n"),
        (Framing::Json, "{}\n"),
        (Framing::Json, "{\"result\": 1, \"fault\": \"x\"}\n"),
        (Framing::Json, "{\"result\": 1, \"code\": 2}\n"),
        (Framing::Json, "{\"fault\": 7}\n"),
        (Framing::Json, "{\"fault\": \"x\", \"code\": 1.5}\n"),
        (Framing::Json, "{\"fault\": \"x\", \"more\": 1}\n"),
        (Framing::Json, "{\"result\": 36893488147419103232}\n"),
        (Framing::Length, "\n"),
        (Framing::Length, "x"),
        (Framing::Length, "-1\n"),
        (Framing::Length, "!!1\nx"),
        (Framing::Length, "+1\nx"),
        (Framing::Length, "1 \nx"),
        (Framing::Length, "12345678901234567890"),
    ] {
        let parsed = framing.parse(text.as_bytes(), 0);
        assert!(
            matches!(parsed, Parsed::Nonsense(_)),
            "{text:?}: {parsed:?}"
        );
    }
}

#[test]
fn results_become_values_that_a_document_can_carry() {
    let value = |answer: Answer, kind| answer.value(kind);
    assert_eq!(value(result("a"), ResultType::String), Ok(Value::from("a")));
    let bytes = Value::Base64(b"a".to_vec());
    assert_eq!(value(result("a"), ResultType::Base64), Ok(bytes));
    let no_text = Answer::Result(b"\xff".to_vec());
    let fault = value(no_text, ResultType::String).unwrap_err();
    assert!(fault.message.contains("--base64"), "{fault}");
    let control = value(result("a\u{7}"), ResultType::String).unwrap_err();
    assert!(control.message.contains("U+0007"), "{control}");
    let inside = Value::Array(vec![Value::from("\u{7}")]);
    let inside = value(Answer::Value(inside), ResultType::String).unwrap_err();
    assert!(inside.message.contains("U+0007"), "{inside}");
}

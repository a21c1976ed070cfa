//! Tests of the changes to a document's text, and of its places.

use super::*;

fn source(document: &[u8]) -> ParserInput<'_> {
    ParserInput::new(document, None, &Limits::default()).unwrap()
}

#[test]
fn a_prefix_without_its_declaration_is_declared() {
    for (document, read) in [
        (
            "<?p <a?><!-- <b --><a x='>' y=''><ex:nil/></a>",
            format!("<?p <a?><!-- <b --><a{DECLARATION} x='>' y=''><ex:nil/></a>"),
        ),
        (
            "<a y='xmlns:ex=1'><ex:nil/></a>",
            format!("<a{DECLARATION} y='xmlns:ex=1'><ex:nil/></a>"),
        ),
        (
            "<a y=' xmlns:ex=1'><ex:nil/></a>",
            format!("<a{DECLARATION} y=' xmlns:ex=1'><ex:nil/></a>"),
        ),
        (
            "<a xmlns:ex='b'><ex:nil/></a>",
            "<a xmlns:ex='b'><ex:nil/></a>".to_owned(),
        ),
        ("<a><nil/></a>", "<a><nil/></a>".to_owned()),
    ] {
        let whole = source(document.as_bytes());
        assert_eq!(whole.xml(), read);
        assert_eq!(whole.run("0"), None, "the declaration is no run");
    }
}

#[test]
fn a_long_run_is_replaced_unless_its_placeholder_could_be_misread() {
    let run = "QUJD\n".repeat(MIN_RUN / 5 + 1);
    let document = format!("<?xml version='1.0'?><a>{run}</a><b>{run}</b>");
    let whole = source(document.as_bytes());
    assert_eq!(
        whole.xml(),
        "<?xml version='1.0'?><a><?xmlrpc-wire-run 0?></a><b><?xmlrpc-wire-run 1?></b>"
    );
    assert_eq!(whole.run("1"), Some(run.as_str()));
    assert_eq!(whole.run("2"), None);
    for (length, is_replaced) in [(MIN_RUN - 1, false), (MIN_RUN, true)] {
        let document = format!("<a>{}</a>", "A".repeat(length));
        let whole = source(document.as_bytes());
        assert_eq!(whole.run("0").is_some(), is_replaced, "{length}");
    }
    for document in [
        format!("<a>{run}</a><?p?>"),
        format!("<![CDATA[<a>{run}</a>"),
        format!("<a>{run}"),
        format!("<a>{run}*</a>"),
    ] {
        assert_eq!(source(document.as_bytes()).xml(), document);
    }
}

#[test]
fn places_are_those_of_the_document() {
    let run = "QUJD".repeat(MIN_RUN / 4);
    let document = format!("\u{FEFF}<a>\r\n<ex:b>{run}</ex:b>\ré<c/></a>");
    let whole = source(document.as_bytes());
    let parsed: Vec<&str> = whole.xml().split(['\n', '\r']).collect();
    let at = whole.locate(2, parsed[3].find("<c/>").unwrap() as u64 - 1);
    let offset = document.find("<c/>").unwrap() as u64;
    assert_eq!(at.offset, offset);
    assert_eq!((at.line, whole.locate(0, 2).offset), (2, 3 + 2));
}

#[test]
fn places_count_the_blanks_before_the_document() {
    for (blanks, line, column) in [("", 1, 4), (" ", 1, 5), ("\r\n\t", 2, 5), ("\n\n", 3, 4)] {
        for mark in ["", "\u{FEFF}"] {
            for document in [
                format!("{blanks}{mark}<?x?>"),
                format!("{mark}{blanks}<?x?>"),
            ] {
                let offset = (blanks.len() + mark.len() + 3) as u64;
                let at = source(document.as_bytes()).locate(0, 3);
                assert_eq!((at.line, at.column, at.offset), (line, column, offset));
            }
        }
        let wide = format!("\u{FEFF}{blanks}<?x?>");
        let wide: Vec<u8> = wide.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let at = source(&wide).locate(0, 3);
        let offset = 2 + 2 * (blanks.len() as u64 + 3);
        assert_eq!((at.line, at.column, at.offset), (line, column, offset));
    }
}

#[test]
fn the_place_of_a_wrong_byte_is_after_the_mark() {
    let read = ParserInput::new(b"\xEF\xBB\xBF<a>\xE9", None, &Limits::default());
    match read.map(|_| ()) {
        Err(Error::NotWellFormed { at, .. }) => assert_eq!(at.offset, 3 + 3),
        other => panic!("{other:?}"),
    }
}

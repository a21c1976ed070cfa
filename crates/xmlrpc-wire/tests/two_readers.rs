//! Agreement of the fast and the complete reader: for every document, both give the same
//! result or the fast one declines.

use proptest::prelude::*;
use xmlrpc_wire::readers::{complete, fast};
use xmlrpc_wire::{Limits, encode_response};

#[path = "common/values.rs"]
mod values;

fn agree(document: &[u8], limits: &Limits) {
    if let Some(read) = fast::decode_call(document, limits) {
        assert_eq!(complete::decode_call(document, limits), Ok(read));
    }
    if let Some(read) = fast::decode_response(document, limits) {
        let referee = complete::decode_response(document, limits);
        assert_eq!(format!("{referee:?}"), format!("{:?}", Ok::<_, ()>(read)));
    }
}

/// Pieces of documents, right and wrong, that the readers could read differently.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "<value>",
        "</value>",
        "<value/>",
        "<int>",
        "</int>",
        "<i4>",
        "</i4>",
        "<i8>",
        "</i8>",
        "<string>",
        "</string>",
        "<string/>",
        "<array>",
        "</array>",
        "<array/>",
        "<data>",
        "</data>",
        "<data/>",
        "<struct>",
        "</struct>",
        "<struct/>",
        "<member>",
        "</member>",
        "<name>",
        "</name>",
        "<nil/>",
        "<nil></nil>",
        "<base64>",
        "</base64>",
        "<double>",
        "</double>",
        "<boolean>",
        "</boolean>",
        "<dateTime.iso8601>",
        "</dateTime.iso8601>",
        "<biginteger>",
        "</biginteger>",
        "<ex:nil/>",
        " ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "7",
        "-1",
        "+1",
        "1.5",
        "nan",
        "19980717T14:08:55",
        "YQ==",
        "YQ",
        "a",
        "é",
        "\u{85}",
        "\u{FFFE}",
        "\u{FFFD}",
        "\u{7F}",
        "\u{1}",
        "]",
        "]]>",
        ">",
        "&lt;",
        "&gt;",
        "&amp;",
        "&quot;",
        "&apos;",
        "&#13;",
        "&#x41;",
        "&#0;",
        "&#xFFFE;",
        "&#xD800;",
        "&#xD83D;&#xDE00;",
        "1e+21",
        "99999999999999999999",
        "00000000T00:00:00Z",
        "YR==",
        "&nbsp;",
        "&",
        "&#;",
        ";",
        "<!-- a -->",
        "<![CDATA[b]]>",
        "<?p i?>",
        "<b>",
        "</b>",
        "'",
        "\"",
        "&#00000065;",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn on_what_is_written(value in values::usual_value(), cut in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut document = encode_response(&value).unwrap();
        let limits = Limits::default();
        prop_assert!(fast::decode_response(&document, &limits).is_some());
        agree(&document, &limits);
        let at = cut.index(document.len());
        document[at] = byte;
        agree(&document, &limits);
    }

    #[test]
    fn on_pieces(
        pieces in prop::collection::vec(piece(), 0..12),
        wrapped in 0..3,
        (depth, values, name, string) in (1..4_usize, 1..5_usize, 0..4_usize, 0..6_usize),
    ) {
        let inner = pieces.concat();
        let inner = match wrapped {
            0 => inner,
            1 => format!("<value>{inner}</value>"),
            _ => format!("<value><array><data><value>{inner}</value></data></array></value>"),
        };
        let mut tight = Limits::default();
        (tight.depth, tight.values, tight.name, tight.string) = (depth, values, name, string);
        for limits in [Limits::default(), tight] {
            let document = format!("<methodResponse><params><param>{inner}</param></params></methodResponse>");
            agree(document.as_bytes(), &limits);
            let document = format!("<?xml version=\"1.0\"?><methodCall><methodName>a</methodName><params><param>{inner}</param></params></methodCall>");
            agree(document.as_bytes(), &limits);
        }
    }
}

#[test]
fn on_declarations_and_ends() {
    let body = "<methodCall><methodName>é</methodName><params></params></methodCall>";
    for declaration in [
        "",
        " ",
        "\n",
        "<?xml version=\"1.0\"?>",
        "<?xml version='1.0' encoding=\"UTF-8\"?>",
        "<?xml version='1.0' encoding='us-ascii'?>",
        "<?xml version='1.1'?>",
        "<?xml version='1.0' encoding='utf-8' standalone='yes'?>",
        "<?xml version='1.0' encoding='iso-8859-1'?>",
        "<?xml version='1.0\"?>",
        "<?xml version='1.0' encoding=xutf-8x?>",
        "<?xml version='1.0'encoding='utf-8'?>",
        "<?xml version='1.0' ?>",
        "\u{FEFF}",
        "\n<?xml version=\"1.0\"?>",
        " \r\n<?xml version='1.0' encoding='iso-8859-1'?>",
        "\u{FEFF}\n<?xml version='1.0'?>",
        "\n\u{FEFF}<?xml version='1.0'?>",
        "<?xml\u{FEFF} version='1.0'?>",
    ] {
        for end in ["", "\n", " \r\n\t", "\0", "a", "<a/>", "<!-- a -->"] {
            agree(
                format!("{declaration}{body}{end}").as_bytes(),
                &Limits::default(),
            );
        }
    }
}

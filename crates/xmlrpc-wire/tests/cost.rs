//! The cost of hostile documents: CPU time in proportion to their bytes, and bounded memory.
//!
//! Each shape is decoded in a response by both readers: as it is, and behind a comment, which
//! only the complete reader takes. The shapes are decoded in a call, too.

use std::hint::black_box;

use cost_support::{Clock, PeakAlloc, Proportion};
use xmlrpc_wire::{Decoder, Limits, decode_call, decode_response};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The size of the larger document. A debug build takes a smaller one.
const LARGEST: usize = if cfg!(debug_assertions) {
    256 << 10
} else {
    2 << 20
};

/// The most bytes of memory for each byte of a document: a value of 4 bytes takes 40, and a
/// vector of them doubles its room.
const BYTES_PER_BYTE: usize = 48;

/// A document of `size` bytes: `before`, as many of `piece` as fit, and `after`, in a value.
struct Shape {
    name: &'static str,
    before: &'static str,
    piece: &'static str,
    after: &'static str,
}

const fn shape(
    name: &'static str,
    before: &'static str,
    piece: &'static str,
    after: &'static str,
) -> Shape {
    Shape {
        name,
        before,
        piece,
        after,
    }
}

const ARRAY: &str = "<array><data>";
const ARRAY_END: &str = "</data></array>";

#[rustfmt::skip]
const SHAPES: [Shape; 44] = [
    shape("deep arrays", "", "<array><data><value>", ""),
    shape("deep structs", "", "<struct><member><name>a</name><value>", ""),
    shape("deep tags", "", "<a>", ""),
    shape("deep tags of ex", "", "<ex:a>", ""),
    shape("closing tags", "", "</value>", ""),
    shape("half-open tags", "", "<", ""),
    shape("a long tag", "<", "a", "/>"),
    shape("a long attribute", "<int a='", "a", "'>1</int>"),
    shape("many attributes", "<int ", "a='' ", ">1</int>"),
    shape("quotes in a tag", "<int ", "\"'", ">1</int>"),
    shape("empty values", ARRAY, "<value/>", ARRAY_END),
    shape("empty strings", ARRAY, "<value></value>", ARRAY_END),
    shape("nils", ARRAY, "<value><nil/></value>", ARRAY_END),
    shape("nils of ex", ARRAY, "<value><ex:nil/></value>", ARRAY_END),
    shape("empty arrays", ARRAY, "<value><array/></value>", ARRAY_END),
    shape("integers", ARRAY, "<value><int>1</int></value>", ARRAY_END),
    shape("unset dates", ARRAY, "<value><dateTime.iso8601/></value>", ARRAY_END),
    shape("members of one name", "<struct>", "<member><name/><value/></member>", "</struct>"),
    shape("members without an end", "<struct>", "<member>", "</struct>"),
    shape("names on lines of their own", "<struct>", "<member><name>\n \n</name><value/></member>", "</struct>"),
    shape("a long name", "<struct><member><name>", "n", "</name><value/></member></struct>"),
    shape("references", "<string>", "&#65;", "</string>"),
    shape("named references", "<string>", "&lt;", "</string>"),
    shape("references without end", "<string>", "&", "</string>"),
    shape("numbers of references without end", "<string>", "&#", "</string>"),
    shape("surrogates in pairs", "<string>", "&#xD83D;&#xDE00;", "</string>"),
    shape("surrogates alone", "<string>", "&#xD83D;", "</string>"),
    shape("CDATA", "<string>", "<![CDATA[a]]>", "</string>"),
    shape("CDATA without end", "<string>&#65;", "<![CDATA[", "</string>"),
    shape("comments", "<string>", "<!-- a -->a", "</string>"),
    shape("comments without end", "<string>", "<!--", "</string>"),
    shape("instructions", "<string>", "<?p i?>a", "</string>"),
    shape("instructions without end", "<string>", "<?", "</string>"),
    shape("placeholders", "<string>", "<?xmlrpc-wire-run 0?>", "</string>"),
    shape("brackets", "<string>", "]]", "</string>"),
    shape("carriage returns", "<string>", "\r", "</string>"),
    shape("blanks", "", " ", "<int>1</int>"),
    shape("blanks in a number", "<int>", " ", "1</int>"),
    shape("a long number", "<int>", "1", "</int>"),
    shape("a long double", "<double>", "1", "</double>"),
    shape("a long exponent", "<double>1e", "1", "</double>"),
    shape("a long date", "<dateTime.iso8601>19980717T14:08:55.", "1", "</dateTime.iso8601>"),
    shape("base64 in short lines", "<base64>", "QQ\n", "</base64>"),
    shape("base64 that goes wrong", "<base64>", "QUJD", "*</base64>"),
];

/// The shapes of calls, around their values.
#[rustfmt::skip]
const CALL_SHAPES: [Shape; 7] = [
    shape("parameters", "<methodName>f</methodName><params>", "<param><value><int>1</int></value></param>", "</params>"),
    shape("empty parameters", "<methodName>f</methodName><params>", "<param><value/></param>", "</params>"),
    shape("parameters without an end", "<methodName>f</methodName><params>", "<param>", ""),
    shape("lists of parameters", "<methodName>f</methodName>", "<params/>", ""),
    shape("a long method name", "<methodName>", "f", "</methodName>"),
    shape("blanks round a method name", "<methodName>", "\n ", "f</methodName>"),
    shape("method names", "", "<methodName>f</methodName>", ""),
];

impl Shape {
    fn response(&self, start: &str, size: usize) -> Vec<u8> {
        let start = format!("{start}<methodResponse><params><param><value>");
        let end = "</value></param></params></methodResponse>";
        self.document(&start, end, size)
    }

    fn argument(&self, size: usize) -> Vec<u8> {
        let start = "<methodCall><methodName>f</methodName><params><param><value>";
        let end = "</value></param></params></methodCall>";
        self.document(start, end, size)
    }

    fn call(&self, start: &str, size: usize) -> Vec<u8> {
        self.document(&format!("{start}<methodCall>"), "</methodCall>", size)
    }

    fn document(&self, start: &str, end: &str, size: usize) -> Vec<u8> {
        let (before, after) = ([start, self.before].concat(), [self.after, end].concat());
        let room = size - before.len() - after.len();
        let middle = self.piece.repeat(room / self.piece.len());
        [before, middle, after].concat().into_bytes()
    }
}

/// The readers, by what a document begins with.
const READERS: [(&str, &str); 2] = [("", ""), (", behind a comment", "<!-- -->")];

fn check(name: String, make: impl Fn(usize) -> Vec<u8>, decode: impl Fn(&[u8])) {
    Proportion::of(name)
        .clock(Clock::Thread)
        .bytes_per_byte(BYTES_PER_BYTE)
        .check(LARGEST, make, |document| decode(document));
}

#[test]
fn a_document_costs_in_proportion_to_its_bytes() {
    let limits = Limits::default();
    let decode = |document: &[u8]| drop(black_box(decode_response(document, &limits)));
    for shape in &SHAPES {
        for (reader, start) in READERS {
            let name = format!("{}{reader}", shape.name);
            check(name, |size| shape.response(start, size), decode);
        }
    }
    // Before the root, where the prolog is searched.
    for piece in ["\n", " ", "<!-- -->", "<?p?>", "<!--", "<?", "\u{FEFF}"] {
        let name = format!("{piece:?} before the root");
        check(
            name,
            |size| piece.repeat(size / piece.len()).into_bytes(),
            decode,
        );
    }
    // Whole bytes of other encodings.
    let repeated = |bytes: &[u8], size: usize| bytes.repeat(size / bytes.len());
    for (name, start, bytes) in [
        ("UTF-16", &b"\xFE\xFF\0<"[..], &b"\0a"[..]),
        ("UTF-16 with surrogates", b"\xFE\xFF\0<", b"\xD8\x3D\xDE\0"),
        (
            "Windows-1252",
            b"<?xml version='1.0' encoding='windows-1252'?><a>",
            b"\x80",
        ),
        ("broken UTF-8", b"<a>", b"\xFF"),
        ("zeros", b"", b"\0"),
    ] {
        let make = |size| [start, &repeated(bytes, size)].concat();
        check(name.to_owned(), make, decode);
    }
    // A charset that the document is not in, so that it is decoded twice.
    let decoder = Decoder::new(&limits).content_type("text/xml; charset=utf-8");
    let make = |size| {
        let declaration = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>";
        [declaration, &repeated(b"\xE9", size)[..]].concat()
    };
    check("another charset".to_owned(), make, |document| {
        drop(black_box(decoder.decode_response(document)));
    });
}

#[test]
fn a_call_costs_in_proportion_to_its_bytes() {
    let limits = Limits::default();
    let decode = |document: &[u8]| drop(black_box(decode_call(document, &limits)));
    for shape in &SHAPES {
        let name = format!("a call with {}", shape.name);
        check(name, |size| shape.argument(size), decode);
    }
    for shape in &CALL_SHAPES {
        for (reader, start) in READERS {
            let name = format!("a call of {}{reader}", shape.name);
            check(name, |size| shape.call(start, size), decode);
        }
    }
}

/// The charset of a `Content-Type` is looked for in it.
#[test]
fn a_content_type_costs_in_proportion_to_its_bytes() {
    let limits = Limits::default();
    for piece in [";", "; a=b", "\"", "a=\";\";", "charset"] {
        let make = |size: usize| format!("text/xml{}", piece.repeat(size / piece.len()));
        Proportion::of(format!("a Content-Type of {piece:?}"))
            .clock(Clock::Thread)
            .check(LARGEST, make, |field| {
                black_box(Decoder::new(&limits).content_type(field));
            });
    }
}

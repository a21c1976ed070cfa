//! Hostile documents: each is read or refused, in time and memory in proportion to its size.
//!
//! Time is processor time, since the machine may be busy: 250 ms for each MiB in a release
//! build, ten times as much in a debug build. Memory is measured on Linux only, by the kernel's
//! figures.

use std::fs;
use std::sync::Mutex;
use std::time::Duration;

use xmlrpc_wire::readers::complete;
use xmlrpc_wire::{Error, Limit, Limits, decode_response};

/// Held by the test that runs, since memory is measured for the whole process.
static ALONE: Mutex<()> = Mutex::new(());

const MIB: usize = 1 << 20;

/// The size of a document in bytes; a debug build takes smaller ones.
const SIZE: usize = if cfg!(debug_assertions) { MIB / 4 } else { MIB };

fn answer(inner: &str) -> String {
    format!(
        "<methodResponse><params><param><value>{inner}</value></param></params></methodResponse>"
    )
}

/// Returns a document of about the size, filled with copies of `piece`.
fn filled(before: &str, piece: &str, after: &str) -> String {
    let room = SIZE - before.len() - after.len() - 200;
    answer(&format!(
        "{before}{}{after}",
        piece.repeat(room / piece.len())
    ))
}

/// Returns documents of many shapes, all of about the size.
fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let long = "n".repeat(1000);
    let text = vec![
        (
            "deep arrays",
            answer(&"<array><data><value>".repeat(50_000)),
        ),
        ("deep tags", "<a>".repeat(340_000)),
        (
            "deep ex: tags",
            format!("<methodResponse>{}", "<ex:a>".repeat(170_000)),
        ),
        (
            "empty values",
            filled("<array><data>", "<value/>", "</data></array>"),
        ),
        (
            "empty values with a comment",
            filled("<!-- --><array><data>", "<value/>", "</data></array>"),
        ),
        (
            "nils",
            filled("<array><data>", "<value><nil/></value>", "</data></array>"),
        ),
        (
            "empty arrays",
            filled(
                "<array><data>",
                "<value><array/></value>",
                "</data></array>",
            ),
        ),
        (
            "members of one name",
            filled("<struct>", "<member><name/><value/></member>", "</struct>"),
        ),
        (
            "members of long names",
            filled(
                "<struct>",
                &format!("<member><name>{long}</name><value/></member>"),
                "</struct>",
            ),
        ),
        ("references", filled("<string>", "&#65;", "</string>")),
        (
            "references, handed over",
            filled("<!-- --><string>", "&#65;", "</string>"),
        ),
        ("named references", filled("<string>", "&lt;", "</string>")),
        (
            "references without end",
            filled("<string>", "&", "</string>"),
        ),
        ("CDATA", filled("<string>", "<![CDATA[a]]>", "</string>")),
        ("comments", filled("<string>", "<!-- a -->a", "</string>")),
        ("instructions", filled("<string>", "<?p i?>a", "</string>")),
        (
            "markers",
            filled("<string>", "<?xmlrpc-wire-run 0?>a", "</string>"),
        ),
        ("brackets", filled("<string>", "]]", "</string>")),
        ("blanks", filled("", " ", "<int>1</int>")),
        ("blanks in a number", filled("<int>", " ", "1</int>")),
        ("a long number", filled("<int>", "1", "</int>")),
        (
            "a long big integer",
            filled("<biginteger>", "1", "</biginteger>"),
        ),
        ("a long double", filled("<double>", "1", "</double>")),
        ("a long exponent", filled("<double>1e", "1", "</double>")),
        (
            "a long date",
            filled(
                "<dateTime.iso8601>19980717T14:08:55.",
                "1",
                "</dateTime.iso8601>",
            ),
        ),
        (
            "base64 in short lines",
            filled("<base64>", "QQ\n", "</base64>"),
        ),
        (
            "base64 that goes wrong",
            filled("<base64>", "QUJD", "*</base64>"),
        ),
        (
            "many long runs",
            filled(
                "<array><data>",
                &format!("<value>{}</value>", "QUJD".repeat(1100)),
                "</data></array>",
            ),
        ),
        (
            "a long tag",
            answer(&format!("<{}/>", "a".repeat(SIZE - 300))),
        ),
        (
            "a long attribute",
            answer(&format!("<int a='{}'>1</int>", "a".repeat(SIZE - 300))),
        ),
        (
            "many attributes",
            answer(&format!(
                "<int {}>1</int>",
                (0..80_000).map(|n| format!("a{n}='' ")).collect::<String>()
            )),
        ),
        (
            "many namespaces",
            answer(&format!(
                "<int {}>1</int>",
                (0..40_000)
                    .map(|n| format!("xmlns:a{n}='b' "))
                    .collect::<String>()
            )),
        ),
        (
            "a long declaration",
            format!("<?xml version='1.0' {}?>", " ".repeat(SIZE - 300)),
        ),
        (
            "a long DOCTYPE",
            format!("<!DOCTYPE a [{}]><a/>", "<!ENTITY b 'c'>".repeat(60_000)),
        ),
        ("half-open tags", answer(&"<".repeat(SIZE - 300))),
        ("closing tags", answer(&"</value>".repeat(100_000))),
    ];
    let mut shapes: Vec<(&str, Vec<u8>)> = text
        .into_iter()
        .map(|(name, document)| (name, document.into_bytes()))
        .collect();
    let wide: Vec<u8> = format!("\u{FEFF}{}", answer("<array><data><value/></data></array>"))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    shapes.push(("UTF-16", [wide, [b' ', 0].repeat(SIZE / 2 - 300)].concat()));
    let latin =
        b"<?xml version='1.0' encoding='windows-1252'?><methodResponse><params><param><value>"
            .to_vec();
    shapes.push(("Windows-1252", [latin, vec![0x80; SIZE - 300]].concat()));
    shapes.push(("zeros", vec![0; SIZE]));
    shapes.push(("bytes that are no UTF-8", vec![0xFF; SIZE]));
    shapes
}

fn processor_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() as u32)
}

#[test]
fn anything_is_read_or_refused_in_time_and_in_memory() {
    let _alone = ALONE.lock().unwrap();
    let most = Duration::from_millis(if cfg!(debug_assertions) { 625 } else { 250 });
    for (name, document) in shapes() {
        assert!(
            document.len() <= MIB * 21 / 20,
            "{name}: {}",
            document.len()
        );
        // Resets the peak (VmHWM).
        let marked = fs::write("/proc/self/clear_refs", "5").is_ok();
        let before = memory("VmRSS:");
        let start = processor_time();
        let read = decode_response(&document, &Limits::default());
        let took = processor_time() - start;
        let beyond = memory("VmHWM:").saturating_sub(memory("VmRSS:").max(before));
        println!(
            "{name}: {took:?}, {beyond} bytes beyond the value, {}",
            read.is_ok()
        );
        assert!(took < most, "{name}: {took:?}");
        assert!(!marked || beyond <= 16 * MIB, "{name}: {beyond} bytes");
    }
}

/// Returns a figure of the kernel about this process in bytes, or 0 if there is none.
fn memory(field: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kibibytes.unwrap_or(0) * 1024
}

#[test]
fn time_grows_with_the_size() {
    let _alone = ALONE.lock().unwrap();
    let seconds = |document: &str| {
        let best = (0..3).map(|_| {
            let start = processor_time();
            let _ = complete::decode_response(document.as_bytes(), &Limits::default());
            let _ = decode_response(document.as_bytes(), &Limits::default());
            processor_time() - start
        });
        best.min().unwrap().as_secs_f64()
    };
    for (name, before, piece, after) in [
        (
            "wide",
            "<array><data>",
            "<value><i4>1</i4></value>",
            "</data></array>",
        ),
        (
            "deep",
            "",
            "<array><data><value><string/></value></data></array>",
            "",
        ),
        ("entities", "<string>", "a&amp;", "</string>"),
        ("text", "<string>", "é]", "</string>"),
        ("comments", "<string>", "a<!---->", "</string>"),
        (
            "members",
            "<struct>",
            "<member><name>a</name><value/></member>",
            "</struct>",
        ),
    ] {
        let of = |count: usize| answer(&format!("{before}{}{after}", piece.repeat(count)));
        let (small, large) = (seconds(&of(500)), seconds(&of(4_000)));
        assert!(
            large < small * 8.0 * 4.0,
            "{name}: {small} and {large} seconds"
        );
    }
}

#[test]
fn fifty_thousand_nested_arrays_meet_the_limit() {
    let _alone = ALONE.lock().unwrap();
    let open = "<array><data><value>".repeat(50_000);
    let close = "</value></data></array>".repeat(50_000);
    let document = answer(&format!("{open}{close}"));
    let mut limits = Limits::default();
    for (depth, max) in [(64, 64), (usize::MAX, 256)] {
        limits.depth = depth;
        let error = decode_response(document.as_bytes(), &limits).unwrap_err();
        match error {
            Error::LimitExceeded { limit, .. } => assert_eq!(limit, Limit::Depth),
            other => panic!("{other}"),
        }
        let open = "<array><data><value>".repeat(max - 1);
        let close = "</value></data></array>".repeat(max - 1);
        let document = answer(&format!("{open}{close}"));
        assert!(decode_response(document.as_bytes(), &limits).is_ok());
        assert!(complete::decode_response(document.as_bytes(), &limits).is_ok());
    }
}

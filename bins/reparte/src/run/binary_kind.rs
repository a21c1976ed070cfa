//! The kinds of files that are no tasks, by their first line.

/// Returns what a file is that begins with this line, if it is no text.
pub(super) fn binary_kind(line: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 10] = [
        (
            b"\x1f\x8b",
            "they are packed by gzip: unpack them, as by `zcat FILE |`",
        ),
        (
            b"\x28\xb5\x2f\xfd",
            "they are packed by zstd: unpack them, as by `zstdcat FILE |`",
        ),
        (
            b"\xfd7zXZ\0",
            "they are packed by xz: unpack them, as by `xzcat FILE |`",
        ),
        (
            b"BZh",
            "they are packed by bzip2: unpack them, as by `bzcat FILE |`",
        ),
        (
            b"PK\x03\x04",
            "they are a ZIP archive: unpack it, as by `unzip -p FILE |`",
        ),
        (
            b"\x04\"M\x18",
            "they are packed by lz4: unpack them, as by `lz4cat FILE |`",
        ),
        (
            b"\x1f\x9d",
            "they are packed by compress: unpack them, as by `zcat FILE |`",
        ),
        (b"\x7fELF", "they are a program"),
        (b"\x89PNG", "they are an image"),
        (b"\xff\xd8\xff", "they are an image"),
    ];
    let known = KINDS.iter().find(|(magic, _)| line.starts_with(magic));
    let is_utf8 = str::from_utf8(line).is_ok();
    // A text may begin with the letters BZh.
    let is_text = is_utf8 && !line.contains(&0);
    match known {
        Some((_, kind)) if !is_text => Some(kind),
        _ if line.contains(&0) => Some("they are no text: the first line has a zero byte"),
        // A text of another charset has no more than the control characters of texts.
        _ if !is_utf8 && line.iter().any(|byte| is_binary_control(*byte)) => {
            Some("they are no text: the first line has control characters, and is not UTF-8")
        }
        _ => None,
    }
}

/// Returns whether it is a control character that texts do not have. They have a tab, line ends, a
/// form feed, and the escape of terminals and of charsets such as ISO-2022.
fn is_binary_control(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)
}

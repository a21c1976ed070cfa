//! The bytes of a journal, as docs/journal.md describes them. No files.

use crate::ids::TaskId;

/// The version of the format.
pub(crate) const VERSION: u32 = 1;
/// The first bytes of every journal.
const MAGIC: [u8; 8] = *b"reparte\n";
/// The length of a record's frame, which comes before its content: the content's length, its
/// checksum, and the checksum of these two.
pub(super) const FRAME: usize = 12;
/// The length of the first part of a record's content: the task, and the key of its
/// arguments.
const ENTRY: usize = 16;

/// The key of a task's arguments: their length and their checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ArgumentsKey(u64);

impl ArgumentsKey {
    /// Returns the key of arguments with these bytes.
    pub(super) fn of(args: &[u8]) -> Self {
        let length = args.len() as u64;
        Self(length << 32 | u64::from(crc32fast::hash(args)))
    }
}

/// Returns the header of a journal of this work.
pub(super) fn header(work: &str) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_le_bytes());
    header.extend((work.len() as u32).to_le_bytes());
    header.extend(work.as_bytes());
    header.extend(crc32fast::hash(&header).to_le_bytes());
    header
}

/// The result of reading a header.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// The file is a journal of this work, with a header of this length.
    Of(String, u64),
    /// The file is a journal of this later version.
    Newer(u32),
    /// The file is no journal.
    Foreign,
}

/// Reads a header from the first bytes of a file: from all of them, or as many as a header
/// can have.
pub(super) fn read_header(from: &[u8]) -> Header {
    try_header(from).unwrap_or(Header::Foreign)
}

fn try_header(whole: &[u8]) -> Option<Header> {
    let mut from = whole;
    if take(&mut from, MAGIC.len())? != MAGIC {
        return None;
    }
    match take_u32(&mut from)? {
        0 => return None,
        VERSION => {}
        newer => return Some(Header::Newer(newer)),
    }
    let length = take_u32(&mut from)? as usize;
    let work = take(&mut from, length)?;
    let (checked, _) = whole.split_at_checked(whole.len() - from.len())?;
    if take_u32(&mut from)? != crc32fast::hash(checked) {
        return None;
    }
    let work = std::str::from_utf8(work).ok()?.to_owned();
    Some(Header::Of(work, (whole.len() - from.len()) as u64))
}

/// Returns the first part of the content of a task's record. Its result follows.
pub(super) fn entry(task: TaskId, key: ArgumentsKey) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    let (first, second) = entry.split_at_mut(ENTRY / 2);
    first.copy_from_slice(&task.index().to_le_bytes());
    second.copy_from_slice(&key.0.to_le_bytes());
    entry
}

/// The number that no task has: its record is the journal's label.
pub(super) const LABEL: TaskId = TaskId::new(u64::MAX);

/// Returns the task, the key of its arguments and its result, of the content of a task's record.
pub(super) fn open_entry(content: &[u8]) -> Option<(TaskId, ArgumentsKey, &[u8])> {
    let (task, rest) = content.split_first_chunk()?;
    let (key, result) = rest.split_first_chunk()?;
    let task = TaskId::new(u64::from_le_bytes(*task));
    Some((task, ArgumentsKey(u64::from_le_bytes(*key)), result))
}

/// Returns the record of a content, which is given in parts; None if it is too long for one.
pub(super) fn framed(content: &[&[u8]]) -> Option<Vec<u8>> {
    let length: usize = content.iter().map(|part| part.len()).sum();
    let frame_length = u32::try_from(length).ok()?;
    let mut record = Vec::with_capacity(FRAME + length);
    record.extend([0; FRAME]);
    content.iter().for_each(|part| record.extend(*part));
    let (frame, content) = record.split_at_mut(FRAME);
    frame.copy_from_slice(&self::frame(frame_length, crc32fast::hash(content)));
    Some(record)
}

fn frame(length: u32, checksum: u32) -> [u8; FRAME] {
    let mut frame = [0; FRAME];
    frame[..4].copy_from_slice(&length.to_le_bytes());
    frame[4..8].copy_from_slice(&checksum.to_le_bytes());
    let own = crc32fast::hash(&frame[..8]);
    frame[8..].copy_from_slice(&own.to_le_bytes());
    frame
}

/// The frame of a record, if it is whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) length: u32,
    checksum: u32,
}

impl Frame {
    /// Reads a frame; None if it is damaged.
    pub(super) fn read(bytes: [u8; FRAME]) -> Option<Self> {
        let mut from = &bytes[..];
        let (length, checksum) = (take_u32(&mut from)?, take_u32(&mut from)?);
        (bytes == frame(length, checksum)).then_some(Self { length, checksum })
    }

    /// Returns whether the frame is of this content.
    pub(super) fn is_of(self, content: &[u8]) -> bool {
        crc32fast::hash(content) == self.checksum
    }
}

fn take<'a>(from: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(taken)
}

fn take_u32(from: &mut &[u8]) -> Option<u32> {
    let (taken, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(u32::from_le_bytes(*taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_length_and_the_checksum() {
        for (args, key) in [(&b""[..], 0), (b"123456789", 0x9_cbf4_3926)] {
            assert_eq!(ArgumentsKey::of(args), ArgumentsKey(key), "{args:?}");
        }
    }

    #[test]
    fn a_header_reads_as_what_it_is() {
        let header = header("cuad");
        let length = header.len() as u64;
        let of = Header::Of("cuad".to_owned(), length);
        assert_eq!(read_header(&header), of);
        let longer = [&header[..], b"more"].concat();
        assert_eq!(read_header(&longer), of);
        for cut in 0..header.len() {
            assert_eq!(read_header(&header[..cut]), Header::Foreign, "{cut}");
        }
        for at in (0..8).chain(12..header.len()) {
            let mut other = header.clone();
            other[at] ^= 1;
            assert_eq!(read_header(&other), Header::Foreign, "{at}");
        }
        let mut newer = header;
        newer[8] = 2;
        assert_eq!(read_header(&newer), Header::Newer(2));
        assert_eq!(read_header(&newer[..12]), Header::Newer(2));
        newer[8] = 0;
        assert_eq!(read_header(&newer), Header::Foreign);
    }
}

//! Tests of the journal of records.

use std::fs;

use super::*;
use crate::journal::test_folder::Folder;

const WORK: &str = "notes";

/// Opens a journal. Returns its records too.
fn open(path: &Path) -> (RecordJournal, Vec<(RecordPosition, Vec<u8>)>) {
    let mut records = Vec::new();
    let each = |position, record: &[u8]| records.push((position, record.to_vec()));
    let journal = RecordJournal::open(path, WORK, each).unwrap();
    (journal, records)
}

#[test]
fn records_are_found_again_in_order_and_read_at_their_positions() {
    let folder = Folder::new("records");
    let path = folder.path("records");
    let records = [&b"one"[..], b"", b"a longer one", b"one"];
    let (mut journal, had) = open(&path);
    assert_eq!(had, []);
    let write = |record: &&[u8]| (journal.append(record).unwrap(), record.to_vec());
    let written: Vec<_> = records.iter().map(write).collect();
    journal.finish().unwrap();
    let (mut journal, had) = open(&path);
    assert_eq!(had, written);
    for (position, record) in had.iter().rev() {
        assert_eq!(journal.read(*position).unwrap(), *record);
    }
    // What is read is no place to write to.
    let next = journal.append(b"next").unwrap();
    assert_eq!(journal.read(next).unwrap(), b"next");
    drop(journal);
    assert_eq!(open(&path).1.len(), 5);
}

#[test]
fn what_is_no_position_of_it_is_an_error() {
    let folder = Folder::new("positions");
    let path = folder.path("positions");
    let (mut journal, _) = open(&path);
    let RecordPosition(first) = journal.append(&[7; 100]).unwrap();
    let error = journal.read(RecordPosition(first + 1)).unwrap_err();
    assert!(
        matches!(error.kind, Kind::Damaged { offset } if offset == first + 1),
        "{error}"
    );
    let error = journal.read(RecordPosition(first + 1_000)).unwrap_err();
    assert!(
        matches!(error.kind, Kind::Io { doing: "read", .. }),
        "{error}"
    );
    // Changed after it was opened: of the same length, in the content of the record.
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = journal.read(RecordPosition(first)).unwrap_err();
    assert!(matches!(error.kind, Kind::Damaged { .. }), "{error}");
}

#[test]
fn a_torn_record_is_cut_off_and_damage_before_it_is_an_error() {
    let folder = Folder::new("torn records");
    let path = folder.path("records");
    let (mut journal, _) = open(&path);
    let positions = [b"first", b"other"].map(|record| journal.append(record).unwrap());
    drop(journal);
    let whole = fs::read(&path).unwrap();
    for cut in positions[1].0..whole.len() as u64 {
        fs::write(&path, &whole[..cut as usize]).unwrap();
        let (mut journal, had) = open(&path);
        assert_eq!(had, [(positions[0], b"first".to_vec())], "cut at {cut}");
        assert_eq!(journal.append(b"other").unwrap(), positions[1]);
        drop(journal);
        assert!(fs::read(&path).unwrap() == whole, "cut at {cut}");
    }
    for at in positions[0].0..positions[1].0 {
        let mut damaged = whole.clone();
        damaged[at as usize] ^= 1;
        fs::write(&path, damaged).unwrap();
        let error = RecordJournal::open(&path, WORK, |_, _| ()).unwrap_err();
        let RecordPosition(first) = positions[0];
        assert!(
            matches!(error.kind, Kind::Damaged { offset } if offset == first),
            "{at}: {error}"
        );
    }
}

#[test]
fn other_work_is_refused_and_a_journal_in_use_too() {
    let folder = Folder::new("other records");
    let path = folder.path("records");
    let (journal, _) = open(&path);
    let error = RecordJournal::open(&path, WORK, |_, _| ()).unwrap_err();
    assert!(matches!(error.kind, Kind::Locked), "{error}");
    journal.synced().finish().unwrap();
    let error = RecordJournal::open(&path, "letters", |_, _| ()).unwrap_err();
    assert!(
        error.to_string().contains("is of notes, not of letters"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_is_gone_at_the_end_is_an_error() {
    let folder = Folder::new("gone records");
    let path = folder.path("records");
    let (mut journal, _) = open(&path);
    journal.append(b"one").unwrap();
    fs::remove_file(&path).unwrap();
    let error = journal.finish().unwrap_err();
    assert!(matches!(error.kind, Kind::Replaced), "{error}");
}

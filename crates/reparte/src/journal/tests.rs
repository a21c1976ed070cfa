//! A journal that a real run wrote, cut and damaged at every byte.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use super::*;
use crate::destino::from_fn::from_fn;
use crate::journal::format::header;
use crate::journal::test_folder::Folder;
use crate::repartidor::Repartidor;

type Squares = Journal<u64, String>;

/// The number of tasks of the run. Their results take more than 10,000 bytes.
const TASKS: u64 = 70;
const WORK: &str = "square";

/// Makes these a file's bytes. It is not emptied first: some file systems would
/// wait for the disk each time.
fn write(path: &Path, bytes: &[u8]) {
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false);
    let mut file = options.open(path).unwrap();
    file.write_all(bytes).unwrap();
    file.set_len(bytes.len() as u64).unwrap();
}

/// A task's result: of another length each.
fn square(n: u64) -> String {
    "x".repeat(100 + (n % 50) as usize) + &(n * n).to_string()
}

/// Writes a journal by a run of two slots, and gives its bytes.
fn run(path: &Path) -> Vec<u8> {
    let server = from_fn("here", |&n: &u64| Ok(square(n))).with_slots(2);
    let mut reparto = Repartidor::builder()
        .destinos([server])
        .journal(Squares::open(path, WORK).unwrap())
        .start()
        .unwrap();
    for n in 0..TASKS {
        reparto.enviar(n).unwrap();
    }
    reparto.terminar().unwrap();
    fs::read(path).unwrap()
}

/// Returns the positions at which records begin, and the end of the last.
fn bounds(journal: &[u8]) -> Vec<usize> {
    let mut at = header("square u64 -> string").len();
    let mut bounds = vec![at];
    while at < journal.len() {
        let length = u32::from_le_bytes(journal[at..at + 4].try_into().unwrap());
        at += 12 + length as usize;
        bounds.push(at);
    }
    bounds
}

/// Checks that each result in it is the right one: how many there are.
fn check_results(journal: &Squares) -> usize {
    let had = (0..TASKS).filter_map(|n| {
        let had = journal.find(TaskId::new(n), &n).unwrap()?;
        assert_eq!(had, square(n));
        Some(had)
    });
    had.count()
}

#[test]
fn cut_at_every_byte_it_keeps_the_whole_records() {
    let folder = Folder::new("cut");
    let whole = run(&folder.path("whole"));
    let bounds = bounds(&whole);
    assert!(whole.len() >= 10_000, "{}", whole.len());
    assert_eq!(bounds.len() as u64, TASKS + 1);
    let path = folder.path("cut");
    for cut in 0..=whole.len() {
        write(&path, &whole[..cut]);
        let journal = Squares::open(&path, WORK).unwrap();
        let expected = bounds
            .partition_point(|&bound| bound <= cut)
            .saturating_sub(1);
        assert_eq!(journal.len(), expected, "cut at {cut}");
        if bounds.contains(&cut) {
            assert_eq!(check_results(&journal), expected, "cut at {cut}");
        }
        // What is added comes after the last whole record.
        let added = TaskId::new(TASKS);
        let kept = journal.record(added, &TASKS, square(TASKS));
        assert_eq!(kept.unwrap(), square(TASKS));
        drop(journal);
        let journal = Squares::open(&path, WORK).unwrap();
        assert_eq!(journal.len(), expected + 1, "cut at {cut}");
        assert_eq!(journal.find(added, &TASKS).unwrap(), Some(square(TASKS)));
    }
}

#[test]
fn damaged_at_any_byte_it_is_refused_or_loses_its_last_record() {
    let folder = Folder::new("damage");
    let whole = run(&folder.path("whole"));
    let bounds = bounds(&whole);
    let last = bounds[bounds.len() - 2];
    let path = folder.path("damaged");
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        write(&path, &damaged);
        match Squares::open(&path, WORK) {
            Ok(journal) => {
                assert!(at >= last, "damage at {at} is not seen");
                assert_eq!(check_results(&journal) as u64, TASKS - 1);
            }
            Err(error) => {
                let begin = bounds.partition_point(|&bound| bound <= at);
                match error.kind {
                    JournalErrorKind::Damaged { offset } => {
                        assert_eq!(offset, bounds[begin - 1] as u64, "damage at {at}");
                    }
                    JournalErrorKind::NotAJournal | JournalErrorKind::NewerVersion { .. } => {
                        assert_eq!(begin, 0, "damage at {at}");
                    }
                    _ => panic!("damage at {at}: {error}"),
                }
                assert_eq!(fs::read(&path).unwrap(), damaged, "a refused file stays");
            }
        }
    }
}

#[test]
fn zeros_after_the_last_record_are_cut_off() {
    let folder = Folder::new("zeros");
    let whole = run(&folder.path("whole"));
    let path = folder.path("zeros");
    for zeros in [1, 11, 12, 13, 5000] {
        fs::write(&path, [&whole[..], &vec![0; zeros]].concat()).unwrap();
        let journal = Squares::open(&path, WORK).unwrap();
        assert_eq!(check_results(&journal) as u64, TASKS, "{zeros} zeros");
        assert_eq!(fs::metadata(&path).unwrap().len(), whole.len() as u64);
    }
    fs::write(&path, [&whole[..], &[0; 100], b"x"].concat()).unwrap();
    let error = Squares::open(&path, WORK).unwrap_err();
    assert!(
        matches!(error.kind, JournalErrorKind::Damaged { .. }),
        "{error}"
    );
}

/// With fewer bytes than a frame has, it would be a torn record.
#[test]
fn after_the_last_record_a_whole_frame_that_is_none_is_damage() {
    let folder = Folder::new("frame");
    let path = folder.path("frame");
    drop(Squares::open(&path, WORK).unwrap());
    let header = fs::read(&path).unwrap();
    for (length, is_damage) in [(11, false), (12, true), (13, true)] {
        fs::write(&path, [&header[..], &vec![b'x'; length]].concat()).unwrap();
        match Squares::open(&path, WORK) {
            Ok(journal) => assert!(!is_damage && journal.is_empty(), "{length}"),
            Err(error) => assert!(
                is_damage && matches!(error.kind, JournalErrorKind::Damaged { .. }),
                "{length}: {error}"
            ),
        }
    }
}

#[test]
fn a_record_that_comes_twice_is_damage() {
    let folder = Folder::new("twice");
    let whole = run(&folder.path("whole"));
    let bounds = bounds(&whole);
    let path = folder.path("twice");
    fs::write(&path, [&whole[..], &whole[bounds[0]..bounds[1]]].concat()).unwrap();
    let error = Squares::open(&path, WORK).unwrap_err();
    let at = whole.len() as u64;
    assert!(
        matches!(error.kind, JournalErrorKind::Damaged { offset } if offset == at),
        "{error}"
    );
}

#[test]
fn of_two_results_of_a_task_the_first_counts() {
    let folder = Folder::new("hedge");
    let journal = Squares::open(folder.path("journal"), WORK).unwrap();
    let keep = |text: &str| journal.record(TaskId::new(3), &3, text.to_owned()).unwrap();
    assert!(journal.is_empty());
    assert_eq!(keep("first"), "first");
    assert_eq!(keep("second"), "first");
    assert_eq!(journal.len(), 1);
    assert!(!journal.is_empty());
}

#[test]
fn a_result_is_for_its_arguments_alone() {
    let folder = Folder::new("arguments");
    let journal = Squares::open(folder.path("journal"), WORK).unwrap();
    let task = TaskId::new(3);
    journal.record(task, &3, "nine".to_owned()).unwrap();
    assert_eq!(journal.find(task, &3).unwrap().as_deref(), Some("nine"));
    assert_eq!(journal.find(TaskId::new(4), &3).unwrap(), None);
    for error in [
        journal.find(task, &4).unwrap_err(),
        journal.record(task, &4, "sixteen".to_owned()).unwrap_err(),
    ] {
        assert!(
            matches!(error.kind, JournalErrorKind::OtherTask { task: t } if t == task),
            "{error}"
        );
    }
}

#[test]
fn a_name_of_4096_bytes_is_read_back() {
    let folder = Folder::new("name");
    let open = |bytes| {
        let name = "x".repeat(bytes);
        Journal::<(), ()>::open_with(
            folder.path("journal"),
            &name,
            |()| vec![],
            |()| vec![],
            |_| Some(()),
        )
    };
    for _ in 0..2 {
        open(4096).unwrap();
    }
    open(4097).unwrap_err();
}

#[test]
fn what_is_no_journal_of_this_work_is_refused_and_left_alone() {
    let folder = Folder::new("foreign");
    let path = folder.path("file");
    let mut newer = header("square u64 -> string");
    newer[8] = 7;
    let cases: [(&[u8], &str); 6] = [
        (b"a diary", "holds something else than a journal"),
        (b"reparte: notes", "holds something else than a journal"),
        (
            &newer,
            "version 7 of the format, and this program knows version 1",
        ),
        (
            &header("cube u64 -> string"),
            "is of cube u64 -> string, not of square u64 -> string",
        ),
        (
            &header("square u64 -> u64"),
            "is of square u64 -> u64, not of",
        ),
        (
            &header("cube u64")[..13],
            "holds something else than a journal",
        ),
    ];
    for (bytes, expected) in cases {
        fs::write(&path, bytes).unwrap();
        let error = Squares::open(&path, WORK).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    let error = Squares::open(&folder.0, WORK).unwrap_err();
    assert!(matches!(error.kind, JournalErrorKind::Io { .. }), "{error}");
    let error = Squares::open(&path, &"x".repeat(5000)).unwrap_err();
    assert!(error.to_string().contains("4096 bytes"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_device_is_no_journal() {
    let error = Squares::open("/dev/null", WORK).unwrap_err();
    assert!(
        matches!(error.kind, JournalErrorKind::NotAJournal),
        "{error}"
    );
}

#[test]
fn a_journal_in_use_is_refused() {
    let folder = Folder::new("held");
    let path = folder.path("journal");
    let first = Squares::open(&path, WORK).unwrap();
    let error = Squares::open(&path, WORK).unwrap_err();
    assert!(matches!(error.kind, JournalErrorKind::Locked), "{error}");
    first.finish().unwrap();
    Squares::open(&path, WORK).unwrap();
}

/// A reader of before takes the label for the result of a task that is never sent.
#[test]
fn a_label_is_no_result_and_stays() {
    let folder = Folder::new("label");
    let path = folder.path("labelled");
    let journal = Squares::open(&path, WORK).unwrap();
    assert_eq!(journal.label_or(|| "a".to_owned()).unwrap(), "a");
    assert!(journal.is_empty());
    drop(journal);
    run(&path);
    let journal = Squares::open(&path, WORK).unwrap();
    assert_eq!(journal.label_or(|| "b".to_owned()).unwrap(), "a");
    assert_eq!(journal.len() as u64, TASKS);
    assert_eq!(check_results(&journal) as u64, TASKS);
    assert!(journal.has_result(TaskId::new(0), &0).unwrap());
    assert!(!journal.has_result(TaskId::new(TASKS), &TASKS).unwrap());
}

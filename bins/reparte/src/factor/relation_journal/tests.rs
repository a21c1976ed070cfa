//! Tests of the journal of a factorization.

use std::fs;
use std::time::Duration;

use super::*;

/// A journal's path, in a folder that is removed when this is dropped.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("reparte-factor-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Place(folder)
    }

    fn path(&self) -> PathBuf {
        self.0.join("journal")
    }

    fn open(&self) -> RelationJournal {
        RelationJournal::open(&self.path()).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn natural(n: u64) -> Natural {
    Natural::from(n)
}

fn sieved(n: u64, range: Range<u64>, version: u32) -> SievedRecord {
    SievedRecord {
        n: natural(n),
        version,
        range,
        server: "host:9000".to_owned(),
        time: Duration::from_secs(1),
        cpu: Duration::from_secs(1),
        packed: vec![7; 10],
    }
}

#[test]
fn what_was_kept_is_found_by_the_next_run() {
    let place = Place::new("found");
    let curves = |sigma, count| CurveRange::new(100, 1_000, sigma, count).unwrap();
    let mut journal = place.open();
    journal.begin(&natural(77)).unwrap();
    journal.begin(&natural(91)).unwrap();
    journal.add_p_minus_1(&natural(91), (100, 1_000)).unwrap();
    journal.add_curves(&natural(91), curves(10, 8)).unwrap();
    journal.add_curves(&natural(91), curves(20, 4)).unwrap();
    let version = QuadraticSieve::VERSION;
    let records = [sieved(91, 0..5, version), sieved(91, 5..6, version)];
    for record in &records {
        journal.add_sieved(record.clone()).unwrap();
    }
    journal.add_withdrawn(&natural(91), 0..5).unwrap();
    journal.add_sieved(sieved(91, 6..9, version + 1)).unwrap();
    journal.add_divisor(&natural(77), &natural(7)).unwrap();
    journal.finish().unwrap();

    let mut journal = place.open();
    assert_eq!(journal.divisor(&natural(77)).unwrap(), Some(natural(7)));
    assert_eq!(journal.divisor(&natural(91)).unwrap(), None);
    for (n, bounds, expected) in [
        (91, (100, 1_000), true),
        (91, (100, 1_001), false),
        (77, (100, 1_000), false),
    ] {
        assert_eq!(journal.has_p_minus_1(&natural(n), bounds), expected, "{n}");
    }
    for (wanted, expected) in [
        (curves(10, 8), &[(0, 8)][..]),
        (curves(10, 100), &[(0, 8), (10, 14)]),
        (curves(12, 9), &[(0, 6), (8, 9)]),
        (curves(30, 8), &[]),
        (CurveRange::new(101, 1_000, 10, 8).unwrap(), &[]),
    ] {
        let parts = journal.curves(&natural(91), &wanted).into_iter();
        let parts: Vec<_> = parts.map(|part| (part.start, part.end)).collect();
        assert_eq!(parts, expected);
    }
    let parts = journal.sieved(&natural(91));
    let [
        SievedPart::Sieved(first, first_at),
        SievedPart::Sieved(second, second_at),
        SievedPart::Withdrawn(withdrawn),
    ] = parts.as_slice()
    else {
        panic!("{parts:?}");
    };
    assert_eq!([first, second, withdrawn], [&(0..5), &(5..6), &(0..5)]);
    assert_eq!(journal.read_sieved(*first_at).unwrap(), records[0]);
    assert_eq!(journal.read_sieved(*second_at).unwrap(), records[1]);
    assert!(journal.sieved(&natural(77)).is_empty());
}

/// The numbers of a range are those of its version's list: in another one they may not exist.
#[test]
fn ranges_withdrawn_in_another_version_are_not_sieved_again() {
    let place = Place::new("versions");
    let version = QuadraticSieve::VERSION;
    let mut journal = place.open();
    journal.begin(&natural(91)).unwrap();
    // The server of the range had relations of it in the same version.
    journal.add_sieved(sieved(91, 7..9, version + 1)).unwrap();
    journal.add_withdrawn(&natural(91), 7..9).unwrap();
    journal.add_sieved(sieved(91, 0..5, version)).unwrap();
    journal.add_withdrawn(&natural(91), 0..5).unwrap();
    journal.add_sieved(sieved(91, 5..6, version + 1)).unwrap();
    journal.add_withdrawn(&natural(91), 5..6).unwrap();
    journal.finish().unwrap();
    let parts = place.open().sieved(&natural(91));
    let [
        SievedPart::Sieved(sieved, _),
        SievedPart::Withdrawn(withdrawn),
    ] = parts.as_slice()
    else {
        panic!("{parts:?}");
    };
    assert_eq!([sieved, withdrawn], [&(0..5), &(0..5)]);
}

#[test]
fn a_journal_of_other_numbers_is_refused_by_name() {
    let place = Place::new("other");
    let mut journal = place.open();
    journal.begin(&natural(77)).unwrap();
    journal.begin(&natural(91)).unwrap();
    drop(journal);
    let mut journal = place.open();
    journal.begin(&natural(77)).unwrap();
    let Err(Stop::Journal(text)) = journal.begin(&natural(93)) else {
        panic!("it is begun");
    };
    assert!(text.contains("number 2 there is 91, not 93"), "{text}");
    drop(journal);
    // Fewer numbers, and more, are no other ones.
    let mut journal = place.open();
    for n in [77, 91, 93] {
        journal.begin(&natural(n)).unwrap();
    }
    drop(journal);
    let mut journal = place.open();
    journal.begin(&natural(77)).unwrap();
}

#[test]
fn a_divisor_that_is_none_is_told() {
    for divisor in [5, 1, 77] {
        let place = Place::new("divisor");
        let mut journal = place.open();
        journal
            .add_divisor(&natural(77), &natural(divisor))
            .unwrap();
        let Err(Stop::Journal(text)) = journal.divisor(&natural(77)) else {
            panic!("{divisor} is a divisor");
        };
        assert!(text.contains("is no divisor of 77"), "{text}");
    }
}

#[test]
fn records_that_are_not_known_are_refused() {
    let place = Place::new("later");
    let mut file = RecordJournal::open(place.path(), WORK, |_, _| ()).unwrap();
    file.append(&Record::Number(natural(77)).to_bytes())
        .unwrap();
    file.append(b"z").unwrap();
    drop(file);
    let error = RelationJournal::open(&place.path())
        .unwrap_err()
        .to_string();
    assert!(error.contains("record 2 of"), "{error}");
}

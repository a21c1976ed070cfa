//! Tests of the file of records: its name, and what others do to it.

use super::*;
use crate::journal::test_folder::Folder;

fn open(path: &Path) -> RecordFile {
    RecordFile::open(path, "work", |_, _| true).unwrap()
}

fn add(file: &mut RecordFile) -> Result<u64, JournalError> {
    file.add(&[b"content"], Kind::RecordTooLong)
}

#[test]
fn a_file_is_in_its_folder() {
    for (path, expected) in [
        ("/var/run/journal", "/var/run"),
        ("/journal", "/"),
        ("runs/journal", "runs"),
        ("journal", "."),
    ] {
        assert_eq!(folder(Path::new(path)), Path::new(expected), "{path}");
    }
}

/// A file is checked once a second at most, and before a sync.
#[cfg(unix)]
#[test]
fn a_file_that_somebody_else_changes_is_replaced() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 4] = [
        ("deleted", |path| fs::remove_file(path).unwrap()),
        ("replaced by a copy", |path| {
            let copy = path.with_extension("copy");
            fs::copy(path, &copy).unwrap();
            fs::rename(&copy, path).unwrap();
        }),
        ("longer", |path| {
            let mut file = OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(b"more").unwrap();
        }),
        ("shorter", |path| {
            let file = OpenOptions::new().write(true).open(path).unwrap();
            file.set_len(3).unwrap();
        }),
    ];
    for (name, change) in changes {
        let folder = Folder::new("changed");
        let path = folder.path("journal");
        let mut journal = open(&path);
        journal.sync().unwrap();
        change(&path);
        journal.checked = Instant::now() + CHECK_INTERVAL;
        if let Err(error) = add(&mut journal) {
            panic!("{name}: checked too soon: {error}");
        }
        let error = journal.sync().unwrap_err();
        assert!(matches!(error.kind, Kind::Replaced), "{name}: {error}");
        let Some(long_ago) = Instant::now().checked_sub(CHECK_INTERVAL) else {
            continue;
        };
        journal.checked = long_ago;
        let error = add(&mut journal).unwrap_err();
        assert!(matches!(error.kind, Kind::Replaced), "{name}: {error}");
        assert!(journal.checked > long_ago, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_named_as_the_reason_and_nothing_else_is() {
    let folder = Folder::new("link");
    let link = |name: &str, to: &Path| {
        std::os::unix::fs::symlink(to, folder.path(name)).unwrap();
        folder.path(name)
    };
    for (path, is_named) in [
        (link("to-nothing", Path::new("nothing")), true),
        (link("to-a-folder", &folder.0), false),
        (folder.path("no-folder/journal"), false),
        (folder.0.clone(), false),
    ] {
        let error = open_file(&path).unwrap_err().to_string();
        assert_eq!(
            error.contains("link to nothing"),
            is_named,
            "{path:?}: {error}"
        );
    }
    assert!(!folder.path("nothing").exists());
}

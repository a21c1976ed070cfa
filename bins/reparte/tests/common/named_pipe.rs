//! Named pipes.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Command;

use test_support::TestDirectory;

/// Makes a named pipe in a directory. It is at its end once all who write to it have died.
pub fn pipe(directory: &TestDirectory, name: &str) -> String {
    let path = directory.path(name);
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    path
}

/// The reader of a named pipe.
#[derive(Debug)]
pub struct Reader(BufReader<File>);

impl Reader {
    /// Waits for who writes to it, and for a line.
    #[track_caller]
    pub fn open(path: &str) -> Self {
        let mut reader = BufReader::new(File::open(path).unwrap());
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert_eq!(line, "started\n");
        Reader(reader)
    }

    /// Waits until all who could write to it have ended.
    pub fn all_dead(mut self) {
        self.0.read_to_string(&mut String::new()).unwrap();
    }
}

//! A directory of a test's own, and what goes into it.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The directory, gone with this.
#[derive(Debug)]
pub struct Files(PathBuf);

impl Files {
    pub fn new(name: &str) -> Self {
        let name = format!("reparte {name} {}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        Files(directory)
    }

    pub fn directory(&self) -> &Path {
        &self.0
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Writes a file, and gives its path.
    pub fn write(&self, name: &str, text: &str, mode: u32) -> String {
        let path = self.path(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(mode);
        let mut file = options.open(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        path
    }

    /// A pipe with a name, which is at its end once all who wrote to it have died.
    pub fn pipe(&self, name: &str) -> String {
        let path = self.path(name);
        let made = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        path
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The reader of a pipe with a name.
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

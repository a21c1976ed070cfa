//! A directory for a test's files.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A new directory for a test's files. It is removed when this is dropped.
#[derive(Debug)]
pub struct TestDirectory(PathBuf);

impl TestDirectory {
    /// Makes a directory whose name has `name`, the process id, a number of its own, and a
    /// space: tests of one process may run at the same time.
    pub fn new(name: &str) -> Self {
        TestDirectory::named(&format!("test {name} {}", process::id()), " ")
    }

    /// Makes a directory for Unix sockets, whose short name has no space: no URL could have one.
    pub fn for_sockets() -> Self {
        TestDirectory::named(&format!("test-{}", process::id()), "-")
    }

    /// Makes a directory with this name and a number, with `space` between them.
    fn named(name: &str, space: &str) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Relaxed);
        let name = format!("{name}{space}{number}");
        let directory = std::env::temp_dir().join(name);
        fs::create_dir_all(&directory).unwrap();
        TestDirectory(directory)
    }

    /// Returns the directory itself.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.0
    }

    /// Returns the path of a file in it, there or not.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Writes a new file with this mode, and returns its path.
    pub fn write(&self, name: &str, text: &str, mode: u32) -> String {
        let path = self.path(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(mode);
        let mut file = options.open(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        path
    }
}

impl Drop for TestDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

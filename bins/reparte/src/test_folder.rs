//! A folder for the files of a unit test. It is removed with it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub(crate) struct TestFolder(PathBuf);

impl TestFolder {
    /// Makes a folder of this test alone.
    pub(crate) fn new() -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Relaxed);
        let folder = std::env::temp_dir().join(format!("reparte-unit-{}-{number}", process::id()));
        fs::create_dir_all(&folder).expect("a folder for tests can be made");
        TestFolder(folder)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }

    /// Returns the path of a file in it.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Writes a new file with this mode, and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str, mode: u32) -> String {
        let path = self.path(name);
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&path)
            .expect("the file is new");
        file.write_all(text.as_bytes()).expect("there is room");
        path
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

//! The files of a run, which have to be different ones: what is written to one of them would
//! overwrite the other.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// A file of a run, as messages name it.
struct NamedFile {
    name: String,
    identity: Identity,
}

/// The identity of a file.
#[derive(PartialEq, Eq)]
enum Identity {
    /// A file that is there: its device and its number.
    There(u64, u64),
    /// A file that is to be made.
    New(PathBuf),
}

/// The files that the flags name, and those that standard input and output are.
#[derive(Default)]
pub(crate) struct DistinctFiles(Vec<NamedFile>);

impl DistinctFiles {
    /// Adds the file of a flag, if it names one.
    pub(crate) fn add(&mut self, flag: &str, path: Option<&Path>) {
        let Some(path) = path else { return };
        let identity = match fs::metadata(path) {
            Ok(there) => identity(&there),
            Err(_) => std::path::absolute(path).ok().map(Identity::New),
        };
        self.push(format!("{flag} {}", path.display()), identity);
    }

    /// Adds an open stream, if it is a file.
    #[cfg(unix)]
    pub(crate) fn add_stream(&mut self, name: &str, stream: impl std::os::fd::AsFd) {
        let file = stream.as_fd().try_clone_to_owned().map(fs::File::from);
        let metadata: io::Result<Metadata> = file.and_then(|file| file.metadata());
        let identity = metadata.ok().as_ref().and_then(identity);
        self.push(name.to_owned(), identity);
    }

    fn push(&mut self, name: String, identity: Option<Identity>) {
        if let Some(identity) = identity {
            self.0.push(NamedFile { name, identity });
        }
    }

    /// Checks that no two are one.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        for (at, file) in self.0.iter().enumerate() {
            let other = self.0.iter().take(at).find(|f| f.identity == file.identity);
            if let Some(other) = other {
                let text = format!("{} and {} are the same file", other.name, file.name);
                let text = format!("{text}: one would overwrite the other, so name another file");
                return Err(match text.contains("--journal") {
                    true => Failure::Journal(text),
                    false => Failure::Argument(text),
                });
            }
        }
        Ok(())
    }
}

/// Returns the identity of a file. `None` if it is no file, such as a pipe or /dev/null.
fn identity(metadata: &Metadata) -> Option<Identity> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let identity = Identity::There(metadata.dev(), metadata.ino());
        metadata.is_file().then_some(identity)
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        None
    }
}

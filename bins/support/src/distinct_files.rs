//! The files of a program, which have to be different ones: what is written to one of them would
//! overwrite the other.

use std::error::Error;
use std::fmt;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

/// The files that a command line names, and those that the standard streams are.
#[derive(Debug, Default)]
pub struct DistinctFiles(Vec<NamedFile>);

/// A file, as messages name it.
#[derive(Debug)]
struct NamedFile {
    name: String,
    role: Role,
    identity: Identity,
}

/// The purpose of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A file that is read.
    Input,
    /// A file that is written.
    Output,
    /// A standard stream that is written.
    OutputStream,
}

impl Role {
    /// Returns whether one file may have both roles. Standard output and standard error may be
    /// one file, since the shell says so (`2>&1`).
    fn goes_with(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Role::Input, Role::Input) | (Role::OutputStream, Role::OutputStream)
        )
    }
}

/// The identity of a file.
#[derive(Debug, PartialEq, Eq)]
enum Identity {
    /// A file that is there: its device and its number.
    There(u64, u64),
    /// A file that is to be made. The path of its directory has no link.
    New(PathBuf),
}

impl DistinctFiles {
    /// Adds the file of a flag that is read, if it names one.
    pub fn add_input(&mut self, flag: &str, path: Option<&Path>) {
        self.add(flag, path, Role::Input);
    }

    /// Adds the file of a flag that is written, if it names one.
    pub fn add_output(&mut self, flag: &str, path: Option<&Path>) {
        self.add(flag, path, Role::Output);
    }

    /// Adds standard input, if it is a file.
    pub fn add_standard_input(&mut self) {
        #[cfg(unix)]
        self.add_stream("standard input", std::io::stdin(), Role::Input);
    }

    /// Adds standard output and standard error, if they are files.
    pub fn add_standard_outputs(&mut self) {
        #[cfg(unix)]
        {
            self.add_stream("standard output", std::io::stdout(), Role::OutputStream);
            self.add_stream("standard error", std::io::stderr(), Role::OutputStream);
        }
    }

    /// Checks that no file would be overwritten by another use of it.
    ///
    /// # Errors
    ///
    /// Two names are the same file, and it is written.
    pub fn check(&self) -> Result<(), SameFile> {
        for (at, file) in self.0.iter().enumerate() {
            let is_same = |other: &&NamedFile| {
                other.identity == file.identity && !other.role.goes_with(file.role)
            };
            if let Some(other) = self.0.iter().take(at).find(is_same) {
                return Err(SameFile {
                    one: other.name.clone(),
                    other: file.name.clone(),
                });
            }
        }
        Ok(())
    }

    fn add(&mut self, flag: &str, path: Option<&Path>, role: Role) {
        let Some(path) = path else { return };
        let identity = match fs::metadata(path) {
            Ok(there) => identity(&there),
            Err(_) => new_file(path),
        };
        self.push(format!("{flag} {}", path.display()), role, identity);
    }

    #[cfg(unix)]
    fn add_stream(&mut self, name: &str, stream: impl std::os::fd::AsFd, role: Role) {
        let file = stream.as_fd().try_clone_to_owned().map(fs::File::from);
        let metadata = file.and_then(|file| file.metadata());
        let identity = metadata.ok().as_ref().and_then(identity);
        self.push(name.to_owned(), role, identity);
    }

    fn push(&mut self, name: String, role: Role, identity: Option<Identity>) {
        if let Some(identity) = identity {
            self.0.push(NamedFile {
                name,
                role,
                identity,
            });
        }
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

/// Returns the identity of a file that is to be made, whatever links lead to its directory.
fn new_file(path: &Path) -> Option<Identity> {
    let path = std::path::absolute(path).ok()?;
    let directory = fs::canonicalize(path.parent()?).ok()?;
    Some(Identity::New(directory.join(path.file_name()?)))
}

/// One file has two names, and what is written to one would overwrite the other.
#[derive(Debug)]
pub struct SameFile {
    one: String,
    other: String,
}

impl SameFile {
    /// Returns whether one of the names is that of a flag.
    #[must_use]
    pub fn is_of(&self, flag: &str) -> bool {
        let is_flag = |name: &str| name.split(' ').next() == Some(flag);
        is_flag(&self.one) || is_flag(&self.other)
    }
}

impl fmt::Display for SameFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SameFile { one, other } = self;
        write!(
            f,
            "{one} and {other} are the same file: one would overwrite the other, so name another \
             file"
        )
    }
}

impl Error for SameFile {}

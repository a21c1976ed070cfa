//! The output files of a run: they are checked before it begins, and written at its end.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// The directories and links that stand for open descriptors. They are written to, whatever
/// they stand for.
const DESCRIPTORS: [&str; 4] = ["/dev/fd", "/dev/stdout", "/dev/stderr", "/proc"];

/// A file to write once. It stays as it is until then.
#[derive(Debug)]
pub(crate) struct OutputFile {
    flag: &'static str,
    path: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// A regular file, or a new one. It is replaced in one step, so nobody sees half of it. The
    /// path has no link.
    File(PathBuf),
    /// A pipe or a device, which can't be replaced.
    Stream(File),
}

impl OutputFile {
    /// Checks the file that a flag names, if it names one. Opens a pipe, which waits for its
    /// reader.
    pub(crate) fn at(flag: &'static str, path: Option<&Path>) -> Result<Option<Self>, Failure> {
        let at = |path: &Path| match Target::at(path) {
            Ok(target) => Ok(OutputFile {
                flag,
                path: path.to_owned(),
                target,
            }),
            Err(error) => Err(Failure::argument(format_args!(
                "{flag}: can't write {} ({error}): name a file in a folder that is there and \
                 that you may write to",
                path.display()
            ))),
        };
        path.map(at).transpose()
    }

    /// Writes the text.
    pub(crate) fn write(self, text: &str) -> Result<(), Failure> {
        let written = match self.target {
            Target::File(path) => replace(&path, text),
            Target::Stream(mut file) => file.write_all(text.as_bytes()),
        };
        written.map_err(|error| {
            let text = format!("{} {}: {error}", self.flag, self.path.display());
            Failure::Output(io::Error::new(error.kind(), text))
        })
    }
}

impl Target {
    /// Checks a path by making a file beside it, since that is what writing does.
    fn at(path: &Path) -> io::Result<Self> {
        let is_descriptor = DESCRIPTORS.iter().any(|one| path.starts_with(one));
        let file = match fs::metadata(path) {
            Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(there) if is_descriptor || !there.is_file() => {
                let open = OpenOptions::new().append(true).open(path);
                return open.map(Target::Stream);
            }
            Ok(_) => {
                // A rename would replace a file that may not be written.
                OpenOptions::new().write(true).open(path)?;
                fs::canonicalize(path)?
            }
            // A link to nothing, or a name that ends with a slash, can't be made.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(error) if path.is_symlink() || !ends_with_name(path) => return Err(error),
            Err(_) => path.to_owned(),
        };
        let (_, temporary) = create_temporary(&file)?;
        fs::remove_file(temporary)?;
        Ok(Target::File(file))
    }
}

/// Returns whether the path ends with a name, and not with a slash.
fn ends_with_name(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    path.file_name()
        .is_some_and(|name| bytes.ends_with(name.as_encoded_bytes()))
}

/// Writes a temporary file beside the one at `path`, and renames it once it is whole. It has
/// the permissions of the older one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let (mut file, temporary) = create_temporary(path)?;
    let mut write = || {
        if let Ok(older) = fs::metadata(path) {
            file.set_permissions(older.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

/// Creates a temporary file in the same directory. Its name is random and it must be new, so
/// that nobody can put a link in its place before.
fn create_temporary(path: &Path) -> io::Result<(File, PathBuf)> {
    let random = RandomState::new().hash_one(0);
    let temporary = path.with_file_name(format!("reparte-{random:016x}.unfinished"));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&temporary)?;
    Ok((file, temporary))
}

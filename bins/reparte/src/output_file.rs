//! Files that a run writes at its end: whether they can be written shows before it begins.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// What stands for something that is open already, whatever that is.
const DESCRIPTORS: [&str; 4] = ["/dev/fd", "/dev/stdout", "/dev/stderr", "/proc"];

/// A file to be written, which stays as it is until then.
#[derive(Debug)]
pub(crate) struct OutputFile {
    flag: &'static str,
    path: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// Replaced in one step: never seen half written. No link.
    File(PathBuf),
    /// A pipe or a device, which is not to be replaced.
    Stream(File),
}

impl OutputFile {
    /// The file that a flag names, if it names one. A pipe is waited for until it is read.
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

    /// Writes all of it.
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
    fn at(path: &Path) -> io::Result<Self> {
        let is_descriptor = DESCRIPTORS.iter().any(|one| path.starts_with(one));
        let file = match fs::metadata(path) {
            Ok(there) if there.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(there) if is_descriptor || !there.is_file() => {
                let open = OpenOptions::new().append(true).open(path);
                return open.map(Target::Stream);
            }
            Ok(_) => {
                // What may not be written to is not replaced either.
                OpenOptions::new().write(true).open(path)?;
                fs::canonicalize(path)?
            }
            // A link to nothing, or a name that can only be a directory's, is not made.
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Err(error) if path.is_symlink() || !ends_with_name(path) => return Err(error),
            Err(_) => path.to_owned(),
        };
        let (_, tried) = aside(&file)?;
        fs::remove_file(tried)?;
        Ok(Target::File(file))
    }
}

/// Whether nothing follows the last name, such as a slash.
fn ends_with_name(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    path.file_name()
        .is_some_and(|name| bytes.ends_with(name.as_encoded_bytes()))
}

/// Writes a file beside the one at `path`, and puts it in its place once it is whole.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let (mut file, aside) = aside(path)?;
    let mut write = || {
        if let Ok(older) = fs::metadata(path) {
            file.set_permissions(older.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, path)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&aside);
    })
}

/// A new file in the same directory. Its name can't be known before, and what has it is not
/// opened, so that nobody can lay a link there.
fn aside(path: &Path) -> io::Result<(File, PathBuf)> {
    let random = RandomState::new().hash_one(0);
    let aside = path.with_file_name(format!("reparte-{random:016x}.unfinished"));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&aside)?;
    Ok((file, aside))
}

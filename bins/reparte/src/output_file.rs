//! The output files of a run: they are checked before it begins, and written at its end.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, BufWriter, Write};
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
        let name = self.name();
        let written = self.begin().and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.finish()
        });
        written.map_err(|error| output_failure(&name, &error))
    }

    /// Begins to write the file bit by bit.
    pub(crate) fn begin(self) -> io::Result<UnfinishedFile> {
        let (file, place) = match self.target {
            Target::File(path) => {
                let (file, temporary) = create_temporary(&path)?;
                (file, Some(Place { path, temporary }))
            }
            Target::Stream(file) => (file, None),
        };
        Ok(UnfinishedFile {
            writer: BufWriter::new(file),
            place,
        })
    }

    /// Returns the flag and the path, as errors name the file.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.flag, self.path.display())
    }
}

/// Returns the failure of a file of this name that can't be written.
pub(crate) fn output_failure(name: &str, error: &io::Error) -> Failure {
    Failure::Output(io::Error::new(error.kind(), format!("{name}: {error}")))
}

/// A file that is being written. Unless it is finished, it is removed, and an older one stays.
#[derive(Debug)]
pub(crate) struct UnfinishedFile {
    writer: BufWriter<File>,
    /// None for a pipe or a device, and once the file is in its place.
    place: Option<Place>,
}

/// The place of a regular file, and of the temporary one beside it.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    temporary: PathBuf,
}

impl UnfinishedFile {
    /// Puts the whole file in its place, with the permissions of the older one.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()?;
        let Some(place) = &self.place else {
            return Ok(());
        };
        let file = self.writer.get_ref();
        if let Ok(older) = fs::metadata(&place.path) {
            file.set_permissions(older.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&place.temporary, &place.path)?;
        self.place = None;
        Ok(())
    }
}

impl Write for UnfinishedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Drop for UnfinishedFile {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            let _ = fs::remove_file(place.temporary);
        }
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

/// Creates a temporary file in the same directory. Its name is random and it must be new, so
/// that nobody can put a link in its place before.
fn create_temporary(path: &Path) -> io::Result<(File, PathBuf)> {
    let random = RandomState::new().hash_one(0);
    let temporary = path.with_file_name(format!("reparte-{random:016x}.unfinished"));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    // It may quote what others should not read: tasks, errors, the command line.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok((options.open(&temporary)?, temporary))
}

//! The file of a journal: its header, and records of any content, which are read and appended to.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use untrusted_text::OneLine;

use crate::error::journal::{JournalError, JournalErrorKind as Kind};
use crate::journal::format::{FRAME, Frame, Header, VERSION, framed, header, read_header};

/// The longest name of a journal's work, in bytes.
const LONGEST_WORK: usize = 4096;
/// The longest time between a change of the file by somebody else and its discovery, as long as
/// results come.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// An open file of records. It is whole up to `end`.
#[derive(Debug)]
pub(super) struct RecordFile {
    path: PathBuf,
    /// Opened for appending: a write goes to the end, wherever the last read was.
    file: File,
    /// The offset of the next record.
    end: u64,
    /// A write failed half-way, and what it left could not be cut off. Nothing is written
    /// any more.
    broken: bool,
    /// Each record is written to the disk at once.
    pub(super) synced: bool,
    /// The time when the file was last seen to be the one that has its name.
    checked: Instant,
}

impl RecordFile {
    /// Opens the file of this work, or begins it. Cuts off a torn last record. Gives the offset
    /// and the content of each record to `each`, which returns false for one that can't be here:
    /// the file is damaged from there on.
    pub(super) fn open(
        path: &Path,
        work: &str,
        each: impl FnMut(u64, &[u8]) -> bool,
    ) -> Result<Self, JournalError> {
        let fail = |kind| JournalError {
            path: path.to_owned(),
            kind,
        };
        let io = |doing| move |source| fail(Kind::Io { doing, source });
        if work.len() > LONGEST_WORK {
            let source = io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("its name takes more than {LONGEST_WORK} bytes"),
            );
            return Err(fail(Kind::Io {
                doing: "begin",
                source,
            }));
        }
        let (file, is_new) = open_file(path).map_err(io("open"))?;
        if !lock(&file).map_err(io("lock"))? {
            return Err(fail(Kind::Locked));
        }
        let mut journal = Self {
            path: path.to_owned(),
            file,
            end: 0,
            broken: false,
            synced: false,
            checked: Instant::now(),
        };
        let metadata = journal.file.metadata().map_err(io("read"))?;
        if !metadata.is_file() {
            return Err(fail(Kind::NotAJournal));
        }
        let length = metadata.len();
        let begin = journal.head().map_err(io("read"))?;
        let own = header(work);
        if own.starts_with(&begin) && begin.len() < own.len() {
            journal.begin(&own).map_err(io("begin"))?;
            if is_new {
                sync_folder(path).map_err(io("begin"))?;
            }
            return Ok(journal);
        }
        match read_header(&begin) {
            Header::Of(holds, after) if holds == work => journal.end = after,
            Header::Of(holds, _) => {
                let wanted = work.to_owned();
                return Err(fail(Kind::OtherWork { holds, wanted }));
            }
            Header::Newer(version) => {
                let supported = VERSION;
                return Err(fail(Kind::NewerVersion { version, supported }));
            }
            Header::Foreign => return Err(fail(Kind::NotAJournal)),
        }
        let whole = journal.scan(length, each).map_err(io("read"))?;
        if !whole {
            let offset = journal.end;
            return Err(fail(Kind::Damaged { offset }));
        }
        if let Some(torn @ 1..) = length.checked_sub(journal.end) {
            log::info!(
                "{}: its last record is torn: {torn} bytes cut off",
                OneLine::new(&path.display().to_string())
            );
            journal.file.set_len(journal.end).map_err(io("mend"))?;
        }
        Ok(journal)
    }

    /// Reads the first bytes of the file, as many as a header can have.
    fn head(&mut self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.file.rewind()?;
        let most = (header("").len() + LONGEST_WORK) as u64;
        (&self.file).take(most).read_to_end(&mut head)?;
        Ok(head)
    }

    /// Begins a journal in a file that holds nothing, or the first part of its header.
    fn begin(&mut self, header: &[u8]) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all(header)?;
        self.end = header.len() as u64;
        Ok(())
    }

    /// Reads all records, up to the end of the last whole one. Returns false if what follows
    /// is more than a torn record.
    fn scan(&mut self, length: u64, mut each: impl FnMut(u64, &[u8]) -> bool) -> io::Result<bool> {
        self.file.seek(SeekFrom::Start(self.end))?;
        let mut from = BufReader::new(&self.file);
        let mut content = Vec::new();
        loop {
            let left = length.saturating_sub(self.end);
            if left < FRAME as u64 {
                return Ok(true);
            }
            let mut frame = [0; FRAME];
            from.read_exact(&mut frame)?;
            let Some(frame) = Frame::read(frame) else {
                // After a power cut, some file systems have zeros at the end of a file.
                return Ok(frame == [0; FRAME] && is_zero(&mut from)?);
            };
            let whole = FRAME as u64 + u64::from(frame.length);
            if whole > left {
                return Ok(true);
            }
            content.clear();
            let read = (&mut from)
                .take(frame.length.into())
                .read_to_end(&mut content)?;
            if read != frame.length as usize {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if !frame.is_of(&content) {
                return Ok(whole == left);
            }
            if !each(self.end, &content) {
                return Ok(false);
            }
            self.end += whole;
        }
    }

    /// Returns the content of the record at an offset.
    ///
    /// # Errors
    ///
    /// The file can't be read, or has been damaged since it was opened.
    pub(super) fn read(&mut self, offset: u64) -> Result<Vec<u8>, JournalError> {
        let content = self.try_read(offset).map_err(|e| self.io("read", e))?;
        content.ok_or_else(|| self.error(Kind::Damaged { offset }))
    }

    fn try_read(&mut self, offset: u64) -> io::Result<Option<Vec<u8>>> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut frame = [0; FRAME];
        self.file.read_exact(&mut frame)?;
        let Some(frame) = Frame::read(frame) else {
            return Ok(None);
        };
        let mut content = Vec::new();
        (&self.file)
            .take(frame.length.into())
            .read_to_end(&mut content)?;
        Ok(frame.is_of(&content).then_some(content))
    }

    /// Appends a record, and returns its offset. Cuts off what a failed write has left.
    ///
    /// # Errors
    ///
    /// `too_long` if the content takes 4 GiB or more, and those of the file.
    pub(super) fn add(&mut self, content: &[&[u8]], too_long: Kind) -> Result<u64, JournalError> {
        let Some(record) = framed(content) else {
            return Err(self.error(too_long));
        };
        if self.checked.elapsed() >= CHECK_INTERVAL {
            self.check()?;
        }
        if self.broken {
            let source = io::Error::other("an earlier write failed half-way");
            return Err(self.io("write", source));
        }
        let written = self
            .file
            .write_all(&record)
            .and_then(|()| match self.synced {
                true => self.file.sync_data(),
                false => Ok(()),
            });
        if let Err(error) = written {
            self.broken = self.file.set_len(self.end).is_err();
            return Err(self.io("write", error));
        }
        let offset = self.end;
        self.end += record.len() as u64;
        Ok(offset)
    }

    /// Writes everything to the disk.
    pub(super) fn sync(&mut self) -> Result<(), JournalError> {
        self.check()?;
        self.file.sync_data().map_err(|e| self.io("write", e))
    }

    /// Checks that the file still has its name, and all of what was written.
    fn check(&mut self) -> Result<(), JournalError> {
        self.checked = Instant::now();
        let open = self.file.metadata().map_err(|e| self.io("check", e))?;
        let named = fs::metadata(&self.path);
        let is_named = named.as_ref().is_ok_and(|named| is_same(&open, named));
        match is_named && (open.len() == self.end || self.broken) {
            true => Ok(()),
            false => Err(self.error(Kind::Replaced)),
        }
    }

    /// Returns an error of this file.
    pub(super) fn error(&self, kind: Kind) -> JournalError {
        JournalError {
            path: self.path.clone(),
            kind,
        }
    }

    fn io(&self, doing: &'static str, source: io::Error) -> JournalError {
        self.error(Kind::Io { doing, source })
    }
}

/// Returns true if both are of the same file.
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        (one.dev(), one.ino()) == (other.dev(), other.ino())
    }
    // Elsewhere a file that is open can't be deleted or replaced.
    #[cfg(not(unix))]
    {
        let _ = (one, other);
        true
    }
}

/// Returns true if the rest is zeros.
fn is_zero(from: &mut impl io::Read) -> io::Result<bool> {
    let mut chunk = [0; 4096];
    loop {
        match from.read(&mut chunk)? {
            0 => return Ok(true),
            read if chunk[..read].iter().all(|&byte| byte == 0) => {}
            _ => return Ok(false),
        }
    }
}

/// Opens the file, or makes one that only its owner can read. Returns whether it is new. A link
/// to nothing is an error: somebody else may have put it there, to have the file made elsewhere.
fn open_file(path: &Path) -> io::Result<(File, bool)> {
    match open_options().open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return Ok((opened?, false)),
    }
    let mut options = open_options();
    // A new file never has the place of a link.
    options.create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => Ok((file, true)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_symlink() => Err(
            io::Error::new(error.kind(), "it is a link to nothing: remove the link"),
        ),
        // Another run has just made it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Ok((open_options().open(path)?, false))
        }
        Err(error) => Err(error),
    }
}

fn open_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt as _;
        // Other processes may read it; none may open it for writing.
        options.share_mode(1);
    }
    options
}

/// Locks the file for this run. Returns false if another run has locked it. The system unlocks
/// it when the process ends, however it does.
fn lock(file: &File) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use rustix::fs::{FlockOperation, flock};
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
    // Elsewhere the mode of opening keeps other writers out, if anything does.
    #[cfg(not(unix))]
    {
        let _ = file;
        Ok(true)
    }
}

/// Writes the file's entry in its folder to the disk, where folders can be opened.
fn sync_folder(path: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder(path))?.sync_all(),
        false => Ok(()),
    }
}

/// Returns the folder of a file.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests;

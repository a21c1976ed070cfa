//! The journal of records: a file of whatever a program has to find again after its end.

use std::fmt;
use std::path::Path;

use crate::error::journal::{JournalError, JournalErrorKind as Kind};
use crate::journal::record_file::RecordFile;

/// A file of records of the caller's own, from which a later process continues after a killed
/// one: what a [`Journal`](crate::Journal) is made on, for programs whose tasks are not known
/// beforehand, such as those of a [`Search`](crate::Search).
///
/// A record is any bytes, and is appended with a checksum in a single write. The file is locked,
/// checked and [synced](Self::synced) as that of a `Journal` is. A last record that was not
/// written completely is cut off. A damaged file is an error, as is one that another process has
/// open, or that is deleted or replaced meanwhile.
///
/// ```
/// use reparte::RecordJournal;
///
/// # let folder = std::env::temp_dir().join(format!("reparte-records-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("primes");
/// for prime in [2, 3, 5] {
///     let mut found: Vec<u8> = Vec::new();
///     let mut journal = RecordJournal::open(&path, "primes", |_, record| found.extend(record))?;
///     assert!([2, 3, 5].starts_with(&found) && !found.contains(&prime));
///     journal.append(&[prime])?;
///     journal.finish()?;
/// }
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RecordJournal {
    file: RecordFile,
}

/// The position of a record in its [`RecordJournal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordPosition(u64);

impl RecordJournal {
    /// Opens a journal, or begins one if there is no file, or an empty one. Gives each record to
    /// `each`, in the order of writing.
    ///
    /// `work` names what the records are, in a text that another program would not have: a
    /// journal of other work is an error.
    ///
    /// # Errors
    ///
    /// [`JournalError`], whose text says what to do.
    pub fn open(
        path: impl AsRef<Path>,
        work: &str,
        mut each: impl FnMut(RecordPosition, &[u8]),
    ) -> Result<Self, JournalError> {
        let file = RecordFile::open(path.as_ref(), work, |offset, record| {
            each(RecordPosition(offset), record);
            true
        })?;
        Ok(Self { file })
    }

    /// Has each record written to the disk before [`append`](Self::append) returns, so that not
    /// even a power cut costs one.
    #[must_use]
    pub fn synced(mut self) -> Self {
        self.file.synced = true;
        self
    }

    /// Appends a record, and hands it to the operating system: the end of the process does not
    /// cost it, however sudden.
    ///
    /// # Errors
    ///
    /// [`JournalError`]. If the record could not be written, no part of it is there.
    pub fn append(&mut self, record: &[u8]) -> Result<RecordPosition, JournalError> {
        let offset = self.file.add(&[record], Kind::RecordTooLong)?;
        Ok(RecordPosition(offset))
    }

    /// Reads a record again.
    ///
    /// # Errors
    ///
    /// [`JournalError`], also where no record of this journal has this position.
    pub fn read(&mut self, position: RecordPosition) -> Result<Vec<u8>, JournalError> {
        self.file.read(position.0)
    }

    /// Writes the file to the disk and closes it, so that another process can open it. Dropping
    /// the journal closes it too.
    ///
    /// # Errors
    ///
    /// [`JournalError`], also if the file was deleted or replaced meanwhile.
    pub fn finish(mut self) -> Result<(), JournalError> {
        self.file.sync()
    }
}

impl fmt::Debug for RecordJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordJournal")
            .field("file", &self.file)
            .finish()
    }
}

#[cfg(test)]
mod tests;

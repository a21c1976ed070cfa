//! The file of a journal of tasks: which of them have a result, and where.

use std::collections::HashMap;
use std::path::Path;

use crate::error::journal::{JournalError, JournalErrorKind as Kind};
use crate::ids::TaskId;
use crate::journal::format::{ArgumentsKey, LABEL, entry, open_entry};
use crate::journal::record_file::RecordFile;

/// An open journal of tasks.
#[derive(Debug)]
pub(super) struct JournalFile {
    file: RecordFile,
    /// The offset of each task's record.
    records: HashMap<TaskId, u64>,
}

impl JournalFile {
    /// Opens the journal of this work, or begins it. Cuts off a torn last record.
    pub(super) fn open(path: &Path, work: &str) -> Result<Self, JournalError> {
        let mut records = HashMap::new();
        let file = RecordFile::open(path, work, |offset, content| {
            let task = open_entry(content).map(|(task, ..)| task);
            task.is_some_and(|task| records.insert(task, offset).is_none())
        })?;
        Ok(Self { file, records })
    }

    /// Has each record written to the disk before its result is delivered.
    pub(super) fn sync_each(&mut self) {
        self.file.synced = true;
    }

    /// Returns the number of results.
    pub(super) fn len(&self) -> usize {
        self.records.len() - usize::from(self.records.contains_key(&LABEL))
    }

    /// Returns the label, if there is one.
    pub(super) fn label(&mut self) -> Result<Option<String>, JournalError> {
        let Some(&offset) = self.records.get(&LABEL) else {
            return Ok(None);
        };
        let content = self.file.read(offset)?;
        let label = open_entry(&content).and_then(|(.., label)| std::str::from_utf8(label).ok());
        match label {
            Some(label) => Ok(Some(label.to_owned())),
            None => Err(self.error(Kind::Damaged { offset })),
        }
    }

    /// Appends the label, and writes it to the disk. There is none yet.
    pub(super) fn set_label(&mut self, label: &str) -> Result<(), JournalError> {
        self.add(LABEL, ArgumentsKey::of(&[]), label.as_bytes())?;
        self.sync()
    }

    /// Returns the result of a task, if it is here and for these arguments.
    pub(super) fn find(
        &mut self,
        task: TaskId,
        key: impl FnOnce() -> ArgumentsKey,
    ) -> Result<Option<Vec<u8>>, JournalError> {
        let Some(&offset) = self.records.get(&task) else {
            return Ok(None);
        };
        let content = self.file.read(offset)?;
        match open_entry(&content) {
            None => Err(self.error(Kind::Damaged { offset })),
            Some((_, other, _)) if other != key() => Err(self.error(Kind::OtherTask { task })),
            Some((.., result)) => Ok(Some(result.to_vec())),
        }
    }

    /// Appends the result of a task that has none here.
    pub(super) fn add(
        &mut self,
        task: TaskId,
        key: ArgumentsKey,
        result: &[u8],
    ) -> Result<(), JournalError> {
        let content = [&entry(task, key)[..], result];
        let offset = self.file.add(&content, Kind::TooLong { task })?;
        self.records.insert(task, offset);
        Ok(())
    }

    /// Writes everything to the disk.
    pub(super) fn sync(&mut self) -> Result<(), JournalError> {
        self.file.sync()
    }

    /// Returns an error of this file.
    pub(super) fn error(&self, kind: Kind) -> JournalError {
        self.file.error(kind)
    }
}

//! The journal: a file of results, from which a later run continues after a killed one.

mod file;
mod format;
pub(crate) mod persist;
mod record_file;
pub(crate) mod record_journal;
#[cfg(test)]
mod test_folder;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::journal::{JournalError, JournalErrorKind};
use crate::ids::TaskId;
use crate::journal::file::JournalFile;
use crate::journal::format::ArgumentsKey;
use crate::journal::persist::Persist;

/// A file of a run's results, from which a later run continues after a killed one. A run gets
/// it by [`RepartidorBuilder::journal`](crate::RepartidorBuilder::journal).
///
/// Each result is appended, with a checksum, before it is delivered. A later run with the
/// same journal and the same tasks gets those results at once. It makes only the calls that
/// are missing: those that were in flight when the first run ended, and those that it had
/// not started.
///
/// A task is identified by its number and a checksum of its arguments. A run that sends
/// other tasks ends with an error that names the first one that differs. A run may send
/// fewer or more tasks than the journal has results for.
///
/// Failures are not written: a task that failed is tried again.
///
/// ```
/// use reparte::{Journal, Repartidor, from_fn};
///
/// # let folder = std::env::temp_dir().join(format!("reparte-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("squares");
/// for run in 1..=2 {
///     let square = from_fn("here", |n: &u64| Ok(n * n));
///     let mut reparto = Repartidor::builder()
///         .destinos([square])
///         .journal(Journal::open(&path, "square")?)
///         .start()?;
///     let handle = reparto.handle();
///     for n in 0..10 {
///         reparto.enviar(n)?;
///     }
///     assert_eq!(reparto.terminar()?[9], 81);
///     let executions = if run == 1 { 10 } else { 0 };
///     assert_eq!(handle.summary().executions, executions);
/// }
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Durability
///
/// Each result is handed to the operating system before it is delivered, so the end of the
/// process costs none, however sudden. A power cut may cost those that the system had not
/// written to the disk yet, unless the journal is [synced](Self::synced). Every journal is
/// synced at the end of the run.
///
/// A last record that was not written completely is cut off when the journal is opened. Any
/// other damage is an error, as are a file that is no journal, and a journal that another
/// run has open.
pub struct Journal<A, R> {
    /// None after the end of the run.
    file: Mutex<Option<JournalFile>>,
    codec: Codec<A, R>,
}

/// The caller's encoding of arguments and results.
struct Codec<A, R> {
    encode_args: Encode<A>,
    encode_result: Encode<R>,
    decode_result: Decode<R>,
}

type Encode<T> = Box<dyn Fn(&T) -> Vec<u8> + Send + Sync>;
type Decode<T> = Box<dyn Fn(&[u8]) -> Option<T> + Send + Sync>;

impl<A: Persist + 'static, R: Persist + 'static> Journal<A, R> {
    /// Opens a journal, or begins one if there is no file, or an empty one.
    ///
    /// `work` names what the results are of, such as the function: a journal of other work,
    /// or of other types, is an error.
    ///
    /// # Errors
    ///
    /// [`JournalError`], whose text says what to do.
    pub fn open(path: impl AsRef<Path>, work: &str) -> Result<Self, JournalError> {
        let mut work = format!("{work} ");
        A::type_name(&mut work);
        work.push_str(" -> ");
        R::type_name(&mut work);
        let codec = Codec {
            encode_args: Box::new(encode::<A>),
            encode_result: Box::new(encode::<R>),
            decode_result: Box::new(|mut from| R::read(&mut from).filter(|_| from.is_empty())),
        };
        Self::open_file(path.as_ref(), &work, codec)
    }
}

fn encode<T: Persist>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.write(&mut bytes);
    bytes
}

impl<A, R> Journal<A, R> {
    /// Opens a journal of any types, or begins one if there is no file, or an empty one.
    ///
    /// `encode_args` and `encode_result` return the bytes of arguments and of a result, equal
    /// in every run. `decode_result` returns the result that has these bytes, if one has.
    /// When the meaning of the bytes changes, `work` has to change too.
    ///
    /// # Errors
    ///
    /// [`JournalError`], whose text says what to do.
    pub fn open_with(
        path: impl AsRef<Path>,
        work: &str,
        encode_args: impl Fn(&A) -> Vec<u8> + Send + Sync + 'static,
        encode_result: impl Fn(&R) -> Vec<u8> + Send + Sync + 'static,
        decode_result: impl Fn(&[u8]) -> Option<R> + Send + Sync + 'static,
    ) -> Result<Self, JournalError> {
        let codec = Codec {
            encode_args: Box::new(encode_args),
            encode_result: Box::new(encode_result),
            decode_result: Box::new(decode_result),
        };
        Self::open_file(path.as_ref(), work, codec)
    }

    fn open_file(path: &Path, work: &str, codec: Codec<A, R>) -> Result<Self, JournalError> {
        let file = JournalFile::open(path, work)?;
        Ok(Self {
            file: Mutex::new(Some(file)),
            codec,
        })
    }

    /// Has each result written to the disk before it is delivered, so that not even a power
    /// cut costs one. Each result then takes the time of an `fdatasync`.
    #[must_use]
    pub fn synced(self) -> Self {
        if let Some(file) = &mut *self.lock() {
            file.sync_each();
        }
        self
    }

    /// Returns the number of results in the journal.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().as_ref().map_or(0, JournalFile::len)
    }

    /// Returns true if there is no result in the journal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the label: a text beside the results, by which something elsewhere is found that
    /// belongs to them. The first call with a text sets it, for good.
    ///
    /// ```
    /// # let path = std::env::temp_dir().join(format!("reparte-label-{}", std::process::id()));
    /// let journal = reparte::Journal::<u64, u64>::open(&path, "square")?;
    /// assert_eq!(journal.label_or(|| "seven".to_owned())?, "seven");
    /// assert_eq!(journal.label_or(|| "eight".to_owned())?, "seven");
    /// assert!(journal.is_empty());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), reparte::JournalError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The file can't be read or written. After the end of the run the label is empty.
    pub fn label_or(&self, new: impl FnOnce() -> String) -> Result<String, JournalError> {
        let mut file = self.lock();
        let Some(file) = &mut *file else {
            return Ok(String::new());
        };
        match file.label()? {
            Some(label) => Ok(label),
            None => {
                let label = new();
                file.set_label(&label)?;
                Ok(label)
            }
        }
    }

    /// Returns true if the journal has a result of a task for these arguments.
    ///
    /// # Errors
    ///
    /// The file can't be read, or has a result of the task for other arguments.
    pub fn has_result(&self, task: TaskId, args: &A) -> Result<bool, JournalError> {
        self.find(task, args).map(|result| result.is_some())
    }

    /// Returns the result of a task, if an earlier run has recorded it for these arguments.
    pub(crate) fn find(&self, task: TaskId, args: &A) -> Result<Option<R>, JournalError> {
        match &mut *self.lock() {
            Some(file) => self.read(file, task, || {
                ArgumentsKey::of(&(self.codec.encode_args)(args))
            }),
            None => Ok(None),
        }
    }

    /// Writes a task's result, and returns the one to deliver: if an earlier call of the task
    /// has brought one, that one.
    pub(crate) fn record(&self, task: TaskId, args: &A, result: R) -> Result<R, JournalError> {
        let key = ArgumentsKey::of(&(self.codec.encode_args)(args));
        let bytes = (self.codec.encode_result)(&result);
        match &mut *self.lock() {
            Some(file) => match self.read(file, task, || key)? {
                Some(earlier) => Ok(earlier),
                None => file.add(task, key, &bytes).map(|()| result),
            },
            None => Ok(result),
        }
    }

    fn read(
        &self,
        file: &mut JournalFile,
        task: TaskId,
        key: impl FnOnce() -> ArgumentsKey,
    ) -> Result<Option<R>, JournalError> {
        let Some(bytes) = file.find(task, key)? else {
            return Ok(None);
        };
        match (self.codec.decode_result)(&bytes) {
            Some(result) => Ok(Some(result)),
            None => Err(file.error(JournalErrorKind::Unreadable { task })),
        }
    }

    /// Writes the file to the disk and closes it, so that another run can open it.
    pub(crate) fn finish(&self) -> Result<(), JournalError> {
        match self.lock().take() {
            Some(mut file) => file.sync(),
            None => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<JournalFile>> {
        // Only the codec's closures can panic under this lock, and they run between two
        // changes.
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A, R> fmt::Debug for Journal<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("file", &*self.lock())
            .finish_non_exhaustive()
    }
}

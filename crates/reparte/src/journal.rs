//! Results that outlive their run.

mod file;
mod format;
mod persist;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use file::JournalFile;
use format::Key;
pub(crate) use format::VERSION;
pub use persist::Persist;

use crate::TaskId;
use crate::error::{JournalError, JournalErrorKind};

/// The results of a run in a file, so that a run that was killed goes on where
/// it was: see [`RepartidorBuilder::journal`](crate::RepartidorBuilder::journal).
///
/// Each result is appended, with a checksum, before it is delivered. A later
/// run with the same journal and the same tasks is given those results at
/// once, and makes the calls that are missing: what was in flight when the
/// first one ended, and what it had not come to. A task is known by its number
/// and by a checksum of its arguments, so a run that sends others is stopped
/// with an error that names the first that differs. A run may send fewer tasks
/// than the journal has results for, or more.
///
/// Failures are not written down: a task that failed is tried again.
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
/// # What survives what
///
/// Each result is handed to the system before it is delivered: the end of the
/// process, however sudden, costs none. A power cut may cost those that the
/// system had not put on the disk yet, unless the journal is
/// [synced](Self::synced); it is synced at the end of the run.
///
/// A record that was not written to its end is cut off when the journal is
/// opened. One that is damaged otherwise is an error, as is a file that is no
/// journal, or one that another run has open.
pub struct Journal<A, R> {
    /// None when the run is over.
    file: Mutex<Option<JournalFile>>,
    codec: Codec<A, R>,
}

/// How arguments and results become bytes, and results come back.
struct Codec<A, R> {
    args: Write<A>,
    result: Write<R>,
    read: Read<R>,
}

type Write<T> = Box<dyn Fn(&T) -> Vec<u8> + Send + Sync>;
type Read<T> = Box<dyn Fn(&[u8]) -> Option<T> + Send + Sync>;

impl<A: Persist + 'static, R: Persist + 'static> Journal<A, R> {
    /// Opens a journal, or begins one where there is no file, or an empty one.
    /// `work` says what the results are of, such as the function's name: a
    /// journal of other work, or of other types, is refused.
    ///
    /// # Errors
    ///
    /// [`JournalError`], which says what to do.
    pub fn open(path: impl AsRef<Path>, work: &str) -> Result<Self, JournalError> {
        let mut work = format!("{work} ");
        A::type_name(&mut work);
        work.push_str(" -> ");
        R::type_name(&mut work);
        let codec = Codec {
            args: Box::new(bytes_of::<A>),
            result: Box::new(bytes_of::<R>),
            read: Box::new(|mut from| R::read(&mut from).filter(|_| from.is_empty())),
        };
        Self::open_file(path.as_ref(), &work, codec)
    }
}

fn bytes_of<T: Persist>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.write(&mut bytes);
    bytes
}

impl<A, R> Journal<A, R> {
    /// The same for any types: `args` and `result` give the bytes that stand
    /// for arguments and for a result, the same ones in every run, and `read`
    /// makes a result of its bytes, if it can. When their meaning changes,
    /// `work` is to change too.
    ///
    /// # Errors
    ///
    /// [`JournalError`], which says what to do.
    pub fn open_with(
        path: impl AsRef<Path>,
        work: &str,
        args: impl Fn(&A) -> Vec<u8> + Send + Sync + 'static,
        result: impl Fn(&R) -> Vec<u8> + Send + Sync + 'static,
        read: impl Fn(&[u8]) -> Option<R> + Send + Sync + 'static,
    ) -> Result<Self, JournalError> {
        let codec = Codec {
            args: Box::new(args),
            result: Box::new(result),
            read: Box::new(read),
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

    /// The same, with each result on the disk before it is delivered: not even
    /// a power cut costs one. Each takes the time of a `fdatasync`.
    #[must_use]
    pub fn synced(self) -> Self {
        if let Some(file) = &mut *self.lock() {
            file.synced = true;
        }
        self
    }

    /// How many results it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().as_ref().map_or(0, JournalFile::len)
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The result of a task, if an earlier run had it for these arguments.
    pub(crate) fn find(&self, task: TaskId, args: &A) -> Result<Option<R>, JournalError> {
        match &mut *self.lock() {
            Some(file) => self.read(file, task, || Key::of(&(self.codec.args)(args))),
            None => Ok(None),
        }
    }

    /// Writes a task's result down, and gives the one to deliver: if another
    /// call of the task has brought one before, that one.
    pub(crate) fn keep(&self, task: TaskId, args: &A, result: R) -> Result<R, JournalError> {
        let key = Key::of(&(self.codec.args)(args));
        let bytes = (self.codec.result)(&result);
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
        key: impl FnOnce() -> Key,
    ) -> Result<Option<R>, JournalError> {
        let Some(bytes) = file.find(task, key)? else {
            return Ok(None);
        };
        match (self.codec.read)(&bytes) {
            Some(result) => Ok(Some(result)),
            None => Err(file.error(JournalErrorKind::Unreadable { task })),
        }
    }

    /// The run is over: the file is on the disk, and another run may have it.
    pub(crate) fn finish(&self) -> Result<(), JournalError> {
        match self.lock().take() {
            Some(mut file) => file.sync(),
            None => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<JournalFile>> {
        // A panic comes from the codec's closures, between two changes.
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

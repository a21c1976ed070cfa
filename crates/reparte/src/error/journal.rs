//! The error of a journal.

use std::fmt;
use std::io;
use std::path::PathBuf;

use untrusted_text::OneLine;

use crate::ids::TaskId;

/// The error of a [`Journal`](crate::Journal), or of a [`RecordJournal`](crate::RecordJournal), that
/// can't be used, or not any longer.
#[derive(Debug)]
#[non_exhaustive]
pub struct JournalError {
    /// The journal's file.
    pub path: PathBuf,
    /// The kind of the error.
    pub kind: JournalErrorKind,
}

/// The kind of a [`JournalError`].
#[derive(Debug)]
#[non_exhaustive]
pub enum JournalErrorKind {
    /// The system can't open, read or write the file. If the disk is full, what was written
    /// before is whole, and a run with more room goes on from there.
    #[non_exhaustive]
    Io {
        /// The operation that failed, a verb: "open", "read", "write"…
        doing: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// Another run has the file open, in this process or another.
    Locked,
    /// The file holds something else.
    NotAJournal,
    /// The file was written by a later version of this crate, in another format.
    #[non_exhaustive]
    NewerVersion {
        /// The version of the file's format.
        version: u32,
        /// The latest version that this crate reads.
        supported: u32,
    },
    /// The file holds results of other work, or of other types.
    #[non_exhaustive]
    OtherWork {
        /// The work that the file names.
        holds: String,
        /// The work of this run.
        wanted: String,
    },
    /// The journal is of another run: the arguments of this task, the first that differs,
    /// are not the ones that its result in the journal is for.
    #[non_exhaustive]
    OtherTask {
        /// The task.
        task: TaskId,
    },
    /// The file was deleted, replaced, or changed by somebody else while the run wrote to it.
    Replaced,
    /// A record other than the last one differs from what was written.
    #[non_exhaustive]
    Damaged {
        /// The offset of the record, in bytes. All bytes before it are whole.
        offset: u64,
    },
    /// The record of this task is whole, and its result can't be decoded.
    #[non_exhaustive]
    Unreadable {
        /// The task.
        task: TaskId,
    },
    /// The result of this task takes 4 GiB or more.
    #[non_exhaustive]
    TooLong {
        /// The task.
        task: TaskId,
    },
    /// A record of a [`RecordJournal`](crate::RecordJournal) takes 4 GiB or more.
    RecordTooLong,
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display().to_string();
        let path = OneLine::new(&path);
        match &self.kind {
            JournalErrorKind::Io { doing, source } => {
                let remedy = match *doing {
                    "open" => "name a file that may be written, in a folder that is there",
                    "begin" => "no result is in it yet: use another file, or make room",
                    _ => "results in it are safe, and the same run goes on from there",
                };
                write!(f, "can't {doing} the journal {path}: {source}; {remedy}")
            }
            JournalErrorKind::Locked => {
                write!(
                    f,
                    "the journal {path} is in use by another run: wait for its end, or use another file"
                )
            }
            JournalErrorKind::Replaced => {
                write!(
                    f,
                    "the journal {path} was deleted, replaced or changed while the run wrote to it, so results may be missing there: keep other programs from it, and start with another file"
                )
            }
            JournalErrorKind::NotAJournal => {
                write!(
                    f,
                    "{path} holds something else than a journal: use another file"
                )
            }
            JournalErrorKind::NewerVersion { version, supported } => {
                write!(
                    f,
                    "the journal {path} is of version {version} of the format, and this program \
                     knows version {supported}: use a newer program, or another file"
                )
            }
            JournalErrorKind::OtherWork { holds, wanted } => {
                write!(
                    f,
                    "the journal {path} is of {}, not of {}: use another file",
                    OneLine::new(holds),
                    OneLine::new(wanted)
                )
            }
            JournalErrorKind::OtherTask { task } => {
                write!(
                    f,
                    "the journal {path} is of another run: its {} has other arguments; use \
                     another file, or send the tasks it was made with",
                    Ordinal(*task)
                )
            }
            JournalErrorKind::Damaged { offset } => {
                write!(
                    f,
                    "the journal {path} is damaged from byte {offset} on: cut it to {offset} \
                     bytes to go on with what comes before, or use another file"
                )
            }
            JournalErrorKind::Unreadable { task } => {
                write!(
                    f,
                    "the journal {path} has a result for its {} that can't be read: use another \
                     file",
                    Ordinal(*task)
                )
            }
            JournalErrorKind::TooLong { task } => {
                write!(
                    f,
                    "the result of the {} is too long for the journal {path}: 4 GiB and more",
                    Ordinal(*task)
                )
            }
            JournalErrorKind::RecordTooLong => {
                write!(
                    f,
                    "a record is too long for the journal {path}: 4 GiB and more"
                )
            }
        }
    }
}

/// Displays a task as people count, from 1.
struct Ordinal(TaskId);

impl fmt::Display for Ordinal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.index() {
            0 => f.write_str("first task"),
            index => write!(
                f,
                "task number {} (counted from 1)",
                index.saturating_add(1)
            ),
        }
    }
}

impl std::error::Error for JournalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            JournalErrorKind::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    fn error(kind: JournalErrorKind) -> JournalError {
        let path = PathBuf::from("squares");
        JournalError { path, kind }
    }

    fn io_error(doing: &'static str) -> JournalError {
        let source = io::Error::other("no room");
        error(JournalErrorKind::Io { doing, source })
    }

    #[test]
    fn each_message_says_what_to_do() {
        for (error, expected) in [
            (
                io_error("open"),
                "can't open the journal squares: no room; name a file that may be written, in a \
                 folder that is there",
            ),
            (
                io_error("begin"),
                "can't begin the journal squares: no room; no result is in it yet: use another \
                 file, or make room",
            ),
            (
                io_error("write"),
                "can't write the journal squares: no room; results in it are safe, and the same \
                 run goes on from there",
            ),
            (
                error(JournalErrorKind::OtherTask {
                    task: TaskId::new(0),
                }),
                "the journal squares is of another run: its first task has other arguments; use \
                 another file, or send the tasks it was made with",
            ),
            (
                error(JournalErrorKind::Unreadable {
                    task: TaskId::new(1),
                }),
                "the journal squares has a result for its task number 2 (counted from 1) that \
                 can't be read: use another file",
            ),
            (
                error(JournalErrorKind::RecordTooLong),
                "a record is too long for the journal squares: 4 GiB and more",
            ),
        ] {
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn the_source_is_the_systems_error() {
        let source = io_error("write").source().map(ToString::to_string);
        assert_eq!(source.as_deref(), Some("no room"));
        assert!(error(JournalErrorKind::Locked).source().is_none());
    }
}

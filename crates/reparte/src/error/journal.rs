//! What can be wrong with a journal.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::TaskId;
use crate::text::Foreign;

/// Why a [`Journal`](crate::Journal) can't be used, or not any further.
#[derive(Debug)]
#[non_exhaustive]
pub struct JournalError {
    /// The journal's file.
    pub path: PathBuf,
    /// What is wrong.
    pub kind: JournalErrorKind,
}

/// What is wrong with a journal.
#[derive(Debug)]
#[non_exhaustive]
pub enum JournalErrorKind {
    /// The system can't open, read or write it: the disk is full, for one. What
    /// was written before is whole, and a run with more room goes on from there.
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Another run has it open, in this process or another.
    Locked,
    /// The file holds something else.
    NotAJournal,
    /// It was written by a later version of this crate, in another format.
    NewerVersion {
        /// The version of its format; this crate writes version 1.
        version: u32,
    },
    /// It holds results of other work, or of other types.
    OtherWork {
        /// What it says it holds.
        holds: String,
        /// What this run's would.
        wanted: String,
    },
    /// The arguments of this task, the first that differs, are not those that
    /// its result in the journal is for: it is the journal of another run.
    OtherTask {
        /// The task.
        task: TaskId,
    },
    /// A record other than the last is not what was written.
    Damaged {
        /// Where it begins: the bytes before are whole.
        offset: u64,
    },
    /// This task's result is whole and can't be read as one.
    Unreadable {
        /// The task.
        task: TaskId,
    },
    /// This task's result takes 4 GiB or more.
    TooLong {
        /// The task.
        task: TaskId,
    },
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display().to_string();
        let path = Foreign(&path);
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
            JournalErrorKind::NotAJournal => {
                write!(
                    f,
                    "{path} holds something else than a journal: use another file"
                )
            }
            JournalErrorKind::NewerVersion { version } => {
                write!(
                    f,
                    "the journal {path} is of version {version} of the format, and this program \
                     knows version {}: use a newer program, or another file",
                    crate::journal::VERSION
                )
            }
            JournalErrorKind::OtherWork { holds, wanted } => {
                write!(
                    f,
                    "the journal {path} is of {}, not of {}: use another file",
                    Foreign(holds),
                    Foreign(wanted)
                )
            }
            JournalErrorKind::OtherTask { task } => {
                write!(
                    f,
                    "the journal {path} is of another run: its {} has other arguments; use \
                     another file, or send the tasks it was made with",
                    Place(*task)
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
                    Place(*task)
                )
            }
            JournalErrorKind::TooLong { task } => {
                write!(
                    f,
                    "the result of the {} is too long for the journal {path}: 4 GiB and more",
                    Place(*task)
                )
            }
        }
    }
}

/// A task as a person counts, from 1.
struct Place(TaskId);

impl fmt::Display for Place {
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

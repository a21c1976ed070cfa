//! The announcement of a server that runs: written, kept young, and removed at the end.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};
use rustix::process::geteuid;

use crate::announcement::{Announcement, TOUCH_INTERVAL, is_announcement};
use crate::exit::Failure;
use crate::ownership::directory_fault;

/// The longest time for which the end waits until the file is removed: a network file system may
/// be gone.
const PATIENCE: Duration = Duration::from_secs(2);

/// The age from which a file of this user's is removed by a server that starts: its own server
/// was killed.
const REMOVAL_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// A server's file. It is removed when this is dropped.
pub(super) struct Announcer {
    /// The first message, or its end, has the file removed.
    withdraw: Option<SyncSender<()>>,
    /// Ends once the file is removed.
    removed: Receiver<()>,
}

/// Withdraws an announcement, from another thread.
pub(super) struct Withdrawal(SyncSender<()>);

impl Withdrawal {
    /// Has the file removed. Does not wait.
    pub(super) fn begin(self) {
        // A full channel has the message already.
        let _ = self.0.try_send(());
    }
}

impl Announcer {
    /// Writes the file into the directory, and keeps it young.
    pub(super) fn start(directory: &Path, announcement: &Announcement) -> Result<Self, Failure> {
        let shown = directory.display();
        let metadata = fs::metadata(directory).map_err(|error| {
            Failure::argument(format_args!(
                "--announce {shown}: {error}: make the directory first, for its owner alone: \
                 mkdir -m 700"
            ))
        })?;
        if let Some(fault) = directory_fault(&metadata) {
            return Err(Failure::argument(format_args!(
                "--announce {shown}: {fault}; clients take no server from there"
            )));
        }
        let file = AnnouncementFile {
            path: directory.join(announcement.file_name()),
            new: directory.join(format!(".{}.new", announcement.file_name())),
            text: announcement.text(),
        };
        file.write().map_err(|error| {
            Failure::argument(format_args!(
                "--announce {shown}: can't write a file there ({error}): name a directory where \
                 this user may"
            ))
        })?;
        let (withdraw, withdrawn) = sync_channel(1);
        let (end, removed) = sync_channel(0);
        thread::Builder::new()
            .name("announcer".to_owned())
            .spawn(move || {
                file.remove_old_ones();
                file.keep(&withdrawn);
                drop(end);
            })
            .map_err(|error| Failure::server(format_args!("can't start a thread: {error}")))?;
        Ok(Announcer {
            withdraw: Some(withdraw),
            removed,
        })
    }

    /// Returns the means to withdraw it early.
    pub(super) fn withdrawal(&self) -> Option<Withdrawal> {
        self.withdraw.clone().map(Withdrawal)
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        if let Some(withdraw) = self.withdraw.take() {
            let _ = withdraw.try_send(());
        }
        if let Err(RecvTimeoutError::Timeout) = self.removed.recv_timeout(PATIENCE) {
            log::warn!("the announcement is not removed yet: its file system does not answer");
        }
    }
}

/// The file of an announcement.
struct AnnouncementFile {
    path: PathBuf,
    /// The name under which it is written, before it is moved into place.
    new: PathBuf,
    text: String,
}

impl AnnouncementFile {
    /// Removes the announcements of this user's servers that were killed long ago. A server that
    /// is alive after all writes its file again.
    fn remove_old_ones(&self) {
        let Some(Ok(entries)) = self.path.parent().map(fs::read_dir) else {
            return;
        };
        // This file is new, so its time is the file system's present.
        let Ok(present) = fs::metadata(&self.path).and_then(|own| own.modified()) else {
            return;
        };
        let user = geteuid().as_raw();
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(true) = name.to_str().map(is_announcement) else {
                continue;
            };
            // That of the entry itself, if it is a link.
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let age = metadata.modified().map(|time| present.duration_since(time));
            let is_old = matches!(age, Ok(Ok(age)) if age > REMOVAL_AGE);
            if is_old && metadata.is_file() && metadata.uid() == user {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Keeps the file young until a message comes or the channel ends, and then removes it.
    fn keep(&self, withdrawn: &Receiver<()>) {
        let mut is_failing = false;
        while let Err(RecvTimeoutError::Timeout) = withdrawn.recv_timeout(TOUCH_INTERVAL) {
            let touched = self.touch();
            if let Err(error) = &touched
                && !is_failing
            {
                log::warn!(
                    "can't touch {} ({error}): clients will take this server for dead; tried \
                     again each 5 s",
                    self.path.display()
                );
            }
            is_failing = touched.is_err();
        }
        let _ = fs::remove_file(&self.path);
    }

    /// Sets the time of the file to the present, by its file system's clock. Writes it again if
    /// it is gone.
    fn touch(&self) -> io::Result<()> {
        let now = Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_NOW,
        };
        let times = Timestamps {
            last_access: now,
            last_modification: now,
        };
        match utimensat(CWD, &self.path, &times, AtFlags::SYMLINK_NOFOLLOW) {
            Err(rustix::io::Errno::NOENT) => self.write(),
            other => Ok(other?),
        }
    }

    /// Writes the file, and moves it into place: no reader sees half of it.
    fn write(&self) -> io::Result<()> {
        let written = self
            .write_new()
            .and_then(|()| fs::rename(&self.new, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&self.new);
        }
        written
    }

    fn write_new(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o644)
            .open(&self.new)?;
        file.write_all(self.text.as_bytes())?;
        file.sync_all()
    }
}

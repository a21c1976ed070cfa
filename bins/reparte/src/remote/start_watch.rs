//! The watch for signals while servers start, until the command has one of its own.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cli_support::output::eprint;
use cli_support::signals::{self, end_at_signal};

use crate::exit::Failure;

/// Removes the files of this machine and ends the process, if a signal comes.
pub(super) struct StartWatch {
    made: Arc<Mutex<Vec<PathBuf>>>,
    /// `None` once it has ended.
    signals: Mutex<Option<signals::StartWatch>>,
}

impl StartWatch {
    pub(super) fn begin() -> Result<Self, Failure> {
        let made = Arc::<Mutex<Vec<PathBuf>>>::default();
        let known = Arc::clone(&made);
        let signals = end_at_signal(move || {
            // Nothing is made any more: the lock is held until the process ends.
            let made = lock(&known);
            for path in made.iter() {
                let _ = fs::remove_dir_all(path).or_else(|_| fs::remove_file(path));
            }
            eprint("ended by a signal while the servers started");
            std::mem::forget(made);
        })?;
        Ok(StartWatch {
            made,
            signals: Mutex::new(Some(signals)),
        })
    }

    /// Makes a file or directory that a signal removes: it comes before or after, and not between.
    pub(super) fn make<T>(
        &self,
        make: impl FnOnce() -> Result<T, Failure>,
        path: impl FnOnce(&T) -> PathBuf,
    ) -> Result<T, Failure> {
        let mut known = lock(&self.made);
        let made = make()?;
        known.push(path(&made));
        Ok(made)
    }

    /// Ends the watch, once another one is there.
    pub(super) fn end(&self) {
        if let Some(signals) = lock(&self.signals).take() {
            signals.end();
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one step.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The tasks that a worker gives back at the moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The tasks whose RELEASE or UNFIT has no reply yet. It may be executed again: a task that the worker
/// takes meanwhile is given back by that, and is not to be begun. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Releasing(Arc<Mutex<HashMap<String, usize>>>);

impl Releasing {
    /// Notes that a script is called for these tasks.
    pub(crate) fn begin(&self, ids: &[String]) {
        let mut releasing = self.lock();
        for id in ids {
            *releasing.entry(id.clone()).or_default() += 1;
        }
    }

    /// Notes the reply.
    pub(crate) fn end(&self, ids: &[String]) {
        let mut releasing = self.lock();
        for id in ids {
            if let Some(calls) = releasing.get_mut(id) {
                *calls -= 1;
                if *calls == 0 {
                    releasing.remove(id);
                }
            }
        }
    }

    /// Returns true while a script for the task has no reply.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.lock().contains_key(id)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        // Nothing between two changes can panic but for want of memory.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A RELEASE whose reply was lost once gave a task back that the worker had begun again.
    #[test]
    fn a_task_is_given_back_until_the_last_reply() {
        let releasing = Releasing::default();
        let id = ["1-0".to_owned()];
        releasing.begin(&id);
        releasing.begin(&id);
        releasing.end(&id);
        assert!(releasing.has("1-0"));
        assert!(!releasing.has("2-0"));
        releasing.end(&id);
        assert!(!releasing.has("1-0"));
        releasing.end(&id);
        assert!(!releasing.has("1-0"));
    }
}

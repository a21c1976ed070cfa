//! The names of the keys of a queue and of a run.

use untrusted_text::OneLine;

use crate::error::Error;

/// The keys of a queue. They share a hash tag, so that a script's keys lie on one node of a
/// cluster.
#[derive(Clone, Debug)]
pub(crate) struct QueueKeys {
    prefix: String,
}

/// The keys of a run on a queue.
#[derive(Clone, Debug)]
pub(crate) struct RunKeys {
    pub(crate) queue: QueueKeys,
    pub(crate) run: String,
}

impl QueueKeys {
    /// Returns the keys of the queue of a function.
    pub(crate) fn new(function: &str) -> Result<Self, Error> {
        let is_valid = |c: char| c.is_ascii_alphanumeric() || "_.:/".contains(c);
        if function.is_empty() || function.len() > 1024 || !function.chars().all(is_valid) {
            return Err(Error::BadFunction {
                function: function.to_owned(),
            });
        }
        Ok(Self {
            prefix: format!("rp:{{{function}}}:"),
        })
    }

    /// Returns the function and the name in its queue of a key. None if it is no queue's.
    pub(crate) fn parts(key: &str) -> Option<(&str, &str)> {
        let (function, name) = key.strip_prefix("rp:{")?.split_once("}:")?;
        Self::new(function).is_ok().then_some((function, name))
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Returns the stream of tasks.
    pub(crate) fn tasks(&self) -> String {
        self.key("tasks")
    }

    /// Returns the hash of the workers that were lost with a task.
    pub(crate) fn lost(&self) -> String {
        self.key("lost")
    }

    /// Returns the hash of the workers that are unfit for a task.
    pub(crate) fn unfit(&self) -> String {
        self.key("unfit")
    }

    /// Returns the key that lets one worker a second look for orphans.
    pub(crate) fn sweep(&self) -> String {
        self.key("sweep")
    }

    /// Returns the key that names the worker which ends its tasks to take one alone.
    pub(crate) fn alone(&self) -> String {
        self.key("alone")
    }

    /// Returns the sorted set of workers by the time at which they were seen last.
    pub(crate) fn seen(&self) -> String {
        self.key("seen")
    }

    /// Returns the hash of the workers' details.
    pub(crate) fn workers(&self) -> String {
        self.key("workers")
    }

    /// Returns the key of the lease.
    pub(crate) fn lease(&self) -> String {
        self.key("lease")
    }

    /// Returns the hash of the detached runs.
    pub(crate) fn detached(&self) -> String {
        self.key("detached")
    }

    /// Returns the keys of a run on this queue.
    pub(crate) fn of_run(&self, run: &str) -> RunKeys {
        RunKeys {
            queue: self.clone(),
            run: run.to_owned(),
        }
    }
}

impl QueueKeys {
    /// Returns the keys of a run that is kept under a name.
    pub(crate) fn of_kept_run(&self, run: &str) -> Result<RunKeys, Error> {
        let is_valid = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if run.is_empty() || run.len() > 100 || !run.chars().all(is_valid) {
            let run = OneLine::new(run).to_string();
            return Err(Error::BadOption {
                reason: format!("{run:?} can't be a run: use ASCII letters, digits, - and _"),
            });
        }
        Ok(self.of_run(run))
    }
}

impl RunKeys {
    /// Returns the stream of results, which exists for as long as the run is alive.
    pub(crate) fn results(&self) -> String {
        self.queue.key(&format!("res:{}", self.run))
    }

    /// Returns the hash of the open tasks' ids by their numbers.
    pub(crate) fn open(&self) -> String {
        self.queue.key(&format!("open:{}", self.run))
    }

    /// Returns the hash of the tasks that clients of a kept run have submitted.
    pub(crate) fn kept(&self) -> String {
        self.queue.key(&format!("kept:{}", self.run))
    }

    /// Returns the stream of the tasks of a detached run that are not on the queue yet.
    pub(crate) fn backlog(&self) -> String {
        self.queue.key(&format!("wait:{}", self.run))
    }

    /// Returns the key of the lease of a kept run's client.
    pub(crate) fn client(&self) -> String {
        self.queue.key(&format!("client:{}", self.run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_if_it_is_a_queues() {
        let key = QueueKeys::new("a:b/c").unwrap().of_run("7f").results();
        assert_eq!(QueueKeys::parts(&key), Some(("a:b/c", "res:7f")));
        for other in [
            "",
            "rp:{}:tasks",
            "rp:{a}",
            "rp:{a b}:tasks",
            "x:rp:{a}:tasks",
        ] {
            assert_eq!(QueueKeys::parts(other), None, "{other}");
        }
    }

    #[test]
    fn the_keys_of_a_queue_share_a_hash_tag() {
        let queue = QueueKeys::new("sums.add").unwrap();
        assert_eq!(queue.tasks(), "rp:{sums.add}:tasks");
        assert_eq!(queue.of_run("7f").results(), "rp:{sums.add}:res:7f");
        for bad in ["", "a b", "a}", "ñ", &"x".repeat(1025)] {
            let error = QueueKeys::new(bad).unwrap_err();
            assert!(matches!(error, Error::BadFunction { .. }), "{bad}");
        }
    }
}

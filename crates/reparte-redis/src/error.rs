//! The error of a queue.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use untrusted_text::OneLine;

use crate::holder::Holder;

/// The error of a queue, of its client or of a worker.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The URL of the server can't be read.
    BadUrl {
        /// The URL, without a password.
        url: String,
        /// The reason.
        reason: &'static str,
    },
    /// The function's name can't be the name of a queue.
    BadFunction {
        /// The name.
        function: String,
    },
    /// The options don't fit the server.
    BadOption {
        /// The reason, and the remedy.
        reason: String,
    },
    /// The server can't be reached, or the connection to it has broken. It may come back.
    Unreachable {
        /// The server's address.
        server: String,
        /// The error underneath.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The server does not execute a command at the moment, such as one that is loading its
    /// data, is out of memory, or is a replica.
    Unavailable {
        /// The server's address.
        server: String,
        /// The server's message.
        message: String,
    },
    /// The server refuses the user, the password or a command.
    Refused {
        /// The server's address.
        server: String,
        /// The server's message.
        message: String,
    },
    /// No Sentinel knows a master of this name that can be reached.
    NoMaster {
        /// The name.
        name: String,
    },
    /// A thread can't be started.
    NoThread {
        /// The system's message.
        message: String,
    },
    /// The queue was closed.
    Closed,
    /// Another client has the run.
    Held {
        /// The run.
        run: String,
        /// The client.
        holder: Holder,
        /// The time until its lease ends, unless it renews it.
        left: Duration,
    },
    /// The run is not [kept](crate::RedisQueueBuilder::keep): it is its client's alone.
    NotKept {
        /// The run.
        run: String,
    },
    /// A deposit was [stopped](crate::DepositHandle::stop) before its run was detached.
    Stopped {
        /// The number of its tasks that were on the server by then.
        there: usize,
        /// The run was on the server before, and keeps them. Those of a new run are removed.
        stays: bool,
    },
    /// A task or a result is longer than the server takes at once.
    TooLarge {
        /// The server's address.
        server: String,
        /// The length in bytes, roughly.
        bytes: usize,
        /// True if the server has said so. Else connections broke while nothing else was sent.
        is_told: bool,
    },
}

impl Error {
    /// Returns true if the same may succeed later, on this connection or another.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Unavailable { .. } | Self::NoMaster { .. }
        )
    }

    /// Returns true if the same may succeed on another connection, and not on this one.
    pub(crate) fn needs_connection(&self) -> bool {
        match self {
            // The code may stand behind others, such as ERR.
            Self::Unavailable { message, .. } => {
                !words(message).any(|word| PASSING_HERE.contains(&word))
            }
            error => error.is_transient(),
        }
    }
}

/// Codes of errors that pass by themselves, on the connection that is there: the server executes a
/// long script, is full, can't write its files, has forgotten the group of workers, or has too few
/// replicas.
pub(crate) const PASSING_HERE: [&str; 6] = [
    "BUSY",
    "OOM",
    "MISCONF",
    "NOGROUP",
    "TRYAGAIN",
    "NOREPLICAS",
];

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadUrl { url, reason } => write!(
                f,
                "{}: {reason}: write redis://host:6379/0, rediss:// for TLS, or \
                 redis-sentinel://host:26379,host:26379/MASTER/0",
                OneLine::new(url)
            ),
            Self::BadFunction { function } => write!(
                f,
                "{:?} can't be a queue: use ASCII letters, digits and _ . : / in the function's \
                 name",
                OneLine::new(function).to_string()
            ),
            Self::BadOption { reason } => f.write_str(reason),
            Self::Unreachable { server, source } => write!(
                f,
                "{server} can't be reached: {}",
                OneLine::new(&source.to_string())
            ),
            Self::Unavailable { server, message } => write!(
                f,
                "{server} can't do it now: {}{}",
                OneLine::new(message),
                remedy_of_unavailable(message)
            ),
            Self::Refused { server, message } => write!(
                f,
                "{server} refuses: {}; {}",
                OneLine::new(message),
                remedy_of_refusal(message)
            ),
            Self::NoMaster { name } => write!(
                f,
                "no Sentinel names a master {} that can be reached",
                OneLine::new(name)
            ),
            Self::NoThread { message } => write!(
                f,
                "no thread can be started ({message}): raise the limit (ulimit -u), or use fewer \
                 slots"
            ),
            Self::Closed => f.write_str("the queue is closed"),
            Self::Held { run, holder, left } => write!(
                f,
                "another client has the run {}: {holder}; wait for its end, or end it (if it is dead \
                 already, the run is free in {} s)",
                OneLine::new(run),
                left.as_secs() + 1
            ),
            Self::NotKept { run } => write!(
                f,
                "the run {} has no journal, and ends with its client: end that one (the engine \
                 forgets the run of a dead client within two minutes)",
                OneLine::new(run)
            ),
            Self::Stopped { there, stays } => write!(
                f,
                "stopped before the run was detached: {there} tasks were there{}",
                if *stays { "" } else { ", and are removed" }
            ),
            Self::TooLarge {
                server,
                bytes,
                is_told: true,
            } => write!(
                f,
                "{server} does not take {bytes} bytes at once: raise its limit \
                 (proto-max-bulk-len), or hand over less"
            ),
            Self::TooLarge {
                server,
                bytes,
                is_told: false,
            } => write!(
                f,
                "the connection to {server} breaks each time that {bytes} bytes are sent: if its \
                 limit is lower (proto-max-bulk-len), raise it, or hand over less"
            ),
        }
    }
}

/// Returns the words of a server's message, of which one may be a code. Redis 6.2 writes the code of an
/// error inside a script as `-OOM`.
pub(crate) fn words(message: &str) -> impl Iterator<Item = &str> {
    let words = message.split_whitespace();
    words.map(|word| word.trim_start_matches('-'))
}

/// Returns the remedy for a state of the server that may pass, if there is one besides time.
fn remedy_of_unavailable(message: &str) -> &'static str {
    let has = |code: &str| words(message).any(|word| word == code);
    if has("READONLY") {
        "; it is a replica: name its master, or the Sentinels that know it \
         (redis-sentinel://host:26379/MASTER/0)"
    } else if has("OOM") {
        "; it is full: collect or withdraw the runs that it has, or raise its maxmemory"
    } else {
        ""
    }
}

/// Returns the remedy for a refusal.
fn remedy_of_refusal(message: &str) -> &'static str {
    if message.contains("DB index") {
        "see the number of the database in the URL"
    } else if message.contains("unknown command 'SENTINEL'") {
        "it is no Sentinel: name one, or write redis:// for the server itself"
    } else if message.contains("unknown command") {
        "Redis 6.2 or newer is needed, or Valkey, with its commands under their own names"
    } else if speaks_of_length(message) {
        "raise its limit (proto-max-bulk-len), or hand over less"
    } else if words(message).any(|word| word == "WRONGTYPE") {
        "a key of the queue is another program's: use another database of the server or another \
         function, or remove the key"
    } else {
        "see the user, the password and the user's commands"
    }
}

/// Returns true for the message of a server to a call that is too long: that of Redis and Valkey, and
/// that of hosted ones with a limit of their own.
pub(crate) fn speaks_of_length(message: &str) -> bool {
    message.contains("invalid bulk length") || message.contains("max request size exceeded")
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(&**source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number of a database that is not there was once blamed on the password.
    #[test]
    fn each_error_has_its_remedy() {
        let server = || "a:1".to_owned();
        for (message, remedy) in [
            ("ERR DB index is out of range", "number of the database"),
            (
                "ERR unknown command 'SENTINEL', with args",
                "it is no Sentinel",
            ),
            ("ERR unknown command 'XCLAIM'", "6.2"),
            ("NOPERM this user has no permissions", "the user's commands"),
            (
                "WRONGTYPE Operation against a key holding the wrong kind of value",
                "another program's",
            ),
            (
                "ERR Error running script: 9: -WRONGTYPE Operation",
                "another program's",
            ),
        ] {
            let message = message.to_owned();
            let error = Error::Refused {
                server: server(),
                message,
            };
            assert!(error.to_string().contains(remedy), "{error}");
        }
        for (message, remedy) in [
            ("READONLY You can't write", "it is a replica"),
            ("OOM command not allowed", "it is full"),
            ("ERR Error running script: 38: -OOM command", "it is full"),
            ("LOADING the data", "the data"),
        ] {
            let message = message.to_owned();
            let error = Error::Unavailable {
                server: server(),
                message,
            };
            assert!(error.to_string().contains(remedy), "{error}");
        }
    }

    /// A full server of Redis 6.2 was once taken for one that refuses.
    #[test]
    fn a_code_inside_the_message_of_a_script_is_found() {
        let message = "ERR Error running script (call to f_1): 38: -OOM command not allowed";
        assert!(words(message).any(|word| word == "OOM"));
    }
}

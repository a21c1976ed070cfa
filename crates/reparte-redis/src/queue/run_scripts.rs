//! Calls of scripts that end a run or collect its answers, and the bounds of a read.

use std::time::Duration;

use crate::keys::RunKeys;
use crate::queue::claims::Settlement;
use crate::script::{Script, ScriptCall, millis};

/// The most answers of one read, and the bytes from which on it takes no more.
pub(crate) const ANSWERS: u64 = 256;
pub(crate) const ANSWER_BYTES: u64 = 1 << 20;
/// The most reads in a row. The last one only deletes.
pub(crate) const READS: u32 = 64;

/// Returns the call of OPEN for a run that expires after a time.
pub(crate) fn open_call(keys: &RunKeys, is_kept: bool, expiry: Duration) -> ScriptCall {
    let run_keys = [keys.queue.tasks(), keys.results(), keys.open()];
    let mut call = ScriptCall::new(Script::Open, run_keys).number(millis(expiry));
    if is_kept {
        call.keys
            .extend([keys.kept(), keys.backlog(), keys.queue.detached()]);
        call = call.arg(keys.run.as_bytes());
    }
    call
}

/// Returns the call of CLOSE.
pub(crate) fn close_call(keys: &RunKeys) -> ScriptCall {
    let queue = &keys.queue;
    let [tasks, lost, unfit] = [queue.tasks(), queue.lost(), queue.unfit()];
    ScriptCall::new(
        Script::Close,
        [tasks, keys.results(), keys.open(), lost, unfit],
    )
}

/// Returns the call of CLOSE for a kept run, less the client.
pub(crate) fn close_kept_call(keys: &RunKeys) -> ScriptCall {
    let mut call = close_call(keys).arg(keys.run.as_bytes());
    call.keys
        .extend([keys.kept(), keys.backlog(), keys.client()]);
    call.keys.push(keys.queue.detached());
    call
}

/// Returns the call of COLLECT for so many answers after one. It deletes those that are kept.
pub(crate) fn collect_call(
    keys: &RunKeys,
    most: u64,
    last: &str,
    settled: &[Settlement],
) -> ScriptCall {
    let script_keys = [keys.results(), keys.kept(), keys.queue.detached()];
    let mut call = ScriptCall::new(Script::Collect, script_keys)
        .arg(keys.run.as_bytes())
        .number(most)
        .number(ANSWER_BYTES)
        .arg(last);
    for Settlement { answer, task, n } in settled {
        call = call
            .arg(answer.as_deref().unwrap_or_default())
            .arg(task.map(|task| task.to_string()).unwrap_or_default())
            .number(*n);
    }
    call
}

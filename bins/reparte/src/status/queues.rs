//! The queues on an engine as a table and as JSON.

use std::time::{Duration, UNIX_EPOCH};

use reparte_redis::{Holder, QueueStatus, RunStatus, WorkerStatus};
use serde_json::{Value as Json, json};
use untrusted_text::OneLine;

use crate::clock::LongTime;
use crate::status::table::{MAX_CHARS, aligned};

const HEADINGS: [&str; 7] = [
    "QUEUE", "WAITING", "AT WORK", "OLDEST", "WORKERS", "SLOTS", "RUNS",
];

/// Returns a line for each queue, and below them lines for their workers and runs.
pub(super) fn queue_table(queues: &[QueueStatus]) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(queues.iter().map(row));
    let mut text = aligned(&rows, 1..HEADINGS.len());
    for queue in queues {
        let function = &queue.function;
        if let Some(trouble) = &queue.trouble {
            text.push_str(&format!("{function}: {trouble}\n"));
        }
        for worker in &queue.workers {
            text.push_str(&format!("{function}: {}\n", worker_line(worker)));
        }
        for run in &queue.runs {
            text.push_str(&format!("{function}: {}\n", run_line(run)));
        }
        if queue.ownerless > 0 {
            let count = queue.ownerless;
            text.push_str(&format!(
                "{function}: {count} tasks of runs that have ended\n"
            ));
        }
    }
    text
}

fn row(queue: &QueueStatus) -> [String; HEADINGS.len()] {
    if queue.trouble.is_some() {
        let mut unknown = HEADINGS.map(|_| "?".to_owned());
        unknown[0].clone_from(&queue.function);
        return unknown;
    }
    let oldest = queue.oldest.map(seconds);
    [
        queue.function.clone(),
        queue.waiting.to_string(),
        queue.at_work.to_string(),
        oldest.unwrap_or_else(|| "-".to_owned()),
        queue.workers.len().to_string(),
        queue.slots().to_string(),
        queue.runs.len().to_string(),
    ]
}

fn worker_line(worker: &WorkerStatus) -> String {
    let shown = |text| OneLine::visible(text).max_chars(MAX_CHARS);
    let seen = match worker.is_alive() {
        true => "seen",
        false => "is silent: seen",
    };
    format!(
        "worker {} ({}) has {} tasks for {} slots, {seen} {} ago",
        shown(&worker.name),
        shown(&worker.version),
        worker.tasks,
        worker.slots,
        seconds(worker.silence)
    )
}

fn run_line(run: &RunStatus) -> String {
    let name = OneLine::visible(&run.run).max_chars(MAX_CHARS);
    let tasks = run.tasks.saturating_add(run.backlog);
    if run.is_kept {
        let kind = match run.detached {
            Some(bytes) if bytes.is_full() => format!(
                "is detached ({} bytes), and waits until answers are collected ({} of {} bytes): it",
                bytes.tasks, bytes.answers, bytes.answer_limit
            ),
            Some(bytes) => format!("is detached ({} bytes): it", bytes.tasks),
            None => "is kept: it".to_owned(),
        };
        let client = match &run.holder {
            Some(holder) => format!("its client is {holder}"),
            None => "no client".to_owned(),
        };
        return format!(
            "run {name} {kind} has {tasks} tasks and {} answers, {client}, expires in {}",
            run.answers,
            LongTime(run.expires_in)
        );
    }
    let client = match run.is_client_alive() {
        true => "its client was seen",
        false => "its client is silent: seen",
    };
    format!(
        "run {name} has {tasks} tasks, {client} {} ago",
        seconds(run.silence)
    )
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Returns an array with an object for each queue.
pub(super) fn queue_json(queues: &[QueueStatus]) -> Json {
    queues.iter().map(queue).collect()
}

fn queue(queue: &QueueStatus) -> Json {
    if let Some(trouble) = &queue.trouble {
        // All else is unknown.
        return json!({ "function": queue.function, "trouble": trouble });
    }
    json!({
        "function": queue.function,
        "trouble": null,
        "waiting": queue.waiting,
        "at_work": queue.at_work,
        "oldest_ms": queue.oldest.map(millis),
        "ownerless": queue.ownerless,
        "slots": queue.slots(),
        "lease_ms": queue.lease.map(millis),
        "workers": queue.workers.iter().map(worker).collect::<Json>(),
        "runs": queue.runs.iter().map(run).collect::<Json>(),
    })
}

fn worker(worker: &WorkerStatus) -> Json {
    json!({
        "name": worker.name,
        "version": worker.version,
        "slots": worker.slots,
        "tasks": worker.tasks,
        "state": if worker.is_alive() { "alive" } else { "silent" },
        "silence_ms": millis(worker.silence),
    })
}

fn run(run: &RunStatus) -> Json {
    json!({
        "run": run.run,
        "tasks": run.tasks.saturating_add(run.backlog),
        "backlog": run.backlog,
        "answers": run.answers,
        "client": if run.is_client_alive() { "alive" } else { "silent" },
        "silence_ms": millis(run.silence),
        "expires_ms": millis(run.expires_in),
        "kept": run.is_kept,
        "detached_bytes": run.detached.map(|bytes| bytes.tasks),
        "answer_bytes": run.detached.map(|bytes| bytes.answers),
        "answer_limit": run.detached.map(|bytes| bytes.answer_limit),
        "holder": run.holder.as_ref().map(holder),
    })
}

fn holder(holder: &Holder) -> Json {
    let since = holder.since().duration_since(UNIX_EPOCH);
    json!({
        "host": holder.host(),
        "pid": holder.pid(),
        "since": since.unwrap_or_default().as_secs(),
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

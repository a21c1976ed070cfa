//! The log: a server put aside, taken back, put out; nothing of
//! another's text unescaped. One test, since a process has one logger.

#![allow(clippy::unwrap_used, reason = "a test panics where it fails")]

mod fake_server;

use std::sync::Mutex;
use std::thread;

use fake_server::{fake_servers, next};
use log::{LevelFilter, Log, Metadata, Record};
use reparte::{CallError, ErrorKind, Repartidor};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Lines;

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("reparte")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = format!("{} {}", record.level(), record.args());
            LINES.lock().unwrap().push(line);
        }
    }

    fn flush(&self) {}
}

#[test]
fn servers_that_come_and_go_are_logged() {
    log::set_logger(&Lines).unwrap();
    log::set_max_level(LevelFilter::Info);
    let (servers, calls) = fake_servers(&[("a\u{1b}[2J", 1)]);
    let mut reparto = Repartidor::builder().destinos(servers).start().unwrap();
    reparto.enviar(1).unwrap();
    let torn = CallError::new(ErrorKind::Interrupted, "reset\nby peer");
    next(&calls).answer(Err(torn));
    next(&calls).square();
    reparto.enviar(2).unwrap();
    next(&calls).fail(ErrorKind::Busy { retry_after: None });
    next(&calls).fail(ErrorKind::Malformed);
    next(&calls).square();
    reparto.enviar(3).unwrap();
    next(&calls).fail(ErrorKind::Refused);
    thread::scope(|scope| {
        // The run asks once more before it ends.
        scope.spawn(|| next(&calls).fail(ErrorKind::Refused));
        reparto.terminar().unwrap_err();
    });

    let lines = LINES.lock().unwrap();
    // The wait is random.
    let lines: Vec<String> = lines
        .iter()
        .map(|line| match line.split_once(" for ") {
            Some((before, rest)) if rest.contains(" ms") => {
                let after = rest.split_once(" ms").map(|(_, after)| after);
                format!("{before}{}", after.unwrap_or_default())
            }
            _ => line.clone(),
        })
        .collect();
    let (waits, lines) = lines.split_last().unwrap();
    let rest = waits.strip_prefix("WARN waits for a server, since none answers; ");
    assert!(
        rest.is_some_and(|rest| rest.ends_with("; a\\u{1b}[2J: refused: on purpose")),
        "{waits}"
    );
    assert_eq!(
        lines,
        [
            "WARN a\\u{1b}[2J: down, and tried again: interrupted: reset\\nby peer",
            "INFO a\\u{1b}[2J: answers, and is in use again",
            "INFO a\\u{1b}[2J: busy, left alone for a while: busy: on purpose",
            "WARN a\\u{1b}[2J: answers again, but its answers are of no use: it gets one task at \
             a time: malformed: on purpose",
            "INFO a\\u{1b}[2J: answers, and is in use again",
            "WARN a\\u{1b}[2J: out, and asked again each minute while the run goes on: refused: on purpose",
        ]
    );
}

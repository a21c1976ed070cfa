//! Answers in a journal: each as an XML-RPC document.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reparte::Journal;
use xmlrpc_client::{FromValue as _, Value};
use xmlrpc_wire::{Dialect, Limits, decode_response};

use super::{CallResult, Task};
use crate::exit::Failure;

/// The journal of a run of this work.
pub(super) fn journal(path: &Path, work: &str) -> Result<Journal<Arc<Task>, CallResult>, Failure> {
    let arguments = |task: &Arc<Task>| task.input.as_bytes().to_vec();
    Journal::open_with(
        path,
        &format!("reparte run: {work}"),
        arguments,
        write,
        read,
    )
    .map_err(|error| Failure::Journal(format!("--journal: {error}")))
}

fn write(answer: &CallResult) -> Vec<u8> {
    let document = Value::Array(vec![
        answer.value.clone(),
        Value::from((*answer.server).to_owned()),
        Value::Double(answer.time.as_secs_f64()),
        Value::from(i64::from(answer.attempts)),
    ]);
    // What came in a document can be written into one; what could not would be found by
    // the reader, since nothing is no document.
    Dialect::everything()
        .encode_response(&document)
        .unwrap_or_default()
}

fn read(document: &[u8]) -> Option<CallResult> {
    let mut limits = Limits::default();
    // Written by ourselves, from what was within the limits: a bit more than that.
    limits.bytes = usize::MAX;
    limits.values = usize::MAX;
    limits.string = usize::MAX;
    limits.depth = 256;
    let Ok(Value::Array(parts)) = decode_response(document, &limits).ok()? else {
        return None;
    };
    let [value, server, time, attempts] = <[Value; 4]>::try_from(parts).ok()?;
    Some(CallResult {
        value,
        server: String::from_value(server).ok()?.into(),
        time: Duration::try_from_secs_f64(f64::from_value(time).ok()?).ok()?,
        attempts: u32::from_value(attempts).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use xmlrpc_wire::{BigInteger, DateTime};

    #[test]
    fn every_answer_is_read_as_it_was_written() {
        let moment = DateTime::parse("2005-07-17T14:08:55.5+02:00").unwrap();
        let members = [("b", Value::Nil), ("a", Value::Double(0.1))];
        for value in [
            Value::Nil,
            Value::Int(-1),
            Value::Int64(1 << 40),
            Value::BigInteger(BigInteger::new("123456789012345678901234567890").unwrap()),
            Value::Double(f64::INFINITY),
            Value::Bool(true),
            Value::String(" two\r\nlines & <more>\t".to_owned()),
            Value::Base64(vec![0, 255]),
            Value::DateTime(moment),
            Value::Array(vec![Value::Array(Vec::new())]),
            Value::Struct(members.into_iter().collect()),
        ] {
            let answer = CallResult {
                value,
                server: "localhost:9000".into(),
                time: Duration::from_millis(1500),
                attempts: 3,
            };
            assert_eq!(read(&write(&answer)), Some(answer));
        }
    }

    #[test]
    fn anything_else_is_no_answer() {
        for document in [&b""[..], b"no document", b"<methodResponse/>"] {
            assert_eq!(read(document), None);
        }
        let other = Dialect::everything()
            .encode_response(&Value::Int(7))
            .unwrap();
        assert_eq!(read(&other), None);
    }
}

//! The journal of a run: call results as XML-RPC documents.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reparte::Journal;
use xmlrpc_client::{FromValue as _, Value};
use xmlrpc_wire::{Dialect, Limits, decode_response};

use crate::exit::Failure;
use crate::run::call_result::CallResult;
use crate::run::task::Task;

/// Opens the journal of a run. `work` names the function and the format of its tasks: the
/// journal of other work is refused. A task is known by its line.
pub(super) fn open(path: &Path, work: &str) -> Result<Journal<Arc<Task>, CallResult>, Failure> {
    let work = format!("reparte run: {work}");
    let line = |task: &Arc<Task>| task.input.as_bytes().to_vec();
    Journal::open_with(path, &work, line, write, read)
        .map_err(|error| Failure::Journal(format!("--journal: {error}")))
}

fn write(result: &CallResult) -> Vec<u8> {
    let document = Value::Array(vec![
        result.value.clone(),
        Value::from((*result.server).to_owned()),
        Value::Double(result.time.as_secs_f64()),
        Value::from(i64::from(result.attempts)),
    ]);
    // A value that came in a document can be written into one. If it can't be, the record is
    // empty, which a later run refuses to read.
    Dialect::everything()
        .encode_response(&document)
        .unwrap_or_default()
}

fn read(document: &[u8]) -> Option<CallResult> {
    let mut limits = Limits::default();
    // This command has written it, from values that were within the limits of a client. The
    // figures around the value add a little to that.
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
    fn every_result_is_read_as_it_was_written() {
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
            Value::InvalidDateTime("0000 & never".to_owned()),
            Value::Array(vec![Value::Array(Vec::new())]),
            Value::Struct(members.into_iter().collect()),
        ] {
            let result = CallResult {
                value,
                server: "localhost:9000".into(),
                time: Duration::from_millis(1500),
                attempts: 3,
            };
            assert_eq!(read(&write(&result)), Some(result));
        }
    }

    #[test]
    fn anything_else_is_no_result() {
        for document in [&b""[..], b"no document", b"<methodResponse/>"] {
            assert_eq!(read(document), None);
        }
        let other = Dialect::everything()
            .encode_response(&Value::Int(7))
            .unwrap();
        assert_eq!(read(&other), None);
    }
}

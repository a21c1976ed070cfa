//! What servers say of themselves.

use std::thread;
use std::time::{Duration, Instant};

use reparte::XmlRpc;
use xmlrpc_client::{Error, ErrorKind, FromValue, ServerProxy, Value};

use crate::introspection::is_own;

/// How many servers are asked at a time: each takes a thread.
const AT_A_TIME: usize = 256;

/// What became of asking a server.
#[derive(Debug)]
pub(super) struct ServerReport {
    pub(super) server: String,
    pub(super) answer: Result<RunningServer, Error>,
}

/// A server that answers.
#[derive(Debug)]
pub(super) struct RunningServer {
    /// From a question to its answer, on a connection that is there where the server
    /// keeps it.
    pub(super) round_trip: Duration,
    /// What it publishes, if it tells.
    pub(super) functions: Option<Vec<String>>,
    /// What the control protocol tells, if it has that.
    pub(super) work: Option<Workload>,
}

/// What a server works on.
#[derive(Debug, PartialEq)]
pub(super) struct Workload {
    pub(super) instance: String,
    pub(super) version: String,
    pub(super) slots: u64,
    pub(super) busy: u64,
    /// Those that run and those that wait, the oldest first.
    pub(super) calls: Vec<Call>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) age: Duration,
}

/// Asks all servers at the same time.
pub(super) fn probe_all(servers: &[XmlRpc], patience: Duration) -> Vec<ServerReport> {
    let mut reports = Vec::with_capacity(servers.len());
    for some in servers.chunks(AT_A_TIME) {
        reports.extend(thread::scope(|scope| {
            let asking = some.iter().map(|server| {
                let asking = move || probe_one(server.proxy(), patience);
                // Without a thread to be had, it is asked here and now.
                let thread = thread::Builder::new().spawn_scoped(scope, asking);
                (server.proxy(), thread.map_err(|_| asking))
            });
            let asking: Vec<_> = asking.collect();
            let answers = asking.into_iter().map(|(proxy, asking)| ServerReport {
                server: proxy.server().to_owned(),
                answer: match asking {
                    Ok(thread) => thread.join().unwrap_or_else(|panic| {
                        std::panic::resume_unwind(panic);
                    }),
                    Err(asking) => asking(),
                },
            });
            answers.collect::<Vec<_>>()
        }));
    }
    reports
}

fn probe_one(server: &ServerProxy, patience: Duration) -> Result<RunningServer, Error> {
    let until = Instant::now() + patience;
    let functions = told(
        server
            .attempt()
            .deadline(until)
            .call("system.listMethods", ()),
    )?;
    let began = Instant::now();
    let work = told(server.attempt().deadline(until).call("reparte.status", ()))?;
    Ok(RunningServer {
        round_trip: began.elapsed(),
        functions: functions.map(|names: Vec<String>| {
            let names = names.into_iter();
            names.filter(|name| !is_own(name)).collect()
        }),
        work: work.as_ref().and_then(read),
    })
}

/// An answer, or none where a server that is up does not know the question.
fn told<R>(answer: Result<R, Error>) -> Result<Option<R>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Fault(_) | Error::Mismatch(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a server's word on itself, if it is one.
fn read(value: &Value) -> Option<Workload> {
    let Value::Array(calls) = member(value, "calls")? else {
        return None;
    };
    let mut calls: Vec<Call> = calls.iter().filter_map(read_call).collect();
    calls.sort_by_key(|call| std::cmp::Reverse(call.age));
    Some(Workload {
        instance: get(value, "instance")?,
        version: get(value, "version")?,
        slots: get(value, "slots")?,
        busy: get(value, "busy")?,
        calls,
    })
}

fn read_call(value: &Value) -> Option<Call> {
    Some(Call {
        id: get(value, "id")?,
        method: get(value, "method")?,
        age: Duration::from_millis(get(value, "age_ms")?),
    })
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Struct(members) => members.get(name),
        _ => None,
    }
}

fn get<T: FromValue>(value: &Value, name: &str) -> Option<T> {
    T::from_value(member(value, name)?.clone()).ok()
}

impl ServerReport {
    /// How the server is, in a word.
    pub(super) fn state(&self) -> &'static str {
        match &self.answer {
            Ok(_) => "up",
            Err(Error::TimedOut { .. }) => "silent",
            Err(error) => match error.kind() {
                ErrorKind::Refused => "refuses",
                ErrorKind::NeverRan | ErrorKind::MayHaveRun | ErrorKind::Busy { .. } => "down",
                _ => "no server",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_if_it_is_one() {
        let structure = |members: &[(&str, Value)]| {
            let members = members.iter().cloned();
            Value::Struct(members.collect())
        };
        let call = |age: i32| {
            structure(&[
                ("id", Value::from("~1")),
                ("method", Value::from("f")),
                ("age_ms", Value::from(age)),
            ])
        };
        let mut members = vec![
            ("instance", Value::from("a")),
            ("version", Value::from("0.1.0")),
            ("slots", Value::from(2)),
            ("busy", Value::from(1)),
            ("calls", Value::from(vec![call(5), call(7), call(-1)])),
        ];
        let work = read(&structure(&members)).unwrap();
        assert_eq!((work.slots, work.busy), (2, 1));
        let ages: Vec<_> = work.calls.iter().map(|call| call.age.as_millis()).collect();
        assert_eq!(ages, [7, 5]);
        members[2] = ("slots", Value::from("many"));
        assert_eq!(read(&structure(&members)), None);
        assert_eq!(read(&Value::Nil), None);
    }
}

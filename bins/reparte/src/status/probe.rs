//! The probe: asks servers for their state, all at the same time.

use std::thread;
use std::time::{Duration, Instant};

use reparte::XmlRpc;
use xmlrpc_client::{Error, FromValue, ServerProxy, Value};

use crate::introspection::is_builtin;
use crate::status::server_report::{Call, RunningServer, ServerReport, Workload};

/// The most servers that are probed at a time. Each takes a thread.
const MAX_THREADS: usize = 256;

/// Probes all servers. Each has `timeout` to answer.
pub(super) fn probe_all(servers: &[XmlRpc], timeout: Duration) -> Vec<ServerReport> {
    let mut reports = Vec::with_capacity(servers.len());
    for some in servers.chunks(MAX_THREADS) {
        reports.extend(thread::scope(|scope| {
            let started = some.iter().map(|server| {
                let probe = move || probe_one(server.proxy(), timeout);
                let thread = thread::Builder::new().spawn_scoped(scope, probe);
                (server.proxy(), thread.map_err(|_| probe))
            });
            // All threads start before the first one is waited for.
            let started: Vec<_> = started.collect();
            let finished = started.into_iter().map(|(proxy, probe)| ServerReport {
                server: proxy.server().to_owned(),
                answer: match probe {
                    Ok(thread) => thread.join().unwrap_or_else(|panic| {
                        std::panic::resume_unwind(panic);
                    }),
                    // There was no thread for it.
                    Err(probe) => probe(),
                },
            });
            finished.collect::<Vec<_>>()
        }));
    }
    reports
}

fn probe_one(server: &ServerProxy, timeout: Duration) -> Result<RunningServer, Error> {
    let deadline = Instant::now() + timeout;
    let functions = optional(
        server
            .attempt()
            .deadline(deadline)
            .call("system.listMethods", ()),
    )?;
    let began = Instant::now();
    let work = optional(
        server
            .attempt()
            .deadline(deadline)
            .call("reparte.status", ()),
    )?;
    Ok(RunningServer {
        round_trip: began.elapsed(),
        functions: functions.map(|names: Vec<String>| {
            let names = names.into_iter();
            names.filter(|name| !is_builtin(name)).collect()
        }),
        work: work.as_ref().and_then(read_workload),
    })
}

/// Returns the result of a method that a server may not have. `None` if it has not.
fn optional<R>(result: Result<R, Error>) -> Result<Option<R>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Fault(_) | Error::Mismatch(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads the result of `reparte.status`. `None` if it is none.
fn read_workload(value: &Value) -> Option<Workload> {
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
        let work = read_workload(&structure(&members)).unwrap();
        assert_eq!((work.slots, work.busy), (2, 1));
        let ages: Vec<_> = work.calls.iter().map(|call| call.age.as_millis()).collect();
        assert_eq!(ages, [7, 5]);
        members[2] = ("slots", Value::from("many"));
        assert_eq!(read_workload(&structure(&members)), None);
        assert_eq!(read_workload(&Value::Nil), None);
    }
}

//! The probe: asks servers for their state, all at the same time.

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

use reparte::{Destino, XmlRpc};
use xmlrpc_client::{Error, FromValue, ServerProxy, Value};

use crate::introspection::is_builtin;
use crate::status::server_report::{Call, RunningServer, ServerReport, Workload, says_nothing};

/// The most servers that are probed at a time. Each takes a thread.
const MAX_THREADS: usize = 256;

/// Probes all servers. Each has `timeout` to answer.
pub(super) fn probe_all(servers: &[XmlRpc], timeout: Duration) -> Vec<ServerReport> {
    let mut reports = Vec::with_capacity(servers.len());
    let mut names = names(servers).into_iter();
    for some in servers.chunks(MAX_THREADS) {
        reports.extend(thread::scope(|scope| {
            let started = some.iter().map(|server| {
                let probe = move || probe_one(server.proxy(), timeout);
                let thread = thread::Builder::new().spawn_scoped(scope, probe);
                thread.map_err(|_| probe)
            });
            // All threads start before the first one is waited for.
            let started: Vec<_> = started.collect();
            let finished = started.into_iter().zip(&mut names);
            let finished = finished.map(|(probe, server)| ServerReport {
                server,
                has_protocol: false,
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

/// Returns the servers' names: `host:port`, or the whole address of each of those that share
/// it.
fn names(servers: &[XmlRpc]) -> Vec<String> {
    let mut count = HashMap::new();
    for server in servers {
        *count.entry(server.proxy().server()).or_insert(0) += 1;
    }
    let name = |server: &XmlRpc| {
        let short = server.proxy().server();
        let server: &dyn Destino<Vec<Value>, Value> = server;
        match count.get(short) {
            Some(1) => short.to_owned(),
            _ => server.name().to_owned(),
        }
    };
    servers.iter().map(name).collect()
}

/// Asks a server for its methods and for its work. It is up if it answers one of the questions
/// as XML-RPC servers do, if only with a fault.
fn probe_one(server: &ServerProxy, timeout: Duration) -> Result<RunningServer, Error> {
    let deadline = Instant::now() + timeout;
    let call = |method| server.attempt().deadline(deadline).call(method, ());
    let listed = known(call("system.listMethods"))?;
    let began = Instant::now();
    let work = known(call("reparte.status"))?;
    let round_trip = began.elapsed();
    let (listed, work) = match (listed, work) {
        (Err(error), Err(_)) => return Err(error),
        (listed, work) => (listed.ok().flatten(), work.ok().flatten()),
    };
    let names = listed.and_then(|names| Vec::<String>::from_value(names).ok());
    Ok(RunningServer {
        round_trip,
        functions: names.map(|names| {
            let names = names.into_iter();
            names.filter(|name| !is_builtin(name)).collect()
        }),
        work: work.as_ref().and_then(read_workload),
    })
}

/// Returns the answer to a question: `Some` result, or `None` for a fault. The inner error is
/// one that says nothing of other methods: a server may have it for each method that it does
/// not know.
fn known(result: Result<Value, Error>) -> Result<Result<Option<Value>, Error>, Error> {
    match result {
        Ok(value) => Ok(Ok(Some(value))),
        Err(Error::Fault(_)) => Ok(Ok(None)),
        Err(error) if says_nothing(&error) => Ok(Err(error)),
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
        seconds_left: get(value, "seconds_left"),
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
        assert_eq!((ages, work.seconds_left), (vec![7, 5], None));
        members.push(("seconds_left", Value::from(90)));
        let work = read_workload(&structure(&members)).unwrap();
        assert_eq!(work.seconds_left, Some(90));
        members[2] = ("slots", Value::from("many"));
        assert_eq!(read_workload(&structure(&members)), None);
        assert_eq!(read_workload(&Value::Nil), None);
    }
}

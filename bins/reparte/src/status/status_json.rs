//! The reports of servers as JSON.

use serde_json::{Value as Json, json};

use crate::status::server_report::{Call, RunningServer, ServerReport, Workload};

/// Returns an array with an object for each server. What a server does not say is null.
pub(super) fn status_json(reports: &[ServerReport]) -> Json {
    reports.iter().map(server).collect()
}

fn server(report: &ServerReport) -> Json {
    let up = report.answer.as_ref().ok();
    let work = up.and_then(|up| up.work.as_ref());
    json!({
        "server": report.server,
        "state": report.state(),
        "error": report.answer.as_ref().err().map(ToString::to_string),
        "round_trip_ms": up.map(RunningServer::round_trip_ms),
        "functions": up.and_then(|up| up.functions.as_ref()),
        "instance": work.map(|work| &work.instance),
        "version": work.map(|work| &work.version),
        "slots": work.map(|work| work.slots),
        "busy": work.map(|work| work.busy),
        "seconds_left": work.and_then(|work| work.seconds_left),
        "waiting": work.map(Workload::waiting),
        "calls": work.map(|work| work.calls.iter().map(call).collect::<Json>()),
    })
}

fn call(call: &Call) -> Json {
    let age = u64::try_from(call.age.as_millis()).unwrap_or(u64::MAX);
    json!({ "id": call.id, "method": call.method, "age_ms": age })
}

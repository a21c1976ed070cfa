//! A destination of a factorization: `ecm_curves` and `siqs_relations` on one server, and the check of
//! their results.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use factorizar::{CurveRange, Natural, QuadraticSieve};
use reparte::{Call, CallError, CallId, Destino, ErrorKind, Status, XmlRpc};
use xmlrpc_client::{Options, ServerProxy, Value};

use crate::exit::Failure;
use crate::factor::cpu_times::{CpuTimes, Part};
use crate::factor::job::{CurveJob, SieveJob, Sieved, Task, TaskResult};
use crate::factor::ranges::Ranges;
use crate::flags::server_entry::{ServerEntry, destinations};
use crate::run::server_file::ServerKey;

/// A server of `ecm_curves` and `siqs_relations`.
#[derive(Debug)]
pub(super) struct Destination {
    name: Arc<str>,
    curves: XmlRpc,
    relations: XmlRpc,
    cpu_times: CpuTimes,
}

/// [`XmlRpc`] with the types that it has here: it implements [`Destino`] for many.
type XmlRpcDestino = dyn Destino<Vec<Value>, Vec<Value>>;

impl Destination {
    /// Returns all servers of a list, with the key of each.
    pub(super) fn all(
        entries: &[ServerEntry],
        client: &Options,
        cpu_times: &CpuTimes,
    ) -> Result<Vec<(ServerKey, Self)>, Failure> {
        let curves = destinations(entries, "ecm_curves", client)?;
        let relations = destinations(entries, "siqs_relations", client)?;
        let pairs = curves.into_iter().zip(relations);
        let destination = |(curves, relations): (XmlRpc, XmlRpc)| {
            let destino: &XmlRpcDestino = &relations;
            let key = ServerKey::of(&relations);
            let destination = Destination {
                name: destino.name().into(),
                curves,
                relations,
                cpu_times: cpu_times.clone(),
            };
            (key, destination)
        };
        Ok(pairs.map(destination).collect())
    }

    pub(super) fn proxy(&self) -> &ServerProxy {
        self.relations.proxy()
    }

    fn destino(&self) -> &XmlRpcDestino {
        &self.relations
    }

    /// Calls a function. A fault says that this server can't do the work, which all others may.
    fn ask(
        &self,
        function: &XmlRpcDestino,
        arguments: Vec<Value>,
        call: &Call,
    ) -> Result<Vec<Value>, CallError> {
        function
            .call(&arguments, call)
            .map_err(|error| match error.kind() {
                ErrorKind::Fault { .. } | ErrorKind::NotFound => {
                    CallError::new(ErrorKind::Unfit, error.message())
                }
                _ => error,
            })
    }

    fn compute_curves(&self, job: &CurveJob, call: &Call) -> Result<TaskResult, CallError> {
        for (curves, ranges) in &job.levels {
            if let Some(part) = ranges.take(&self.name) {
                let part = TakenRange::new(ranges, part);
                let started = Instant::now();
                let arguments = vec![
                    Value::from(job.n.to_string()),
                    Value::from(curves.b1().to_string()),
                    Value::from(curves.b2().to_string()),
                    Value::from((curves.first_sigma() + part.range.start).to_string()),
                    Value::from(part.len().to_string()),
                ];
                let answer = self.ask(&self.curves, arguments, call)?;
                let factor = read_factor(&job.n, curves, &part.range, &answer)?;
                ranges.note_speed(&self.name, part.len(), started.elapsed());
                let curves = curves_of(curves, &part.range)?;
                part.keep();
                return Ok(factor.map_or(TaskResult::NoFactor(curves), TaskResult::Factor));
            }
        }
        Ok(TaskResult::Nothing)
    }

    fn sieve(&self, job: &SieveJob, call: &Call) -> Result<TaskResult, CallError> {
        let Some(part) = job.ranges.take(&self.name) else {
            return Ok(TaskResult::Nothing);
        };
        let mut part = TakenRange::new(&job.ranges, part);
        let started = Instant::now();
        let arguments = vec![
            Value::from(job.n.to_string()),
            Value::from(QuadraticSieve::VERSION.to_string()),
            Value::from(part.range.start.to_string()),
            Value::from(part.len().to_string()),
        ];
        let answer = self.ask(&self.relations, arguments, call)?;
        let time = started.elapsed();
        let (covered, packed, cpu) = read_relations(answer)?;
        let covered = u64::try_from(covered).unwrap_or(0);
        if covered == 0 || covered > part.len() {
            return Err(wrong(format!(
                "it says that it has sieved {covered} of {} leading coefficients",
                part.len()
            )));
        }
        let check = || job.sieve.check(part.range.start, covered, &packed);
        let relations = self.cpu_times.of_thread(Part::Checks, check);
        let relations = relations.map_err(|error| wrong(error.to_string()))?;
        job.ranges.note_speed(&self.name, covered, time);
        part.give_back_from(part.range.start + covered);
        let range = part.range.clone();
        part.keep();
        Ok(TaskResult::Sieved(Sieved {
            server: Arc::clone(&self.name),
            range,
            time,
            cpu,
            packed,
            relations,
        }))
    }
}

/// Reads the answer of `siqs_relations`: the number of leading coefficients that are sieved, their
/// relations, and the CPU time of the server, which it need not tell.
fn read_relations(answer: Vec<Value>) -> Result<(i32, Vec<u8>, Duration), CallError> {
    let mut members = answer.into_iter();
    let (covered, packed) = (members.next(), members.next());
    let cpu = members.next().map_or(Some(Duration::ZERO), |seconds| {
        Duration::try_from_secs_f64(seconds.as_f64()?).ok()
    });
    match (covered, packed, cpu, members.next()) {
        (Some(Value::Int(covered)), Some(Value::Base64(packed)), Some(cpu), None) => {
            Ok((covered, packed, cpu))
        }
        _ => Err(wrong("the answer is not a number and relations")),
    }
}

/// Returns a part of a range of curves.
fn curves_of(curves: &CurveRange, part: &Range<u64>) -> Result<CurveRange, CallError> {
    let (first, count) = (curves.first_sigma() + part.start, part.end - part.start);
    CurveRange::new(curves.b1(), curves.b2(), first, count)
        .map_err(|error| CallError::new(ErrorKind::Unsendable, error.to_string()))
}

/// Reads the answer of `ecm_curves`, and checks the factor.
fn read_factor(
    n: &Natural,
    curves: &CurveRange,
    part: &Range<u64>,
    answer: &[Value],
) -> Result<Option<Natural>, CallError> {
    let (factor, sigma) = match answer {
        [] => return Ok(None),
        [Value::String(factor), Value::String(sigma)] => (factor, sigma),
        _ => {
            return Err(wrong(
                "the answer is neither empty nor a factor and a sigma",
            ));
        }
    };
    let sigma = sigma
        .parse()
        .ok()
        .and_then(|sigma: u64| sigma.checked_sub(curves.first_sigma()));
    if !sigma.is_some_and(|sigma| part.contains(&sigma)) {
        return Err(wrong("the sigma is not one of those that were sent"));
    }
    // Digits only, and no more than n has: the parser would take any number of them.
    let is_short = factor.len() <= n.digits();
    let factor = is_short.then(|| factor.parse::<Natural>().ok()).flatten();
    factor
        .filter(|factor| !factor.is_one() && factor != n && n.exact_quotient(factor).is_some())
        .map(Some)
        .ok_or_else(|| wrong("its factor does not properly divide the number"))
}

/// Returns the error of an answer that can't be right: its server is out for the rest of the run.
fn wrong(why: impl Into<String>) -> CallError {
    CallError::new(ErrorKind::Wrong, why)
}

/// A range that is given back when it is dropped.
struct TakenRange<'a> {
    ranges: &'a Ranges,
    range: Range<u64>,
}

impl<'a> TakenRange<'a> {
    fn new(ranges: &'a Ranges, range: Range<u64>) -> Self {
        TakenRange { ranges, range }
    }

    fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Gives the numbers from `start` on back.
    fn give_back_from(&mut self, start: u64) {
        self.ranges.give_back(start..self.range.end);
        self.range.end = start;
    }

    /// Keeps the range: it is done.
    fn keep(mut self) {
        self.range.end = self.range.start;
    }
}

impl Drop for TakenRange<'_> {
    fn drop(&mut self) {
        self.ranges.give_back(self.range.clone());
    }
}

impl Destino<Task, TaskResult> for Destination {
    fn name(&self) -> &str {
        &self.name
    }

    fn slots(&self) -> usize {
        self.destino().slots()
    }

    fn learns_slots(&self) -> bool {
        self.destino().learns_slots()
    }

    fn has_status(&self) -> bool {
        self.destino().has_status()
    }

    fn status(&self) -> Result<Option<Status>, CallError> {
        self.destino().status()
    }

    fn call(&self, task: &Task, call: &Call) -> Result<TaskResult, CallError> {
        match task {
            Task::Curves(job) => self.compute_curves(job, call),
            Task::Sieve(job) => self.sieve(job, call),
        }
    }

    fn cancel(&self, call: CallId) {
        // Only one of them knows the call.
        let (curves, relations): (&XmlRpcDestino, &XmlRpcDestino) = (&self.curves, &self.relations);
        curves.cancel(call);
        relations.cancel(call);
    }
}

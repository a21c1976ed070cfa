//! The functions `ecm_curves` and `siqs_relations`: units of the factorization of one number,
//! which many servers compute for one client.

use std::time::{Duration, Instant};

use factorizar::{
    Control, CurveError, CurveRange, Natural, QuadraticSieve, SieveError, ecm_curves,
};
use xmlrpc_server::{Context, Service, Stop};
use xmlrpc_wire::{Fault, Value};

use crate::cpu_time;
use crate::numbers::{bounded, natural, refuse_easy};
use crate::sieves::{Sieves, sieve_fault};
use crate::work_limits::WorkLimits;

/// Curves of a call at most.
const MAX_CURVES: u64 = 10_000;

/// Leading coefficients of a call at most.
const MAX_COEFFICIENTS: u64 = 65_536;

/// Bytes of relations after which a call ends early. As base64 within XML they stay below 16 MiB,
/// which clients read unless told otherwise.
const MAX_BYTES: usize = 8 << 20;

/// Publishes `ecm_curves` and `siqs_relations`. Each call is kept within `limits`. Once `stop` is
/// stopped, calls of `siqs_relations` return what they have.
///
/// # Errors
///
/// The service has a function of one of these names already.
pub fn publish_units(
    service: &mut Service,
    limits: WorkLimits,
    stop: &Stop,
) -> Result<(), xmlrpc_server::Error> {
    let sieves = Sieves::default();
    let stop = stop.clone();
    service
        .register(
            "ecm_curves",
            move |call: &Context, n: Value, b1: Value, b2: Value, sigma: Value, count: Value| {
                let n = natural(n, limits)?;
                curves(call, &n, [&b1, &b2, &sigma, &count], limits)
            },
        )?
        .signature(
            "ecm_curves",
            &["array", "string", "int", "string", "string", "int"],
        )?
        .help(
            "ecm_curves",
            "Looks for a factor of n with elliptic curves: ecm_curves(n, B1, B2, first_sigma, \
             count). Returns the factor and the sigma that found it, as texts, or an empty array. \
             Integers may come as text.",
        )?
        .register(
            "siqs_relations",
            move |call: &Context, n: Value, version: Value, first: Value, count: Value| {
                let unit = SieveUnit::read(n, &version, &first, &count, limits)?;
                let place = sieves.place(&unit.n);
                unit.sieve(place.get(&unit.n)?, call, limits, &stop)
            },
        )?
        .signature(
            "siqs_relations",
            &["array", "string", "int", "string", "int"],
        )?
        .help(
            "siqs_relations",
            "Sieves for n: siqs_relations(n, version, first, count), with the polynomials of \
             count leading coefficients from number first on. Returns how many of these it has \
             sieved, which may be fewer; their packed relations, as base64; and the seconds of \
             CPU time, where the system tells it. Integers may come as text.",
        )?;
    Ok(())
}

/// Computes curves. `arguments` has B1, B2, the first sigma and the count.
///
/// # Errors
///
/// A fault for arguments out of their bounds, and if the limits or the caller stopped the curves.
fn curves(
    call: &Context,
    n: &Natural,
    arguments: [&Value; 4],
    limits: WorkLimits,
) -> Result<Vec<String>, Fault> {
    let [b1, b2, sigma, count] = arguments;
    let b1 = bounded(
        "B1",
        b1,
        CurveRange::MIN_B1.into(),
        CurveRange::MAX_B1.into(),
    )?;
    let b2 = bounded("B2", b2, 0, CurveRange::MAX_B2)?;
    let (least, most) = (CurveRange::MIN_SIGMA, CurveRange::MAX_SIGMA);
    let sigma = bounded("first_sigma", sigma, least, most)?;
    let count = bounded("count", count, 1, MAX_CURVES)?;
    let range = CurveRange::new(b1 as u32, b2, sigma, count)
        .map_err(|error| Fault::application(error.to_string()))?;
    refuse_easy(n)?;
    let time = CallTime::start(call, limits);
    let control = Control::new().deadline(move || time.is_over());
    let found = ecm_curves(n, range, &control).map_err(|error| match error {
        CurveError::Stopped(reason) => limits.stopped(call, &reason),
        error => Fault::application(error.to_string()),
    })?;
    let texts = found.map(|found| [found.factor().to_string(), found.sigma().to_string()]);
    Ok(texts.into_iter().flatten().collect())
}

/// A unit of sieving, as a caller names it.
#[derive(Debug)]
struct SieveUnit {
    n: Natural,
    first: u64,
    count: u64,
}

impl SieveUnit {
    fn read(
        n: Value,
        version: &Value,
        first: &Value,
        count: &Value,
        limits: WorkLimits,
    ) -> Result<Self, Fault> {
        let n = natural(n, limits)?;
        let version = bounded("version", version, 0, u32::MAX.into())? as u32;
        if version != QuadraticSieve::VERSION {
            return Err(sieve_fault(&SieveError::Version { version }));
        }
        Ok(SieveUnit {
            n,
            first: bounded("first", first, 0, u64::MAX)?,
            count: bounded("count", count, 1, MAX_COEFFICIENTS)?,
        })
    }

    /// Sieves one leading coefficient after the other, as long as there is time for the next.
    ///
    /// # Errors
    ///
    /// A fault if nobody waits any longer, if the time does not suffice for one coefficient, or if
    /// the unit is past the end of the list.
    fn sieve(
        &self,
        sieve: &QuadraticSieve,
        call: &Context,
        limits: WorkLimits,
        stop: &Stop,
    ) -> Result<Vec<Value>, Fault> {
        let units = sieve.units();
        let end = self.first.checked_add(self.count);
        if end.is_none_or(|end| end > units) {
            return Err(sieve_fault(&SieveError::PastTheEnd { units }));
        }
        let time = CallTime::start(call, limits);
        let cpu_before = cpu_time::of_thread();
        let mut packed = Vec::new();
        let mut covered = 0;
        while covered < self.count && packed.len() < MAX_BYTES {
            let has_some = covered > 0;
            if has_some && !time.suffices_for_another(covered) {
                break;
            }
            // A server that stops waits for the first coefficient alone.
            let (time, stop) = (time.clone(), stop.clone());
            let is_over = move || time.is_over() || has_some && stop.is_stopped();
            let control = Control::new().deadline(is_over);
            match sieve.sieve(self.first + covered, 1, &control) {
                Ok(relations) => packed.extend(relations),
                Err(SieveError::Stopped(_)) if has_some && !call.is_cancelled() => break,
                Err(SieveError::Stopped(reason)) => return Err(limits.stopped(call, &reason)),
                Err(error) => return Err(sieve_fault(&error)),
            }
            covered += 1;
        }
        let mut answer = vec![Value::Int(covered as i32), Value::Base64(packed)];
        // One thread sieves: this one.
        let cpu_now = cpu_time::of_thread();
        let spent = cpu_now
            .zip(cpu_before)
            .map(|(now, before)| now.saturating_sub(before));
        answer.extend(spent.map(|spent| Value::Double(spent.as_secs_f64())));
        Ok(answer)
    }
}

/// The time that a call may take.
#[derive(Debug, Clone)]
struct CallTime {
    call: Context,
    started: Instant,
    limit: Duration,
}

impl CallTime {
    fn start(call: &Context, limits: WorkLimits) -> Self {
        CallTime {
            call: call.clone(),
            started: Instant::now(),
            limit: limits.time,
        }
    }

    fn is_over(&self) -> bool {
        self.call.is_cancelled() || self.started.elapsed() >= self.limit
    }

    /// Returns whether another coefficient can be sieved in time, after `covered` of them.
    fn suffices_for_another(&self, covered: u64) -> bool {
        let elapsed = self.started.elapsed();
        // Half as long again: the next one may have more polynomials, or meet a busy machine.
        let next = elapsed.mul_f64(1.5 / covered.max(1) as f64);
        let left = self.limit.saturating_sub(elapsed);
        next < self.call.time_left().map_or(left, |time| time.min(left))
    }
}

#[cfg(test)]
mod tests;

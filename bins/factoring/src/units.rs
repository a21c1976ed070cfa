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
mod tests {
    use super::*;

    /// A product of two primes of 61 and 65 bits.
    const N: &str = "85070591730234615715963856259051946033";

    fn unit(n: &str, version: u32, first: u64, count: u64) -> Result<SieveUnit, Fault> {
        let (version, first) = (
            Value::from(version.to_string()),
            Value::from(first.to_string()),
        );
        let count = Value::from(count.to_string());
        SieveUnit::read(n.into(), &version, &first, &count, WorkLimits::default())
    }

    fn sieve(
        n: &str,
        first: u64,
        count: u64,
        call: &Context,
        limits: WorkLimits,
        stop: &Stop,
    ) -> Result<(u64, Vec<u8>), Fault> {
        let unit = unit(n, QuadraticSieve::VERSION, first, count)?;
        let place = Sieves::default().place(&unit.n);
        let answer = unit.sieve(place.get(&unit.n)?, call, limits, stop)?;
        match answer.as_slice() {
            [
                Value::Int(covered),
                Value::Base64(packed),
                Value::Double(seconds),
            ] => {
                assert!((0.0..600.0).contains(seconds), "{seconds}");
                Ok((*covered as u64, packed.clone()))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn relations_come_as_the_kernel_packs_them() {
        let n: Natural = N.parse().unwrap();
        let kernel = QuadraticSieve::new(&n, QuadraticSieve::VERSION).unwrap();
        let call = Context::new();
        let (covered, packed) = sieve(N, 5, 4, &call, WorkLimits::default(), &Stop::new()).unwrap();
        assert_eq!(covered, 4);
        assert_eq!(packed, kernel.sieve(5, 4, &Control::new()).unwrap());
        assert!(kernel.relations().add(5, 4, &packed).unwrap() > 0);
    }

    #[test]
    fn a_number_that_needs_no_sieve_is_refused_with_the_reason() {
        let stop = Stop::new();
        let prime = "170141183460469231731687303715884105727";
        let square = (&prime.parse::<Natural>().unwrap() * &prime.parse().unwrap()).to_string();
        let long = "7".repeat(101);
        let with_factor = (&N.parse::<Natural>().unwrap() * &Natural::from(3u64)).to_string();
        for (n, part) in [
            ("85070591730234615884085196228943527912", "must be odd"),
            ("0", "must be odd"),
            ("1", "must be odd"),
            (prime, "is prime"),
            (
                &square,
                "is the power 2 of 17014118346046923173168730371588410572",
            ),
            ("91", "7 bits: send an odd composite of 100"),
            (&long, "has 101 digits, and this server takes 100"),
            (&with_factor, "has the factor 3"),
            ("12x", "El valor recibido debe ser string o entero!"),
        ] {
            let call = Context::new();
            let fault = sieve(n, 0, 1, &call, WorkLimits::default(), &stop).unwrap_err();
            assert_eq!(fault.code, Fault::APPLICATION);
            assert!(fault.message.contains(part), "{n}: {fault}");
        }
    }

    #[test]
    fn arguments_out_of_their_bounds_are_told() {
        let version = QuadraticSieve::VERSION;
        for (unit, part) in [
            (
                unit(N, version + 1, 0, 1),
                format!("the sieve has version {version}"),
            ),
            (
                unit(N, version, 0, 0),
                "count must be an integer from 1".to_owned(),
            ),
            (
                unit(N, version, 0, MAX_COEFFICIENTS + 1),
                "count must be".to_owned(),
            ),
        ] {
            let fault = unit.unwrap_err();
            assert!(fault.message.contains(&part), "{fault}");
        }
        let call = Context::new();
        let limits = WorkLimits::default();
        for (first, count) in [(u64::MAX, 1), (u64::MAX - 1, 2)] {
            let fault = sieve(N, first, count, &call, limits, &Stop::new()).unwrap_err();
            assert!(
                fault
                    .message
                    .contains("leading coefficients: ask for earlier"),
                "{fault}"
            );
        }
        let n: Natural = N.parse().unwrap();
        for (arguments, part) in [
            (["15", "0", "6", "1"], "B1 must be"),
            (["16", "281474976710656", "6", "1"], "B2 must be"),
            (["16", "0", "5", "1"], "first_sigma must be"),
            (["16", "0", "6", "10001"], "count must be"),
            (
                ["16", "0", "4611686018427387903", "2"],
                "every sigma must be",
            ),
        ] {
            let values = arguments.map(Value::from);
            let [b1, b2, sigma, count] = &values;
            let fault = curves(&call, &n, [b1, b2, sigma, count], limits).unwrap_err();
            assert!(fault.message.contains(part), "{fault}");
        }
    }

    #[test]
    fn a_stopped_server_returns_what_it_has() {
        let call = Context::new();
        let (limits, stop) = (WorkLimits::default(), Stop::new());
        stop.stop();
        let (covered, packed) = sieve(N, 0, 60_000, &call, limits, &stop).unwrap();
        assert_eq!(covered, 1);
        assert!(!packed.is_empty());
    }

    #[test]
    fn the_time_ends_a_call_between_two_coefficients_or_fails_it_before_the_first() {
        let stop = Stop::new();
        let time = |seconds| WorkLimits {
            time: Duration::from_secs_f64(seconds),
            ..WorkLimits::default()
        };
        let call = Context::new();
        let (covered, _) = sieve(N, 0, 60_000, &call, time(0.2), &stop).unwrap();
        assert!((1..60_000).contains(&covered), "{covered}");
        let fault = sieve(N, 0, 60_000, &call, time(1e-9), &stop).unwrap_err();
        assert!(fault.message.contains("larger --max-seconds"), "{fault}");
        let late = Context::new().with_deadline(Instant::now() + Duration::from_millis(200));
        let (covered, _) = sieve(N, 0, 60_000, &late, time(600.0), &stop).unwrap();
        assert!((1..60_000).contains(&covered), "{covered}");
        let cancelled = Context::new();
        cancelled.cancel();
        assert!(sieve(N, 0, 60_000, &cancelled, time(600.0), &stop).is_err());
        let n: Natural = N.parse().unwrap();
        let values = ["1000", "10000", "6", "10000"].map(Value::from);
        let [b1, b2, sigma, count] = &values;
        let fault = curves(&cancelled, &n, [b1, b2, sigma, count], time(600.0)).unwrap_err();
        assert!(!fault.message.contains("--max-seconds"), "{fault}");
    }

    #[test]
    fn a_curve_gives_its_factor_and_its_sigma() {
        let large: Natural = "10000000000000000000000000000000000000121".parse().unwrap();
        let n = &large * &Natural::from(1_000_003u64);
        let values = ["200", "10000", "6", "20"].map(Value::from);
        let [b1, b2, sigma, count] = &values;
        let call = Context::new();
        let limits = WorkLimits::default();
        let found = curves(&call, &n, [b1, b2, sigma, count], limits).unwrap();
        let [factor, at] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(factor, "1000003");
        let at: u64 = at.parse().unwrap();
        let range = CurveRange::new(200, 10_000, at, 1).unwrap();
        assert!(ecm_curves(&n, range, &Control::new()).unwrap().is_some());
        let two_large = &large * &"170141183460469231731687303715884105727".parse().unwrap();
        let found = curves(&call, &two_large, [b1, b2, sigma, count], limits);
        assert_eq!(found.map_err(|fault| fault.message), Ok(vec![]));
    }
}

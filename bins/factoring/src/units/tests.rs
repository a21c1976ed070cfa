//! Tests of the units of a factorization.

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

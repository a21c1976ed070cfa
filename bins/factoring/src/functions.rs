//! The functions `factoriz_sum` and `factor`, as servers publish them.

use factorizar::{Natural, NaturalFactors, factor_natural_with};
use xmlrpc_server::{Context, Service};
use xmlrpc_wire::{Fault, Value};

use crate::numbers::natural;
use crate::work_limits::WorkLimits;

/// Publishes `factoriz_sum(n)`, the sum of n's prime factors, and `factor(n)`, the factors
/// themselves. Each call is kept within `limits`.
///
/// # Errors
///
/// The service has a function of one of these names already.
///
/// ```
/// use factorizar_service::{WorkLimits, publish};
/// use xmlrpc_server::Service;
///
/// let mut service = Service::new();
/// publish(&mut service, WorkLimits::default())?;
/// # Ok::<(), xmlrpc_server::Error>(())
/// ```
pub fn publish(service: &mut Service, limits: WorkLimits) -> Result<(), xmlrpc_server::Error> {
    service
        .register("factoriz_sum", move |call: &Context, n: Value| {
            factoriz_sum(call, n, limits)
        })?
        .signature("factoriz_sum", &["string", "string"])?
        .help(
            "factoriz_sum",
            "The sum of n's prime factors, as text; n is an integer, or one as text.",
        )?
        .register("factor", move |call: &Context, n: Value| {
            factor(call, n, limits)
        })?
        .signature("factor", &["array", "string"])?
        .help(
            "factor",
            "The prime factors of n, each as often as it divides n, ascending, as texts; n \
             is an integer from 1 on, or one as text.",
        )?;
    Ok(())
}

/// Returns the sum of the prime factors of `n`, as a string of digits: the article's
/// `factoriz_sum` for what arrives on the wire. 0 and 1 have none.
///
/// # Errors
///
/// A fault with code 1: with the article's own sentence for a value that is neither a string
/// of digits nor an integer, for a negative number, for one beyond the limits, and when the limits or the caller stopped the computation.
fn factoriz_sum(call: &Context, n: Value, limits: WorkLimits) -> Result<String, Fault> {
    let n = natural(n, limits)?;
    Ok(factors(call, &n, limits)?.sum().to_string())
}

/// Returns the prime factors of `n`, each as often as it divides `n`, in ascending order, as
/// strings of digits. 1 has none.
///
/// # Errors
///
/// Those of [`factoriz_sum`], and a fault for 0, which is the product of no primes.
fn factor(call: &Context, n: Value, limits: WorkLimits) -> Result<Vec<String>, Fault> {
    let n = natural(n, limits)?;
    if n.is_zero() {
        return Err(Fault::application(
            "0 has no prime factors: send an integer from 1 on",
        ));
    }
    let factors = factors(call, &n, limits)?;
    Ok(factors.iter().map(Natural::to_string).collect())
}

/// Computes for a call, within the limits.
fn factors(call: &Context, n: &Natural, limits: WorkLimits) -> Result<NaturalFactors, Fault> {
    limits.within(call, |control| factor_natural_with(n, control))
}

#[cfg(test)]
mod tests {
    use super::*;
    use xmlrpc_wire::BigInteger;

    fn big(text: &str) -> Value {
        Value::BigInteger(BigInteger::new(text).expect("an integer"))
    }

    fn sum(n: Value) -> Result<String, Fault> {
        factoriz_sum(&Context::new(), n, WorkLimits::default())
    }

    fn primes(n: Value) -> Result<Vec<String>, Fault> {
        factor(&Context::new(), n, WorkLimits::default())
    }

    /// Both functions refuse `n`, and say `part`.
    #[track_caller]
    fn check_refused(n: &Value, limits: WorkLimits, part: &str) {
        let call = Context::new();
        for fault in [
            factoriz_sum(&call, n.clone(), limits).unwrap_err(),
            factor(&call, n.clone(), limits).unwrap_err(),
        ] {
            assert_eq!(fault.code, 1, "{n:?}");
            assert!(fault.message.contains(part), "{n:?}: {fault}");
        }
    }

    #[test]
    fn a_number_comes_as_a_string_or_as_an_integer() {
        for (n, expected) in [
            (Value::from("10"), "7"),
            (Value::from(10), "7"),
            (Value::from(1_i64 << 40), "80"),
            (big("10"), "7"),
            (Value::from("012"), "7"),
            (Value::from("0000"), "0"),
            (Value::from(0), "0"),
            (Value::from(1), "0"),
            (Value::from("23434252232434"), "50914"),
        ] {
            assert_eq!(sum(n.clone()), Ok(expected.to_owned()), "{n:?}");
        }
    }

    #[test]
    fn the_factors_are_in_order_and_as_often_as_they_divide() {
        for (n, expected) in [
            (Value::from("1"), ""),
            (Value::from(2), "2"),
            (Value::from("0360"), "2 2 2 3 3 5"),
            (Value::from(1_i64 << 33), &["2"; 33].join(" ")),
            (big("23434252232434"), "2 409 443 1327 48733"),
            (
                Value::from("340282366920938463463374607431768211455"),
                "3 5 17 257 641 65537 274177 6700417 67280421310721",
            ),
        ] {
            let primes = primes(n.clone()).unwrap();
            assert_eq!(primes.join(" "), expected, "{n:?}");
        }
    }

    #[test]
    fn zero_has_a_sum_and_no_factors() {
        for n in [Value::from(0), Value::from("0"), Value::from("000")] {
            let fault = primes(n).unwrap_err();
            assert_eq!(fault.code, 1);
            assert!(fault.message.contains("from 1 on"), "{fault}");
        }
    }

    #[test]
    fn anything_else_meets_the_articles_sentence() {
        for n in [
            Value::from("abc"),
            Value::from(""),
            Value::from("12 "),
            Value::from(" 12"),
            Value::from("+12"),
            Value::from("-5"),
            Value::from("1_000"),
            Value::from("0x10"),
            Value::from("12.0"),
            Value::from("\u{663}"),
            Value::from(3.5),
            Value::from(true),
            Value::from(vec![10]),
            Value::Nil,
        ] {
            let sentence = "El valor recibido debe ser string o entero!";
            check_refused(&n, WorkLimits::default(), sentence);
        }
    }

    #[test]
    fn a_negative_number_is_told_apart() {
        for n in [Value::Int(-10), Value::Int64(i64::MIN), big("-10")] {
            check_refused(&n, WorkLimits::default(), "must not be negative");
        }
    }

    #[test]
    fn a_number_beyond_2_to_the_128_is_factored() {
        let n = "340282366920938463463374607431768211456";
        for n in [Value::from(n), big(n)] {
            assert_eq!(sum(n.clone()).as_deref(), Ok("256"));
            assert_eq!(primes(n).map(|primes| primes.len()), Ok(128));
        }
        // A repunit of 60 digits.
        let n = Value::from("1".repeat(60));
        let expected = "3 7 11 13 31 37 41 61 101 211 241 271 2161 2906161 3541 9091 9901 27961 \
                        4188901 39526741";
        let mut expected: Vec<&str> = expected.split_whitespace().collect();
        expected.sort_by_key(|prime| prime.parse::<u64>().unwrap());
        assert_eq!(primes(n).unwrap(), expected);
    }

    #[test]
    fn a_number_too_large_is_told_with_its_length() {
        let limits = WorkLimits::default();
        let part = "has 400 digits, and this server takes 100 at most";
        check_refused(&Value::from("7".repeat(400)), limits, part);
        let limits = WorkLimits {
            digits: WorkLimits::MAX_DIGITS,
            ..limits
        };
        let part = "has 1001 digits; send 1000";
        check_refused(&Value::from("7".repeat(1_001)), limits, part);
    }

    #[test]
    fn a_number_beyond_the_servers_limit_is_told_with_both() {
        let limits = WorkLimits {
            digits: 3,
            ..WorkLimits::default()
        };
        for n in ["999", "000999"] {
            let sum = factoriz_sum(&Context::new(), Value::from(n), limits);
            assert_eq!(sum.as_deref(), Ok("46"), "{n}");
        }
        let part = "has 4 digits, and this server takes 3 at most";
        for n in [Value::from(1000), Value::from("01000"), big("1000")] {
            check_refused(&n, limits, part);
        }
        check_refused(
            &Value::from("9".repeat(39)),
            limits,
            "has 39 digits, and this",
        );
        let sentence = "El valor recibido debe ser string o entero!";
        check_refused(&Value::from("abcd"), limits, sentence);
    }
}

//! Numbers as they come on the wire: integers of any type, or their digits as text.

use factorizar::{Digits, Error, Natural};
use xmlrpc_wire::{Fault, Value};

use crate::work_limits::WorkLimits;

/// Reads the number that a caller has sent: digits, leading zeros accepted, or an integer.
///
/// # Errors
///
/// A fault with code 1: with the article's own sentence for a value that is neither, for a
/// negative number, and for one beyond the limits.
pub(crate) fn natural(n: Value, limits: WorkLimits) -> Result<Natural, Fault> {
    let text = match &n {
        Value::String(digits) => digits.clone(),
        Value::Int(integer) => integer.to_string(),
        Value::Int64(integer) => integer.to_string(),
        Value::BigInteger(integer) => integer.as_str().to_owned(),
        _ => return Err(fault(Error::NotANumber)),
    };
    let digits = match n {
        Value::String(_) => Digits::new(&text),
        _ => Digits::of_integer(&text),
    };
    let digits = digits.map_err(fault)?;
    limits.admit(digits.significant())?;
    digits.to_natural().map_err(fault)
}

/// Reads the argument called `name`, an integer from `least` to `most`.
///
/// # Errors
///
/// A fault with code 1 that says what the argument may be.
pub(crate) fn bounded(name: &str, value: &Value, least: u64, most: u64) -> Result<u64, Fault> {
    let integer = match value {
        Value::String(digits) if digits.len() <= 20 => digits.parse().ok(),
        Value::Int(integer) => u64::try_from(*integer).ok(),
        Value::Int64(integer) => u64::try_from(*integer).ok(),
        _ => None,
    };
    let integer = integer.filter(|integer| (least..=most).contains(integer));
    integer.ok_or_else(|| {
        Fault::application(format!(
            "{name} must be an integer from {least} to {most}, or one as text"
        ))
    })
}

/// Refuses a number that no other server is needed for.
///
/// # Errors
///
/// A fault with code 1 if the number is even, prime or a power.
pub(crate) fn refuse_easy(n: &Natural) -> Result<(), Fault> {
    let refused = |why: &str| Err(Fault::application(why));
    if !n.is_odd() || n.is_one() {
        return refused("the number must be odd and above 1: divide by 2 as often as it goes");
    }
    if n.is_prime() {
        return refused("the number is prime: it has no other factor");
    }
    match n.perfect_power() {
        Some((root, exponent)) => refused(&format!(
            "the number is the power {exponent} of {root}: factor that"
        )),
        None => Ok(()),
    }
}

fn fault(error: Error) -> Fault {
    Fault::application(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_within_bounds_comes_as_text_or_as_an_integer() {
        let most = u64::MAX;
        for (value, expected) in [
            (Value::from("7"), Some(7)),
            (Value::from(7), Some(7)),
            (Value::from(1_i64 << 40), Some(1 << 40)),
            (Value::from("18446744073709551615"), Some(most)),
            (Value::from("18446744073709551616"), None),
            (Value::from("000000000000000000000000007"), None),
            (Value::from(6), None),
            (Value::from(-7), None),
            (Value::from("-7"), None),
            (Value::from("+"), None),
            (Value::from(""), None),
            (Value::from(7.0), None),
            (Value::Nil, None),
        ] {
            let read = bounded("count", &value, 7, most);
            assert_eq!(read.clone().ok(), expected, "{value:?}");
            if let Err(fault) = read {
                assert!(fault.message.starts_with("count must be"), "{fault}");
            }
        }
    }
}

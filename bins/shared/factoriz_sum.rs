//! The function that serv_lineal and serv_processes publish.

use xmlrpc_wire::{Fault, Value};

/// The sum of the prime factors of `n`, as a string of digits: the article's
/// `factoriz_sum`, as it is published.
///
/// Takes a string of digits or an integer that is not negative.
///
/// # Errors
///
/// A fault with code 1: for anything else, with the article's own sentence; for a
/// negative number; for one of 2^128 or more.
pub fn factoriz_sum(n: Value) -> Result<String, Fault> {
    let digits = match n {
        Value::String(digits) => digits,
        Value::Int(number) => decimal(number.into())?,
        Value::Int64(number) => decimal(number)?,
        _ => return Err(fault(factorizar::Error::NotANumber)),
    };
    factorizar::factoriz_sum(&digits).map_err(fault)
}

fn decimal(number: i64) -> Result<String, Fault> {
    match u64::try_from(number) {
        Ok(number) => Ok(number.to_string()),
        Err(_) => Err(fault(factorizar::Error::Negative)),
    }
}

fn fault(error: factorizar::Error) -> Fault {
    Fault::application(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use xmlrpc_wire::IntoValue;

    #[test]
    fn a_number_comes_as_a_string_or_as_an_integer() {
        for (n, sum) in [
            ("10".into_value(), "7"),
            (10.into_value(), "7"),
            ((1_i64 << 40).into_value(), "80"),
            ("012".into_value(), "7"),
            ("0000".into_value(), "0"),
            (0.into_value(), "0"),
            (1.into_value(), "0"),
            ("23434252232434".into_value(), "50914"),
        ] {
            assert_eq!(factoriz_sum(n.clone()), Ok(sum.to_owned()), "{n:?}");
        }
    }

    #[test]
    fn anything_else_meets_the_articles_sentence() {
        for n in [
            "abc".into_value(),
            "".into_value(),
            "12 ".into_value(),
            " 12".into_value(),
            "+12".into_value(),
            "-5".into_value(),
            "1_000".into_value(),
            "0x10".into_value(),
            "12.0".into_value(),
            "\u{663}".into_value(),
            3.5.into_value(),
            true.into_value(),
            vec![10].into_value(),
            Value::Nil,
        ] {
            let fault = factoriz_sum(n.clone()).unwrap_err();
            assert_eq!(fault.code, 1, "{n:?}");
            assert!(
                fault
                    .message
                    .contains("El valor recibido debe ser string o entero!"),
                "{n:?}: {fault}"
            );
        }
    }

    #[test]
    fn a_negative_number_is_told_apart() {
        for n in [Value::Int(-10), Value::Int64(i64::MIN)] {
            let fault = factoriz_sum(n).unwrap_err();
            assert_eq!(fault.code, 1);
            assert!(fault.message.contains("negative"), "{fault}");
        }
    }
}

//! Factors that a server claims, and their check.

use std::fmt;

use factorizar::Natural;
use reparte::Persist;
use xmlrpc_wire::{Error, FromValue, Value};

/// Factors beyond which their product is not computed to its end.
const MANY: usize = 128;

/// The answer of the function `factor`, not yet checked. Displays as the sum that
/// `factoriz_sum` returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedFactors(Vec<String>);

impl ClaimedFactors {
    /// Checks the answer for `n`: each factor is prime, and their product is `n`. Primes
    /// above 3.3e24 are probable primes, see [`Natural::is_prime`].
    ///
    /// # Errors
    ///
    /// A text that says which factor, or which product, is wrong.
    pub fn check((n,): &(String,), factors: &Self) -> Result<(), String> {
        let number: Natural = n.parse().map_err(|error| format!("{n}: {error}"))?;
        let mut product = Natural::from(1_u64);
        for text in &factors.0 {
            let prime = text.parse().ok().filter(Natural::is_prime);
            let prime = prime.ok_or_else(|| format!("{text:?}, given for {n}, is no prime"))?;
            product = &product * &prime;
            // Ends at the first excess, since a wrong answer may have any number of factors.
            if product > number && factors.0.len() > MANY {
                return Err(format!("the factors given for {n} multiply to more"));
            }
        }
        match product == number {
            true => Ok(()),
            false => Err(format!("the factors given for {n} multiply to {product}")),
        }
    }

    /// Returns the sum. Texts that are no number count as 0.
    fn sum(&self) -> Natural {
        let primes = self
            .0
            .iter()
            .filter_map(|text| text.parse::<Natural>().ok());
        primes.fold(Natural::ZERO, |sum, prime| &sum + &prime)
    }
}

impl fmt::Display for ClaimedFactors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sum().fmt(f)
    }
}

impl FromValue for ClaimedFactors {
    fn from_value(value: Value) -> Result<Self, Error> {
        FromValue::from_value(value).map(ClaimedFactors)
    }
}

impl Persist for ClaimedFactors {
    fn type_name(to: &mut String) {
        Vec::<String>::type_name(to);
    }

    fn write(&self, to: &mut Vec<u8>) {
        self.0.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Persist::read(from).map(ClaimedFactors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(n: &str, factors: &str) -> Result<String, String> {
        let factors = ClaimedFactors(factors.split(' ').map(str::to_owned).collect());
        ClaimedFactors::check(&(n.to_owned(),), &factors).map(|()| factors.to_string())
    }

    #[test]
    fn the_sum_of_true_factors_is_given() {
        let mersenne = "170141183460469231731687303715884105727";
        for (n, factors, sum) in [
            ("23434252232434", "2 409 443 1327 48733", "50914"),
            ("12", "3 2 2", "7"),
            ("0012", "2 2 3", "7"),
            (mersenne, mersenne, mersenne),
        ] {
            assert_eq!(check(n, factors).as_deref(), Ok(sum), "{n}");
        }
        let none = ClaimedFactors(Vec::new());
        assert_eq!(ClaimedFactors::check(&("1".to_owned(),), &none), Ok(()));
        assert_eq!(none.to_string(), "0");
    }

    #[test]
    fn what_is_wrong_with_others_is_told() {
        let endless = vec!["2"; 1000].join(" ");
        for (n, factors, part) in [
            ("12", "2 6", "\"6\", given for 12, is no prime"),
            ("12", "12 1", "\"12\", given for 12, is no prime"),
            ("13", "13 1", "\"1\", given for 13, is no prime"),
            ("12", "2 2 3 5", "for 12 multiply to 60"),
            ("12", "2 2", "for 12 multiply to 4"),
            ("12", "", "\"\", given for 12"),
            ("12", "2 2 -3", "\"-3\", given for 12"),
            ("12", "two", "\"two\", given for 12"),
            ("12", &endless, "for 12 multiply to more"),
            (
                "12",
                "340282366920938463463374607431768211468",
                "is no prime",
            ),
        ] {
            let wrong = check(n, factors).unwrap_err();
            assert!(wrong.contains(part), "{factors}: {wrong}");
        }
    }
}

//! The root of a perfect power.
//!
//! The quadratic sieve finds no divisor of a prime power, and for a power the root is a divisor.
//! Cost: one floating-point root and one integer power for each prime exponent.

/// The prime exponents that a power below 2^128 without prime factors below 2^10 can have.
const EXPONENTS: [u32; 5] = [2, 3, 5, 7, 11];

/// Returns a root of `n` if `n` is a power with an exponent of 2 or more.
///
/// `n` is above 1 and has no prime factor below 2^10. The root may be a power itself.
pub(crate) fn root(n: u128) -> Option<u128> {
    EXPONENTS.iter().find_map(|&exponent| {
        // A square root may have more bits than an f64 is exact to; the other roots have fewer.
        let near = match exponent {
            2 => n.isqrt(),
            _ => (n as f64).powf(f64::from(exponent).recip()).round() as u128,
        };
        (near.checked_pow(exponent) == Some(n)).then_some(near)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exponent_to_its_largest_root() {
        for exponent in 2..=12u32 {
            let largest = (u128::MAX as f64).powf(f64::from(exponent).recip()) as u128 - 1;
            for base in [1_031, 1_033, largest - 2, largest - 1, largest] {
                let Some(power) = base.checked_pow(exponent) else {
                    continue;
                };
                let found = root(power).expect("a root");
                let times = (1..=exponent).find(|&times| found.checked_pow(times) == Some(power));
                assert!(times.is_some_and(|times| times > 1), "{base}^{exponent}");
                assert_eq!(root(power + 1), None, "{base}^{exponent} + 1");
                assert_eq!(root(power - 1), None, "{base}^{exponent} - 1");
            }
        }
        assert_eq!(root(u128::MAX), None);
    }
}

//! The primality of natural numbers of any size: Baillie-PSW above 2^128.
//!
//! Cost: some 5 log2(n) multiplications modulo n, 0.1 ms at 100 digits.

use crate::control::{Control, StopReason};
use crate::lucas::natural::is_strong_probable_prime as is_lucas_probable_prime;
use crate::montgomery::dispatch;
use crate::montgomery::ring::{Ring, RingComputation};
use crate::natural::Natural;
use crate::primality::is_prime;
use crate::small_primes;

impl Natural {
    /// Returns whether the number is prime, by the tests of [`is_prime`].
    ///
    /// `false` is always a proof. `true` is a proof below 3.3e24; from there on it is the answer of
    /// the Baillie-PSW test, which no composite is known to pass.
    ///
    /// ```
    /// use factorizar::Natural;
    ///
    /// let power = Natural::from(2u64).pow(521);
    /// let mersenne = power.checked_sub(&Natural::from(1u64)).unwrap_or_default();
    /// assert!(mersenne.is_prime());
    /// assert!(!(&mersenne * &mersenne).is_prime());
    /// ```
    #[must_use]
    pub fn is_prime(&self) -> bool {
        // A new control stops nothing.
        self.is_prime_with(&Control::new()) == Ok(true)
    }

    /// Returns whether the number is prime, as [`is_prime`](Self::is_prime) does.
    ///
    /// # Errors
    ///
    /// The reason, if `control` stopped the computation.
    pub(crate) fn is_prime_with(&self, control: &Control) -> Result<bool, StopReason> {
        if let Some(n) = self.to_u128() {
            return Ok(is_prime(n));
        }
        let divides = |&p: &u16| self.rem_u32(p.into()) == Some(0);
        if !self.is_odd() || small_primes::SMALL_PRIMES.iter().any(divides) {
            return Ok(false);
        }
        dispatch::run(self, BailliePsw { control })
    }
}

/// Squares between two questions to the control.
const BETWEEN_POLLS: u32 = 128;

/// The test for a modulus without small prime factors.
struct BailliePsw<'a> {
    control: &'a Control,
}

impl RingComputation for BailliePsw<'_> {
    type Output = Result<bool, StopReason>;

    fn run<R: Ring>(self, ring: &R) -> Self::Output {
        Ok(is_strong_probable_prime(ring, 2, self.control)?
            && is_lucas_probable_prime(ring, self.control)?)
    }
}

/// Returns whether the modulus passes a round of Miller-Rabin to a small base.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
fn is_strong_probable_prime<R: Ring>(
    ring: &R,
    base: u64,
    control: &Control,
) -> Result<bool, StopReason> {
    let n = ring.modulus();
    let twos = (&(&n >> 1) << 1).trailing_zeros();
    let minus_one = ring.sub(&ring.zero(), &ring.one());
    let mut power = ring.pow_with(&ring.small(base), &(&n >> twos), control)?;
    if power == ring.one() {
        return Ok(true);
    }
    for index in 1..twos {
        if index % BETWEEN_POLLS == 0 {
            control.poll()?;
        }
        if power == minus_one {
            return Ok(true);
        }
        power = ring.square(&power);
    }
    Ok(power == minus_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rings of all lengths give what the words do.
    #[test]
    fn as_for_two_words() {
        for n in (1_001u128..40_001)
            .step_by(2)
            .chain((1 << 89) - 3_000..(1 << 89))
        {
            let n = n | 1;
            let natural = Natural::from(n);
            if small_primes::SMALL_PRIMES
                .iter()
                .any(|&p| n % u128::from(p) == 0)
            {
                continue;
            }
            let control = &Control::new();
            let tested = dispatch::run(&natural, BailliePsw { control });
            assert_eq!(tested, Ok(is_prime(n)), "{n}");
        }
    }

    #[test]
    fn mersenne_primes_and_their_neighbours() {
        for exponent in [127, 521, 607, 1_279, 2_203] {
            let power = &Natural::from(1u64) << exponent;
            let near = |below: u64| power.checked_sub(&below.into()).unwrap();
            assert!(near(1).is_prime(), "2^{exponent} - 1");
            assert!(!near(3).is_prime() || exponent == 127, "2^{exponent} - 3");
        }
    }

    /// Arnault's strong pseudoprime to all prime bases below 200 fails the Lucas test.
    #[test]
    fn arnaults_pseudoprime_is_composite() {
        let p: Natural = "29674495668685510550154174642905332730771991799853043350995075531276838753171770199594238596428121188033664754218345562493168782883".parse().unwrap();
        let product = &p
            * &(&p.checked_sub(&1u64.into()).unwrap().mul_add_u64(313, 1)
                * &p.checked_sub(&1u64.into()).unwrap().mul_add_u64(353, 1));
        struct Bases;
        impl RingComputation for Bases {
            type Output = bool;
            fn run<R: Ring>(self, ring: &R) -> bool {
                [2, 3, 5, 7, 11, 13, 17, 199]
                    .iter()
                    .all(|&base| is_strong_probable_prime(ring, base, &Control::new()) == Ok(true))
            }
        }
        assert!(dispatch::run(&product, Bases), "a strong pseudoprime");
        assert!(!product.is_prime());
        assert!(p.is_prime());
    }
}

//! Pollard's p - 1: finds a prime p if p - 1 is smooth, with one larger prime at most.
//!
//! The first stage raises 3 to the product of all prime powers up to B1. If p - 1 divides the
//! product, the result is 1 modulo p. The second stage finds p also if p - 1 has one prime up to B2
//! besides. There x^r + x^-r are the terms V of a Lucas sequence, which are added as points of a
//! curve are, and the differences of babies and giants have the factor.
//!
//! Cost: 1.8 B1 multiplications for the first stage, 0.6 for each prime between the bounds for the
//! second. A curve of the same bounds takes six times as long, and has a new chance each time.
//!
//! Sources: John M. Pollard, "Theorems on factorization and primality testing", 1974; Peter L.
//! Montgomery, "Speeding the Pollard and elliptic curve methods of factorization", Mathematics of
//! Computation 48 (1987), section 4.

use crate::control::{Control, StopReason};
use crate::differential::{DifferentialGroup, GiantSteps};
use crate::ecm::curve_range::CurveRange;
use crate::montgomery::dispatch;
use crate::montgomery::ring::{Ring, RingComputation};
use crate::natural::Natural;
use crate::prime_pairs::{PointCosts, PrimePairs};
use crate::prime_sieve::PrimeSieve;

/// The costs by which the stride is chosen.
const COSTS: PointCosts = PointCosts {
    step: 1.0,
    baby: 0.0,
    giant: 1.0,
};

/// Bits of the exponents between two questions whether to stop.
const EXPONENT_BITS: u32 = 512;

/// Pairs between two questions whether to stop.
const POLL: usize = 32;

/// The bounds of both stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) b1: u32,
    pub(crate) b2: u64,
}

/// Looks for a factor of `n` by Pollard's p - 1, and returns one other than 1 and `n`.
///
/// It finds a prime p if all prime powers of p - 1 are up to `b1`, but for one prime up to `b2`.
/// `n` is odd, above 1, and has [`Natural::MAX_DIGITS`] digits at most; there is no factor of other
/// numbers. `b1` counts as [`CurveRange::MIN_B1`](crate::CurveRange::MIN_B1) at least, and a `b2`
/// that is not above `b1` leaves the second stage out.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
///
/// ```
/// use factorizar::{Control, Natural, p_minus_1};
///
/// // p - 1 = 2 · 23 · 157 · 179 · 283 · 182339
/// let p = Natural::from(66_707_784_833_507u64);
/// let n = &p * &"10000000000000000000000000000000000000121".parse()?;
/// assert_eq!(p_minus_1(&n, 300, 200_000, &Control::new()), Ok(Some(p)));
/// # Ok::<(), factorizar::Error>(())
/// ```
pub fn p_minus_1(
    n: &Natural,
    b1: u32,
    b2: u64,
    control: &Control,
) -> Result<Option<Natural>, StopReason> {
    if !n.is_odd() || n.is_one() || n.digits() > Natural::MAX_DIGITS {
        return Ok(None);
    }
    let b1 = b1.clamp(CurveRange::MIN_B1, CurveRange::MAX_B1);
    let b2 = b2.min(CurveRange::MAX_B2);
    find(n, Bounds { b1, b2 }, control)
}

/// Returns a divisor of `n` other than 1 and `n`, if one of the primes of `n` is found and another
/// is not.
///
/// `n` is odd and above 1.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
pub(crate) fn find(
    n: &Natural,
    bounds: Bounds,
    control: &Control,
) -> Result<Option<Natural>, StopReason> {
    let pairs = PrimePairs::between(bounds.b1.into(), bounds.b2, COSTS, control)?;
    let run = |exponent_bits| Run {
        b1: bounds.b1,
        pairs: &pairs,
        exponent_bits,
        control,
    };
    let mut shared = dispatch::run(n, run(EXPONENT_BITS))?;
    if shared == *n {
        // All primes at once. Again, with a look after each prime power and each pair.
        shared = dispatch::run(n, run(0))?;
    }
    Ok((!shared.is_one() && shared != *n).then_some(shared))
}

/// Both stages. The result is the first common factor with the modulus, or 1.
struct Run<'a> {
    b1: u32,
    pairs: &'a PrimePairs,
    /// The least size of the exponents between two looks for a factor. With 0, each difference of
    /// the second stage is looked at, too.
    exponent_bits: u32,
    control: &'a Control,
}

impl RingComputation for Run<'_> {
    type Output = Result<Natural, StopReason>;

    fn run<R: Ring>(self, ring: &R) -> Self::Output {
        let n = ring.modulus();
        let shared = |residue: &R::Residue| ring.number(residue).gcd(&n);
        let stepwise = self.exponent_bits == 0;
        let mut x = ring.small(3);
        if !shared(&x).is_one() {
            return Ok(shared(&x));
        }
        let look = |x: &R::Residue| shared(&ring.sub(x, &ring.one()));
        let mut exponent = Natural::from(1u64);
        let sieve = PrimeSieve::up_to(self.b1.into());
        for power in prime_powers(&sieve, self.b1) {
            exponent = exponent.mul_add_u64(power, 0);
            if exponent.bits() > self.exponent_bits {
                self.control.poll()?;
                x = ring.pow(&x, &exponent);
                exponent = Natural::from(1u64);
                if stepwise && !look(&x).is_one() {
                    return Ok(look(&x));
                }
            }
        }
        x = ring.pow(&x, &exponent);
        let factor = look(&x);
        if !factor.is_one() {
            return Ok(factor);
        }
        self.second_stage(ring, &x)
    }
}

impl Run<'_> {
    /// Runs the second stage on the power that the first has left.
    fn second_stage<R: Ring>(&self, ring: &R, x: &R::Residue) -> Result<Natural, StopReason> {
        let n = ring.modulus();
        let Some(inverse) = ring.number(x).inverse_modulo(&n) else {
            return Ok(ring.number(x).gcd(&n));
        };
        let sequence = LucasSequence::new(ring);
        let v = ring.add(x, &ring.residue(&inverse));
        let babies = sequence.multiples(&v, self.pairs.babies(), self.control)?;
        let first = self.pairs.blocks().next();
        let first = first.map_or(1, |block| block.giants.start);
        let mut steps = GiantSteps::new(&sequence, &v, self.pairs.stride(), first);
        let mut giants = Vec::new();
        // Two products by turns, so that a multiplication need not wait for the one before.
        let mut products = [ring.one(), ring.one()];
        for block in self.pairs.blocks() {
            let count = block.giants.end - block.giants.start;
            steps.take(&sequence, count, &mut giants, self.control)?;
            for part in block.pairs.chunks(POLL) {
                self.control.poll()?;
                for (index, pair) in part.iter().enumerate() {
                    let giant = &giants[usize::from(pair.giant)];
                    let difference = ring.sub(giant, &babies[usize::from(pair.baby)]);
                    if self.exponent_bits == 0 {
                        // A look takes up to a millisecond at 1,000 digits.
                        self.control.poll()?;
                        let factor = ring.number(&difference).gcd(&n);
                        if !factor.is_one() {
                            return Ok(factor);
                        }
                    }
                    let product = &mut products[index % 2];
                    *product = ring.mul(product, &difference);
                }
            }
        }
        let [even, odd] = &products;
        Ok(ring.number(&ring.mul(even, odd)).gcd(&n))
    }
}

/// Iterates over the largest powers of all primes up to `bound` that are not above it.
fn prime_powers(sieve: &PrimeSieve, bound: u32) -> impl Iterator<Item = u64> {
    let end = bound.into();
    let primes = [2].into_iter().chain(sieve.primes(1, end));
    primes.map(move |prime| {
        let mut power = prime;
        while power <= end / prime {
            power *= prime;
        }
        power
    })
}

/// The terms V_k of the Lucas sequence with Q = 1: V_k = x^k + x^-k.
struct LucasSequence<'a, R: Ring> {
    ring: &'a R,
    two: R::Residue,
}

impl<'a, R: Ring> LucasSequence<'a, R> {
    fn new(ring: &'a R) -> Self {
        LucasSequence {
            ring,
            two: ring.small(2),
        }
    }
}

impl<R: Ring> DifferentialGroup for LucasSequence<'_, R> {
    type Element = R::Residue;

    fn double(&self, v: &R::Residue) -> R::Residue {
        self.ring.sub(&self.ring.square(v), &self.two)
    }

    fn add(&self, v: &R::Residue, w: &R::Residue, difference: &R::Residue) -> R::Residue {
        self.ring.sub(&self.ring.mul(v, w), difference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A prime of 41 digits, for which neither stage suffices.
    fn large_prime() -> Natural {
        Natural::from(10u64).pow(40).mul_add_u64(1, 121)
    }

    /// Primes p, the largest prime power of p - 1 but for the largest prime, and the largest prime.
    const PRIMES: [(u128, u32, u64); 6] = [
        (66_707_784_833_507, 283, 182_339),
        (352_094_195_638_379, 199, 618_361),
        (22_295_118_784_621_223, 2_209, 918_763),
        (22_755_150_845_926_126_619, 277, 486_133),
        (45_393_529_183_409_113_559, 11_881, 633_473),
        (1_394_250_666_731_601_877_103, 251, 750_163),
    ];

    #[test]
    fn finds_a_prime_as_its_predecessor_says() {
        for (p, power, prime) in PRIMES {
            let p = Natural::from(p);
            let n = &p * &large_prime();
            let find = |b1, b2| find(&n, Bounds { b1, b2 }, &Control::new());
            assert_eq!(find(power, prime), Ok(Some(p.clone())), "{p}");
            assert_eq!(find(power, prime / 2), Ok(None), "{p} with half of B2");
            assert_eq!(find(power - 1, prime), Ok(None), "{p} with a smaller B1");
            assert_eq!(
                find(prime as u32, 0),
                Ok(Some(p.clone())),
                "{p} with B1 alone"
            );
        }
    }

    #[test]
    fn primes_that_are_found_at_once_are_separated() {
        for primes in [
            [1_009u64, 1_013, 2_017],
            [10_007, 10_009, 10_037],
            [3, 5, 7],
        ] {
            let n = primes
                .iter()
                .fold(Natural::from(1u64), |n, &p| n.mul_add_u64(p, 0));
            let bounds = Bounds {
                b1: 300,
                b2: 50_000,
            };
            let found = find(&n, bounds, &Control::new())
                .unwrap()
                .expect("a divisor");
            assert!(n.exact_quotient(&found).is_some() && !found.is_one() && found != n);
        }
    }

    /// With a look for a factor after each step, a pair takes a gcd: up to a millisecond.
    #[test]
    fn pairs_that_are_looked_at_take_a_question_each() {
        let n = &large_prime() * &large_prime();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let control = Control::new().deadline(move || {
            count.fetch_add(1, Ordering::Relaxed);
            false
        });
        let pairs = PrimePairs::between(100, 20_000, COSTS, &Control::new()).unwrap();
        let run = Run {
            b1: 100,
            pairs: &pairs,
            exponent_bits: 0,
            control: &control,
        };
        assert_eq!(dispatch::run(&n, run), Ok(Natural::from(1u64)));
        let looks: usize = pairs.blocks().map(|block| block.pairs.len()).sum();
        let asked = asked.load(Ordering::Relaxed);
        assert!(asked >= looks, "{asked} questions for {looks} looks");
    }

    #[test]
    fn stops_at_every_moment() {
        let n = &large_prime() * &large_prime();
        for polls in 0.. {
            let left = AtomicUsize::new(polls);
            let control = Control::new().deadline(move || {
                let less = |left: usize| left.checked_sub(1);
                left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
                    .is_err()
            });
            match find(
                &n,
                Bounds {
                    b1: 1_000,
                    b2: 20_000,
                },
                &control,
            ) {
                Err(reason) => assert_eq!(reason, StopReason::OutOfTime),
                Ok(found) => {
                    assert!(found.is_none() && polls > 20, "{polls} polls: {found:?}");
                    return;
                }
            }
        }
    }
}

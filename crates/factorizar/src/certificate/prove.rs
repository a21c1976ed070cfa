//! The search for a certificate: factors of n - 1, and a witness for each.
//!
//! n - 1 is factored until its known part reaches the cube root of n. A witness shows for each
//! prime of that part that every prime factor of n is 1 modulo the prime's power.
//!
//! Cost: that of the curves for 20 digits at most, and two powers for each factor.
//!
//! Sources: Henry C. Pocklington, "The determination of the prime or composite nature of large
//! numbers by Fermat's theorem", 1914; John Brillhart, Derrick H. Lehmer and John L. Selfridge,
//! "New primality criteria and factorizations of 2^m ± 1", Mathematics of Computation 29 (1975),
//! theorem 5.

use crate::certificate::check::{Witness, proves};
use crate::certificate::{Certificate, Factor, MAX_FACTORS, MAX_STEPS, Step};
use crate::control::{Control, StopReason};
use crate::divisor::find_divisor;
use crate::montgomery::dispatch;
use crate::natural::Natural;
use crate::primality::PROVEN_BELOW;
use crate::prime_sieve::PrimeSieve;
use crate::unbalanced::find_with_effort;

/// The primes of n - 1 up to this are found by division.
const TRIAL_BOUND: u64 = 1 << 16;

/// Larger primes are looked for as in a number of this size before the sieve: with p - 1 to B1 =
/// 110,000, and with the curves that find 20 digits.
const EFFORT_BITS: u32 = 202;

/// The largest witness that is tried. Of primes, a quarter of those below suffice at least.
const MAX_WITNESS: u64 = 1_000;

/// The primality of a number, and whether it is proven.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Primality {
    /// The number is 0, 1 or composite. This is a proof.
    Composite,
    /// The number is prime. It is below 3.3e24, where the test is a proof.
    Proven,
    /// The number is prime, as the certificate proves.
    Certified(Certificate),
    /// The number is a Baillie-PSW probable prime. No composite is known that passes this test.
    Probable,
}

/// Returns whether `n` is prime, with a certificate if the factors of n - 1 are found.
///
/// Below 3.3e24 the test is a proof. For a larger probable prime, n - 1 is factored with limited
/// effort: division to 65,536, p - 1 to 110,000, and the curves that find 20 digits. The factors
/// must multiply to the cube root of n, which they do for about half of all primes of 100 digits.
/// The others are [`Primality::Probable`].
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
///
/// ```
/// use factorizar::{Control, Primality, prove_prime};
///
/// let control = Control::new();
/// assert_eq!(prove_prime(&91u64.into(), &control), Ok(Primality::Composite));
/// assert_eq!(prove_prime(&97u64.into(), &control), Ok(Primality::Proven));
/// ```
pub fn prove_prime(n: &Natural, control: &Control) -> Result<Primality, StopReason> {
    if !n.is_prime_with(control)? {
        return Ok(Primality::Composite);
    }
    if *n < PROVEN_BELOW.into() {
        return Ok(Primality::Proven);
    }
    let mut steps = Vec::new();
    if !prove(n, &mut steps, control)? {
        return Ok(Primality::Probable);
    }
    steps.sort_unstable_by(|a, b| b.prime.cmp(&a.prime));
    steps.dedup();
    let factors: usize = steps.iter().map(|step| step.factors.len()).sum();
    Ok(if steps.len() > MAX_STEPS || factors > MAX_FACTORS {
        Primality::Probable
    } else {
        Primality::Certified(Certificate { steps })
    })
}

/// Appends the steps that prove a probable prime above the limit of the test. Returns whether there
/// are any.
fn prove(n: &Natural, steps: &mut Vec<Step>, control: &Control) -> Result<bool, StopReason> {
    let mut search = Search::new(n);
    while !search.is_enough() {
        let Some(cofactor) = search.cofactors.pop() else {
            break;
        };
        if cofactor.is_prime_with(control)? {
            search.primes.push(cofactor);
        } else if let Some(divisor) = split(&cofactor, control)? {
            search.cofactors.extend(cofactor.exact_quotient(&divisor));
            search.cofactors.push(divisor);
            // The small ones first, so that large primes need no proof if they do without.
            search.cofactors.sort_unstable_by(|a, b| b.cmp(a));
        }
    }
    search.primes.sort_unstable();
    search.primes.dedup();
    let mut step = Step {
        prime: n.clone(),
        factors: Vec::new(),
    };
    let mut product = Natural::from(1u64);
    let before = steps.len();
    // Those that the test proves first, large before small; then those that need a proof.
    let limit = Natural::from(PROVEN_BELOW);
    let tested = search.primes.partition_point(|prime| *prime < limit);
    let (tested, untested) = search.primes.split_at(tested);
    for prime in tested.iter().rev().chain(untested) {
        if proves(n, &product).is_some() {
            break;
        }
        if *prime >= limit && !prove(prime, steps, control)? {
            continue;
        }
        let Some(factor) = with_witness(n, prime, control)? else {
            continue;
        };
        step.factors.push(factor);
        product = &product * &search.power(prime);
    }
    let proven = proves(n, &product) == Some(true);
    if proven {
        step.factors.sort_unstable_by(|a, b| a.prime.cmp(&b.prime));
        // Small factors that a large one has made superfluous.
        step.factors.retain(|factor| {
            let without = product.exact_quotient(&search.power(&factor.prime));
            match without.filter(|without| proves(n, without).is_some()) {
                Some(without) => {
                    product = without;
                    false
                }
                None => true,
            }
        });
        steps.push(step);
    } else {
        steps.truncate(before);
    }
    Ok(proven)
}

/// The factors of n - 1 that are known.
struct Search {
    n: Natural,
    primes: Vec<Natural>,
    /// The part of n - 1 that is not factored, in pieces.
    cofactors: Vec<Natural>,
}

impl Search {
    /// Divides n - 1 by small primes.
    fn new(n: &Natural) -> Self {
        let mut rest = n.checked_sub(&1u64.into()).unwrap_or_default();
        let mut primes = Vec::new();
        let odd = PrimeSieve::up_to(TRIAL_BOUND);
        for prime in [2].into_iter().chain(odd.primes(1, TRIAL_BOUND)) {
            if rest.rem_u64(prime) == Some(0) {
                primes.push(prime.into());
                while let Some((quotient, 0)) = rest.div_rem_u64(prime) {
                    rest = quotient;
                }
            }
        }
        Search {
            n: n.clone(),
            primes,
            cofactors: if rest.is_one() {
                Vec::new()
            } else {
                vec![rest]
            },
        }
    }

    /// Returns the largest power of a prime that divides n - 1.
    fn power(&self, prime: &Natural) -> Natural {
        let mut rest = self.n.checked_sub(&1u64.into()).unwrap_or_default();
        let mut power = Natural::from(1u64);
        while let Some(quotient) = rest.exact_quotient(prime) {
            power = &power * prime;
            rest = quotient;
        }
        power
    }

    /// Returns whether the primes that the test proves suffice.
    fn is_enough(&self) -> bool {
        let mut primes: Vec<&Natural> = self.primes.iter().collect();
        primes.sort_unstable();
        primes.dedup();
        let proven = primes.into_iter().filter(|&p| *p < PROVEN_BELOW.into());
        let product = proven.fold(Natural::from(1u64), |product, prime| {
            &product * &self.power(prime)
        });
        proves(&self.n, &product).is_some()
    }
}

/// Returns a divisor of a composite other than 1 and itself, or `None` if the effort has not found
/// one.
fn split(n: &Natural, control: &Control) -> Result<Option<Natural>, StopReason> {
    if let Some(n) = n.to_u128() {
        return Ok(Some(find_divisor(n, control)?.into()));
    }
    if let Some((root, _)) = n.perfect_power() {
        return Ok(Some(root));
    }
    find_with_effort(n, EFFORT_BITS, control)
}

/// Finds the witness of a factor.
fn with_witness(
    n: &Natural,
    prime: &Natural,
    control: &Control,
) -> Result<Option<Factor>, StopReason> {
    for witness in 2..=MAX_WITNESS {
        let factor = Factor {
            prime: prime.clone(),
            witness,
        };
        if dispatch::run(
            n,
            Witness {
                factor: &factor,
                control,
            },
        )? {
            return Ok(Some(factor));
        }
    }
    Ok(None)
}

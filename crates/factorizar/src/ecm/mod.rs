//! A divisor of a composite number by the elliptic-curve method.
//!
//! A random curve modulo n is one modulo each prime p of n, with a group whose order is near p. If
//! the order for one p is a product of small primes, multiplying a point by all small primes gives
//! infinity modulo p, and not modulo the others: the coordinate Z then shares p with n. If not, the
//! next curve has another order. Two curves are worked at a time, in step ([`lanes`]).
//!
//! Cost: it depends on the size of the prime that is found, here of 11 to some 40 bits, and little
//! on n: some 7 curves of 500 multiplications for 22 bits, 20 of 2,000 for 32 bits.
//!
//! Source: Hendrik W. Lenstra, "Factoring integers with elliptic curves", Annals of Mathematics 126
//! (1987).

mod chain;
mod curve;
mod lanes;
mod stage;

use crate::montgomery::Montgomery;
use crate::word::{Word, gcd_with_odd};
use crate::{Control, Progress, Stop};
use chain::Chains;
use curve::Curves;
use lanes::may_be_loose;
use stage::Stage;

/// Curves worked in step.
const LANES: usize = 2;

/// The bounds of a curve's two stages.
#[derive(Debug)]
struct Plan {
    /// Doublings of the first stage.
    twos: u32,
    chains: Chains,
    stage: Stage,
}

impl Plan {
    const fn new(low: u32, high: u32, stride: u32) -> Self {
        Plan {
            // The group's order has two twos more than a random number.
            twos: low.ilog2() + 2,
            chains: Chains::primes_to(low),
            stage: Stage::between(low, high, stride),
        }
    }
}

static PLANS: [Plan; 7] = [
    Plan::new(17, 300, 30),
    Plan::new(31, 900, 60),
    Plan::new(47, 1_500, 60),
    Plan::new(85, 2_500, 120),
    Plan::new(125, 4_000, 210),
    Plan::new(205, 6_500, 210),
    Plan::new(350, 12_000, 210),
];

/// A divisor of `n` other than 1 and n, or nothing when `curves` curves have not found one.
///
/// `n` must be odd and composite, and not a square; `bits` is the size to expect of its smallest
/// prime. The first curve is the one after `skip` others.
pub(crate) fn divisor<W: Word>(
    n: W,
    bits: u32,
    skip: usize,
    curves: usize,
    control: &Control,
) -> Result<Option<W>, Stop> {
    let plan = plan(bits);
    let ring = Montgomery::new(n);
    // Suyama's parameter must not be one of 0, 1, 3 and 5. All are smaller than n.
    let mut sigma = 6 + control.first_seed() % 256 + skip as u64;
    let loose = may_be_loose(&ring);
    let mut tried = 0;
    while tried < curves {
        control.poll()?;
        let found = if loose {
            attempt::<W, true>(&ring, plan, sigma)
        } else {
            attempt::<W, false>(&ring, plan, sigma)
        };
        if let Some(divisor) = found {
            return Ok(Some(divisor));
        }
        sigma += LANES as u64;
        tried += LANES;
        control.tell(Progress::Curves {
            of: n.into(),
            tried,
        });
    }
    Ok(None)
}

fn plan(bits: u32) -> &'static Plan {
    let index = match bits {
        0..=16 => 0,
        17..=21 => 1,
        22..=24 => 2,
        25..=27 => 3,
        28..=30 => 4,
        31..=33 => 5,
        _ => 6,
    };
    &PLANS[index]
}

/// Both stages on the curves of [`LANES`] parameters from `sigma` on.
fn attempt<W: Word, const LOOSE: bool>(ring: &Montgomery<W>, plan: &Plan, sigma: u64) -> Option<W> {
    let n = ring.modulus();
    let whole = |divisor: W| (divisor != W::ONE && divisor != n).then_some(divisor);
    let sigmas: [u64; LANES] = std::array::from_fn(|lane| sigma + lane as u64);
    let (curves, mut point) = match Curves::<W, LANES, LOOSE>::suyama(ring, sigmas) {
        Ok(start) => start,
        Err(shared) => return whole(shared),
    };
    for _ in 0..plan.twos {
        point = curves.double(point);
    }
    point = plan.chains.multiply(&curves, point);
    let differences = plan.stage.differences(&curves, point);
    let product = differences.iter().fold(ring.one(), |product, &lane| {
        ring.mul(product, ring.tighten(lane))
    });
    let shared = gcd_with_odd(product, n);
    if shared != n {
        return whole(shared);
    }
    // All primes of n at once: one lane, or the first stage alone, may have fewer.
    let stages = differences.into_iter().chain(point.z);
    stages.map(|value| gcd_with_odd(value, n)).find_map(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(n: u128, bits: u32) {
        let control = Control::new();
        let found = divisor(n, bits, 0, 400, &control)
            .unwrap()
            .expect("a divisor");
        assert!(n.is_multiple_of(found) && found != 1 && found != n, "{n}");
        if let Ok(n) = u64::try_from(n) {
            let found = divisor(n, bits, 0, 400, &control)
                .unwrap()
                .expect("a divisor");
            assert!(n.is_multiple_of(found) && found != 1 && found != n, "{n}");
        }
    }

    #[test]
    fn products_of_two_primes() {
        check(1_031 * 1_033, 11);
        check(54_767 * 5_861_507, 16);
        check(4_294_967_291 * 4_294_967_279, 32);
        check(1_099_511_627_689 * 1_099_511_627_609, 40);
        check(1_000_003 * ((1 << 89) - 1), 20);
        for plan in [20, 23, 26, 29, 32, 40] {
            check(274_177 * 67_280_421_310_721, plan);
        }
    }

    #[test]
    fn gives_up_after_the_curves_it_was_given() {
        let mersennes: u128 = ((1 << 61) - 1) * ((1 << 61) - 1);
        assert_eq!(divisor(mersennes, 20, 0, 2, &Control::new()), Ok(None));
    }

    #[test]
    fn every_seed_finds_it() {
        for seed in [0, 1, 255, 256, u64::MAX] {
            let control = Control::new().seed(seed);
            let found = divisor(54_767u64 * 5_861_507, 16, 0, 400, &control);
            assert!(found.unwrap().is_some(), "{seed}");
        }
    }
}

//! A divisor of a composite number by the elliptic-curve method.
//!
//! A random curve modulo n is one modulo each prime p of n, with a group whose order is near p. If
//! the order for one p is a product of small primes, multiplying a point by all small primes gives
//! infinity modulo p, and not modulo the others: the coordinate Z then shares p with n. If not, the
//! next curve has another order. Two curves are worked at a time, in step, or eight where the processor
//! has lanes for them ([`lanes`]).
//!
//! Cost: it depends on the size of the prime that is found, here of 11 to some 40 bits, and little
//! on n: some 7 curves of 500 multiplications for 22 bits, 20 of 2,000 for 32 bits.
//!
//! Source: Hendrik W. Lenstra, "Factoring integers with elliptic curves", Annals of Mathematics 126
//! (1987).

mod curve;
mod lucas_chain;
mod pair;
mod second_stage;

use crate::control::{Control, Progress, StopReason};
use crate::lanes::{LaneArithmetic, LaneComputation};
use crate::montgomery::Montgomery;
use crate::simd::ifma;
use crate::word::{Word, gcd_with_odd};
use curve::Curves;
use lucas_chain::LucasChains;
use pair::{Pair, allows_lazy};
use second_stage::SecondStage;

/// The first parameter. The orders of 10 and 11 are smooth more often than those of other neighbours;
/// for 11, Razvan Barbulescu et al., "Finding ECM-friendly curves through a study of Galois
/// properties", 2012, say why.
const SIGMA: u64 = 10;

/// Curves at once, at most.
const MOST_LANES: usize = 8;

/// The bounds of a curve's two stages.
#[derive(Debug)]
struct Bounds {
    /// Doublings of the first stage.
    twos: u32,
    chains: LucasChains,
    second_stage: SecondStage,
}

impl Bounds {
    const fn new(low: u32, high: u32, stride: u32) -> Self {
        Bounds {
            // The group's order has two twos more than a random number.
            twos: low.ilog2() + 2,
            chains: LucasChains::primes_to(low),
            second_stage: SecondStage::between(low, high, stride),
        }
    }
}

static BOUNDS: [Bounds; 7] = [
    Bounds::new(17, 300, 30),
    Bounds::new(31, 900, 60),
    Bounds::new(47, 1_500, 60),
    Bounds::new(85, 2_500, 120),
    Bounds::new(125, 4_000, 210),
    Bounds::new(205, 6_500, 210),
    Bounds::new(350, 12_000, 210),
];

/// A divisor of `n` other than 1 and n, or nothing when `curves` curves have not found one.
///
/// `n` must be odd and composite, and not a square; `bits` is the size to expect of its smallest
/// prime. The first curve is the one after `skip` others.
pub(crate) fn find_divisor<W: Word>(
    n: W,
    bits: u32,
    skip: usize,
    curves: usize,
    control: &Control,
) -> Result<Option<W>, StopReason> {
    let ring = Montgomery::new(n);
    let backend = Backend::new(&ring);
    let bounds = bounds_for(bits.saturating_sub(backend.bits_saved()));
    let mut sigma = SIGMA + control.initial_seed() % 256 + skip as u64;
    let mut tried = 0;
    while tried < curves {
        control.poll()?;
        let results = backend.run(CurveRun { bounds, sigma });
        if let Some(divisor) = results.divisor(&ring) {
            return Ok(Some(divisor));
        }
        sigma += results.count as u64;
        tried += results.count;
        control.report(Progress::Curves {
            of: n.into(),
            tried,
        });
    }
    Ok(None)
}

/// What a modulus is worked with.
#[derive(Debug)]
enum Backend<'a, W> {
    /// Eight lanes, modulo a number with this inverse.
    EightLanes {
        n: u64,
        inverse: u64,
    },
    LazyPair(Pair<'a, W, true>),
    Pair(Pair<'a, W, false>),
}

impl<'a, W: Word> Backend<'a, W> {
    fn new(ring: &'a Montgomery<W>) -> Self {
        match u64::try_from(ring.modulus().into()) {
            Ok(n) if n < ifma::MODULUS_LIMIT && ifma::is_available() => Backend::EightLanes {
                n,
                inverse: ring.inverse().into() as u64,
            },
            _ if allows_lazy(ring) => Backend::LazyPair(Pair(ring)),
            _ => Backend::Pair(Pair(ring)),
        }
    }

    /// By how many bits smaller primes the bounds may be made for: of eight curves one finds a larger
    /// prime nearly always.
    fn bits_saved(&self) -> u32 {
        match self {
            Backend::EightLanes { .. } => 4,
            _ => 0,
        }
    }

    fn run(&self, attempt: CurveRun) -> CurveResults {
        let results = match *self {
            Backend::EightLanes { n, inverse } => ifma::run(n, inverse, attempt),
            Backend::LazyPair(pair) => Some(attempt.run(pair)),
            Backend::Pair(pair) => Some(attempt.run(pair)),
        };
        results.expect("eight lanes are not chosen where there are none")
    }
}

fn bounds_for(bits: u32) -> &'static Bounds {
    let index = match bits {
        0..=16 => 0,
        17..=21 => 1,
        22..=24 => 2,
        25..=27 => 3,
        28..=30 => 4,
        31..=33 => 5,
        _ => 6,
    };
    &BOUNDS[index]
}

/// Both stages on curves from `sigma` on, one for each lane.
#[derive(Debug, Clone, Copy)]
struct CurveRun {
    bounds: &'static Bounds,
    sigma: u64,
}

/// What shares a divisor with n, if a curve has found one.
#[derive(Debug)]
struct CurveResults {
    /// Of all primes of n at once, the first stage alone may have found fewer.
    stages: [[u128; MOST_LANES]; 2],
    count: usize,
}

impl LaneComputation for CurveRun {
    type Output = CurveResults;

    #[inline(always)]
    fn run<A: LaneArithmetic>(self, ring: A) -> CurveResults {
        let CurveRun { bounds, sigma } = self;
        let (curves, mut point) = Curves::suyama(ring, sigma);
        for _ in 0..bounds.twos {
            point = curves.double(point);
        }
        point = bounds.chains.multiply(&curves, point);
        let differences = bounds.second_stage.differences(&curves, point);
        let mut stages = [[0; MOST_LANES]; 2];
        for (stage, lanes) in stages.iter_mut().zip([differences, point.z]) {
            let mut places = stage.iter_mut();
            ring.for_each(lanes, |number| {
                if let Some(place) = places.next() {
                    *place = number;
                }
            });
        }
        CurveResults {
            stages,
            count: A::COUNT,
        }
    }
}

impl CurveResults {
    fn divisor<W: Word>(&self, ring: &Montgomery<W>) -> Option<W> {
        let n = ring.modulus();
        let whole = |divisor: W| (divisor != W::ONE && divisor != n).then_some(divisor);
        let numbers = |stage: usize| {
            self.stages[stage][..self.count]
                .iter()
                .map(|&end| W::truncate(end))
        };
        let product = numbers(0).fold(ring.one(), |product, end| ring.mul(product, end));
        let shared = gcd_with_odd(product, n);
        if shared != n {
            return whole(shared);
        }
        numbers(0)
            .chain(numbers(1))
            .map(|number| gcd_with_odd(number, n))
            .find_map(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(n: u128, bits: u32) {
        let control = Control::new();
        let found = find_divisor(n, bits, 0, 400, &control)
            .unwrap()
            .expect("a divisor");
        assert!(n.is_multiple_of(found) && found != 1 && found != n, "{n}");
        if let Ok(n) = u64::try_from(n) {
            let found = find_divisor(n, bits, 0, 400, &control)
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
        for bounds in [20, 23, 26, 29, 32, 40] {
            check(274_177 * 67_280_421_310_721, bounds);
        }
    }

    #[test]
    fn gives_up_after_the_curves_it_was_given() {
        let mersennes: u128 = ((1 << 61) - 1) * ((1 << 61) - 1);
        assert_eq!(find_divisor(mersennes, 20, 0, 2, &Control::new()), Ok(None));
    }

    #[test]
    fn every_seed_finds_it() {
        for seed in [0, 1, 255, 256, u64::MAX] {
            let control = Control::new().seed(seed);
            let found = find_divisor(54_767u64 * 5_861_507, 16, 0, 400, &control);
            assert!(found.unwrap().is_some(), "{seed}");
        }
    }

    /// Lane by lane, both stages, what each has in common with n.
    #[test]
    fn eight_lanes_find_what_pairs_find() {
        let numbers = [
            54_767 * 5_861_507,
            1_048_583 * 1_048_589,
            16_777_213 * 16_777_199,
            16_777_259 * 16_777_289,
            33_554_467 * 33_554_473,
            67_108_859 * 67_108_837,
        ];
        for n in numbers {
            let ring = Montgomery::new(n);
            let shared = |results: &CurveResults, stage: usize| {
                let lanes = results.stages[stage][..results.count].iter();
                lanes
                    .map(|&end| gcd_with_odd(end as u64, n))
                    .collect::<Vec<_>>()
            };
            for (index, bounds) in BOUNDS.iter().enumerate() {
                let attempt = |sigma| CurveRun { bounds, sigma };
                let Some(eight) = ifma::run(n, ring.inverse(), attempt(SIGMA)) else {
                    eprintln!("not compared: this processor has no AVX-512 IFMA");
                    return;
                };
                let pairs = [0, 2, 4, 6].map(|skip| attempt(SIGMA + skip));
                for stage in [0, 1] {
                    let strict =
                        pairs.map(|pair| shared(&pair.run(Pair::<_, false>(&ring)), stage));
                    let lazy = pairs.map(|pair| shared(&pair.run(Pair::<_, true>(&ring)), stage));
                    let eight = shared(&eight, stage);
                    assert_eq!(
                        strict.concat(),
                        eight,
                        "bounds {index} for {n}, stage {stage}"
                    );
                    assert_eq!(
                        lazy.concat(),
                        eight,
                        "bounds {index} for {n}, stage {stage}"
                    );
                }
            }
        }
    }
}

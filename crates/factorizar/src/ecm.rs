//! The elliptic-curve method: finds the small prime factors of a composite number.
//!
//! A curve modulo n is a curve modulo each prime p of n, with a group whose order is near p. The
//! first stage multiplies a point by many small primes. If the order for one p is a product of such
//! primes, and the orders for the others are not, the result is the point at infinity modulo p
//! alone. Its coordinate Z then has the factor p in common with n. The second stage finds p also if
//! the order has one larger prime besides. If neither does, the next curve has another order.
//!
//! Several curves are computed in step: two in ordinary registers ([`pair`]), or eight with AVX-512
//! IFMA ([`ifma`]), for n below 2^99.
//!
//! Cost: it depends on the size of the prime that is found, here 11 to some 40 bits, and little on
//! n: some 7 curves of 500 multiplications for 22 bits, 20 curves of 2,000 multiplications for 32
//! bits.
//!
//! Source: Hendrik W. Lenstra, "Factoring integers with elliptic curves", Annals of Mathematics 126
//! (1987). [`curve`], [`lucas_chain`] and [`second_stage`] name the sources of their parts.

mod curve;
pub(crate) mod curve_range;
mod lucas_chain;
pub(crate) mod natural;
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

/// The first curve parameter. The group orders of 10 and 11 are smooth more often than those of
/// other neighbours; Razvan Barbulescu et al., "Finding ECM-friendly curves through a study of
/// Galois properties", 2012, explain it for 11.
const FIRST_SIGMA: u64 = 10;

/// The most curves that are computed in step.
const MAX_LANES: usize = 8;

/// The bounds B1 and B2 of the two stages, with the tables that follow from them.
#[derive(Debug)]
struct Bounds {
    /// Number of doublings in the first stage.
    doublings: u32,
    /// Chains of the odd primes of the first stage.
    chains: LucasChains,
    second_stage: SecondStage,
}

impl Bounds {
    /// Computes the tables for the bounds `b1` and `b2`, and the stride of the second stage's giant
    /// steps.
    const fn new(b1: u32, b2: u32, stride: u32) -> Self {
        Bounds {
            // Suyama's curves have a group order divisible by 4.
            doublings: b1.ilog2() + 2,
            chains: LucasChains::primes_up_to(b1),
            second_stage: SecondStage::between(b1, b2, stride),
        }
    }
}

/// The bounds B1, B2 and the stride for ever larger primes, and the size in bits of the largest prime
/// that they are chosen for with two curves in step and with eight. Of eight curves, one nearly
/// always finds a larger prime than the bounds are made for. Measured.
static BOUNDS: [(u32, u32, Bounds); 11] = [
    (16, 20, Bounds::new(17, 300, 30)),
    (21, 25, Bounds::new(31, 900, 60)),
    (24, 28, Bounds::new(47, 1_500, 60)),
    (27, 30, Bounds::new(85, 2_500, 120)),
    (30, 32, Bounds::new(125, 5_000, 210)),
    (30, 34, Bounds::new(145, 7_000, 210)),
    (33, 36, Bounds::new(205, 6_500, 210)),
    (64, 39, Bounds::new(350, 12_000, 210)),
    (64, 42, Bounds::new(450, 18_000, 210)),
    (64, 45, Bounds::new(800, 30_000, 210)),
    (64, 64, Bounds::new(1_000, 40_000, 210)),
];

/// Returns a divisor of `n` other than 1 and `n`, or `None` if `curves` curves have not found one.
///
/// `n` is odd, composite and not a square. `bits` is the expected size of its smallest prime. The
/// first `skip` curves of the seed are left out, for a caller that has tried them.
///
/// # Errors
///
/// The reason, if `control` stopped the computation.
pub(crate) fn find_divisor<W: Word>(
    n: W,
    bits: u32,
    skip: usize,
    curves: usize,
    control: &Control,
) -> Result<Option<W>, StopReason> {
    let ring = Montgomery::new(n);
    let backend = Backend::new(&ring);
    let bounds = backend.bounds_for(bits);
    let mut sigma = FIRST_SIGMA + control.initial_seed() % 256 + skip as u64;
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

/// The lanes that the curves of a modulus are computed in.
#[derive(Debug)]
enum Backend<'a, W> {
    /// Eight lanes, for a modulus n below [`ifma::MODULUS_LIMIT`] and its inverse modulo 2^64.
    EightLanes { n: u128, inverse: u64 },
    /// Two lanes with lazy reduction, for a modulus that leaves ten bits of its word free.
    LazyPair(Pair<'a, W, true>),
    /// Two lanes, for any modulus.
    Pair(Pair<'a, W, false>),
}

impl<'a, W: Word> Backend<'a, W> {
    /// Chooses the fastest lanes that the processor and the modulus allow.
    fn new(ring: &'a Montgomery<W>) -> Self {
        let n = ring.modulus().into();
        if n < ifma::MODULUS_LIMIT && ifma::is_available() {
            Backend::EightLanes {
                n,
                inverse: ring.inverse().into() as u64,
            }
        } else if allows_lazy(ring) {
            Backend::LazyPair(Pair(ring))
        } else {
            Backend::Pair(Pair(ring))
        }
    }

    /// Returns the bounds for a prime of this size.
    fn bounds_for(&self, bits: u32) -> &'static Bounds {
        let [rows @ .., (_, _, last)] = &BOUNDS;
        let row = rows.iter().find(|&&(two, eight, _)| {
            bits <= match self {
                Backend::EightLanes { .. } => eight,
                Backend::LazyPair(_) | Backend::Pair(_) => two,
            }
        });
        row.map_or(last, |(_, _, bounds)| bounds)
    }

    /// Computes curves in these lanes.
    fn run(&self, curve_run: CurveRun) -> CurveResults {
        let results = match *self {
            Backend::EightLanes { n, inverse } => ifma::run(n, inverse, curve_run),
            Backend::LazyPair(pair) => Some(curve_run.run(pair)),
            Backend::Pair(pair) => Some(curve_run.run(pair)),
        };
        results.expect("`Backend::new` chooses eight lanes only where `ifma::run` has them")
    }
}

/// Both stages on the curves of `sigma` and the parameters that follow, one curve for each lane.
#[derive(Debug, Clone, Copy)]
struct CurveRun {
    bounds: &'static Bounds,
    sigma: u64,
}

/// The residues in which a curve that succeeds has a common factor with n.
#[derive(Debug)]
struct CurveResults {
    /// The residues after the second stage, which includes what the first has found, and those
    /// after the first. The second stage may have found all primes of n at once, the first fewer of
    /// them.
    stages: [[u128; MAX_LANES]; 2],
    /// Number of lanes in use.
    count: usize,
}

impl LaneComputation for CurveRun {
    type Output = CurveResults;

    #[inline(always)]
    fn run<A: LaneArithmetic>(self, ring: A) -> CurveResults {
        let CurveRun { bounds, sigma } = self;
        let (curves, mut point) = Curves::suyama(ring, sigma);
        for _ in 0..bounds.doublings {
            point = curves.double(point);
        }
        point = bounds.chains.multiply(&curves, point);
        let differences = bounds.second_stage.differences(&curves, point);
        let mut stages = [[0; MAX_LANES]; 2];
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
    /// Returns a divisor other than 1 and n, if a curve has found one.
    fn divisor<W: Word>(&self, ring: &Montgomery<W>) -> Option<W> {
        let n = ring.modulus();
        let proper = |divisor: W| (divisor != W::ONE && divisor != n).then_some(divisor);
        let numbers = |stage: usize| {
            self.stages[stage][..self.count]
                .iter()
                .map(|&end| W::truncate(end))
        };
        // One gcd for all lanes; each lane on its own only if that is n.
        let product = numbers(0).fold(ring.one(), |product, end| ring.mul(product, end));
        let shared = gcd_with_odd(product, n);
        if shared != n {
            return proper(shared);
        }
        numbers(0)
            .chain(numbers(1))
            .map(|number| gcd_with_odd(number, n))
            .find_map(proper)
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

    /// Compares, lane by lane and for both stages, the common factors with n.
    #[test]
    fn eight_lanes_find_what_pairs_find() {
        let numbers: [u128; 9] = [
            54_767 * 5_861_507,
            1_048_583 * 1_048_589,
            16_777_213 * 16_777_199,
            16_777_259 * 16_777_289,
            33_554_467 * 33_554_473,
            67_108_859 * 67_108_837,
            134_217_689 * 134_217_757,
            4_294_967_291 * 4_294_967_279,
            1_099_511_627_689 * 1_099_511_627_609,
        ];
        for n in numbers {
            let ring = Montgomery::new(n);
            let shared = |results: &CurveResults, stage: usize| {
                let lanes = results.stages[stage][..results.count].iter();
                lanes.map(|&end| gcd_with_odd(end, n)).collect::<Vec<_>>()
            };
            for (index, (_, _, bounds)) in BOUNDS.iter().enumerate() {
                let curve_run = |sigma| CurveRun { bounds, sigma };
                let curves = curve_run(FIRST_SIGMA);
                let Some(eight) = ifma::run(n, ring.inverse() as u64, curves) else {
                    eprintln!("not compared: this processor has no AVX-512 IFMA");
                    return;
                };
                let pairs = [0, 2, 4, 6].map(|skip| curve_run(FIRST_SIGMA + skip));
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

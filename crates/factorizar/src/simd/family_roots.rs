//! The roots of the first polynomial of a family, modulo all base primes.
//!
//! Residues are Montgomery's, with 2^32, so that a product takes three multiplications of 32 bits
//! and no division. Cost with AVX-512: some 4 instructions for each prime of the base and each of a.
//!
//! Source: Peter L. Montgomery, "Modular multiplication without trial division", Mathematics of
//! Computation 44 (1985).

use crate::simd::level::{Level, by_level};

/// Primes that are worked on together, so that what is computed of them stays in the first-level
/// cache.
const TOGETHER: usize = 512;

/// The constants of the arithmetic modulo the primes of a base, which are below 2^31. Those of 2
/// serve for nothing, and neither do its results.
#[derive(Debug, Default)]
pub(crate) struct Moduli {
    /// The inverse of each prime modulo 2^32.
    inverses: Vec<u32>,
    /// 2^64 modulo each prime.
    squares: Vec<u32>,
}

/// A small prime q, with its inverses modulo any prime p.
///
/// The inverse of q modulo p is (1 + m p) / q, with the m for which q divides this. It depends on p
/// modulo q alone, so a table has it.
#[derive(Debug)]
pub(crate) struct Divisor {
    q: u32,
    /// The inverse of q modulo 2^32.
    inverse: u32,
    /// 2^`shift` / q, rounded up.
    reciprocal: u32,
    shift: u32,
    /// The m for each p modulo q; for 0, any number.
    times: Vec<u32>,
}

/// The division of all roots by one prime of a, with the change of the roots that it gives.
#[derive(Debug)]
pub(crate) struct Division<'a> {
    pub(crate) divisor: &'a Divisor,
    /// Below 2^32.
    pub(crate) term: u32,
    /// They are divided by q.
    pub(crate) roots: &'a mut [u32],
    /// The quotients of the term and q are added to them.
    pub(crate) sums: &'a mut [u32],
    /// They become these quotients.
    pub(crate) deltas: &'a mut [u32],
}

impl Moduli {
    /// Computes the constants.
    pub(crate) fn new(primes: &[u32]) -> Self {
        let square = |&p: &u32| ((u64::MAX % u64::from(p) + 1) % u64::from(p)) as u32;
        Moduli {
            inverses: primes.iter().map(|&p| invert(p)).collect(),
            squares: primes.iter().map(square).collect(),
        }
    }
}

/// Returns the inverse of an odd number modulo 2^32, by Newton's iteration.
fn invert(number: u32) -> u32 {
    (0..5).fold(number, |x, _| {
        x.wrapping_mul(2u32.wrapping_sub(number.wrapping_mul(x)))
    })
}

impl Divisor {
    /// Computes the tables of an odd prime. Cost: one division for each number below `q`.
    pub(crate) fn new(q: u32) -> Self {
        let mut inverses = vec![0u32, 1];
        for number in 2..q {
            let before = u64::from(inverses[(q % number) as usize]);
            inverses.push((u64::from(q - q / number) * before % u64::from(q)) as u32);
        }
        // Exact for dividends below 2^31: the quotient is too large by less than 1 / q.
        let shift = 63 - q.leading_zeros();
        Divisor {
            q,
            inverse: invert(q),
            reciprocal: ((1u64 << shift) / u64::from(q) + 1) as u32,
            shift,
            times: inverses.into_iter().map(|inverse| q - inverse).collect(),
        }
    }
}

/// Divides the roots by q, as [`Division`] says, modulo each of `primes`.
pub(crate) fn divide(level: Level, primes: &[u32], moduli: &Moduli, division: Division<'_>) {
    let Division {
        divisor,
        term,
        roots,
        sums,
        deltas,
    } = division;
    let mut quotients = [0u32; TOGETHER];
    let parts = primes.chunks(TOGETHER);
    let constants = moduli
        .inverses
        .chunks(TOGETHER)
        .zip(moduli.squares.chunks(TOGETHER));
    let outputs = roots
        .chunks_mut(TOGETHER)
        .zip(sums.chunks_mut(TOGETHER))
        .zip(deltas.chunks_mut(TOGETHER));
    for ((primes, constants), outputs) in parts.zip(constants).zip(outputs) {
        let ((roots, sums), deltas) = outputs;
        let quotients = &mut quotients[..primes.len()];
        remainders(level, primes, divisor, quotients);
        for rest in quotients.iter_mut() {
            *rest = divisor.times.get(*rest as usize).copied().unwrap_or(0);
        }
        let part = Part {
            primes,
            inverses: constants.0,
            squares: constants.1,
            quotients,
            roots,
            sums,
            deltas,
        };
        divide_part(level, part, divisor.inverse, term);
    }
}

/// Some of the primes, with what belongs to them.
struct Part<'a> {
    primes: &'a [u32],
    inverses: &'a [u32],
    squares: &'a [u32],
    /// The m of each.
    quotients: &'a [u32],
    roots: &'a mut [u32],
    sums: &'a mut [u32],
    deltas: &'a mut [u32],
}

by_level! {
    /// Computes the primes modulo q.
    remainders = remainders_body(primes: &[u32], divisor: &Divisor, rests: &mut [u32])
}

#[inline(always)]
fn remainders_body(primes: &[u32], divisor: &Divisor, rests: &mut [u32]) {
    let (q, reciprocal, shift) = (divisor.q, u64::from(divisor.reciprocal), divisor.shift);
    for (rest, &p) in rests.iter_mut().zip(primes) {
        let quotient = ((u64::from(p) * reciprocal) >> shift) as u32;
        *rest = p.wrapping_sub(quotient.wrapping_mul(q));
    }
}

by_level! {
    /// Divides the roots of some primes.
    divide_part = divide_part_body(part: Part<'_>, inverse_of_q: u32, term: u32)
}

#[inline(always)]
fn divide_part_body(part: Part<'_>, inverse_of_q: u32, term: u32) {
    let len = part.primes.len();
    let (inverses, squares) = (&part.inverses[..len], &part.squares[..len]);
    let quotients = &part.quotients[..len];
    let (roots, sums) = (&mut part.roots[..len], &mut part.sums[..len]);
    let deltas = &mut part.deltas[..len];
    for (index, &p) in part.primes.iter().enumerate() {
        // Montgomery's product: a b / 2^32 modulo p, for a b below 2^32 p.
        let mul = |a: u32, b: u32| {
            let product = u64::from(a) * u64::from(b);
            let times = (product as u32).wrapping_mul(inverses[index]);
            let high = ((u64::from(times) * u64::from(p)) >> 32) as u32;
            let difference = ((product >> 32) as u32).wrapping_sub(high);
            difference.min(difference.wrapping_add(p))
        };
        let quotient = quotients[index].wrapping_mul(p).wrapping_add(1);
        let inverse = mul(quotient.wrapping_mul(inverse_of_q), squares[index]);
        let delta = mul(inverse, term);
        let sum = sums[index].wrapping_add(delta);
        deltas[index] = delta;
        sums[index] = sum.min(sum.wrapping_sub(p));
        roots[index] = mul(inverse, roots[index]);
    }
}

by_level! {
    /// Computes the positions (-b + r) / 2 a and (-b - r) / 2 a, with `offsets` added.
    ///
    /// `roots` has r / a, and gets the first positions; `sums` has b / a, and gets the second.
    pub(crate) positions = positions_body(
        primes: &[u32],
        offsets: &[u32],
        roots: &mut [u32],
        sums: &mut [u32]
    )
}

#[inline(always)]
fn positions_body(primes: &[u32], offsets: &[u32], roots: &mut [u32], sums: &mut [u32]) {
    let pairs = roots.iter_mut().zip(sums);
    for ((&p, &offset), (root, sum)) in primes.iter().zip(offsets).zip(pairs) {
        let reduce = |number: u32| number.min(number.wrapping_sub(p));
        let position = |number: u32| {
            let number = reduce(number);
            let half = number.wrapping_add(p * (number & 1)) >> 1;
            reduce(half.wrapping_add(offset))
        };
        let middle = p.wrapping_sub(*sum);
        let positions = [
            position(middle.wrapping_add(*root)),
            position(middle.wrapping_add(p.wrapping_sub(*root))),
        ];
        [*root, *sum] = positions;
    }
}

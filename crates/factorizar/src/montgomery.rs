//! Arithmetic modulo an odd number without division.
//!
//! A residue `x` is kept as `x R mod n`, with R = 2^64 or 2^128; a product is then reduced with two
//! more multiplications instead of a division. Each operation has constant cost: 3 word products a
//! multiplication for 64 bits, and 11 half-width ones for 128.
//!
//! Source: Peter L. Montgomery, "Modular multiplication without trial division", Mathematics of
//! Computation 44 (1985). The reduction here subtracts, with the inverse of n itself rather than of
//! -n, so that no intermediate exceeds a word even when n takes all of its bits.

use std::cell::OnceCell;

use crate::word::Word;

/// An odd modulus, with what is precomputed for it.
///
/// Its operations take and give residues: words below the modulus, in Montgomery form.
#[derive(Debug)]
pub(crate) struct Montgomery<W> {
    modulus: W,
    /// The inverse of the modulus, modulo R.
    inverse: W,
    /// R mod n: the residue of 1.
    one: W,
    /// R^2 mod n: what turns a number into its residue. Many a ring is done before it is needed.
    r_squared: OnceCell<W>,
}

impl<W: Word> Montgomery<W> {
    /// `modulus` must be odd and above 1.
    pub(crate) fn new(modulus: W) -> Self {
        debug_assert!(
            modulus.bit(0) && modulus > W::ONE,
            "{modulus:?} is not an odd modulus"
        );
        let one = W::ZERO.wrapping_sub(modulus).rem(modulus);
        Montgomery {
            modulus,
            inverse: inverse(modulus),
            one,
            r_squared: OnceCell::new(),
        }
    }

    fn r_squared(&self) -> W {
        *self.r_squared.get_or_init(|| {
            // The residue of 2, squared until it is that of 2^BITS = R.
            let mut power = self.add(self.one, self.one);
            for _ in 0..W::BITS.trailing_zeros() {
                power = self.mul(power, power);
            }
            power
        })
    }

    pub(crate) fn modulus(&self) -> W {
        self.modulus
    }

    /// The inverse of the modulus, modulo R.
    pub(crate) fn inverse(&self) -> W {
        self.inverse
    }

    /// The residue of 1.
    pub(crate) fn one(&self) -> W {
        self.one
    }

    /// The residue of `n - 1`.
    pub(crate) fn minus_one(&self) -> W {
        self.modulus.wrapping_sub(self.one)
    }

    /// The residue of `number`, which must be below the modulus.
    pub(crate) fn residue(&self, number: u64) -> W {
        debug_assert!(
            W::from(number) < self.modulus,
            "{number} is not below {:?}",
            self.modulus
        );
        self.mul(number.into(), self.r_squared())
    }

    /// The residue of `number`, which may be any word.
    pub(crate) fn residue_of(&self, number: W) -> W {
        self.mul(number, self.r_squared())
    }

    #[inline]
    pub(crate) fn add(&self, a: W, b: W) -> W {
        self.sub(a, self.modulus.wrapping_sub(b))
    }

    /// `a - b`; `b` may also be the modulus itself.
    #[inline]
    pub(crate) fn sub(&self, a: W, b: W) -> W {
        let (difference, borrow) = a.overflowing_sub(b);
        difference.wrapping_add(if borrow { self.modulus } else { W::ZERO })
    }

    #[inline]
    pub(crate) fn mul(&self, a: W, b: W) -> W {
        let (high, low) = a.wide_mul(b);
        self.sub(high, self.borrowed(low))
    }

    /// `a * a + b`, quicker than in two steps: the addition does not wait for the reduction.
    #[inline]
    pub(crate) fn square_add(&self, a: W, b: W) -> W {
        let (high, low) = a.wide_mul(a);
        self.sub(self.add(high, b), self.borrowed(low))
    }

    /// Whether the modulus leaves four bits of its word, as the `loose` operations need.
    ///
    /// Those take and give numbers below 3 n that stand for residues, and are quicker: nothing waits
    /// for a comparison. With n at most 2^-4 R, a product of two such numbers is reduced to at most
    /// (9 / 16 + 1) n, and of one and the double of another to at most (18 / 16 + 1) n.
    #[inline]
    pub(crate) fn allows_lazy(&self) -> bool {
        self.modulus.shr(W::BITS - 4) == W::ZERO
    }

    /// `a * b`, loosely; one of the two may be below 6 n.
    #[inline]
    pub(crate) fn lazy_mul(&self, a: W, b: W) -> W {
        let (high, low) = a.wide_mul(b);
        high.wrapping_add(self.modulus)
            .wrapping_sub(self.borrowed(low))
    }

    /// `a * a + b`, loosely; `b` below n.
    #[inline]
    pub(crate) fn lazy_square_add(&self, a: W, b: W) -> W {
        let (high, low) = a.wide_mul(a);
        high.wrapping_add(self.modulus.wrapping_add(b))
            .wrapping_sub(self.borrowed(low))
    }

    /// `a - b`, below 6 n.
    #[inline]
    pub(crate) fn lazy_sub(&self, a: W, b: W) -> W {
        let thrice = self
            .modulus
            .wrapping_add(self.modulus)
            .wrapping_add(self.modulus);
        a.wrapping_add(thrice).wrapping_sub(b)
    }

    /// The residue that a number below 3 n stands for.
    #[inline]
    pub(crate) fn reduce(&self, a: W) -> W {
        let reduce = |a: W| {
            if a >= self.modulus {
                a.wrapping_sub(self.modulus)
            } else {
                a
            }
        };
        reduce(reduce(a))
    }

    /// Half of `a`: `(a + n) / 2` when `a` is odd.
    pub(crate) fn half(&self, a: W) -> W {
        let half = a.shr(1);
        if a.bit(0) {
            // n / 2 rounded up, as a / 2 was rounded down.
            half.wrapping_add(self.modulus.shr(1)).wrapping_add(W::ONE)
        } else {
            half
        }
    }

    /// `base` to the power of `exponent`.
    pub(crate) fn pow(&self, base: W, exponent: W) -> W {
        let [power] = self.powers([base], exponent);
        power
    }

    /// Each base to the power of `exponent`, in step, so that their multiplications overlap.
    #[inline]
    pub(crate) fn powers<const L: usize>(&self, bases: [W; L], exponent: W) -> [W; L] {
        if self.allows_lazy() {
            self.powers_by(bases, exponent, |a, b| self.lazy_mul(a, b))
                .map(|power| self.reduce(power))
        } else {
            self.powers_by(bases, exponent, |a, b| self.mul(a, b))
        }
    }

    #[inline(always)]
    fn powers_by<const L: usize>(
        &self,
        bases: [W; L],
        exponent: W,
        mul: impl Fn(W, W) -> W,
    ) -> [W; L] {
        let squares = std::array::from_fn(|lane| mul(bases[lane], bases[lane]));
        let cubes = std::array::from_fn(|lane| mul(squares[lane], bases[lane]));
        let table = [[self.one; L], bases, squares, cubes];
        // Two bits at a time, whatever they are: a branch on each would be foreseen half of the time.
        let digit = |index: u32| {
            let low: u128 = exponent.shr(2 * index).into();
            table[low as usize % 4]
        };
        let digits = (W::BITS - exponent.leading_zeros()).div_ceil(2).max(1);
        let mut powers = digit(digits - 1);
        for index in (0..digits - 1).rev() {
            powers = powers.map(|power| mul(power, power));
            powers = powers.map(|power| mul(power, power));
            let factors = digit(index);
            powers = std::array::from_fn(|lane| mul(powers[lane], factors[lane]));
        }
        powers
    }

    /// The high word of the multiple of n whose low word is `low`: what a product is reduced by.
    #[inline]
    fn borrowed(&self, low: W) -> W {
        low.wrapping_mul(self.inverse).wide_mul(self.modulus).0
    }
}

/// The inverse of an odd `n` modulo 2^BITS, by Newton's iteration.
fn inverse<W: Word>(n: W) -> W {
    let two = W::from(2);
    // n is its own inverse modulo 8; each turn doubles the bits that are right.
    let mut inverse = n;
    let mut bits = 3;
    while bits < W::BITS {
        inverse = inverse.wrapping_mul(two.wrapping_sub(n.wrapping_mul(inverse)));
        bits *= 2;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slow_add(a: u128, b: u128, n: u128) -> u128 {
        if a >= n - b { a - (n - b) } else { a + b }
    }

    /// `a * b mod n` by doubling and adding, a bit at a time.
    fn slow_mul(a: u128, b: u128, n: u128) -> u128 {
        (0..128).rev().fold(0, |sum, index| {
            let double = slow_add(sum, sum, n);
            if b >> index & 1 == 1 {
                slow_add(double, a, n)
            } else {
                double
            }
        })
    }

    fn check<W: Word>(n: u128, a: u128, b: u128) {
        let (n, a, b) = (n | 1, a % (n | 1), b % (n | 1));
        if n == 1 {
            return;
        }
        let ring = Montgomery::new(W::truncate(n));
        // The number that a residue stands for: one reduction, with R^-1.
        let number = |x: W| -> u128 { ring.mul(x, W::ONE).into() };
        let [x, y] = [a, b].map(|number| ring.mul(W::truncate(number), ring.r_squared()));
        let context = format!("n {n} a {a} b {b}");
        assert_eq!(number(x), a, "{context}");
        assert_eq!(number(ring.one()), 1, "{context}");
        assert_eq!(number(ring.minus_one()), n - 1, "{context}");
        assert_eq!(number(ring.mul(x, y)), slow_mul(a, b, n), "{context}");
        assert_eq!(number(ring.add(x, y)), slow_add(a, b, n), "{context}");
        assert_eq!(
            number(ring.sub(x, y)),
            slow_add(a, (n - b) % n, n),
            "{context}"
        );
        assert_eq!(
            number(ring.square_add(x, y)),
            slow_add(slow_mul(a, a, n), b, n),
            "{context}"
        );
        assert_eq!(ring.add(ring.half(x), ring.half(x)), x, "{context}");
        if ring.allows_lazy() {
            // At the largest numbers that the operations may be given.
            let twice = ring.modulus().wrapping_add(ring.modulus());
            let [high_x, high_y] = [x, y].map(|x| x.wrapping_add(twice));
            let tight = |x| number(ring.reduce(x));
            assert_eq!(
                tight(ring.lazy_mul(high_x, high_y)),
                slow_mul(a, b, n),
                "{context}"
            );
            let sum = slow_add(slow_mul(a, a, n), b, n);
            assert_eq!(tight(ring.lazy_square_add(high_x, y)), sum, "{context}");
            let product = ring.lazy_mul(ring.lazy_sub(high_x, y), high_y);
            let difference = slow_add(a, (n - b) % n, n);
            assert_eq!(tight(product), slow_mul(difference, b, n), "{context}");
        }
        let cube = slow_mul(slow_mul(a, a, n), a, n);
        assert_eq!(number(ring.pow(x, W::from(3))), cube, "{context}");
    }

    #[test]
    fn at_the_edges_of_the_word() {
        for n in [
            3,
            5,
            (1 << 63) - 25,
            (1 << 63) + 29,
            u64::MAX - 58,
            u64::MAX - 2,
            u64::MAX,
        ] {
            for a in [0, 1, 2, n / 2, n - 2, n - 1] {
                for b in [0, 1, n / 2, n - 1] {
                    check::<u64>(n.into(), a.into(), b.into());
                }
            }
        }
        for n in [
            3,
            (1 << 64) + 1,
            (1 << 127) - 1,
            (1 << 127) + 29,
            u128::MAX - 158,
            u128::MAX,
        ] {
            for a in [0, 1, 2, n / 2, n - 2, n - 1] {
                for b in [0, 1, n / 2, n - 1] {
                    check::<u128>(n, a, b);
                }
            }
        }
    }

    #[test]
    fn powers() {
        let ring = Montgomery::new(1_000_003u64);
        let two = ring.residue(2);
        assert_eq!(ring.pow(two, 0), ring.one());
        assert_eq!(ring.pow(two, 1), two);
        // Fermat's little theorem: 1000003 is prime.
        assert_eq!(ring.pow(two, 1_000_002), ring.one());
        assert_eq!(ring.pow(two, 500_001), ring.minus_one());
    }

    proptest! {
        #[test]
        fn as_the_slow_reference(n: u128, shift in 0u32..127, a: u128, b: u128) {
            check::<u128>(n >> shift, a, b);
            check::<u64>(u128::from(n as u64 >> (shift % 63)), a, b);
        }
    }
}

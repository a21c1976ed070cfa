//! Montgomery arithmetic: multiplication modulo an odd number without division.
//!
//! A residue x is kept in Montgomery form, as x R mod n with R = 2^64 or 2^128. A product is then
//! reduced by two more multiplications instead of a division. Cost of a multiplication: 3 products
//! of words for 64 bits, 11 of half-words for 128.
//!
//! Source: Peter L. Montgomery, "Modular multiplication without trial division", Mathematics of
//! Computation 44 (1985). The reduction subtracts, with the inverse of n itself instead of that of
//! -n, so that no intermediate result exceeds a word even if n has all of its bits.
//!
//! The `lazy_` operations leave out the last subtraction of n ("lazy reduction"): their results are
//! below 3 n or 6 n, which is allowed where n leaves four bits of its word free.

pub(crate) mod dispatch;
pub(crate) mod limbs;
pub(crate) mod list;
pub(crate) mod ring;

use std::cell::OnceCell;

use crate::word::Word;

/// An odd modulus n and the values that are computed once for it.
///
/// Operations take and return residues: words below n, in Montgomery form.
#[derive(Debug)]
pub(crate) struct Montgomery<W> {
    modulus: W,
    /// The inverse of the modulus, modulo R.
    inverse: W,
    /// R mod n: the residue of 1.
    one: W,
    /// R^2 mod n, by which a number is converted to Montgomery form. Computed when it is first
    /// needed, as many moduli never need it.
    r_squared: OnceCell<W>,
}

impl<W: Word> Montgomery<W> {
    /// Prepares a modulus, which is odd and above 1.
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

    /// Returns R^2 mod n.
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

    /// Returns the inverse of the modulus, modulo R.
    pub(crate) fn inverse(&self) -> W {
        self.inverse
    }

    /// Returns the residue of 1.
    pub(crate) fn one(&self) -> W {
        self.one
    }

    /// Returns the residue of n - 1.
    pub(crate) fn minus_one(&self) -> W {
        self.modulus.wrapping_sub(self.one)
    }

    /// Returns the residue of `number`, which is below the modulus.
    pub(crate) fn residue(&self, number: u64) -> W {
        debug_assert!(
            W::from(number) < self.modulus,
            "{number} is not below {:?}",
            self.modulus
        );
        self.mul(number.into(), self.r_squared())
    }

    /// Returns the residue of `number`, which may be any word.
    pub(crate) fn residue_of(&self, number: W) -> W {
        self.mul(number, self.r_squared())
    }

    /// Returns `a + b`.
    #[inline]
    pub(crate) fn add(&self, a: W, b: W) -> W {
        self.sub(a, self.modulus.wrapping_sub(b))
    }

    /// Returns `a - b`. `b` may also be the modulus itself.
    #[inline]
    pub(crate) fn sub(&self, a: W, b: W) -> W {
        let (difference, borrow) = a.overflowing_sub(b);
        difference.wrapping_add(if borrow { self.modulus } else { W::ZERO })
    }

    /// Returns `a * b`.
    #[inline]
    pub(crate) fn mul(&self, a: W, b: W) -> W {
        let (high, low) = a.wide_mul(b);
        self.sub(high, self.reduction(low))
    }

    /// Returns `a * a + b`. The addition does not wait for the reduction, as it would in two steps.
    #[inline]
    pub(crate) fn square_add(&self, a: W, b: W) -> W {
        let (high, low) = a.wide_mul(a);
        self.sub(self.add(high, b), self.reduction(low))
    }

    /// Returns whether the modulus leaves four bits of its word free, as the `lazy_` operations
    /// need.
    ///
    /// Those take and return numbers below 3 n that are congruent to residues. They are faster, as
    /// nothing waits for a comparison. With n at most R / 16, the product of two such numbers is
    /// reduced to at most (9 / 16 + 1) n, and the product of one below 3 n and one below 6 n to at
    /// most (18 / 16 + 1) n.
    #[inline]
    pub(crate) fn allows_lazy(&self) -> bool {
        self.modulus.shr(W::BITS - 4) == W::ZERO
    }

    /// Returns `a * b`, below 3 n. One of the two factors may be below 6 n, the other is below 3 n.
    #[inline]
    pub(crate) fn lazy_mul(&self, a: W, b: W) -> W {
        let (high, low) = a.wide_mul(b);
        high.wrapping_add(self.modulus)
            .wrapping_sub(self.reduction(low))
    }

    /// Returns `a * a + b`, below 3 n, for `a` below 3 n and `b` below n.
    #[inline]
    pub(crate) fn lazy_square_add(&self, a: W, b: W) -> W {
        let (high, low) = a.wide_mul(a);
        high.wrapping_add(self.modulus.wrapping_add(b))
            .wrapping_sub(self.reduction(low))
    }

    /// Returns `a - b`, below 6 n, for both below 3 n.
    #[inline]
    pub(crate) fn lazy_sub(&self, a: W, b: W) -> W {
        let thrice = self
            .modulus
            .wrapping_add(self.modulus)
            .wrapping_add(self.modulus);
        a.wrapping_add(thrice).wrapping_sub(b)
    }

    /// Returns the residue that a number below 3 n is congruent to.
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

    /// Returns half of `a`, which is `(a + n) / 2` if `a` is odd.
    pub(crate) fn half(&self, a: W) -> W {
        let half = a.shr(1);
        if a.bit(0) {
            // n / 2 rounded up, as a / 2 was rounded down.
            half.wrapping_add(self.modulus.shr(1)).wrapping_add(W::ONE)
        } else {
            half
        }
    }

    /// Returns `base` to the power of `exponent`.
    pub(crate) fn pow(&self, base: W, exponent: W) -> W {
        let [power] = self.powers([base], exponent);
        power
    }

    /// Returns each base to the power of `exponent`, computed in step, so that the processor
    /// overlaps their multiplications.
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
        // Two bits of the exponent at a time, with a multiplication also for 00: a branch on the
        // bits would be mispredicted half of the time.
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

    /// Returns the high word of the multiple of n whose low word is `low`. Subtracted from the high
    /// word of a product with that low word, it gives the product divided by R modulo n.
    #[inline]
    fn reduction(&self, low: W) -> W {
        low.wrapping_mul(self.inverse).wide_mul(self.modulus).0
    }
}

/// Returns the inverse of an odd `n` modulo 2^BITS, by Newton's iteration.
fn inverse<W: Word>(n: W) -> W {
    let two = W::from(2);
    // n is its own inverse modulo 8; each turn doubles the number of correct bits.
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
    fn four_free_bits_allow_lazy_operations() {
        for (free_bits, is_allowed) in [(3, false), (4, true), (5, true), (60, true)] {
            let (short, long) = (u64::MAX >> free_bits, u128::MAX >> free_bits);
            assert_eq!(Montgomery::new(short).allows_lazy(), is_allowed, "{short}");
            assert_eq!(Montgomery::new(long).allows_lazy(), is_allowed, "{long}");
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

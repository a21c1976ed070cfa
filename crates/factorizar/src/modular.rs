//! Arithmetic modulo primes below 2^31: remainders, inverses, square roots.
//!
//! Residues are of 16 bits where the primes are, so that products fit 32 bits: the processor divides
//! those faster than products of 64 bits. Cost: one division a multiplication, some log2(p) of them
//! for an inverse or a power.
//!
//! Source: Daniel Shanks, "Five number-theoretic algorithms", 1973, for square roots (the algorithm
//! of Tonelli and Shanks).

/// An unsigned integer type for residues: `u16` or `u32`.
pub(crate) trait Residue: Copy + Eq + Into<u32> {
    /// Returns the low bits of `n`.
    fn truncate(n: u32) -> Self;

    /// Returns the product of `self` and `other` modulo `p`.
    fn times(self, other: Self, p: Self) -> Self;
}

impl Residue for u16 {
    #[inline]
    fn truncate(n: u32) -> Self {
        n as u16
    }

    #[inline]
    fn times(self, other: Self, p: Self) -> Self {
        (u32::from(self) * u32::from(other) % u32::from(p)) as u16
    }
}

impl Residue for u32 {
    #[inline]
    fn truncate(n: u32) -> Self {
        n
    }

    #[inline]
    fn times(self, other: Self, p: Self) -> Self {
        (u64::from(self) * u64::from(other) % u64::from(p)) as u32
    }
}

/// Returns `n` modulo `p`.
pub(crate) const fn remainder(n: u128, p: u16) -> u16 {
    let p = p as u64;
    let high = (n >> 64) as u64 % p;
    let middle = (high << 32 | (n as u64) >> 32) % p;
    ((middle << 32 | n as u64 & 0xffff_ffff) % p) as u16
}

/// Returns `a * b` modulo `p`.
#[inline]
pub(crate) fn mul<R: Residue>(a: R, b: R, p: R) -> R {
    a.times(b, p)
}

/// Returns `base` to the power of `exponent` modulo `p`.
fn pow<R: Residue>(base: R, exponent: u32, p: R) -> R {
    let (mut power, mut square, mut left) = (R::truncate(1), base, exponent);
    while left > 0 {
        if left & 1 == 1 {
            power = power.times(square, p);
        }
        square = square.times(square, p);
        left >>= 1;
    }
    power
}

/// Returns whether `a` is a nonzero square modulo the odd prime `p`, for `a` below `p`.
pub(crate) const fn is_residue(a: u32, p: u32) -> bool {
    // The Jacobi symbol, by quadratic reciprocity.
    let (mut a, mut p, mut symbol) = (a, p, true);
    while a != 0 {
        let twos = a.trailing_zeros();
        a >>= twos;
        symbol ^= twos & 1 == 1 && matches!(p & 7, 3 | 5);
        symbol ^= a & p & 3 == 3;
        (a, p) = (p % a, a);
    }
    symbol && p == 1
}

/// Returns the inverse of a nonzero `a` modulo the prime `p`, by the extended Euclidean algorithm.
pub(crate) fn invert<R: Residue>(a: R, p: R) -> R {
    let (mut above, mut below): (u32, u32) = (p.into(), a.into());
    // The cofactors stay between -p and p. Their products wrap, and the differences are right.
    let (mut before, mut cofactor) = (0i32, 1i32);
    while below > 1 {
        let quotient = above / below;
        (above, below) = (below, above - quotient * below);
        let next = before.wrapping_sub((quotient as i32).wrapping_mul(cofactor));
        (before, cofactor) = (cofactor, next);
    }
    let inverse = if cofactor < 0 {
        cofactor.wrapping_add_unsigned(p.into())
    } else {
        cofactor
    };
    R::truncate(inverse as u32)
}

/// Returns a square root of `a`, which is a nonzero square modulo the odd prime `p`.
pub(crate) fn square_root<R: Residue>(a: R, p: R) -> R {
    let before: u32 = p.into() - 1;
    let twos = before.trailing_zeros();
    let odd = before >> twos;
    let half = pow(a, odd / 2, p);
    let mut root = a.times(half, p);
    // Invariant: root^2 = a * order, and the order of `order` is a power of two. It is brought to 1
    // by powers of a generator of the group of such elements.
    let one = R::truncate(1);
    let mut order = root.times(half, p);
    let mut exponent = twos;
    let mut generator = None;
    while order != one {
        let mut square = order;
        let mut steps = 0;
        while square != one {
            square = square.times(square, p);
            steps += 1;
        }
        let mut step = generator.unwrap_or_else(|| pow(non_residue(p), odd, p));
        for _ in 0..exponent - steps - 1 {
            step = step.times(step, p);
        }
        root = root.times(step, p);
        step = step.times(step, p);
        order = order.times(step, p);
        generator = Some(step);
        exponent = steps;
    }
    root
}

/// Returns the smallest number that is not a square modulo `p`.
fn non_residue<R: Residue>(p: R) -> R {
    let p: u32 = p.into();
    R::truncate((2..p).find(|&a| !is_residue(a, p)).unwrap_or(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks inverses, symbols and roots of these numbers, and returns how many are squares.
    fn check<R: Residue + std::fmt::Debug>(numbers: impl Iterator<Item = u32>, p: u32) -> u32 {
        let modulus = R::truncate(p);
        let mut residues = 0;
        for number in numbers {
            let a = R::truncate(number);
            let inverse = invert(a, modulus);
            assert!(inverse.into() < p, "1 / {a:?} mod {p}");
            assert_eq!(mul(a, inverse, modulus).into(), 1, "1 / {a:?} mod {p}");
            let is_square = pow(a, p / 2, modulus).into() == 1;
            assert_eq!(is_residue(number, p), is_square, "{a:?} mod {p}");
            if is_square {
                let root = square_root(a, modulus);
                assert_eq!(mul(root, root, modulus), a, "{a:?} mod {p}");
                residues += 1;
            }
        }
        residues
    }

    #[test]
    fn roots_and_inverses_of_every_residue() {
        for p in [3, 5, 7, 17, 97, 193, 257, 1_009, 12_289, 16_381] {
            assert_eq!(check::<u16>(1..p, p), p / 2);
            assert_eq!(check::<u32>(1..p, p), p / 2);
        }
    }

    #[test]
    fn roots_and_inverses_modulo_large_primes() {
        for p in [65_537, 786_433, 998_244_353, 2_147_483_647] {
            check::<u32>((1..300).chain(p - 300..p), p);
            check::<u32>((1..300).map(|index| index * (p / 301)), p);
        }
    }

    #[test]
    fn remainders() {
        for n in [0, 1, u128::from(u64::MAX), 1 << 64, u128::MAX] {
            for p in [3, 251, 16_381] {
                assert_eq!(u128::from(remainder(n, p)), n % u128::from(p));
            }
        }
    }
}

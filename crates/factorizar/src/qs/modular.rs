//! Arithmetic modulo primes below 2^14: remainders, inverses, square roots.
//!
//! Products fit 32 bits, so the processor's division serves. Cost: one division a multiplication,
//! some log2(p) of them for an inverse or a power.
//!
//! Source: Daniel Shanks, "Five number-theoretic algorithms", 1973, for square roots (the algorithm
//! of Tonelli and Shanks).

/// Returns `n` modulo `p`.
pub(super) const fn remainder(n: u128, p: u16) -> u16 {
    let p = p as u64;
    let high = (n >> 64) as u64 % p;
    let middle = (high << 32 | (n as u64) >> 32) % p;
    ((middle << 32 | n as u64 & 0xffff_ffff) % p) as u16
}

/// Returns `a * b` modulo `p`.
pub(super) const fn mul(a: u16, b: u16, p: u16) -> u16 {
    (a as u32 * b as u32 % p as u32) as u16
}

/// Returns `base` to the power of `exponent` modulo `p`.
pub(super) const fn pow(base: u16, exponent: u16, p: u16) -> u16 {
    let (mut power, mut square, mut left) = (1, base, exponent);
    while left > 0 {
        if left & 1 == 1 {
            power = mul(power, square, p);
        }
        square = mul(square, square, p);
        left >>= 1;
    }
    power
}

/// Returns whether `a` is a nonzero square modulo the odd prime `p`, for `a` below `p`.
pub(super) const fn is_residue(a: u16, p: u16) -> bool {
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
pub(super) fn invert(a: u16, p: u16) -> u16 {
    let (mut above, mut below) = (i32::from(p), i32::from(a));
    let (mut before, mut cofactor) = (0, 1);
    while below > 1 {
        let quotient = above / below;
        (above, below) = (below, above - quotient * below);
        (before, cofactor) = (cofactor, before - quotient * cofactor);
    }
    let inverse = if cofactor < 0 {
        cofactor + i32::from(p)
    } else {
        cofactor
    };
    inverse as u16
}

/// Returns a square root of `a`, which is a nonzero square modulo the odd prime `p`.
pub(super) fn square_root(a: u16, p: u16) -> u16 {
    let twos = (p - 1).trailing_zeros();
    let odd = (p - 1) >> twos;
    let half = pow(a, odd / 2, p);
    let mut root = mul(a, half, p);
    if twos == 1 {
        return root;
    }
    // Invariant: root^2 = a * order, and the order of `order` is a power of two. It is brought to 1
    // by powers of a generator of the group of such elements.
    let mut order = mul(root, half, p);
    if order == 1 {
        return root;
    }
    let mut generator = pow(non_residue(p), odd, p);
    let mut exponent = twos;
    while order != 1 {
        let mut square = order;
        let mut steps = 0;
        while square != 1 {
            square = mul(square, square, p);
            steps += 1;
        }
        for _ in 0..exponent - steps - 1 {
            generator = mul(generator, generator, p);
        }
        root = mul(root, generator, p);
        generator = mul(generator, generator, p);
        order = mul(order, generator, p);
        exponent = steps;
    }
    root
}

/// Returns the smallest number that is not a square modulo `p`.
fn non_residue(p: u16) -> u16 {
    (2..p).find(|&a| !is_residue(a, p)).unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_and_inverses_of_every_residue() {
        for p in [3, 5, 7, 17, 97, 193, 257, 1_009, 12_289, 16_381] {
            let mut residues = 0;
            for a in 1..p {
                assert_eq!(mul(a, invert(a, p), p), 1, "1 / {a} mod {p}");
                assert_eq!(is_residue(a, p), pow(a, p / 2, p) == 1, "{a} mod {p}");
                if is_residue(a, p) {
                    let root = square_root(a, p);
                    assert_eq!(mul(root, root, p), a, "{a} mod {p}");
                    residues += 1;
                }
            }
            assert_eq!(residues, p / 2);
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

//! Arithmetic modulo primes below 2^31: inverses and square roots.
//!
//! Products fit 64 bits, so the processor's division serves. Cost: one division a multiplication,
//! some log2(p) of them for a power or a root.
//!
//! Source: Daniel Shanks, "Five number-theoretic algorithms", 1973, for square roots (the algorithm
//! of Tonelli and Shanks).

/// Returns `a * b` modulo `p`.
#[inline]
pub(super) fn mul(a: u32, b: u32, p: u32) -> u32 {
    (u64::from(a) * u64::from(b) % u64::from(p)) as u32
}

/// Returns `base` to the power of `exponent` modulo `p`.
pub(super) fn pow(base: u32, exponent: u32, p: u32) -> u32 {
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
pub(super) fn is_residue(a: u32, p: u32) -> bool {
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
pub(super) fn invert(a: u32, p: u32) -> u32 {
    let (mut above, mut below) = (i64::from(p), i64::from(a));
    let (mut before, mut cofactor) = (0, 1);
    while below > 1 {
        let quotient = above / below;
        (above, below) = (below, above - quotient * below);
        (before, cofactor) = (cofactor, before - quotient * cofactor);
    }
    cofactor.rem_euclid(i64::from(p)) as u32
}

/// Returns a square root of `a`, which is a nonzero square modulo the odd prime `p`.
pub(super) fn square_root(a: u32, p: u32) -> u32 {
    let twos = (p - 1).trailing_zeros();
    let odd = (p - 1) >> twos;
    let half = pow(a, odd / 2, p);
    let mut root = mul(a, half, p);
    // Invariant: root^2 = a * order, and the order of `order` is a power of two. It is brought to 1
    // by powers of a generator of the group of such elements.
    let mut order = mul(root, half, p);
    let mut exponent = twos;
    let mut generator = None;
    while order != 1 {
        let mut square = order;
        let mut steps = 0;
        while square != 1 {
            square = mul(square, square, p);
            steps += 1;
        }
        let mut step = generator.unwrap_or_else(|| pow(non_residue(p), odd, p));
        for _ in 0..exponent - steps - 1 {
            step = mul(step, step, p);
        }
        root = mul(root, step, p);
        step = mul(step, step, p);
        order = mul(order, step, p);
        generator = Some(step);
        exponent = steps;
    }
    root
}

/// Returns the smallest number that is not a square modulo `p`.
fn non_residue(p: u32) -> u32 {
    (2..p).find(|&a| !is_residue(a, p)).unwrap_or(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_and_inverses() {
        for p in [3, 5, 7, 17, 97, 193, 257, 65_537, 786_433, 2_147_483_647] {
            for a in (1..p.min(300)).chain(p - p.min(300) + 1..p) {
                assert_eq!(mul(a, invert(a, p), p), 1, "1 / {a} mod {p}");
                assert_eq!(is_residue(a, p), pow(a, p / 2, p) == 1, "{a} mod {p}");
                if is_residue(a, p) {
                    let root = square_root(a, p);
                    assert_eq!(mul(root, root, p), a, "{a} mod {p}");
                }
            }
        }
    }
}

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

/// The inverses of one small prime q modulo many primes p.
///
/// The inverse of q modulo p is (1 + m p) / q, with the m for which q divides this. It needs the
/// inverse of p modulo q alone, which a table has.
#[derive(Debug)]
pub(super) struct Inverses {
    q: u32,
    /// The inverse of each number below q, modulo q.
    table: Vec<u32>,
}

impl Inverses {
    /// Computes the table for an odd prime `q`. Cost: one division for each number below q.
    pub(super) fn of(q: u32) -> Self {
        let mut table = vec![0, 1];
        for number in 2..q {
            let inverse = mul(q - q / number, table[(q % number) as usize], q);
            table.push(inverse);
        }
        Inverses { q, table }
    }

    /// Returns the inverse of q modulo a prime `p`, 0 if it is q itself.
    #[inline]
    pub(super) fn modulo(&self, p: u32) -> u32 {
        let inverse = self.table[(p % self.q) as usize];
        if inverse == 0 {
            return 0;
        }
        let times = u64::from(self.q - inverse);
        ((1 + times * u64::from(p)) / u64::from(self.q)) as u32
    }
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

    #[test]
    fn inverses_of_one_prime_modulo_many() {
        for q in [3, 5, 2_003] {
            let inverses = Inverses::of(q);
            for p in [7, 11, 13, 65_537, 2_097_143, 1_000_003] {
                assert_eq!(inverses.modulo(p), invert(q % p, p), "1 / {q} mod {p}");
            }
            assert_eq!(inverses.modulo(q), 0);
        }
    }
}

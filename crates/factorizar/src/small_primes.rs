//! The primes below 2^14, computed at compile time.

/// The bound of [`SMALL_PRIMES`].
const BOUND: usize = 1 << 14;

/// The number of primes below [`BOUND`].
const COUNT: usize = 1_900;

/// The primes below 2^14, ascending.
pub(crate) static SMALL_PRIMES: [u16; COUNT] = primes();

/// Returns whether no square above 1 divides `n`, for `n` below 2^28.
pub(crate) fn is_squarefree(n: u32) -> bool {
    let squares = SMALL_PRIMES.iter().map(|&p| u32::from(p).pow(2));
    squares
        .take_while(|&square| square <= n)
        .all(|square| !n.is_multiple_of(square))
}

/// Computes the primes below [`BOUND`], by the sieve of Eratosthenes.
const fn primes() -> [u16; COUNT] {
    let mut composite = [false; BOUND];
    let mut table = [0; COUNT];
    let (mut filled, mut n) = (0, 2);
    while n < BOUND {
        if !composite[n] {
            table[filled] = n as u16;
            filled += 1;
            let mut multiple = n * n;
            while multiple < BOUND {
                composite[multiple] = true;
                multiple += n;
            }
        }
        n += 1;
    }
    assert!(filled == COUNT, "COUNT is not the number of primes");
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squarefree_numbers() {
        for n in 1..2_000u32 {
            let has_square = (2..45).any(|root| n.is_multiple_of(root * root));
            assert_eq!(is_squarefree(n), !has_square, "{n}");
        }
    }
}

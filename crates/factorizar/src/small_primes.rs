//! The primes below 2^14, computed at compile time.

/// The bound of [`SMALL_PRIMES`].
const BOUND: usize = 1 << 14;

/// The number of primes below [`BOUND`].
const COUNT: usize = 1_900;

/// The primes below 2^14, ascending.
pub(crate) static SMALL_PRIMES: [u16; COUNT] = primes();

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

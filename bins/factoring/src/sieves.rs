//! The sieves of the last few numbers: their factor bases are computed once, not at each call.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use factorizar::{Natural, QuadraticSieve, SieveError};
use xmlrpc_wire::Fault;

use crate::numbers::refuse_easy;

/// Numbers whose sieves are kept: a server mostly works for one client at a time, and a sieve
/// of 90 digits takes some megabytes.
const KEPT: usize = 4;

/// A sieve that is computed by the first call that needs it, while the others wait. `Err` has
/// the reason why its number can't be sieved.
type Entry = Arc<OnceLock<Result<QuadraticSieve, Fault>>>;

/// The sieves of the last few numbers.
#[derive(Debug, Default)]
pub(crate) struct Sieves {
    /// The one that was used last comes first.
    entries: Mutex<VecDeque<(Natural, Entry)>>,
}

/// A sieve that stays in memory while a call uses it.
#[derive(Debug)]
pub(crate) struct KeptSieve(Entry);

impl KeptSieve {
    /// Returns the sieve.
    ///
    /// # Errors
    ///
    /// A fault that says why the number can't be sieved.
    pub(crate) fn get(&self, n: &Natural) -> Result<&QuadraticSieve, Fault> {
        let sieve = self.0.get_or_init(|| create(n));
        sieve.as_ref().map_err(Fault::clone)
    }
}

impl Sieves {
    /// Returns the place of the sieve of `n`, and forgets the one that was not used for
    /// longest.
    pub(crate) fn place(&self, n: &Natural) -> KeptSieve {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let known = entries.iter().position(|(number, _)| number == n);
        let entry = match known.and_then(|index| entries.remove(index)) {
            Some((_, entry)) => entry,
            None => Entry::default(),
        };
        entries.push_front((n.clone(), Arc::clone(&entry)));
        entries.truncate(KEPT);
        KeptSieve(entry)
    }
}

/// Creates the sieve of an odd composite that is not a power.
fn create(n: &Natural) -> Result<QuadraticSieve, Fault> {
    refuse_easy(n)?;
    QuadraticSieve::new(n, QuadraticSieve::VERSION).map_err(|error| sieve_fault(&error))
}

/// Returns the fault of a sieve that refuses its work.
pub(crate) fn sieve_fault(error: &SieveError) -> Fault {
    Fault::application(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The product of two primes of 19 digits, by number.
    fn number(index: u64) -> Natural {
        let low = Natural::from(3_000_000_000_000_000_000u64);
        let next = |from: &Natural| {
            let numbers = (0..).map(|step| from.mul_add_u64(1, 2 * step + 1));
            numbers.into_iter().find(Natural::is_prime).unwrap()
        };
        let one = next(&low.mul_add_u64(1, 1_000 * index));
        &one * &next(&low.mul_add_u64(1, 900_000))
    }

    #[test]
    fn the_sieve_of_a_number_is_created_once_while_it_is_kept() {
        let sieves = Sieves::default();
        let address = |index: u64| {
            let n = number(index);
            let place = sieves.place(&n);
            let sieve: *const QuadraticSieve = place.get(&n).unwrap();
            // Leaked, so that no later sieve gets its address.
            std::mem::forget(place);
            sieve
        };
        let first = address(0);
        for index in 1..KEPT as u64 {
            assert_ne!(address(index), first);
        }
        assert_eq!(address(0), first);
        for index in 1..=KEPT as u64 {
            address(index);
        }
        assert_ne!(address(0), first);
    }

    #[test]
    fn threads_that_need_the_same_sieve_share_it() {
        let sieves = Sieves::default();
        let n = number(0);
        let addresses = std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| {
                scope.spawn(|| {
                    let place = sieves.place(&n);
                    let sieve: *const QuadraticSieve = place.get(&n).unwrap();
                    sieve as usize
                })
            });
            threads.map(|thread| thread.join().unwrap())
        });
        assert!(addresses.iter().all(|&address| address == addresses[0]));
    }
}

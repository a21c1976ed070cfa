//! Many numbers in one call.
//!
//! Each number is factored as [`factor_with`] does it. The threads share the numbers out, a few at
//! a time. Cost: the sum of the costs of the numbers.

use crate::control::Control;
use crate::factor::factor_with;
use crate::factors::Factors;
use crate::parallel::in_parallel;
use crate::unfinished::Unfinished;

/// Numbers that a thread takes at a time. They take some microseconds at least, much longer than it
/// takes to fetch the next ones.
const CHUNK: usize = 16;

/// Returns the prime factors of each of `numbers`, in their order.
///
/// A stop ends the whole batch: the numbers that are not done by then are [`Unfinished`], the
/// others keep their factors. The results do not depend on the number of threads.
///
/// ```
/// use factorizar::{Control, factor_batch};
///
/// let results = factor_batch(&[360, 1, 23_434_252_232_441], &Control::new().threads(2));
/// let factors: Vec<_> = results.into_iter().collect::<Result<_, _>>()?;
/// assert_eq!(factors[0].as_slice(), [2, 2, 2, 3, 3, 5]);
/// assert!(factors[1].is_empty());
/// assert_eq!(factors[2].as_slice(), [23_434_252_232_441]);
/// # Ok::<(), factorizar::Unfinished>(())
/// ```
#[must_use]
pub fn factor_batch(numbers: &[u128], control: &Control) -> Vec<Result<Factors, Unfinished>> {
    let threads = control
        .thread_count()
        .min(numbers.len().div_ceil(CHUNK))
        .max(1);
    if threads == 1 {
        return numbers.iter().map(|&n| factor_with(n, control)).collect();
    }
    let one_thread = control.clone().threads(1);
    let chunks: Vec<&[u128]> = numbers.chunks(CHUNK).collect();
    in_parallel(threads, chunks.len(), |index| {
        let each = chunks[index].iter().map(|&n| factor_with(n, &one_thread));
        each.collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{CancelFlag, StopReason};
    use crate::factor::factor;

    #[test]
    fn in_order_whatever_the_threads() {
        let numbers: Vec<u128> = (0..200).map(|index| (1 << 40) + index).collect();
        let one_by_one: Vec<_> = numbers.iter().map(|&n| Ok(factor(n))).collect();
        for threads in [0, 1, 2, 3, 64] {
            let control = Control::new().threads(threads);
            assert_eq!(factor_batch(&numbers, &control), one_by_one, "{threads}");
        }
        assert!(factor_batch(&[], &Control::new().threads(4)).is_empty());
    }

    #[test]
    fn a_stop_leaves_what_was_not_done() {
        let cancel = CancelFlag::new();
        cancel.cancel();
        let control = Control::new().cancel_flag(&cancel).threads(2);
        let hard: u128 = 4_294_967_291 * 4_294_967_279;
        for left in factor_batch(&[2 * hard; 40], &control) {
            let left = left.unwrap_err();
            assert_eq!(left.reason(), StopReason::Cancelled);
            assert_eq!(
                (left.factors().as_slice(), left.cofactor()),
                (&[2][..], hard)
            );
        }
    }
}

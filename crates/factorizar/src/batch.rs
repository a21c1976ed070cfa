//! Many numbers in one call.
//!
//! Each is factored as [`factor_with`] does; the control's threads share the numbers out, a few at a
//! time, so that one hard number delays no other. Cost: that of the numbers, one by one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::{Control, Factors, Unfinished, factor_with};

/// Numbers that a thread takes at a time: some microseconds of work at least, which hides what the
/// taking costs.
const HANDFUL: usize = 16;

/// The prime factors of each of `numbers`, in their order.
///
/// A stop ends all of them: the numbers that were not done by then are [`Unfinished`], those that
/// were keep their factors. The results do not depend on the number of threads.
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
        .min(numbers.len().div_ceil(HANDFUL))
        .max(1);
    if threads == 1 {
        return numbers.iter().map(|&n| factor_with(n, control)).collect();
    }
    let alone = control.clone().threads(1);
    let handfuls: Vec<&[u128]> = numbers.chunks(HANDFUL).collect();
    in_parallel(threads, handfuls.len(), |index| {
        let each = handfuls[index].iter().map(|&n| factor_with(n, &alone));
        each.collect::<Vec<_>>()
    })
    .into_iter()
    .flatten()
    .collect()
}

/// The results of `work` for 0 to `count`, in this order, by so many threads, the calling one
/// included.
pub(crate) fn in_parallel<R: Send>(
    threads: usize,
    count: usize,
    work: impl Fn(usize) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push((index, work(index)));
        }
    };
    let mut results = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut results = run();
        for other in others {
            match other.join() {
                Ok(done) => results.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CancelFlag, StopReason, factor};

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

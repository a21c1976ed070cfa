//! `factoriz_sum` of many consecutive numbers, by a sieve.
//!
//! A prime p divides every p-th number. The sieve takes each prime up to a bound, and its powers,
//! and visits the numbers that it divides, and no others. The primes then leave 1, or a prime, or,
//! above the square of the bound, a number to be factored on its own. The bound is the square root
//! of the range's end, or lower if the range is too short to repay that many primes.
//!
//! Cost: some 3 visits a number, and one division a prime for each segment. Memory: the numbers of
//! a segment and the primes, some tens of megabytes at most, however long the range is.
//!
//! Source: the sieve of Eratosthenes, in segments as in Carter Bays and Richard H. Hudson, "The
//! segmented sieve of Eratosthenes and primes in arithmetic progressions to 10^12", BIT 17 (1977).

use std::vec::IntoIter;

use crate::control::{Control, StopReason};
use crate::factor::Factorization;
use crate::parallel::in_parallel;
use crate::word::Word;

/// Numbers in a segment.
const SEGMENT: u64 = 1 << 18;

/// Numbers in a block of a segment. The smaller primes go over a segment block by block, and a
/// block stays in the second-level cache.
const BLOCK: usize = 1 << 13;

/// The largest bound of the primes.
const MAX_BOUND: u64 = 1 << 24;

/// Returns the sums of the prime factors, with multiplicity, of `count` numbers from `start` on.
///
/// Each sum is that of [`sum_of_prime_factors`](crate::sum_of_prime_factors), for a small part of
/// the time. The iterator sieves a quarter of a million numbers at a time, when it is asked for the
/// first of them. It ends before `count` sums only if the numbers would reach 2^128.
///
/// ```
/// use factorizar::factoriz_sum_range;
///
/// let sums: Vec<u128> = factoriz_sum_range(23_434_252_232_434, 3).collect();
/// assert_eq!(sums, [50_914, 22_604, 64_521_003]);
/// ```
pub fn factoriz_sum_range(start: u128, count: u64) -> impl Iterator<Item = u128> {
    // A control that never stops gives no error.
    factoriz_sum_range_with(start, count, &Control::new()).map_while(Result::ok)
}

/// Returns the sums of [`factoriz_sum_range`], by a computation that can be stopped, and on the
/// threads that `control` allows.
///
/// # Errors
///
/// After a stop the iterator yields the reason once, and ends. The sums before it are right.
///
/// ```
/// use factorizar::{Control, StopReason, factoriz_sum_range_with};
///
/// let late = Control::new().deadline(|| true);
/// let mut sums = factoriz_sum_range_with(1, 10, &late);
/// assert_eq!(sums.next(), Some(Err(StopReason::OutOfTime)));
/// assert_eq!(sums.next(), None);
/// ```
#[must_use]
pub fn factoriz_sum_range_with(start: u128, count: u64, control: &Control) -> SumRange {
    let room = (u128::MAX - start).saturating_add(1);
    let left = u128::from(count).min(room) as u64;
    let last = start.saturating_add(u128::from(left.saturating_sub(1)));
    let enough = left.saturating_mul(8).clamp(1 << 12, MAX_BOUND);
    let bound = last.isqrt().min(enough.into()) as u64;
    SumRange {
        next: start,
        left,
        primes: primes_up_to(bound as usize),
        bound,
        control: control.clone(),
        ready: Vec::new().into_iter(),
    }
}

/// The iterator over the sums of a range, made by [`factoriz_sum_range_with`].
#[derive(Debug)]
pub struct SumRange {
    /// The first number that is not sieved yet, and how many follow, it included.
    next: u128,
    left: u64,
    /// All primes up to `bound`, ascending.
    primes: Vec<u32>,
    bound: u64,
    control: Control,
    /// Sums that are computed and not yielded yet.
    ready: IntoIter<u128>,
}

impl Iterator for SumRange {
    type Item = Result<u128, StopReason>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(sum) = self.ready.next() {
            return Some(Ok(sum));
        }
        if self.left == 0 {
            return None;
        }
        match self.refill() {
            Ok(sums) => self.ready = sums.into_iter(),
            Err(stop) => {
                self.left = 0;
                return Some(Err(stop));
            }
        }
        self.ready.next().map(Ok)
    }
}

impl SumRange {
    /// Returns the sums of the next segments, one for each thread.
    fn refill(&mut self) -> Result<Vec<u128>, StopReason> {
        let threads = self.control.thread_count();
        let most = SEGMENT.saturating_mul(threads as u64);
        let len = self.left.min(most);
        let each = len.div_ceil(threads as u64);
        let (start, this) = (self.next, &*self);
        let segments = in_parallel(threads, len.div_ceil(each) as usize, |index| {
            let skip = index as u64 * each;
            this.segment(start + u128::from(skip), each.min(len - skip) as usize)
        });
        let segments: Vec<Vec<u128>> = segments.into_iter().collect::<Result<_, _>>()?;
        self.left -= len;
        self.next = start.wrapping_add(len.into());
        let mut segments = segments.into_iter();
        let mut sums = segments.next().unwrap_or_default();
        sums.extend(segments.flatten());
        Ok(sums)
    }

    /// Returns the sums of one segment, computed in 64 bits if its numbers fit.
    fn segment(&self, start: u128, len: usize) -> Result<Vec<u128>, StopReason> {
        match u64::try_from(start) {
            Ok(narrow) if narrow.checked_add(len as u64).is_some() => self.sums(narrow, len),
            _ => self.sums(start, len),
        }
    }

    /// Returns the sums of one segment.
    fn sums<W: Word>(&self, start: W, len: usize) -> Result<Vec<u128>, StopReason> {
        let unit = Entry {
            product: W::ONE,
            sum: 0,
        };
        let mut entries = vec![unit; len];
        let small = self.primes.partition_point(|&p| (p as usize) < BLOCK);
        let (small, large) = self.primes.split_at(small);
        for (index, block) in entries.chunks_mut(BLOCK).enumerate() {
            self.control.poll()?;
            let first = start.wrapping_add(W::from((index * BLOCK) as u64));
            visit(block, first, small);
        }
        for primes in large.chunks(1 << 14) {
            self.control.poll()?;
            visit(&mut entries, start, primes);
        }
        let mut sums = Vec::with_capacity(len);
        for (index, entry) in entries.iter().enumerate() {
            if index % BLOCK == 0 {
                self.control.poll()?;
            }
            let n = start.wrapping_add(W::from(index as u64));
            sums.push(self.finish(n, entry)?);
        }
        Ok(sums)
    }

    /// Returns the sum of a number, from the primes that the sieve has found.
    fn finish<W: Word>(&self, n: W, entry: &Entry<W>) -> Result<u128, StopReason> {
        let n_wide: u128 = n.into();
        if n_wide < 2 {
            return Ok(0);
        }
        let sum = u128::from(entry.sum);
        let rest: u128 = if entry.product == n {
            1
        } else {
            n.div(entry.product).into()
        };
        let bound = u128::from(self.bound);
        if rest == 1 {
            Ok(sum)
        } else if rest < (bound + 1) * (bound + 1) {
            // No prime up to the bound divides `rest`, which is below the square of the next
            // number.
            Ok(sum + rest)
        } else {
            let mut factorization = Factorization::new();
            factorization.split(rest, &self.control.clone().threads(1))?;
            Ok(sum + factorization.primes.iter().sum::<u128>())
        }
    }
}

/// The primes that the sieve has found of one number.
#[derive(Debug, Clone, Copy)]
struct Entry<W> {
    /// Their product, with multiplicity.
    product: W,
    /// Their sum, with multiplicity.
    sum: u64,
}

/// Enters the primes, and their powers, for the numbers from `first` on that they divide.
///
/// The powers of a prime above the cube root of the numbers are left out. If the square of such a
/// prime divides a number, one visit leaves the prime itself, which [`SumRange::finish`] adds.
fn visit<W: Word>(entries: &mut [Entry<W>], first: W, primes: &[u32]) {
    let last = first.wrapping_add(W::from(entries.len() as u64 - 1));
    for &p in primes {
        let prime = W::from(p.into());
        visit_multiples(entries, first, prime, p.into());
        let Some(square) = product_up_to(prime, prime, last) else {
            continue;
        };
        let mut power = product_up_to(square, prime, last).map(|_| square);
        while let Some(multiple) = power {
            visit_multiples(entries, first, multiple, p.into());
            power = product_up_to(multiple, prime, last);
        }
    }
}

/// Enters a prime once for each multiple of one of its powers.
#[inline]
fn visit_multiples<W: Word>(entries: &mut [Entry<W>], first: W, power: W, p: u64) {
    let past = first.rem(power);
    let skip = if past == W::ZERO {
        past
    } else {
        power.wrapping_sub(past)
    };
    if skip >= W::from(entries.len() as u64) {
        return;
    }
    let (skip, step): (u128, u128) = (skip.into(), power.into());
    let visited = entries.iter_mut().skip(skip as usize);
    for entry in visited.step_by(step.min(1 << 32) as usize) {
        entry.product = entry.product.wrapping_mul(W::from(p));
        entry.sum += p;
    }
}

/// Returns the product of two numbers if it is at most `most`.
fn product_up_to<W: Word>(a: W, b: W, most: W) -> Option<W> {
    let (high, low) = a.wide_mul(b);
    (high == W::ZERO && low <= most).then_some(low)
}

/// Returns the primes up to `bound`, by a sieve of the odd numbers.
fn primes_up_to(bound: usize) -> Vec<u32> {
    let mut composite = vec![false; bound.div_ceil(2)];
    for half in 1..=bound.isqrt() / 2 {
        let odd = 2 * half + 1;
        if composite.get(half) == Some(&false) {
            for multiple in composite.iter_mut().skip(odd * odd / 2).step_by(odd) {
                *multiple = true;
            }
        }
    }
    let two = (bound >= 2).then_some(2);
    let odd = composite.iter().enumerate().skip(1);
    let odd = odd.filter(|(_, composite)| !**composite);
    two.into_iter()
        .chain(odd.map(|(half, _)| 2 * half as u32 + 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sum::sum_of_prime_factors;

    fn check(start: u128, count: u64) {
        let sums: Vec<u128> = factoriz_sum_range(start, count).collect();
        let expected: Vec<u128> = (start..=start + u128::from(count - 1))
            .map(sum_of_prime_factors)
            .collect();
        assert_eq!(sums, expected, "{count} from {start}");
    }

    #[test]
    fn as_one_by_one() {
        check(0, 20_000);
        check(999_999, 3);
        check(23_434_252_232_434, 3_000);
        check(u128::from(u64::MAX) - 20, 40);
        check((1 << 80) - 10, 20);
        check(u128::MAX - 3, 4);
    }

    #[test]
    fn whatever_the_threads() {
        let one: Vec<_> = factoriz_sum_range(1 << 30, 40_000).collect();
        let control = Control::new().threads(3);
        let three: Result<Vec<_>, _> = factoriz_sum_range_with(1 << 30, 40_000, &control).collect();
        assert_eq!(three, Ok(one));
    }

    #[test]
    fn the_ends() {
        assert_eq!(factoriz_sum_range(5, 0).count(), 0);
        assert_eq!(factoriz_sum_range(u128::MAX, 5).count(), 1);
        assert_eq!(
            factoriz_sum_range(0, 5).collect::<Vec<_>>(),
            [0, 0, 2, 3, 4]
        );
    }

    #[test]
    fn the_primes() {
        assert_eq!(primes_up_to(1), []);
        assert_eq!(primes_up_to(2), [2]);
        assert_eq!(primes_up_to(30), [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
        assert_eq!(primes_up_to(31).last(), Some(&31));
        assert_eq!(primes_up_to(1_000_000).len(), 78_498);
    }
}

//! The article's function over a whole range of numbers, by a sieve.
//!
//! A prime divides every p-th number: for each prime to a bound, and its powers, the numbers that it
//! divides are visited, and none else. What the primes leave of a number is 1, a prime, or, above
//! the square of the bound, a number to factor on its own. The bound is the square root of the
//! range's end, or lower where the range is too short to repay so many primes.
//!
//! Cost: some 3 visits a number, and a division a prime for each segment. Memory: a segment's
//! numbers and the primes, some tens of megabytes at most, whatever the range.
//!
//! Source: the sieve of Eratosthenes, in segments as in Carter Bays and Richard H. Hudson, "The
//! segmented sieve of Eratosthenes and primes in arithmetic progressions to 10^12", BIT 17 (1977).

use std::vec::IntoIter;

use crate::batch::in_parallel;
use crate::factor::Factorization;
use crate::word::Word;
use crate::{Control, StopReason};

/// Numbers to a segment.
const SEGMENT: u64 = 1 << 18;

/// Numbers to a block of a segment: with the smaller primes a block is done before the next, and
/// stays in the second-level cache.
const BLOCK: usize = 1 << 13;

/// The largest bound of the primes.
const MOST: u64 = 1 << 24;

/// The sums of the prime factors, with multiplicity, of `count` numbers from `start` on: of each what
/// [`sum_of_prime_factors`](crate::sum_of_prime_factors) gives, at a small part of the time.
///
/// The sums come as they are asked for, a quarter of a million numbers sieved at a time. Fewer than `count`
/// come only where the numbers would reach 2^128.
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

/// The same as [`factoriz_sum_range`], by a computation that can be stopped, and on as many threads
/// as `control` allows.
///
/// After a stop the iterator gives the reason once, and ends. The sums before it are right.
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
    let enough = left.saturating_mul(8).clamp(1 << 12, MOST);
    let bound = last.isqrt().min(enough.into()) as u64;
    SumRange {
        next: start,
        left,
        primes: primes_to(bound as usize),
        bound,
        control: control.clone(),
        ready: Vec::new().into_iter(),
    }
}

/// The sums of a range: see [`factoriz_sum_range_with`], which makes it.
#[derive(Debug)]
pub struct SumRange {
    next: u128,
    left: u64,
    primes: Vec<u32>,
    bound: u64,
    control: Control,
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
    /// The sums of the next segments, one a thread.
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

    fn segment(&self, start: u128, len: usize) -> Result<Vec<u128>, StopReason> {
        match u64::try_from(start) {
            Ok(narrow) if narrow.checked_add(len as u64).is_some() => self.sums(narrow, len),
            _ => self.sums(start, len),
        }
    }

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

    /// The sum of a number, from what the sieve found of it.
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
            Ok(sum + rest)
        } else {
            let mut factorization = Factorization::new();
            factorization.split(rest, &self.control.clone().threads(1))?;
            Ok(sum + factorization.primes.iter().sum::<u128>())
        }
    }
}

/// What the sieve found of a number.
#[derive(Debug, Clone, Copy)]
struct Entry<W> {
    product: W,
    sum: u64,
}

/// Enters the primes, and their powers, for the numbers from `first` on that they divide.
///
/// Of a prime above the cube root of the numbers, the powers are left out: what such a prime leaves
/// of a number that its square divides is that prime itself, once more.
fn visit<W: Word>(entries: &mut [Entry<W>], first: W, primes: &[u32]) {
    let last = first.wrapping_add(W::from(entries.len() as u64 - 1));
    for &p in primes {
        let prime = W::from(p.into());
        visit_multiples(entries, first, prime, p.into());
        let Some(square) = product_to(prime, prime, last) else {
            continue;
        };
        let mut power = product_to(square, prime, last).map(|_| square);
        while let Some(multiple) = power {
            visit_multiples(entries, first, multiple, p.into());
            power = product_to(multiple, prime, last);
        }
    }
}

/// Enters a prime for each multiple of one of its powers.
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

/// The product of two numbers, if it is not above `most`.
fn product_to<W: Word>(a: W, b: W, most: W) -> Option<W> {
    let (high, low) = a.wide_mul(b);
    (high == W::ZERO && low <= most).then_some(low)
}

/// The primes to `bound`, by a sieve of the odd numbers.
fn primes_to(bound: usize) -> Vec<u32> {
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
    use crate::sum_of_prime_factors;

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
        assert_eq!(primes_to(1), []);
        assert_eq!(primes_to(2), [2]);
        assert_eq!(primes_to(30), [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]);
        assert_eq!(primes_to(31).last(), Some(&31));
        assert_eq!(primes_to(1_000_000).len(), 78_498);
    }
}

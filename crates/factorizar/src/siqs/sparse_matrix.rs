//! Sparse matrices over two elements, and their products with blocks of vectors.
//!
//! A matrix is kept twice, by columns and by rows, so that each word of a product is the sum of some
//! words that are read, and threads share the words of the product.
//!
//! Cost: a read for each entry and product.

use std::ops::Range;

use crate::control::{Control, StopReason};
use crate::parallel::in_parallel;
use crate::siqs::bit_blocks::{Word, add};
use crate::siqs::periodic_poll::PeriodicPoll;

/// The columns of a matrix for which another thread is worth its start, at each product.
///
/// A start takes 0.2 to 0.4 ms of CPU time, and a product of so many columns with words of 256 bits
/// 1.3 ms.
const COLUMNS_PER_THREAD: usize = 6_000;

/// A sparse matrix.
#[derive(Debug)]
pub(super) struct Matrix {
    by_columns: Lists,
    by_rows: Lists,
}

/// Lists of indices, one after another.
#[derive(Debug)]
struct Lists {
    entries: Vec<u32>,
    /// For each list, the end of its entries.
    ends: Vec<usize>,
}

impl Lists {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn start(&self, list: usize) -> usize {
        list.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    /// Returns the lists of one thread of some: each has about as many entries.
    fn share(&self, index: usize, threads: usize) -> Range<usize> {
        let end = |index: usize| {
            let entries = index * self.entries.len() / threads;
            self.ends.partition_point(|&end| end <= entries)
        };
        let is_last = index + 1 == threads;
        end(index)..if is_last { self.len() } else { end(index + 1) }
    }

    /// Returns for each list the sum of the words of `x` that it names.
    fn sums<const W: usize>(
        &self,
        x: &[Word<W>],
        threads: usize,
        control: &Control,
    ) -> Result<Vec<Word<W>>, StopReason> {
        let sums = |lists: Range<usize>| {
            let mut poll = PeriodicPoll::new(control);
            let mut start = self.start(lists.start);
            let mut sums = Vec::with_capacity(lists.len());
            for &end in &self.ends[lists] {
                let entries = &self.entries[start..end];
                poll.add(entries.len())?;
                let mut sum = [0; W];
                for &index in entries {
                    add(&mut sum, &x[index as usize]);
                }
                sums.push(sum);
                start = end;
            }
            Ok(sums)
        };
        if threads == 1 {
            return sums(0..self.len());
        }
        let parts = in_parallel(threads, threads, |index| sums(self.share(index, threads)));
        let mut sums = Vec::with_capacity(self.len());
        for part in parts {
            sums.extend_from_slice(&part?);
        }
        Ok(sums)
    }
}

impl Matrix {
    /// Takes the rows with an entry of each column, which are numbered below `rows`.
    pub(super) fn new(
        columns: &[Vec<u32>],
        rows: usize,
        control: &Control,
    ) -> Result<Self, StopReason> {
        let mut poll = PeriodicPoll::new(control);
        let mut by_columns = Lists {
            entries: Vec::with_capacity(columns.iter().map(Vec::len).sum()),
            ends: Vec::with_capacity(columns.len()),
        };
        let mut counts = vec![0usize; rows];
        for column in columns {
            poll.add(column.len())?;
            by_columns.entries.extend_from_slice(column);
            by_columns.ends.push(by_columns.entries.len());
            column.iter().for_each(|&row| counts[row as usize] += 1);
        }
        let mut next = 0;
        let mut places: Vec<usize> = counts
            .iter()
            .map(|count| {
                next += count;
                next - count
            })
            .collect();
        let mut entries = vec![0; by_columns.entries.len()];
        for (index, column) in (0..).zip(columns) {
            poll.add(column.len())?;
            for &row in column {
                let place = &mut places[row as usize];
                entries[*place] = index;
                *place += 1;
            }
        }
        // Each place is the end of its row now.
        let by_rows = Lists {
            entries,
            ends: places,
        };
        Ok(Matrix {
            by_columns,
            by_rows,
        })
    }

    /// Returns the number of columns.
    pub(super) fn columns(&self) -> usize {
        self.by_columns.len()
    }

    /// Returns B x.
    pub(super) fn times<const W: usize>(
        &self,
        x: &[Word<W>],
        control: &Control,
    ) -> Result<Vec<Word<W>>, StopReason> {
        let threads = self.threads(control.thread_count());
        self.by_rows.sums(x, threads, control)
    }

    /// Returns B^T B x.
    pub(super) fn square_times<const W: usize>(
        &self,
        x: &[Word<W>],
        control: &Control,
    ) -> Result<Vec<Word<W>>, StopReason> {
        let product = self.times(x, control)?;
        let threads = self.threads(control.thread_count());
        self.by_columns.sums(&product, threads, control)
    }

    /// Returns the number of threads that are worth their start, of those that may be used.
    pub(super) fn threads(&self, threads: usize) -> usize {
        threads.min(self.columns() / COLUMNS_PER_THREAD).max(1)
    }

    /// Returns the columns of one thread of some.
    pub(super) fn share(&self, index: usize, threads: usize) -> Range<usize> {
        let end = |index: usize| index * self.columns() / threads;
        end(index)..end(index + 1)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::siqs::lanczos::splitmix;
    use crate::siqs::periodic_poll::WORK;
    use crate::siqs::periodic_poll::tests::questions;

    fn random_columns(rows: usize, columns: usize, seed: u64) -> Vec<Vec<u32>> {
        let mut state = seed;
        let column = |_| {
            let mut column: Vec<u32> = (0..20)
                .map(|_| {
                    let share = (splitmix(&mut state) >> 11) as f64 / (1u64 << 53) as f64;
                    (share.powi(3) * rows as f64) as u32
                })
                .collect();
            column.sort_unstable();
            column.dedup();
            column
        };
        (0..columns).map(column).collect()
    }

    /// A random matrix as those of the sieve: dense rows first, sparse ones last.
    pub(in crate::siqs) fn random(rows: usize, columns: usize, seed: u64) -> Matrix {
        let columns = random_columns(rows, columns, seed);
        Matrix::new(&columns, rows, &Control::new()).unwrap()
    }

    fn words<const W: usize>(count: usize, seed: u64) -> Vec<Word<W>> {
        let mut state = seed;
        (0..count)
            .map(|_| std::array::from_fn(|_| splitmix(&mut state)))
            .collect()
    }

    #[test]
    fn products_are_those_of_the_entries() {
        let (rows, count) = (300, 400);
        let columns = random_columns(rows, count, 4);
        let matrix = Matrix::new(&columns, rows, &Control::new()).unwrap();
        let x = words::<4>(count, 5);
        let mut product = vec![[0; 4]; rows];
        for (column, x) in columns.iter().zip(&x) {
            for &row in column {
                add(&mut product[row as usize], x);
            }
        }
        assert_eq!(matrix.times(&x, &Control::new()), Ok(product.clone()));
        let square: Vec<Word<4>> = columns
            .iter()
            .map(|column| {
                let mut sum = [0; 4];
                column
                    .iter()
                    .for_each(|&row| add(&mut sum, &product[row as usize]));
                sum
            })
            .collect();
        assert_eq!(matrix.square_times(&x, &Control::new()), Ok(square));
    }

    #[test]
    fn threads_change_no_product() {
        let (rows, columns) = (18_000, 18_100);
        let matrix = random(rows, columns, 4);
        let x = words::<2>(columns, 5);
        let products = |threads| {
            let control = Control::new().threads(threads);
            (
                matrix.times(&x, &control).unwrap(),
                matrix.square_times(&x, &control).unwrap(),
            )
        };
        assert_eq!(matrix.threads(8), 3);
        for threads in 2..5 {
            assert_eq!(products(threads), products(1), "{threads} threads");
        }
    }

    #[test]
    fn threads_share_all_lists() {
        let matrix = random(900, 1_000, 6);
        for lists in [&matrix.by_columns, &matrix.by_rows] {
            for threads in 1..9 {
                let shares = (0..threads).map(|index| lists.share(index, threads));
                let all: Vec<usize> = shares.flatten().collect();
                assert_eq!(all, (0..lists.len()).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_product_takes_questions_by_its_entries() {
        let (rows, columns) = (18_000, 18_100);
        let matrix = random(rows, columns, 7);
        let entries = matrix.by_columns.entries.len();
        let x = words::<1>(columns, 1);
        for threads in [1, 3] {
            let asked = questions(|control| {
                let control = &control.clone().threads(threads);
                matrix.square_times(&x, control).unwrap();
            });
            assert!(asked >= 2 * (entries / WORK - threads), "{asked} questions");
        }
    }
}

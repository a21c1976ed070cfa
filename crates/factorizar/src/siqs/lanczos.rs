//! Block Lanczos: dependencies between the columns of a sparse matrix over two elements.
//!
//! The matrix B has a column for each cycle of relations and a row for each prime. A vector x with
//! B x = 0 selects cycles whose product is a square. The algorithm works on 64 vectors at once, as
//! the bits of words, and on the symmetric matrix A = B^T B. It splits the space into subspaces of
//! some 63.2 dimensions each that are orthogonal with respect to A, and solves A x = A y for a
//! random y in all of them; x - y is then in the kernel of A, and mostly in that of B.
//!
//! Cost: n / 63.2 turns for n columns, each of two products of B with a block and some products of
//! blocks.
//!
//! Source: Peter L. Montgomery, "A block Lanczos algorithm for finding dependencies over GF(2)",
//! Eurocrypt 1995.

use std::ops::Range;

use crate::control::{Control, StopReason};
use crate::parallel::in_parallel;
use crate::siqs::bit_blocks::{
    ALL, Square, identity, inner_product, invert_part, multiply_add, product, transposed,
};
use crate::siqs::periodic_poll::PeriodicPoll;

/// The columns of a matrix for which another thread is worth its start, at each product.
///
/// A start takes 0.2 to 0.4 ms of CPU time, and a product of so many columns 0.6 ms.
const COLUMNS_PER_THREAD: usize = 12_000;

/// A sparse matrix over two elements: the rows with a 1, for each column.
#[derive(Debug)]
pub(super) struct Matrix {
    pub(super) columns: Vec<Vec<u32>>,
    pub(super) rows: usize,
}

impl Matrix {
    /// Computes B x, each thread for some of the columns.
    fn times(&self, x: &[u64], product: &mut [u64], control: &Control) -> Result<(), StopReason> {
        product.fill(0);
        let add = |columns: Range<usize>, product: &mut [u64]| {
            let mut poll = PeriodicPoll::new(control);
            for (column, &x) in self.columns[columns.clone()].iter().zip(&x[columns]) {
                poll.add(column.len())?;
                for &row in column {
                    product[row as usize] ^= x;
                }
            }
            Ok(())
        };
        let threads = self.threads(control.thread_count());
        if threads == 1 {
            return add(0..self.columns.len(), product);
        }
        let parts = in_parallel(threads, threads, |index| {
            let mut part = vec![0; self.rows];
            add(self.share(index, threads), &mut part)?;
            Ok(part)
        });
        for part in parts {
            product
                .iter_mut()
                .zip(part?)
                .for_each(|(to, from)| *to ^= from);
        }
        Ok(())
    }

    /// Computes B^T x, each thread for some of the columns.
    fn transposed_times(
        &self,
        x: &[u64],
        product: &mut [u64],
        control: &Control,
    ) -> Result<(), StopReason> {
        let sums = |columns: Range<usize>, product: &mut [u64]| {
            let mut poll = PeriodicPoll::new(control);
            for (column, sum) in self.columns[columns].iter().zip(product) {
                poll.add(column.len())?;
                *sum = column.iter().fold(0, |sum, &row| sum ^ x[row as usize]);
            }
            Ok(())
        };
        let threads = self.threads(control.thread_count());
        if threads == 1 {
            return sums(0..self.columns.len(), product);
        }
        let parts = in_parallel(threads, threads, |index| {
            let columns = self.share(index, threads);
            let mut part = vec![0; columns.len()];
            sums(columns, &mut part)?;
            Ok(part)
        });
        for (index, part) in parts.into_iter().enumerate() {
            product[self.share(index, threads)].copy_from_slice(&part?);
        }
        Ok(())
    }

    /// Returns the number of threads that are worth their start, of those that may be used.
    fn threads(&self, threads: usize) -> usize {
        threads.min(self.columns.len() / COLUMNS_PER_THREAD).max(1)
    }

    /// Returns the columns of one thread of some.
    fn share(&self, index: usize, threads: usize) -> Range<usize> {
        let end = |index: usize| index * self.columns.len() / threads;
        end(index)..end(index + 1)
    }
}

/// Returns words with a bit for each of up to 64 dependencies; the bit is set in the words of its
/// columns. `None` if this `seed` failed, which happens now and then.
///
/// # Errors
///
/// The reason, if `control` stopped the computation. It is asked before each turn, and within each
/// product of the matrix.
pub(super) fn dependencies(
    matrix: &Matrix,
    seed: u64,
    control: &Control,
) -> Result<Option<Vec<u64>>, StopReason> {
    let len = matrix.columns.len();
    let mut state = seed;
    let start: Vec<u64> = (0..len).map(|_| splitmix(&mut state)).collect();
    let mut rows = vec![0; matrix.rows];
    let mut next = vec![0; len];
    matrix.times(&start, &mut rows, control)?;
    matrix.transposed_times(&rows, &mut next, control)?;
    // The vectors of this turn and of the two before.
    let first = next.clone();
    let mut v = [first.clone(), vec![0; len], vec![0; len]];
    let mut x = start;
    let mut inverses: [Square; 3] = [[0; 64]; 3];
    let mut squares: [Square; 2] = [[0; 64]; 2];
    let mut fourths: [Square; 2] = [[0; 64]; 2];
    let mut mask = 0u64;
    let mut before = (ALL, ALL);
    for turn in 0.. {
        control.poll()?;
        matrix.times(&v[0], &mut rows, control)?;
        matrix.transposed_times(&rows, &mut next, control)?;
        squares[0] = inner_product(&v[0], &next);
        fourths[0] = inner_product(&next, &next);
        if squares[0] == [0; 64] {
            break;
        }
        let previous = if turn == 0 { ALL } else { mask };
        let Some((inverse, part)) = invert_part(&squares[0], previous) else {
            return Ok(None);
        };
        inverses[0] = inverse;
        mask = part;
        if turn > len / 32 + 100 {
            return Ok(None);
        }
        let masked = |square: &Square, mask: u64| square.map(|row| row & mask);
        let sum = |one: &Square, other: &Square| -> Square {
            std::array::from_fn(|row| one[row] ^ other[row])
        };
        let inner = sum(&masked(&fourths[0], mask), &squares[0]);
        let d = sum(&identity(), &product(&inverses[0], &inner));
        let e = product(&inverses[1], &masked(&squares[0], mask));
        let inner = sum(&masked(&fourths[1], before.0), &squares[1]);
        let outer = sum(&identity(), &product(&squares[1], &inverses[1]));
        let f = masked(&product(&inverses[2], &product(&outer, &inner)), mask);
        // x + V W V^T V_0.
        let projection = inner_product(&v[0], &first);
        multiply_add(&v[0], &product(&inverses[0], &projection), &mut x);
        next.iter_mut().for_each(|word| *word &= mask);
        multiply_add(&v[0], &d, &mut next);
        multiply_add(&v[1], &e, &mut next);
        multiply_add(&v[2], &f, &mut next);
        v.rotate_right(1);
        std::mem::swap(&mut v[0], &mut next);
        inverses.rotate_right(1);
        squares.swap(0, 1);
        fourths.swap(0, 1);
        before = (mask, before.0);
    }
    combine(matrix, x, &v[0], control)
}

/// Combines the columns of the solution and of the last block to vectors of the kernel of B.
fn combine(
    matrix: &Matrix,
    x: Vec<u64>,
    last: &[u64],
    control: &Control,
) -> Result<Option<Vec<u64>>, StopReason> {
    let mut images = [vec![0; matrix.rows], vec![0; matrix.rows]];
    matrix.times(&x, &mut images[0], control)?;
    matrix.times(last, &mut images[1], control)?;
    // Each of the 128 vectors as rows, with the combination that it is of the original ones.
    let transpose = |blocks: [&[u64]; 2]| -> Result<Vec<Vec<u64>>, StopReason> {
        let mut vectors = transposed(blocks[0]);
        control.poll()?;
        vectors.extend(transposed(blocks[1]));
        control.poll()?;
        Ok(vectors)
    };
    let mut vectors = transpose([&images[0], &images[1]])?;
    let mut solutions = transpose([&x, last])?;
    let mut kernel = Vec::new();
    let mut pivots: Vec<(usize, usize)> = Vec::new();
    for index in 0..vectors.len() {
        control.poll()?;
        for &(pivot, bit) in &pivots {
            if vectors[index][bit / 64] >> (bit % 64) & 1 == 1 {
                for of in [&mut vectors, &mut solutions] {
                    let (head, tail) = of.split_at_mut(index);
                    tail[0]
                        .iter_mut()
                        .zip(&head[pivot])
                        .for_each(|(to, from)| *to ^= from);
                }
            }
        }
        match vectors[index].iter().position(|&word| word != 0) {
            Some(word) => {
                let bit = 64 * word + vectors[index][word].trailing_zeros() as usize;
                pivots.push((index, bit));
            }
            None => kernel.push(index),
        }
    }
    // Independent ones, as the same dependency twice would be of no use.
    let mut independent: Vec<Vec<u64>> = Vec::new();
    for index in kernel {
        control.poll()?;
        let mut vector = std::mem::take(&mut solutions[index]);
        for other in &independent {
            let (word, bit) = leading(other).unwrap_or((0, 0));
            if vector[word] >> bit & 1 == 1 {
                vector
                    .iter_mut()
                    .zip(other)
                    .for_each(|(to, from)| *to ^= from);
            }
        }
        if leading(&vector).is_some() && independent.len() < 64 {
            independent.push(vector);
        }
    }
    if independent.is_empty() {
        return Ok(None);
    }
    let mut words = vec![0u64; matrix.columns.len()];
    for (bit, vector) in independent.iter().enumerate() {
        control.poll()?;
        for (column, word) in words.iter_mut().enumerate() {
            *word |= (vector[column / 64] >> (column % 64) & 1) << bit;
        }
    }
    Ok(Some(words))
}

/// Returns the word and the bit of the first 1.
fn leading(vector: &[u64]) -> Option<(usize, u32)> {
    let word = vector.iter().position(|&word| word != 0)?;
    Some((word, vector[word].trailing_zeros()))
}

/// Returns the next number of Sebastiano Vigna's splitmix64 (2015).
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::siqs::periodic_poll::WORK;
    use crate::siqs::periodic_poll::tests::questions;

    /// A random matrix as those of the sieve: dense rows first, sparse ones last.
    fn random(rows: usize, columns: usize, seed: u64) -> Matrix {
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
        Matrix {
            columns: (0..columns).map(column).collect(),
            rows,
        }
    }

    #[test]
    fn the_columns_of_a_dependency_cancel() {
        for (rows, seed) in [(700, 1), (1_500, 2), (3_000, 3)] {
            let matrix = random(rows, rows + 100, seed);
            let words = (0..5)
                .find_map(|seed| dependencies(&matrix, seed, &Control::new()).unwrap())
                .expect("dependencies");
            let mut product = vec![0; rows];
            matrix.times(&words, &mut product, &Control::new()).unwrap();
            assert!(product.iter().all(|&word| word == 0), "{rows} rows");
            let found = words.iter().fold(0, |bits, word| bits | word);
            assert!(
                found.count_ones() >= 20,
                "{} dependencies",
                found.count_ones()
            );
        }
    }

    #[test]
    fn threads_change_no_product() {
        let (rows, columns) = (36_000, 36_100);
        let matrix = random(rows, columns, 4);
        let mut state = 5;
        let mut word = |_| splitmix(&mut state);
        let (x, y): (Vec<u64>, Vec<u64>) = (
            (0..columns).map(&mut word).collect(),
            (0..rows).map(word).collect(),
        );
        let products = |threads| {
            let mut products = (vec![1; rows], vec![1; columns]);
            let control = Control::new().threads(threads);
            matrix.times(&x, &mut products.0, &control).unwrap();
            matrix
                .transposed_times(&y, &mut products.1, &control)
                .unwrap();
            products
        };
        assert_eq!(matrix.threads(8), 3);
        for threads in 2..5 {
            assert_eq!(products(threads), products(1), "{threads} threads");
        }
    }

    #[test]
    fn a_product_takes_questions_by_its_entries() {
        let (rows, columns) = (36_000, 36_100);
        let matrix = random(rows, columns, 7);
        let entries: usize = matrix.columns.iter().map(Vec::len).sum();
        let (x, y) = (vec![1; columns], vec![1; rows]);
        for threads in [1, 3] {
            let threaded = |control: &Control| control.clone().threads(threads);
            let asked = questions(|control| {
                let control = &threaded(control);
                matrix.times(&x, &mut vec![0; rows], control).unwrap();
            });
            assert!(asked >= entries / WORK - threads, "{asked} questions");
            let asked = questions(|control| {
                let control = &threaded(control);
                let product = &mut vec![0; columns];
                matrix.transposed_times(&y, product, control).unwrap();
            });
            assert!(asked >= entries / WORK - threads, "{asked} questions");
        }
    }

    #[test]
    fn a_deadline_stops_it() {
        let late = Control::new().deadline(|| true);
        let matrix = random(700, 800, 1);
        assert_eq!(dependencies(&matrix, 0, &late), Err(StopReason::OutOfTime));
    }
}

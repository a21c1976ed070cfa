//! Block Lanczos: dependencies between the columns of a sparse matrix over two elements.
//!
//! The matrix B has a column for each cycle of relations and a row for each prime. A vector x with
//! B x = 0 selects cycles whose product is a square. The algorithm works on the vectors of a block at
//! once, as the bits of words, and on the symmetric matrix A = B^T B. It splits the space into
//! subspaces that are orthogonal with respect to A, each of almost as many dimensions as the block
//! has vectors. It solves A x = A y for a random y in all of them; x - y is then in the kernel of A,
//! and mostly in that of B.
//!
//! A block of a large matrix has 256 vectors. Each entry of the matrix is then read in a quarter of
//! the turns of one of 64, and the products of blocks take as long in all.
//!
//! Cost: n / 63.2 turns for n columns and blocks of 64 vectors, n / 255 for those of 256; each of two
//! products of B with a block and some products of blocks.
//!
//! Source: Peter L. Montgomery, "A block Lanczos algorithm for finding dependencies over GF(2)",
//! Eurocrypt 1995.

use crate::control::{Control, StopReason};
use crate::parallel::in_parallel;
use crate::siqs::bit_blocks::{
    Square, Word, bits, both, identity, inner_product, invert_part, masked, multiply_add, product,
    sum, transposed, zero,
};
use crate::siqs::sparse_matrix::Matrix;

/// Matrices from this number of columns on have blocks of 256 vectors.
const WIDE_FROM: usize = 10_000;

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
    match matrix.columns() {
        WIDE_FROM.. => dependencies_by::<4>(matrix, seed, control),
        _ => dependencies_by::<1>(matrix, seed, control),
    }
}

/// Does so by blocks of words of this width.
fn dependencies_by<const W: usize>(
    matrix: &Matrix,
    seed: u64,
    control: &Control,
) -> Result<Option<Vec<u64>>, StopReason> {
    let len = matrix.columns();
    let mut state = seed;
    let start: Vec<Word<W>> = (0..len)
        .map(|_| std::array::from_fn(|_| splitmix(&mut state)))
        .collect();
    let all = [u64::MAX; W];
    let first = matrix.square_times(&start, control)?;
    // The vectors of this turn and of the two before.
    let mut v = [first.clone(), vec![[0; W]; len], vec![[0; W]; len]];
    let mut x = start;
    let mut inverses: [Square<W>; 3] = std::array::from_fn(|_| zero());
    let mut squares: [Square<W>; 2] = std::array::from_fn(|_| zero());
    let mut fourths: [Square<W>; 2] = std::array::from_fn(|_| zero());
    let mut mask = all;
    let mut before = (all, all);
    for turn in 0.. {
        control.poll()?;
        let mut next = matrix.square_times(&v[0], control)?;
        let [square, fourth, projection] = inner_products(matrix, [&v[0], &next, &first], control)?;
        if square == zero() {
            break;
        }
        (squares[0], fourths[0]) = (square, fourth);
        let previous = if turn == 0 { all } else { mask };
        let Some((inverse, part)) = invert_part(&squares[0], &previous) else {
            return Ok(None);
        };
        inverses[0] = inverse;
        mask = part;
        if turn > 2 * len / bits::<W>() + 100 {
            return Ok(None);
        }
        let inner = sum(&masked(&fourths[0], &mask), &squares[0]);
        let d = sum(&identity(), &product(&inverses[0], &inner));
        let e = product(&inverses[1], &masked(&squares[0], &mask));
        let inner = sum(&masked(&fourths[1], &before.0), &squares[1]);
        let outer = sum(&identity(), &product(&squares[1], &inverses[1]));
        let f = masked(&product(&inverses[2], &product(&outer, &inner)), &mask);
        // x + V W V^T V_0.
        let step = Step {
            to_x: product(&inverses[0], &projection),
            to_next: [d, e, f],
            mask,
        };
        step.apply(matrix, &v, &mut x, &mut next, control)?;
        v.rotate_right(1);
        v[0] = next;
        inverses.rotate_right(1);
        squares.swap(0, 1);
        fourths.swap(0, 1);
        before = (mask, before.0);
    }
    combine(matrix, x, &v[0], control)
}

/// Returns V^T N, N^T N and V^T F of the blocks V, N and F.
fn inner_products<const W: usize>(
    matrix: &Matrix,
    [v, next, first]: [&[Word<W>]; 3],
    control: &Control,
) -> Result<[Square<W>; 3], StopReason> {
    let threads = matrix.threads(control.thread_count());
    let parts = in_parallel(threads, threads, |index| {
        let share = matrix.share(index, threads);
        let [v, next, first] = [v, next, first].map(|block| &block[share.clone()]);
        let square = inner_product(v, next);
        control.poll()?;
        let fourth = inner_product(next, next);
        control.poll()?;
        Ok([square, fourth, inner_product(v, first)])
    });
    let mut sums = std::array::from_fn(|_| zero());
    for part in parts {
        let part = part?;
        sums = std::array::from_fn(|index| sum(&sums[index], &part[index]));
    }
    Ok(sums)
}

/// The matrices by which the blocks of a turn change the solution and give the next block.
struct Step<const W: usize> {
    to_x: Square<W>,
    to_next: [Square<W>; 3],
    mask: Word<W>,
}

impl<const W: usize> Step<W> {
    /// Adds the part of this turn to the solution `x`, and makes the next block of A times the
    /// block of this turn.
    fn apply(
        &self,
        matrix: &Matrix,
        v: &[Vec<Word<W>>; 3],
        x: &mut [Word<W>],
        next: &mut [Word<W>],
        control: &Control,
    ) -> Result<(), StopReason> {
        let threads = matrix.threads(control.thread_count());
        let (old_x, old_next) = (&*x, &*next);
        let parts = in_parallel(threads, threads, |index| {
            let share = matrix.share(index, threads);
            let mut x = old_x[share.clone()].to_vec();
            multiply_add(&v[0][share.clone()], &self.to_x, &mut x);
            let old_next = old_next[share.clone()].iter();
            let mut next: Vec<Word<W>> = old_next.map(|word| both(word, &self.mask)).collect();
            for (v, square) in v.iter().zip(&self.to_next) {
                control.poll()?;
                multiply_add(&v[share.clone()], square, &mut next);
            }
            Ok((x, next))
        });
        for (index, part) in parts.into_iter().enumerate() {
            let (share, part) = (matrix.share(index, threads), part?);
            x[share.clone()].copy_from_slice(&part.0);
            next[share].copy_from_slice(&part.1);
        }
        Ok(())
    }
}

/// Combines the columns of the solution and of the last block to vectors of the kernel of B.
fn combine<const W: usize>(
    matrix: &Matrix,
    x: Vec<Word<W>>,
    last: &[Word<W>],
    control: &Control,
) -> Result<Option<Vec<u64>>, StopReason> {
    let images = [matrix.times(&x, control)?, matrix.times(last, control)?];
    // Each of the vectors as rows, with the combination that it is of the original ones.
    let transpose = |blocks: [&[Word<W>]; 2]| -> Result<Vec<Vec<u64>>, StopReason> {
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
    let mut words = vec![0u64; matrix.columns()];
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
pub(super) fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::siqs::sparse_matrix::tests::random;

    /// Dependencies of random matrices, by blocks of this width.
    fn the_columns_of_a_dependency_cancel<const W: usize>() {
        for (rows, seed) in [(700, 1), (1_500, 2), (3_000, 3)] {
            let matrix = random(rows, rows + 100, seed);
            let words = (0..5)
                .find_map(|seed| dependencies_by::<W>(&matrix, seed, &Control::new()).unwrap())
                .expect("dependencies");
            let words: Vec<Word<1>> = words.into_iter().map(|word| [word]).collect();
            let product = matrix.times(&words, &Control::new()).unwrap();
            assert!(product.iter().all(|&word| word == [0]), "{rows} rows");
            let found = words.iter().fold(0, |bits, [word]| bits | word);
            assert!(
                found.count_ones() >= 20,
                "{} dependencies",
                found.count_ones()
            );
        }
    }

    #[test]
    fn the_columns_of_a_dependency_cancel_by_blocks_of_each_width() {
        the_columns_of_a_dependency_cancel::<1>();
        the_columns_of_a_dependency_cancel::<4>();
    }

    #[test]
    fn a_deadline_stops_it() {
        let late = Control::new().deadline(|| true);
        let matrix = random(700, 800, 1);
        assert_eq!(dependencies(&matrix, 0, &late), Err(StopReason::OutOfTime));
    }
}

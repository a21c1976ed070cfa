//! Blocks of vectors over two elements, as a word with a bit for each vector, and their products.
//!
//! A word has `W` times 64 bits, so a block has as many vectors, and a square matrix as many rows. A
//! block of one list of words with a wider word has its products in fewer passes over memory.
//!
//! Cost: a product of a block with a square matrix looks up every half byte of each word in a table.

/// A bit for each vector of a block.
pub(super) type Word<const W: usize> = [u64; W];

/// A square matrix; a word for each row.
pub(super) type Square<const W: usize> = Vec<Word<W>>;

/// The bits that select a sum from a table.
const NIBBLE: usize = 4;

/// The sums of the subsets of four rows.
type Table<const W: usize> = [Word<W>; 1 << NIBBLE];

/// Returns the number of bits of a word.
pub(super) const fn bits<const W: usize>() -> usize {
    64 * W
}

/// Adds a word to another one.
#[inline(always)]
pub(super) fn add<const W: usize>(to: &mut Word<W>, from: &Word<W>) {
    for (to, from) in to.iter_mut().zip(from) {
        *to ^= from;
    }
}

/// Returns a bit of a word.
#[inline(always)]
pub(super) fn has_bit<const W: usize>(word: &Word<W>, bit: usize) -> bool {
    word[bit / 64] >> (bit % 64) & 1 == 1
}

/// Returns the word with one bit.
fn one_bit<const W: usize>(bit: usize) -> Word<W> {
    let mut word = [0; W];
    word[bit / 64] = 1 << (bit % 64);
    word
}

/// Returns the bits that both words have.
#[inline(always)]
pub(super) fn both<const W: usize>(one: &Word<W>, other: &Word<W>) -> Word<W> {
    std::array::from_fn(|index| one[index] & other[index])
}

/// Returns the zero matrix.
pub(super) fn zero<const W: usize>() -> Square<W> {
    vec![[0; W]; bits::<W>()]
}

/// Returns the identity matrix.
pub(super) fn identity<const W: usize>() -> Square<W> {
    (0..bits::<W>()).map(one_bit).collect()
}

/// Returns the sum of two square matrices.
pub(super) fn sum<const W: usize>(one: &Square<W>, other: &Square<W>) -> Square<W> {
    let mut sum = one.clone();
    sum.iter_mut()
        .zip(other)
        .for_each(|(to, from)| add(to, from));
    sum
}

/// Returns the columns of a square matrix that are in the mask, and zeros beside them.
pub(super) fn masked<const W: usize>(square: &Square<W>, mask: &Word<W>) -> Square<W> {
    square.iter().map(|row| both(row, mask)).collect()
}

/// Returns the product of two square matrices.
pub(super) fn product<const W: usize>(a: &Square<W>, b: &Square<W>) -> Square<W> {
    let mut product = zero();
    multiply_add(a, b, &mut product);
    product
}

/// Adds the product of a block with a square matrix to `sum`.
pub(super) fn multiply_add<const W: usize>(
    block: &[Word<W>],
    square: &Square<W>,
    sum: &mut [Word<W>],
) {
    let mut tables: Vec<Table<W>> = vec![[[0; W]; 1 << NIBBLE]; bits::<W>() / NIBBLE];
    for (table, rows) in tables.iter_mut().zip(square.as_chunks::<NIBBLE>().0) {
        for index in 1..1usize << NIBBLE {
            let low = index.trailing_zeros() as usize;
            table[index] = table[index & (index - 1)];
            add(&mut table[index], &rows[low]);
        }
    }
    for (sum, word) in sum.iter_mut().zip(block) {
        let mut total = *sum;
        for (tables, &limb) in tables.as_chunks::<16>().0.iter().zip(word) {
            for (place, table) in tables.iter().enumerate() {
                add(
                    &mut total,
                    &table[(limb >> (NIBBLE * place)) as usize % (1 << NIBBLE)],
                );
            }
        }
        *sum = total;
    }
}

/// Returns the product of the transpose of a block with another.
pub(super) fn inner_product<const W: usize>(one: &[Word<W>], other: &[Word<W>]) -> Square<W> {
    let mut tables: Vec<Table<W>> = vec![[[0; W]; 1 << NIBBLE]; bits::<W>() / NIBBLE];
    for (word, other) in one.iter().zip(other) {
        for (tables, &limb) in tables.as_chunks_mut::<16>().0.iter_mut().zip(word) {
            for (place, table) in tables.iter_mut().enumerate() {
                add(
                    &mut table[(limb >> (NIBBLE * place)) as usize % (1 << NIBBLE)],
                    other,
                );
            }
        }
    }
    let row = |row: usize| {
        let with_bit = (0..1usize << NIBBLE).filter(|index| index >> (row % NIBBLE) & 1 == 1);
        with_bit.fold([0; W], |mut sum, index| {
            add(&mut sum, &tables[row / NIBBLE][index]);
            sum
        })
    };
    (0..bits::<W>()).map(row).collect()
}

/// Returns the vectors of a block, each as a list of bits.
pub(super) fn transposed<const W: usize>(block: &[Word<W>]) -> Vec<Vec<u64>> {
    let mut vectors = vec![vec![0u64; block.len().div_ceil(64)]; bits::<W>()];
    for (index, word) in block.iter().enumerate() {
        for (vectors, limb) in vectors.as_chunks_mut::<64>().0.iter_mut().zip(word) {
            for (bit, vector) in vectors.iter_mut().enumerate() {
                vector[index / 64] |= (limb >> bit & 1) << (index % 64);
            }
        }
    }
    vectors
}

/// Inverts as large a part of a symmetric matrix as is invertible.
///
/// Returns the inverse, which is 0 outside of the part, and the mask of the part's columns. Columns
/// that `previous` has not are taken if possible; `None` if one of them can't be.
pub(super) fn invert_part<const W: usize>(
    square: &Square<W>,
    previous: &Word<W>,
) -> Option<(Square<W>, Word<W>)> {
    // Gauss-Jordan elimination of the matrix with the identity beside it.
    let mut rows: Vec<[Word<W>; 2]> = square
        .iter()
        .enumerate()
        .map(|(row, &word)| [word, one_bit(row)])
        .collect();
    let is_new = |&column: &usize| !has_bit(previous, column);
    let order: Vec<usize> = (0..bits::<W>())
        .filter(is_new)
        .chain((0..bits::<W>()).filter(|column| !is_new(column)))
        .collect();
    let mut part = [0; W];
    for (turn, &column) in order.iter().enumerate() {
        let eliminate = |rows: &mut [[Word<W>; 2]], side: usize| {
            let Some(&pivot) = order[turn..]
                .iter()
                .find(|&&row| has_bit(&rows[row][side], column))
            else {
                return false;
            };
            rows.swap(pivot, column);
            let pivot = rows[column];
            for (row, words) in rows.iter_mut().enumerate() {
                if row != column && has_bit(&words[side], column) {
                    add(&mut words[0], &pivot[0]);
                    add(&mut words[1], &pivot[1]);
                }
            }
            true
        };
        if eliminate(&mut rows, 0) {
            add(&mut part, &one_bit(column));
        } else if eliminate(&mut rows, 1) {
            rows[column] = [[0; W]; 2];
        } else {
            return None;
        }
    }
    let is_covered = part
        .iter()
        .zip(previous)
        .all(|(part, previous)| part | previous == u64::MAX);
    is_covered.then(|| (rows.iter().map(|row| row[1]).collect(), part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::siqs::lanczos::splitmix;

    fn words<const W: usize>(seed: u64, count: usize) -> Vec<Word<W>> {
        let mut state = seed;
        let mut next = || splitmix(&mut state);
        (0..count)
            .map(|_| std::array::from_fn(|_| next()))
            .collect()
    }

    fn products_agree<const W: usize>() {
        let (one, other) = (words::<W>(1, 300), words::<W>(2, 300));
        let square: Square<W> = words(3, bits::<W>());
        let mut multiplied = vec![[0; W]; 300];
        multiply_add(&one, &square, &mut multiplied);
        for (word, product) in one.iter().zip(&multiplied) {
            let selected = (0..bits::<W>()).filter(|&row| has_bit(word, row));
            let mut sum = [0; W];
            selected.for_each(|row| add(&mut sum, &square[row]));
            assert_eq!(sum, *product);
        }
        // (one square)^T other = square^T (one^T other).
        let inner = inner_product(&one, &other);
        let mut transpose = zero::<W>();
        for (row, word) in square.iter().enumerate() {
            for (column, to) in transpose.iter_mut().enumerate() {
                if has_bit(word, column) {
                    add(to, &one_bit(row));
                }
            }
        }
        assert_eq!(
            inner_product(&multiplied, &other),
            product(&transpose, &inner)
        );
        assert_eq!(product(&identity(), &square), square);
        let vectors = transposed(&one);
        for (vector, index) in [(5, 200), (bits::<W>() - 1, 77)] {
            assert_eq!(
                vectors[vector][index / 64] >> (index % 64) & 1 == 1,
                has_bit(&one[index], vector)
            );
        }
    }

    fn a_part_is_inverted<const W: usize>() {
        for seed in 1..20 {
            let block = words::<W>(seed, bits::<W>() - 1);
            let square = inner_product(&block, &block);
            let (inverse, part) = invert_part(&square, &[u64::MAX; W]).expect("any part will do");
            let count: u32 = part.iter().map(|limb| limb.count_ones()).sum();
            assert!(count as usize > bits::<W>() - 24, "{count}");
            // On the part, the product is the identity.
            let on_part = |row: usize, word: Word<W>| match has_bit(&part, row) {
                true => both(&word, &part),
                false => [0; W],
            };
            let masked = (0..).zip(&square).map(|(row, &word)| on_part(row, word));
            let unit = (0..).zip(identity()).map(|(row, word)| on_part(row, word));
            assert_eq!(
                product(&inverse, &masked.collect()),
                unit.collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn products_of_blocks_of_each_width_agree() {
        products_agree::<1>();
        products_agree::<2>();
        products_agree::<4>();
    }

    #[test]
    fn a_part_of_each_width_is_inverted() {
        a_part_is_inverted::<1>();
        a_part_is_inverted::<2>();
        a_part_is_inverted::<4>();
    }
}

//! Blocks of 64 vectors over two elements, as words with a bit for each vector, and their products.
//!
//! Cost: a product of a block with a square matrix looks up eight bytes of each word in tables.

/// A 64 by 64 matrix; a word for each row.
pub(super) type Square = [u64; 64];

/// The mask of all 64 columns.
pub(super) const ALL: u64 = u64::MAX;

pub(super) fn identity() -> Square {
    std::array::from_fn(|row| 1 << row)
}

/// Returns the product of two square matrices.
pub(super) fn product(a: &Square, b: &Square) -> Square {
    a.map(|row| combine(row, b))
}

/// Returns the sum of the rows of `b` that `row` selects.
fn combine(mut row: u64, b: &Square) -> u64 {
    let mut sum = 0;
    while row != 0 {
        sum ^= b[row.trailing_zeros() as usize];
        row &= row - 1;
    }
    sum
}

type Tables = [[u64; 256]; 8];

/// Adds the product of a block with a square matrix to `sum`.
pub(super) fn multiply_add(block: &[u64], square: &Square, sum: &mut [u64]) {
    let mut tables: Box<Tables> = Box::new([[0; 256]; 8]);
    for (table, rows) in tables.iter_mut().zip(square.as_chunks::<8>().0) {
        for index in 1..256usize {
            let low = index.trailing_zeros() as usize;
            table[index] = table[index & (index - 1)] ^ rows[low];
        }
    }
    for (sum, word) in sum.iter_mut().zip(block) {
        for (table, byte) in tables.iter().zip(word.to_le_bytes()) {
            *sum ^= table[usize::from(byte)];
        }
    }
}

/// Returns the product of the transpose of a block with another.
pub(super) fn inner_product(one: &[u64], other: &[u64]) -> Square {
    let mut tables: Box<Tables> = Box::new([[0; 256]; 8]);
    for (word, &other) in one.iter().zip(other) {
        for (table, byte) in tables.iter_mut().zip(word.to_le_bytes()) {
            table[usize::from(byte)] ^= other;
        }
    }
    std::array::from_fn(|row| {
        let with_bit = |&index: &usize| index >> (row % 8) & 1 == 1;
        let table = &tables[row / 8];
        (0..256)
            .filter(with_bit)
            .fold(0, |sum, index| sum ^ table[index])
    })
}

/// Returns the 64 vectors of a block, each as a list of bits.
pub(super) fn transposed(block: &[u64]) -> Vec<Vec<u64>> {
    let mut vectors = vec![vec![0u64; block.len().div_ceil(64)]; 64];
    for (index, &word) in block.iter().enumerate() {
        for (bit, vector) in vectors.iter_mut().enumerate() {
            vector[index / 64] |= (word >> bit & 1) << (index % 64);
        }
    }
    vectors
}

/// Inverts as large a part of a symmetric matrix as is invertible.
///
/// Returns the inverse, which is 0 outside of the part, and the mask of the part's columns. Columns
/// that `previous` has not are taken if possible; `None` if one of them can't be.
pub(super) fn invert_part(square: &Square, previous: u64) -> Option<(Square, u64)> {
    // Gauss-Jordan elimination of the matrix with the identity beside it.
    let mut rows: [[u64; 2]; 64] = std::array::from_fn(|row| [square[row], 1 << row]);
    let is_new = |&column: &usize| previous >> column & 1 == 0;
    let order: Vec<usize> = (0..64)
        .filter(is_new)
        .chain((0..64).filter(|column| !is_new(column)))
        .collect();
    let mut part = 0;
    for (turn, &column) in order.iter().enumerate() {
        let bit = 1u64 << column;
        let eliminate = |rows: &mut [[u64; 2]; 64], side: usize| {
            let Some(&pivot) = order[turn..]
                .iter()
                .find(|&&row| rows[row][side] & bit != 0)
            else {
                return false;
            };
            rows.swap(pivot, column);
            let pivot = rows[column];
            for (row, words) in rows.iter_mut().enumerate() {
                if row != column && words[side] & bit != 0 {
                    words[0] ^= pivot[0];
                    words[1] ^= pivot[1];
                }
            }
            true
        };
        if eliminate(&mut rows, 0) {
            part |= bit;
        } else if eliminate(&mut rows, 1) {
            rows[column] = [0, 0];
        } else {
            return None;
        }
    }
    let covered = part | previous == ALL;
    covered.then(|| (rows.map(|row| row[1]), part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(seed: u64, count: usize) -> Vec<u64> {
        let mut state = seed | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        (0..count).map(|_| next()).collect()
    }

    #[test]
    fn products_agree() {
        let (one, other) = (numbers(1, 200), numbers(2, 200));
        let square: Square = numbers(3, 64).try_into().unwrap();
        let mut multiplied = vec![0; 200];
        multiply_add(&one, &square, &mut multiplied);
        for (word, product) in one.iter().zip(&multiplied) {
            assert_eq!(combine(*word, &square), *product);
        }
        // (one square)^T other = square^T (one^T other).
        let inner = inner_product(&one, &other);
        let transpose: Square = std::array::from_fn(|row| {
            (0..64).fold(0, |sum, column| sum | (square[column] >> row & 1) << column)
        });
        assert_eq!(
            inner_product(&multiplied, &other),
            product(&transpose, &inner)
        );
        assert_eq!(product(&identity(), &square), square);
        let vectors = transposed(&one);
        assert_eq!(vectors[5][3] >> 7 & 1, one[64 * 3 + 7] >> 5 & 1);
    }

    #[test]
    fn a_part_is_inverted() {
        for seed in 1..50 {
            let block = numbers(seed, 63);
            let square = inner_product(&block, &block);
            let (inverse, part) = invert_part(&square, ALL).expect("any part will do");
            assert!(part.count_ones() > 40);
            // On the part, the product is the identity.
            let masked: Square = std::array::from_fn(|row| match part >> row & 1 {
                1 => square[row] & part,
                _ => 0,
            });
            let unit: Square = std::array::from_fn(|row| part & 1 << row);
            assert_eq!(product(&inverse, &masked), unit);
        }
    }
}

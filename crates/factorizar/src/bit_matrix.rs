//! Linear algebra over the field of two elements: sets of rows in which every prime occurs an even
//! number of times.
//!
//! Gaussian elimination with 64 columns a word. Each row carries a record of the rows that were
//! added to it. The columns of the largest primes, which have the fewest entries, are eliminated
//! first.
//!
//! Cost: some rows^2 * columns / 64 word additions; a tenth of a millisecond for 450 rows.

/// A matrix of bits. Each row has its columns, and behind them its record: one bit for each row of
/// the matrix that was added to it.
#[derive(Debug)]
pub(crate) struct Matrix {
    bits: Vec<u64>,
    columns: usize,
    rows: usize,
    /// Words in a row.
    width: usize,
}

impl Matrix {
    /// Creates a matrix of zeros.
    pub(crate) fn new(rows: usize, columns: usize) -> Self {
        let width = (columns + rows).div_ceil(64);
        let mut matrix = Matrix {
            bits: vec![0; rows * width],
            columns,
            rows,
            width,
        };
        for row in 0..rows {
            matrix.flip(row, columns + row);
        }
        matrix
    }

    /// Adds one to an entry, modulo 2.
    pub(crate) fn flip(&mut self, row: usize, column: usize) {
        self.bits[row * self.width + column / 64] ^= 1 << (column % 64);
    }

    fn get(&self, row: usize, column: usize) -> bool {
        self.bits[row * self.width + column / 64] >> (column % 64) & 1 == 1
    }

    /// Returns sets of rows whose sum is zero, as lists of row indices.
    pub(crate) fn dependencies(mut self) -> Vec<Vec<usize>> {
        // Each row before `next` has served as the pivot of a column, which is zero in all rows
        // from `next` on.
        let mut next = 0;
        for column in (0..self.columns).rev() {
            let Some(pivot) = (next..self.rows).find(|&row| self.get(row, column)) else {
                continue;
            };
            self.swap(next, pivot);
            let (used, open) = self.bits.split_at_mut((next + 1) * self.width);
            let pivot_row = &used[next * self.width..];
            for row in open.chunks_exact_mut(self.width) {
                if row[column / 64] >> (column % 64) & 1 == 1 {
                    for (word, pivot) in row.iter_mut().zip(pivot_row) {
                        *word ^= pivot;
                    }
                }
            }
            next += 1;
        }
        let record = |row: usize| {
            let added = (0..self.rows).filter(|&other| self.get(row, self.columns + other));
            added.collect()
        };
        (next..self.rows).map(record).collect()
    }

    fn swap(&mut self, one: usize, other: usize) {
        if one != other {
            let (first, second) = self.bits.split_at_mut(other * self.width);
            let start = one * self.width;
            first[start..start + self.width].swap_with_slice(&mut second[..self.width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_add_up_to_nothing() {
        const COLUMNS: usize = 70;
        let mut state = 1u64;
        let rows: Vec<u128> = (0..COLUMNS + 10)
            .map(|_| {
                state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                u128::from(state >> 20) << 20 & u128::from(state) << 5
            })
            .collect();
        let mut matrix = Matrix::new(rows.len(), COLUMNS);
        for (row, bits) in rows.iter().enumerate() {
            for column in (0..COLUMNS).filter(|column| bits >> column & 1 == 1) {
                matrix.flip(row, column);
            }
        }
        let dependencies = matrix.dependencies();
        assert!(dependencies.len() >= 10);
        for rows_added in dependencies {
            assert!(!rows_added.is_empty());
            let mask = (1 << COLUMNS) - 1;
            assert_eq!(
                rows_added.iter().fold(0, |sum, &row| sum ^ rows[row]) & mask,
                0
            );
        }
    }
}
